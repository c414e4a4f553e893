//! The bytes of an answer: lists end early, so that the largest records do not make the largest
//! answers. An answer has one record at least, however long it is.

#[cfg(test)]
mod tests;

use aios_memory::{Error, Kind, MemoryView, Page, Record};
use serde::Serialize;

/// Records that the first read of a list has at most, whose sizes are not known yet.
const FIRST_RECORDS: usize = 16;

/// The bytes that an answer may still have.
#[derive(Debug)]
pub(crate) struct Room {
    left: usize,
    is_empty: bool,
}

impl Room {
    pub(crate) fn new(bytes_max: usize) -> Room {
        Room { left: bytes_max, is_empty: true }
    }

    /// Takes the room of an item, and returns true; or returns false, and the answer ends before
    /// it.
    pub(crate) fn takes(&mut self, bytes: usize) -> bool {
        let fits = bytes <= self.left || self.is_empty;
        self.left = if fits { self.left.saturating_sub(bytes) } else { 0 };
        self.is_empty = false;
        fits
    }

    /// Keeps the first items that fit, and returns the number of the others.
    pub(crate) fn cut<T>(&mut self, items: &mut Vec<T>, bytes_of: impl Fn(&T) -> usize) -> usize {
        let count = items.len();
        let fitting = items.iter().take_while(|item| self.takes(bytes_of(item))).count();
        items.truncate(fitting);
        count - fitting
    }
}

/// Returns the length of a value as JSON.
pub(crate) fn json_bytes(value: &impl Serialize) -> usize {
    serde_json::to_vec(value).map_or(0, |bytes| bytes.len())
}

/// Lists records as [`MemoryView::list`] does, at most `limit` and so many that they have at most
/// `bytes_max` bytes. No more than about these bytes are read.
///
/// # Errors
/// As [`MemoryView::list`].
pub(crate) async fn page(
    view: &MemoryView,
    kind: Kind,
    after: Option<String>,
    limit: usize,
    bytes_max: usize,
    bytes_of: impl Fn(&Record) -> usize,
) -> Result<Page, Error> {
    let (mut records, mut next, mut left) = (Vec::new(), after, bytes_max);
    let mut size = limit.min(FIRST_RECORDS);
    loop {
        let read = view.list(kind, next.as_deref(), size).await?;
        let count = read.records.len();
        let bytes: usize = read.records.iter().map(&bytes_of).sum();
        let fits = bytes <= left || (records.is_empty() && count == 1);
        if !fits && count == 1 {
            return Ok(Page { records, next });
        }
        // The size of the records that were read is that of the next ones.
        let fitting = count.saturating_mul(left) / bytes.max(1);
        if !fits {
            size = fitting.clamp(1, count - 1);
            continue;
        }
        left = left.saturating_sub(bytes);
        records.extend(read.records);
        next = read.next;
        let wanted = limit - records.len();
        if next.is_none() || wanted == 0 || left == 0 {
            return Ok(Page { records, next });
        }
        size = (count.max(1).saturating_mul(left) / bytes.max(1)).clamp(1, wanted);
    }
}
