//! Hits of a search.

use aios_record::{Identity, Record};

use super::ranking::explain::Explanation;

/// Outcome of a search.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Hits, best first, at most as many as were requested.
    pub hits: Vec<Hit>,
    /// Number of records that this view sees and that have no vector yet, so that only words find
    /// them.
    pub vectors_outstanding: u64,
}

/// A record that fits a query.
#[derive(Debug, Clone)]
pub struct Hit {
    /// The record; without `payload`, `provenance` and `references`, unless
    /// [`Fields::All`](crate::Fields::All) was requested.
    pub record: Record,
    /// Score, which orders the hits of one search.
    pub score: f64,
    /// Fit to the query by words and meaning, 0 to 1; comparable between searches. A hit has at
    /// least the relevance of every hit after it, so within one search it falls with the score.
    pub relevance: f64,
    /// Records with the same text and speaker that are folded into this hit: of the same owner or,
    /// if the hit is a user's own, shared.
    pub folded: Vec<Identity>,
    /// Explanation of the score, if it was requested.
    pub explain: Option<Explanation>,
}
