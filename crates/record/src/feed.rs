//! The change feed: what one tier tells the next. Not here: where it is kept and how it is read.

use crate::{Id, Kind, Record};

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
        /// What sort of record it was.
        kind: Kind,
        /// Which one.
        id: Id,
    },
}

impl Change {
    /// `kind/id` of the record.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Change::Upsert(record) => record.key(),
            Change::Delete { kind, id } => format!("{kind}/{id}"),
        }
    }
}
