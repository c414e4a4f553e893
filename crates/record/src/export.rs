//! The form of an export: JSON lines, a header and then a record each.

use serde::{Deserialize, Serialize};

/// The version of the format that is written. Version 1, which had a user `default` for the
/// preferences of nobody in particular, is read as well.
pub const EXPORT_FORMAT: u32 = 2;

/// The first line.
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
