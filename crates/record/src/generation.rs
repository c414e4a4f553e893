//! The generation of a file, by which stores detect that an older copy has replaced the file.

use serde::{Deserialize, Serialize};

/// The generation of a store's file. It only increases, so that a replacement by an older copy is
/// detected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generation {
    /// The number that distinguishes the file from those of other stores; `None` before the first
    /// write.
    pub store: Option<i64>,
    /// The version of its schema. Numbers of different versions cannot be compared.
    pub schema: u32,
    /// A counter that grows as the file is written.
    pub number: u64,
}

impl Generation {
    /// Returns `true` if a file with this generation can have reached the generation `found`.
    #[must_use]
    pub fn is_reached_by(&self, found: Generation) -> bool {
        let is_same = match (self.store, found.store) {
            (Some(own), Some(other)) => own == other,
            (None, _) | (_, None) => true,
        };
        is_same && (self.schema != found.schema || self.number <= found.number)
    }
}
