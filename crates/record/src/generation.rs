//! The generation of a file, by which an older copy in its place is noticed.

use serde::{Deserialize, Serialize};

/// The state that a file of a store has reached. It only grows, so that a copy that is put in the
/// place of a newer file shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generation {
    /// The number by which the file differs from those of other stores; `None` until something is
    /// written into it.
    pub store: Option<i64>,
    /// The version of its schema. Numbers of different versions cannot be compared.
    pub schema: u32,
    /// Grows as the file is written.
    pub number: u64,
}

impl Generation {
    /// Returns `true` if a file that was of this generation can be of the generation `found` now.
    #[must_use]
    pub fn is_reached_by(&self, found: Generation) -> bool {
        let is_same = match (self.store, found.store) {
            (Some(own), Some(other)) => own == other,
            (None, _) | (_, None) => true,
        };
        is_same && (self.schema != found.schema || self.number <= found.number)
    }
}
