//! The number of records in which terms occur, counted from rows.

use std::collections::{HashMap, HashSet};

/// Word statistics of some rows, by the names of their owners.
#[derive(Debug, Default)]
pub(crate) struct TermCounts {
    /// The key is empty for the shared owner.
    pub(crate) owners: HashMap<String, OwnerCounts>,
}

/// Word statistics of one owner's rows.
#[derive(Debug, Default)]
pub(crate) struct OwnerCounts {
    /// The number of rows.
    pub(crate) documents: u64,
    /// The terms of all of them together.
    pub(crate) terms_total: u64,
    /// The number of rows in which each term occurs.
    pub(crate) documents_with: HashMap<String, i64>,
}

impl TermCounts {
    /// Counts a row of `owner` by its terms, which single spaces join.
    pub(crate) fn add(&mut self, owner: &str, terms: &str) {
        if !self.owners.contains_key(owner) {
            self.owners.insert(owner.to_owned(), OwnerCounts::default());
        }
        let counts = self.owners.get_mut(owner).expect("it was put there");
        counts.documents += 1;
        counts.terms_total += terms.split_ascii_whitespace().count() as u64;
        for term in terms.split_ascii_whitespace().collect::<HashSet<_>>() {
            match counts.documents_with.get_mut(term) {
                Some(documents) => *documents += 1,
                None => drop(counts.documents_with.insert(term.to_owned(), 1)),
            }
        }
    }
}
