//! The format of an export: JSON lines, a header followed by one record per line.

use serde::{Deserialize, Serialize};

/// The version of the written format. Version 1, which stored preferences without an owner under a
/// user `default`, can also be read.
pub const EXPORT_FORMAT: u32 = 2;

/// The first line of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportHeader {
    /// The version of the format.
    pub aios_memory_export: u32,
}

impl Default for ExportHeader {
    fn default() -> Self {
        Self { aios_memory_export: EXPORT_FORMAT }
    }
}
