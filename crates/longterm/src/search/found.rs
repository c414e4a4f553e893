//! Hits of a search.

use aios_record::{Identity, Record};

use super::ranking::explain::Explanation;

/// Outcome of a search.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Best first, at most as many as were requested.
    pub hits: Vec<Hit>,
    /// Number of records that this view sees and that have no vector yet, so that only words find
    /// them.
    pub vectors_outstanding: u64,
}

/// A record that fits a query.
#[derive(Debug, Clone)]
pub struct Hit {
    /// The record; its `payload`, `provenance` and `references` are left out, see
    /// [`Records::get_all`](crate::Records::get_all).
    pub record: Record,
    /// Orders the hits of one search.
    pub score: f64,
    /// The fit, 0 to 1, by words and meaning; means the same in every search. A hit is as relevant
    /// as the most relevant of those that are ranked no better, so within one search it falls with
    /// the score.
    pub relevance: f64,
    /// Records that say the same, which this hit stands for: of the same text and speaker, of the
    /// same owner, or, where the hit is a user's own, shared.
    pub folded: Vec<Identity>,
    /// Explanation of the score, if it was requested.
    pub explain: Option<Explanation>,
}
