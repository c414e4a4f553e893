//! Rows whose words change the statistics of the library.

use std::sync::Arc;

use crate::search::segments::segment::Segment;

/// No `seq` of a row.
pub(super) const COUNTED: i64 = -1;

/// Rows whose words are to be added to the statistics of the library, or taken from them.
pub(super) struct Tally {
    pub(super) segment: Arc<Segment>,
    /// Of each row, the `seq` of its change, and [`COUNTED`] if that does not wait.
    pub(super) seqs: Vec<i64>,
    /// 1 or -1.
    pub(super) weight: i64,
}
