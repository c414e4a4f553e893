//! The change feed from one tier to the next. Storing and reading it is up to the tiers.

use crate::{Key, Owner, Record};

/// An item of a change feed, about one record.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedItem {
    /// Its position in the feed, from 1. Never reused.
    pub seq: u64,
    /// The change of the record.
    pub change: Change,
}

/// A change of a record.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// It was added or changed; this is its present state.
    Upsert(Box<Record>),
    /// It was removed.
    Delete {
        /// Its owner; `None` if it was removed before the feed recorded owners.
        owner: Option<Owner>,
        /// Its key.
        key: Key,
    },
}

impl Change {
    /// Returns the key of the record.
    #[must_use]
    pub fn key(&self) -> Key {
        match self {
            Change::Upsert(record) => record.key(),
            Change::Delete { key, .. } => key.clone(),
        }
    }
}
