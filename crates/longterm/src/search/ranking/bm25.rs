//! The two parts of BM25: the saturation of a count, and the weight of a term (Robertson and
//! Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009).

use crate::journal::Statistics;

/// Saturation parameter of BM25.
const K1: f64 = 1.2;
/// Length normalisation parameter of BM25.
const B: f64 = 0.75;
/// Number of records without the term that are added to the statistics. Otherwise a term that most
/// records of a small store have would weigh nothing, and relevance would mean less there.
const DOCUMENTS_ASSUMED: f64 = 100.0;

/// Returns the saturated count of a term, 0 to 1.
pub(crate) fn saturated(count: f64, length: f64, words_mean: f64) -> f64 {
    count / (count + K1 * (1.0 - B + B * length / words_mean))
}

/// Returns the weight of `term`; above 0 for every term.
pub(crate) fn idf(statistics: &Statistics, term: &str) -> f64 {
    let documents = statistics.documents as f64 + DOCUMENTS_ASSUMED;
    let with = statistics.documents_with.get(term).copied().unwrap_or(0) as f64;
    (1.0 + (documents - with + 0.5) / (with + 0.5)).ln()
}
