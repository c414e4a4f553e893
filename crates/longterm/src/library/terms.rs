//! Numbers of records in which terms occur, counted from rows, and changes of them.

use std::collections::{HashMap, HashSet};

/// The terms of a row of the library.
#[derive(Debug, Clone)]
pub(crate) struct RowTerms {
    /// The encoded identity.
    pub(crate) key: String,
    /// Empty for the shared owner.
    pub(crate) owner: String,
    /// Terms joined by single spaces.
    pub(crate) terms: String,
}

/// Word statistics of some rows, or changes of them, by owner.
#[derive(Debug, Default)]
pub(crate) struct TermCounts {
    /// The key is empty for the shared owner.
    pub(crate) owners: HashMap<String, OwnerCounts>,
}

/// Word statistics of one owner's rows.
#[derive(Debug, Default)]
pub(crate) struct OwnerCounts {
    /// The number of rows.
    pub(crate) documents: i64,
    /// Total number of terms in all rows.
    pub(crate) terms_total: i64,
    /// The number of rows in which each term occurs.
    pub(crate) documents_with: HashMap<String, i64>,
}

impl TermCounts {
    /// Counts a row of `owner` with these terms, which are joined by single spaces.
    pub(crate) fn add(&mut self, owner: &str, terms: &str) {
        self.count(owner, terms, 1);
    }

    /// Subtracts a row that was counted.
    pub(crate) fn subtract(&mut self, owner: &str, terms: &str) {
        self.count(owner, terms, -1);
    }

    fn count(&mut self, owner: &str, terms: &str, rows: i64) {
        if !self.owners.contains_key(owner) {
            self.owners.insert(owner.to_owned(), OwnerCounts::default());
        }
        let counts = self.owners.get_mut(owner).expect("it was put there");
        counts.documents += rows;
        counts.terms_total += rows * terms.split_ascii_whitespace().map(|_| 1).sum::<i64>();
        for term in terms.split_ascii_whitespace().collect::<HashSet<_>>() {
            match counts.documents_with.get_mut(term) {
                Some(documents) => *documents += rows,
                None => drop(counts.documents_with.insert(term.to_owned(), rows)),
            }
        }
    }
}
