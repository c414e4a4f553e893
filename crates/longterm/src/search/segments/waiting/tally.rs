//! Rows whose words change the statistics of the library.

use std::sync::Arc;

use crate::search::segments::segment::Segment;

/// A number that is no row's `seq`.
pub(super) const COUNTED: i64 = -1;

/// Rows whose words are added to the statistics of the library, or subtracted from them.
pub(super) struct Tally {
    pub(super) segment: Arc<Segment>,
    /// The `seq` of each row's change, or [`COUNTED`] if the change is not pending.
    pub(super) seqs: Vec<i64>,
    /// 1 to add, -1 to subtract.
    pub(super) weight: i64,
}
