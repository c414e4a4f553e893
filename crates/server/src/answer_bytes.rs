//! Limits the bytes of an answer: a list ends early, so that large records do not make an answer
//! too large. An answer has at least one record, of any length.

#[cfg(test)]
mod tests;

use aios_memory::{Error, Kind, MemoryView, Page, Record};
use serde::Serialize;

/// Maximum number of records in the first read of a list, while their sizes are unknown.
const FIRST_RECORDS: usize = 16;

/// Number of bytes that may still be added to an answer.
#[derive(Debug)]
pub(crate) struct Room {
    left: usize,
    is_empty: bool,
}

impl Room {
    pub(crate) fn new(bytes_max: usize) -> Room {
        Room { left: bytes_max, is_empty: true }
    }

    /// Returns true and reserves the bytes of an item if it fits or is the first one. Otherwise
    /// returns false and accepts no further item.
    pub(crate) fn takes(&mut self, bytes: usize) -> bool {
        let fits = bytes <= self.left || self.is_empty;
        self.left = if fits { self.left.saturating_sub(bytes) } else { 0 };
        self.is_empty = false;
        fits
    }

    /// Keeps the leading items that fit, and returns the number of the others.
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

/// Lists records as [`MemoryView::list`] does, at most `limit` records and at most `bytes_max`
/// bytes. Reads hardly more than that.
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
    let read = |after: Option<String>, size| async move {
        let Page { records, next } = view.list(kind, after.as_deref(), size).await?;
        Ok::<_, Error>((records, next))
    };
    let (records, next) = filled(after, limit, bytes_max, read, bytes_of).await?;
    Ok(Page { records, next })
}

/// Reads a list from a cursor: at most `limit` items and at most `bytes_max` bytes, with the cursor
/// of the rest. `read` returns a given number of items after a cursor.
///
/// # Errors
/// Those of `read`.
pub(crate) async fn filled<T, C: Clone, R>(
    after: Option<C>,
    limit: usize,
    bytes_max: usize,
    read: impl Fn(Option<C>, usize) -> R,
    bytes_of: impl Fn(&T) -> usize,
) -> Result<(Vec<T>, Option<C>), Error>
where
    R: Future<Output = Result<(Vec<T>, Option<C>), Error>>,
{
    let (mut items, mut next, mut left) = (Vec::new(), after, bytes_max);
    let mut size = limit.min(FIRST_RECORDS);
    loop {
        let (more, rest) = read(next.clone(), size).await?;
        let count = more.len();
        let bytes: usize = more.iter().map(&bytes_of).sum();
        let fits = bytes <= left || (items.is_empty() && count == 1);
        if !fits && count == 1 {
            return Ok((items, next));
        }
        // The next items are assumed to have the same mean size.
        let fitting = count.saturating_mul(left) / bytes.max(1);
        if !fits {
            size = fitting.clamp(1, count - 1);
            continue;
        }
        left = left.saturating_sub(bytes);
        items.extend(more);
        next = rest;
        let wanted = limit - items.len();
        if next.is_none() || wanted == 0 || left == 0 {
            return Ok((items, next));
        }
        size = (count.max(1).saturating_mul(left) / bytes.max(1)).clamp(1, wanted);
    }
}
