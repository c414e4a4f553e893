//! The newest rows of keys, from the journal or the library.

use std::{collections::HashMap, error::Error as StdError, sync::atomic::Ordering};

use futures::future::BoxFuture;

use super::{Shelf, retried_until};
use crate::{Error, error::shown, journal::Sought, library::Row};

/// Keys per library lookup.
const KEYS_AT_ONCE: usize = 500;

/// Readable rows, and the keys of the unreadable ones.
type RowsLeft = (Vec<Row>, Vec<String>);

impl Shelf {
    /// Returns the newest rows of encoded identities, in no order, without those that are not
    /// stored. Fails with [`Error::Damaged`] if a stored record cannot be read as it was written.
    pub(crate) fn rows(&self, keys: Vec<String>) -> BoxFuture<'_, Result<Vec<Row>, Error>> {
        Box::pin(async move {
            let (rows, mut damaged) = self.rows_left(keys).await?;
            match damaged.pop() {
                None => Ok(rows),
                Some(key) => Err(Error::Damaged {
                    key: shown(&key),
                    reason: "the library's row differs from the written record".to_owned(),
                }),
            }
        })
    }

    /// As [`rows`](Shelf::rows), but returns the readable rows and the keys of the unreadable ones.
    pub(crate) fn rows_left(&self, keys: Vec<String>) -> BoxFuture<'_, Result<RowsLeft, Error>> {
        Box::pin(async move {
            // The library may have advanced since the journal was read, and hold other rows.
            let is_whole = |(_, damaged): &RowsLeft| damaged.is_empty();
            retried_until(|| Box::pin(self.rows_once(&keys)), is_whole).await
        })
    }

    async fn rows_once(&self, keys: &[String]) -> Result<RowsLeft, Error> {
        let Sought { edition, waiting, held } = self.journal.waiting(keys.to_vec()).await?;
        let mut rows: Vec<Row> = waiting.into_iter().filter_map(|pending| pending.row).collect();
        if held.is_empty() {
            return Ok((rows, Vec::new()));
        }
        let keys: Vec<String> = held.into_iter().collect();
        let Some(library) = self.library(edition).await? else { return Ok((rows, keys)) };
        // Later versions may have other files, even between two reads.
        let library = library.pinned(edition.version).await?;
        let mut damaged = Vec::new();
        for keys in keys.chunks(KEYS_AT_ONCE) {
            let found = library.whole(keys).await.unwrap_or_else(|error| {
                tracing::debug!(error = &error as &dyn StdError, "failed to read by the key index");
                Vec::new()
            });
            let (found, missing) = self.intact(found, keys);
            rows.extend(found);
            if missing.is_empty() {
                continue;
            }
            let (found, missing) = self.intact(library.whole_by_scan(&missing).await?, &missing);
            if !found.is_empty() {
                tracing::warn!(records = found.len(), "the key index misses records");
                self.has_missed.store(true, Ordering::Relaxed);
                self.wake.notify_one();
            }
            rows.extend(found);
            damaged.extend(missing);
        }
        Ok((rows, damaged))
    }

    /// Returns the intact row of each key, and the keys without one.
    fn intact(&self, rows: Vec<Row>, keys: &[String]) -> (Vec<Row>, Vec<String>) {
        let mut found: HashMap<String, Row> = HashMap::new();
        for row in rows.into_iter().filter(|row| self.rules.is_intact(row)) {
            found.insert(row.record.encoded_identity(), row);
        }
        let missing = keys.iter().filter(|key| !found.contains_key(*key)).cloned().collect();
        (found.into_values().collect(), missing)
    }
}
