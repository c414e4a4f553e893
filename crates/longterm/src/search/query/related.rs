//! Words with nearly the same meaning as those of a query: `puppy` for `dog`, `bought` for `buy`.
//! They come from a table of English, not from stored texts, so they are the same in every store
//! and with every embedder.

use aios_analysis::Analyzer;
use aios_embedding::related_terms;

/// Maximum number of terms of a query that gets related words. A longer query has enough words of
/// its own.
const QUERY_TERMS_MAX: usize = 24;

/// A term related to a term of the query.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RelatedTerm {
    pub(crate) term: &'static str,
    /// Index of the query's term.
    pub(crate) to: usize,
    /// Similarity of the two terms, 0.4 to 1.
    pub(crate) cosine: f64,
}

/// Returns the terms related to a query's `terms`, without those of the query and question words.
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
