//! BM25's two parts: how much a count tells, and how much a term does (Robertson and Zaragoza, "The
//! Probabilistic Relevance Framework: BM25 and Beyond", 2009).

use crate::journal::Statistics;

/// BM25's saturation.
const K1: f64 = 1.2;
/// BM25's normalisation of lengths.
const B: f64 = 0.75;
/// A term is as rare as if there were so many more records without it. Otherwise, in a store of a
/// few records, one that most of them have would tell nothing, and relevance would mean less there.
const DOCUMENTS_ASSUMED: f64 = 100.0;

/// BM25's part of one term, 0 to 1.
pub(crate) fn saturated(count: f64, length: f64, words_mean: f64) -> f64 {
    count / (count + K1 * (1.0 - B + B * length / words_mean))
}

/// The weight of a record's having `term`; above 0 for every term.
pub(crate) fn idf(statistics: &Statistics, term: &str) -> f64 {
    let documents = statistics.documents as f64 + DOCUMENTS_ASSUMED;
    let with = statistics.documents_with.get(term).copied().unwrap_or(0) as f64;
    (1.0 + (documents - with + 0.5) / (with + 0.5)).ln()
}
