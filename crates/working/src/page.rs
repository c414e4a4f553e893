//! Pages of lists, and the positions between them.

use aios_record::Record;

/// A page of records of one kind, in the order in which they were first stored.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RecordPage {
    /// The records.
    pub records: Vec<Record>,
    /// The cursor of the next page, an opaque number; `None` if this is the last page.
    pub next: Option<u64>,
}

/// A page of records of one kind, by their time.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TimePage {
    /// The records.
    pub records: Vec<Record>,
    /// The cursor after each of the records, in their order.
    pub cursors: Vec<TimeCursor>,
    /// The cursor of the next page; `None` if this is the last page.
    pub next: Option<TimeCursor>,
}

/// Cursor of a list by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeCursor {
    /// Time of the last record before the cursor, in microseconds since 1970.
    pub time: i64,
    /// An opaque number.
    pub row: u64,
}

/// Position in a table, by time and then by row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) time: i64,
    pub(crate) row: i64,
}

impl RecordPage {
    /// Returns a page that was read with `limit` and ends at row `last`.
    pub(crate) fn new(records: Vec<Record>, last: Option<i64>, limit: usize) -> RecordPage {
        let next = if records.len() < limit { None } else { last.map(i64::cast_unsigned) };
        RecordPage { records, next }
    }
}
