//! Search of a query's words in a text. Not here: the score of a text, see `search`.

use crate::Records;

impl Records<'_> {
    /// Returns `true` if `text` has every significant word of `query`, by the analysis that search
    /// uses. False for a query without words.
    #[must_use]
    pub fn says(self, query: &str, text: &str) -> bool {
        let analyzer = &self.view.parts.intake.analyzer;
        let words = analyzer.query(query).terms;
        let said = analyzer.terms(text);
        !words.is_empty() && words.iter().all(|word| said.contains(word))
    }
}
