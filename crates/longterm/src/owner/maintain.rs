//! Maintenance of the library by its owner: files are merged, indexes updated and old versions
//! pruned when the thresholds of the configuration are reached.

use std::sync::Arc;

use tokio::task;

use super::{Owner, places::lock};
use crate::{
    Error,
    sync::{Synced, checksums::Checksums},
};

/// Maximum ratio of all rows to unindexed rows at which the indexes are updated.
const INDEX_LAG: u64 = 16;

impl Owner {
    /// Merges files, updates indexes and prunes if the configured thresholds are reached. A failure
    /// is logged and retried at the next threshold, except for a failed sync: the system reports it
    /// once, and treats the file as synced from then on.
    pub(super) async fn maintain(&mut self) -> Result<(), Error> {
        let compact =
            self.config.compact_after_batches <= self.batches_since_compaction || self.is_full();
        let index = self.is_index_due().await?;
        if !compact && !index {
            return Ok(());
        }
        self.check_unchanged().await?;
        let tidied = self.tidy(compact, index).await;
        self.note_synced().await?;
        // The recorded version must survive a power cut, since the others are about to be removed.
        self.journal.sync().await?;
        let pruned = self.prune().await;
        if let Err(error) = tidied.and(pruned) {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "maintenance failed");
        }
        if self.config.disk_bytes_max.is_some() {
            // Pruning has reduced the bytes of the library.
            self.note_synced().await?;
        }
        Ok(())
    }

    async fn tidy(&mut self, compact: bool, index: bool) -> Result<(), Error> {
        if compact {
            self.batches_since_compaction = 0;
            self.library.compact().await?;
        }
        if index {
            self.rows_since_index = 0;
            let rows_min = self.config.indexed_rows_min(self.library.site().dimension);
            self.library.ensure_vector_index(rows_min).await?;
            self.library.update_indexes().await?;
        }
        Ok(())
    }

    /// Returns `true` if enough rows are outside the indexes. The larger an index, the more its
    /// update costs.
    async fn is_index_due(&self) -> Result<bool, Error> {
        let rows = self.rows_since_index;
        Ok(self.config.index_after_rows <= rows
            && self.library.row_count().await? <= INDEX_LAG.saturating_mul(rows))
    }

    /// Returns `true` if the library has reached its limit of bytes, so that nothing more is
    /// stored.
    pub(super) fn is_full(&self) -> bool {
        self.config.disk_bytes_max.is_some_and(|bytes_max| bytes_max <= self.synced.bytes())
    }

    /// Removes the files that only old versions need, unless a long read may need them. The journal
    /// must be on disk before.
    pub(super) async fn prune(&mut self) -> Result<(), Error> {
        let Some(_alone) = lock(&self.places.readers)? else { return Ok(()) };
        self.library.prune(self.config.prune_after).await
    }

    /// Rebuilds the indexes after one was found to miss records.
    pub(crate) async fn renew_indexes(&mut self) -> Result<(), Error> {
        self.rebuild_indexes().await?;
        self.note_synced().await
    }

    pub(super) async fn rebuild_indexes(&mut self) -> Result<(), Error> {
        self.rows_since_index = 0;
        let rows_min = self.config.indexed_rows_min(self.library.site().dimension);
        self.library.rebuild_indexes(rows_min).await
    }

    /// Refuses to write if another program has changed the library's files.
    pub(super) async fn check_unchanged(&mut self) -> Result<(), Error> {
        let dir = self.library.dir().to_owned();
        let empty = Synced::new(Arc::clone(&self.places.disk), Checksums::new());
        let working = std::mem::replace(&mut self.synced, empty);
        let root = dir.clone();
        let work = task::spawn_blocking(move || (working.check_unchanged(&root), working));
        let (result, worked) = work.await.map_err(|_| Error::Closed)?;
        self.synced = worked;
        result.map_err(Error::io("use the files of", dir))
    }
}
