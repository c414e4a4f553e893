//! How often terms occur, counted from rows.

use std::collections::{HashMap, HashSet};

/// Word statistics of some rows.
#[derive(Debug, Default)]
pub(crate) struct TermCounts {
    /// How many rows were counted.
    pub(crate) documents: u64,
    /// The terms of all of them together.
    pub(crate) terms_total: u64,
    /// In how many of them each term occurs.
    pub(crate) documents_with: HashMap<String, i64>,
}

impl TermCounts {
    /// Counts a row by its terms, which single spaces join.
    pub(crate) fn add(&mut self, terms: &str) {
        self.documents += 1;
        self.terms_total += terms.split_ascii_whitespace().count() as u64;
        for term in terms.split_ascii_whitespace().collect::<HashSet<_>>() {
            match self.documents_with.get_mut(term) {
                Some(documents) => *documents += 1,
                None => drop(self.documents_with.insert(term.to_owned(), 1)),
            }
        }
    }
}
