//! The words of a query in a text. Not here: how well the text fits, which is for a search.

use crate::LongtermView;

impl LongtermView {
    /// Returns `true` if each word of `query` that tells something is in `text`, by the analysis
    /// that search uses. A query without a word is in no text.
    #[must_use]
    pub fn says(&self, query: &str, text: &str) -> bool {
        let analyzer = &self.shared.analyzer;
        let words = analyzer.query_terms(query);
        let said = analyzer.terms(text);
        !words.is_empty() && words.iter().all(|word| said.contains(word))
    }
}
