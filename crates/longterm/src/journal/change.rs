//! Changes as they are written to the journal, and the outcomes.

use aios_record::{Key, Record, Timestamp};

use crate::library::Row;

/// A change ready to be written: analysed and embedded.
#[derive(Debug)]
pub(crate) enum Write {
    /// `feed_seq` is `None` for a change from outside the feed, which replaces any stored version.
    Upsert { row: Box<Row>, feed_seq: Option<u64>, older: Older },
    Delete {
        /// The encoded identity.
        key: String,
        feed_seq: Option<u64>,
    },
    /// Deletes the record of this kind and id if exactly one owner has one. Old feed entries do not
    /// name the owner.
    DeleteOfAny { key: Key, feed_seq: u64 },
}

/// The version that an upsert replaces, as far as its writer has read it.
#[derive(Debug)]
pub(crate) enum Older {
    /// The writer has not read it.
    Unread,
    /// There was no version. The write is refused if there is one now.
    Absent,
    /// The version that was read; `None` if it was unreadable. With `None`, the write replaces any
    /// version. With `Some`, a different version in the library must be read first.
    Seen(Option<Box<Row>>),
    /// This version was read. The write is refused if it has been deleted or replaced since.
    Exactly(Box<Row>),
    /// As `Exactly`, but the version is not kept: only counts changed, or its validity ended.
    Counted(Box<Row>),
}

/// A replaced version, and the time of its replacement.
pub(crate) type Replaced = (Record, Timestamp);

/// Outcome of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The record is in the journal, and new.
    Added,
    /// The record is in the journal, and replaces an older version.
    Updated,
    /// The same content or a newer version was stored already.
    Known,
    /// The owner has the record in another scope, or several owners have the record to delete.
    Conflict,
}

/// Outcome of a conditional write.
#[derive(Debug)]
pub(crate) enum Written {
    Yes(Vec<Outcome>),
    /// A version that would be replaced was not read, or has changed since. Nothing was written.
    Unread(Vec<Write>),
}

/// A page of the feed: its writes, and the refusals of changes that cannot be stored.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) after: u64,
    pub(crate) through: u64,
    pub(crate) writes: Vec<Write>,
    pub(crate) refusals: Vec<Refusal>,
}

/// A change that is not stored, and the reason.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    /// The encoded identity.
    pub(crate) key: String,
    pub(crate) feed_seq: Option<u64>,
    pub(crate) reason: String,
}

/// Outcome of writing a page. `Moved`: the page does not begin at the watermark.
#[derive(Debug)]
pub(crate) enum FeedOutcome {
    Written {
        refusals: Vec<Refusal>,
    },
    Moved {
        watermark: u64,
    },
    /// As [`Written::Unread`].
    Unread(Page),
}
