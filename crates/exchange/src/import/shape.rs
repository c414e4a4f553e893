//! The description of a family of stores.

use super::mapping::Table;

/// A family of stores, identified by tables that only such a store has.
pub(super) struct Shape {
    pub(super) name: &'static str,
    /// Description for error messages.
    pub(super) about: &'static str,
    pub(super) tables: &'static [Table],
}
