//! Words that mean nearly the same as a query's: `puppy` for `dog`, `bought` for `buy`. They come
//! from the English language, not from what is stored, so they are alike in every store and with
//! every embedder.

use aios_analysis::Analyzer;
use aios_embedding::related_terms;

/// A longer query says in its own words what it means.
const QUERY_TERMS_MAX: usize = 24;

/// A term that is related to one of the query.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RelatedTerm {
    pub(crate) term: &'static str,
    /// The place of the query's term.
    pub(crate) to: usize,
    /// How alike they are, 0.4 to 1.
    pub(crate) cosine: f64,
}

/// What is related to each of a query's `terms`, and neither is one of them nor only asks.
pub(crate) fn related(terms: &[String], analyzer: &Analyzer) -> Vec<RelatedTerm> {
    if !analyzer.has_english() || QUERY_TERMS_MAX < terms.len() {
        return Vec::new();
    }
    let of_term = |(to, term): (usize, &String)| {
        related_terms(term).map(move |(term, cosine)| RelatedTerm {
            term,
            to,
            cosine: f64::from(cosine),
        })
    };
    let all = terms.iter().enumerate().flat_map(of_term);
    let is_asked = |term: &str| analyzer.asks(term) || terms.iter().any(|asked| asked == term);
    all.filter(|related| !is_asked(related.term)).collect()
}

/// Returns `true` if `term` is known as a word of the language.
pub(crate) fn is_word(term: &str, analyzer: &Analyzer) -> bool {
    analyzer.has_english() && related_terms(term).next().is_some()
}

#[cfg(test)]
mod tests;
