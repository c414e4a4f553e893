//! The owner's part of a purge: no file that ever held deleted data may remain.
//!
//! 1. Drain the deletions, rewrite the files that held the rows, rebuild the indexes, sync, and
//!    record that version, with recounted word statistics.
//! 2. Prune all older versions, with the files that only they need; empty the quarantine; remove
//!    files that a crash left half written; sync the directories; rewrite `journal.db` and empty
//!    its write-ahead log.
//!
//! The next owner repeats an interrupted purge from the first step that is not recorded. The second
//! step waits for long reads, and is retried until there is no obstacle.

use std::{
    fs, io,
    path::Path,
    time::{Duration, Instant},
};

use tokio::task;

use super::{
    Owner,
    damage::{compare_files, refuse_damage},
    heal::lost,
    places::{Places, lock},
};
use crate::{
    Error,
    journal::Obstacle,
    library::{self, Library},
    sync::{Disk, checksums::Which, unless_gone},
};

/// Delay before the journal is rewritten again, if a reader blocked it.
const SCRUB_RETRY: Duration = Duration::from_secs(10);
/// Keys per lookup or removal.
const KEYS_AT_ONCE: usize = 2000;

impl Owner {
    /// Advances the requested purges as far as possible. After an error the owner must be dropped.
    pub(crate) async fn purge(&mut self) -> Result<(), Error> {
        let purges = self.journal.purges().await?;
        if purges.done == purges.wanted {
            return Ok(());
        }
        if purges.rewritten < purges.wanted {
            if !self.drain(purges.through).await? {
                return Ok(());
            }
            self.remove_left_over().await?;
            self.rewrite(purges.wanted).await?;
            self.scrub_after = None;
        }
        if self.scrub_after.is_some_and(|after| Instant::now() < after) {
            return Ok(());
        }
        let obstacle = self.sweep().await?;
        if obstacle == Some(Obstacle::JournalReader) {
            self.scrub_after = Some(Instant::now() + SCRUB_RETRY);
        }
        if obstacle.is_none() || purges.blocked != (purges.wanted, obstacle) {
            self.journal.purge_swept(purges.wanted, obstacle).await?;
        }
        Ok(())
    }

    /// Removes rows that an earlier removal has left because an index did not find them.
    async fn remove_left_over(&mut self) -> Result<(), Error> {
        let known = self.journal.checksums().await?;
        let compared = compare_files(&self.library, &known, Which::All).await?;
        refuse_damage(&compared.damage)?;
        let left = self.left_over().await?;
        if left.is_empty() {
            return Ok(());
        }
        tracing::warn!(rows = left.len(), "removing rows of deleted records");
        self.rebuild_indexes().await?;
        for keys in left.chunks(KEYS_AT_ONCE) {
            self.library.remove(keys).await?;
        }
        match self.left_over().await?.len() {
            0 => Ok(()),
            rows => Err(Error::Library {
                action: "remove records",
                source: format!("{rows} rows remain").into(),
            }),
        }
    }

    /// Returns the keys of rows whose records are deleted, without deletions that still wait.
    async fn left_over(&self) -> Result<Vec<String>, Error> {
        let keys = self.library.keys().await?;
        let mut left = Vec::new();
        for keys in keys.chunks(KEYS_AT_ONCE) {
            left.extend(self.journal.deleted_for_good(keys.to_vec()).await?);
        }
        Ok(left)
    }

    async fn rewrite(&mut self, number: u64) -> Result<(), Error> {
        let rows_min = self.config.indexed_rows_min(self.library.site().dimension);
        self.library.rewrite(rows_min).await?;
        self.batches_since_compaction = 0;
        self.rows_since_index = 0;
        let counts = self.library.term_counts().await?;
        let safe = self.make_durable().await?;
        self.journal.purge_rewritten(self.term, safe, counts, number).await
    }

    /// Removes everything but the newest version, unless a reader needs it.
    async fn sweep(&mut self) -> Result<Option<Obstacle>, Error> {
        let Some(_no_rebuild) = lock(&self.places.rebuild)? else {
            return Ok(Some(Obstacle::Rebuild));
        };
        {
            let Some(_alone) = lock(&self.places.readers)? else {
                return Ok(Some(Obstacle::LibraryReader));
            };
            self.journal.sync().await?;
            // By number: Lance orders by time, and a clock may have been ahead.
            let newest = self.library.version().await?;
            for (_, older) in self.library.site().manifests()?.range(..newest) {
                fs::remove_file(older).map_err(Error::io("remove", older))?;
            }
            self.library.prune(Duration::ZERO).await?;
        }
        let places = self.places.clone();
        let (table, number) = (self.library.dir().to_owned(), self.library.site().table);
        let removal = task::spawn_blocking(move || {
            empty_quarantine(&places)?;
            let scratch = places.scratch();
            unless_gone(fs::remove_dir_all(&scratch)).map_err(Error::io("remove", scratch))?;
            for other in library::tables(&places.library, |other| other != number)? {
                library::remove(&other)?;
            }
            let all = &places.library;
            places.disk.sync_directory(all).map_err(Error::io("sync", all))?;
            clear_away(&*places.disk, &table).map_err(Error::io("clear", table))
        });
        removal.await.map_err(|_| Error::Closed)??;
        // A new handle has empty caches.
        let opened = Library::open(self.library.site().clone()).await?;
        self.library = opened.ok_or_else(|| lost(&self.places))?;
        self.journal.scrub().await
    }
}

fn empty_quarantine(places: &Places) -> Result<(), Error> {
    let quarantine = &places.quarantine;
    let failed = || Error::io("empty", quarantine);
    let Some(entries) = unless_gone(fs::read_dir(quarantine)).map_err(failed())? else {
        return Ok(());
    };
    for path in places.unsaved()? {
        tracing::warn!(path = %path.display(), "the purge removes data that no repair could read");
    }
    for entry in entries {
        let path = entry.map_err(failed())?.path();
        let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        removed.map_err(failed())?;
    }
    places.disk.sync_directory(quarantine).map_err(failed())
}

/// Removes the files below `dir` that a crash left half written, and syncs the directories. Only
/// the owner writes there, so no file changes during the call.
fn clear_away(disk: &dyn Disk, dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            clear_away(disk, &path)?;
        } else if is_staged(&path) {
            fs::remove_file(&path)?;
        }
    }
    disk.sync_directory(dir)
}

/// Returns `true` if a file has a staging name of Lance's object store: the final name, `#` and a
/// number. Lance's pruning does not know such files.
fn is_staged(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.rsplit_once('#').is_some_and(|(_, number)| number.parse::<u32>().is_ok())
}
