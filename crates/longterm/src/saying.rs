//! The words of a query in a text. Not here: how well the text fits, which is for a search.

use crate::LongtermView;

/// Words without which a text says the opposite. A search leaves them out with the other words that
/// make a question.
const NEGATIONS: &[&str] = &["no", "nor", "not"];

impl LongtermView {
    /// Returns `true` if each word of `query` that tells something, and each negation, is in `text`
    /// by the analysis that search uses. A query without a word is in no text.
    #[must_use]
    pub fn says(&self, query: &str, text: &str) -> bool {
        let analyzer = &self.shared.analyzer;
        let mut words = analyzer.query_terms(query);
        let all = analyzer.terms(query);
        words.extend(all.into_iter().filter(|term| NEGATIONS.contains(&term.as_str())));
        let said = analyzer.terms(text);
        !words.is_empty() && words.iter().all(|word| said.contains(word))
    }
}
