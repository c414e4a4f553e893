//! The terms of texts and queries, in the form of the index.

use aios_analysis::Analyzer;

/// Maximum number of times that a word counts in a text.
pub(super) const TIMES_MAX: usize = 4;
/// Terms of a text that are checked for repetition.
const REPEATED_TERMS_MAX: usize = 1 << 16;

/// Returns the distinct terms of a text, sorted.
pub(crate) fn words(analyzer: &Analyzer, text: &str) -> Vec<String> {
    let mut terms = analyzer.terms(text);
    terms.sort_unstable();
    terms.dedup();
    terms
}

/// Returns the repeated terms of a text, sorted: each as often as it occurs beyond the first time,
/// without question words. FTS5 uses them to count a term in one document, which it otherwise
/// reports only for all documents.
pub(super) fn repeated(analyzer: &Analyzer, terms: &[String]) -> String {
    let terms = terms.iter().take(REPEATED_TERMS_MAX);
    let mut terms: Vec<&str> = terms.map(String::as_str).collect();
    terms.sort_unstable();
    let (mut again, mut times) = (String::new(), 1);
    for pair in terms.windows(2) {
        let [before, term] = pair else { continue };
        times = if before == term { times + 1 } else { 1 };
        if 1 < times && times <= TIMES_MAX && !analyzer.asks(term) {
            again.extend([*term, " "]);
        }
    }
    again
}

/// Quotes a term for FTS5, so that nothing in it is an operator. A term that FTS5 would split is
/// searched only in the text column, not in the repeated terms.
pub(super) fn quoted(term: &str) -> String {
    let column = if term.contains(['"', '\'']) { "text : " } else { "" };
    format!("{column}\"{}\"", term.replace('"', "\"\""))
}
