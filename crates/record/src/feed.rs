//! The change feed: what one tier tells the next. Not here: where it is kept and how it is read.

use crate::{Key, Owner, Record};

/// What a change feed says of one record.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedItem {
    /// Its place in the feed, from 1; never used twice.
    pub seq: u64,
    /// What became of the record.
    pub change: Change,
}

/// What became of a record.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// It was added or changed; this is how it is now.
    Upsert(Box<Record>),
    /// It was removed.
    Delete {
        /// Whose it was; `None` if it was removed before the feed noted owners.
        owner: Option<Owner>,
        /// Which one of theirs.
        key: Key,
    },
}

impl Change {
    /// The key of the record.
    #[must_use]
    pub fn key(&self) -> Key {
        match self {
            Change::Upsert(record) => record.key(),
            Change::Delete { key, .. } => key.clone(),
        }
    }
}
