//! The one process that writes to the library: moves the journal's rows into it, keeps it tidy,
//! and heals it after a crash.
//!
//! The protocol, for each batch:
//! 1. read the oldest pending rows;
//! 2. append them to the table (or replace, or remove), which makes new versions;
//! 3. sync every new file and directory of the table;
//! 4. in one journal transaction, write the version's number down and drop the rows it holds.
//!
//! A crash before step 4 leaves the rows in the journal and, above the version written down,
//! versions that nothing relies on. So a **new owner, and nobody else**, first rolls the table
//! back to the version written down, then drains as usual. Merging files, updating indexes and
//! pruning follow the same rule: sync, then write down, then prune.
//!
//! An owner of which any step failed is given up, and heals like a new one when it is taken again:
//! nobody knows any more what the table holds beyond the version written down.
//!
//! Ownership is an advisory lock on `owner.lock`, which the operating system gives up when the
//! process dies. The journal counts the owners' terms besides, so that what a process queued before
//! it lost the lock is refused afterwards.

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::task;

use crate::{
    Config, Error,
    journal::{Drain, Journal, Term},
    library::{self, Library},
    sync::{Synced, sync_directory},
};

/// Where the parts of long-term memory lie in a data directory.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    pub(crate) journal: PathBuf,
    pub(crate) library: PathBuf,
    lock: PathBuf,
    quarantine: PathBuf,
}

impl Places {
    pub(crate) fn new(dir: &Path) -> Places {
        Places {
            journal: dir.join("journal.db"),
            library: dir.join("longterm"),
            lock: dir.join("owner.lock"),
            quarantine: dir.join("quarantine"),
        }
    }
}

/// The right to write to the library, for as long as it lives.
pub(crate) struct Owner {
    journal: Journal,
    term: Term,
    library: Library,
    config: Arc<Config>,
    synced: Synced,
    batches_since_compaction: u32,
    rows_since_index: u64,
    /// Dropping the file gives the lock up; it goes last.
    _lock: File,
}

impl Owner {
    /// Becomes the owner if nobody else is, and heals what the last one left.
    pub(crate) async fn take(
        places: &Places,
        journal: &Journal,
        config: &Arc<Config>,
        dimension: usize,
    ) -> Result<Option<Owner>, Error> {
        let Some(lock) = lock(&places.lock)? else { return Ok(None) };
        let term = journal.begin_term().await?;
        let library = match term.synced_version {
            0 => begin(places, config, dimension).await?,
            synced_version => heal(places, config, dimension, synced_version).await?,
        };
        let (files, unindexed) = library.backlog().await?;
        let mut owner = Owner {
            journal: journal.clone(),
            term,
            library,
            config: Arc::clone(config),
            synced: Synced::default(),
            batches_since_compaction: files,
            rows_since_index: unindexed,
            _lock: lock,
        };
        if owner.library.version().await? != term.synced_version {
            owner.note_synced().await?;
        }
        Ok(Some(owner))
    }

    pub(crate) fn library(&self) -> &Library {
        &self.library
    }

    /// Moves everything that waits into the library and says how many rows those were. After an
    /// error the owner is of no use any more.
    pub(crate) async fn drain(&mut self) -> Result<usize, Error> {
        let mut moved = 0;
        loop {
            let drain = self.journal.drain(self.config.drain_rows_max).await?;
            if drain.is_empty() {
                return Ok(moved);
            }
            moved += drain.len();
            self.apply(drain).await?;
            if let Err(error) = self.maintain().await {
                // What was applied is safe; only the tidying waits for the next threshold.
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "maintenance failed");
            }
        }
    }

    async fn apply(&mut self, drain: Drain) -> Result<(), Error> {
        if !drain.removals.is_empty() {
            self.library.remove(&drain.removals).await?;
        }
        if !drain.replacements.is_empty() {
            self.library.replace(&drain.replacements).await?;
        }
        if !drain.appends.is_empty() {
            self.library.append(&drain.appends).await?;
        }
        self.batches_since_compaction += 1;
        self.rows_since_index += drain.len() as u64;
        let version = self.make_durable().await?;
        self.journal.applied(self.term, drain, version).await
    }

    /// Merges files, updates indexes and prunes where the thresholds of the configuration say so.
    async fn maintain(&mut self) -> Result<(), Error> {
        let compact = self.config.compact_after_batches <= self.batches_since_compaction;
        let index = self.config.index_after_rows <= self.rows_since_index;
        if !compact && !index {
            return Ok(());
        }
        if compact {
            self.batches_since_compaction = 0;
            self.library.compact().await?;
        }
        if index {
            self.rows_since_index = 0;
            self.library.ensure_vector_index(self.config.index_threshold).await?;
            self.library.update_indexes().await?;
        }
        self.note_synced().await?;
        self.library.prune(self.config.prune_after).await
    }

    async fn note_synced(&mut self) -> Result<(), Error> {
        let version = self.make_durable().await?;
        self.journal.set_synced(self.term, version).await
    }

    /// Syncs all that the library has written, and returns the version that this made safe.
    async fn make_durable(&mut self) -> Result<u64, Error> {
        let version = self.library.version().await?;
        let dir = self.library.dir().to_owned();
        let mut synced = std::mem::take(&mut self.synced);
        let work = task::spawn_blocking(move || (synced.sync(&dir).map(|_| dir), synced));
        let (result, synced) = work.await.map_err(|_| Error::Closed)?;
        self.synced = synced;
        result.map_err(Error::io("sync", self.library.dir()))?;
        Ok(version)
    }
}

fn lock(path: &Path) -> Result<Option<File>, Error> {
    let mut options = File::options();
    let file = options.create(true).truncate(false).write(true).open(path);
    let file = file.map_err(Error::io("open", path))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(Error::io("lock", path)(error)),
    }
}

/// Makes the table. What lies there already was never written down as safe, unless the journal is
/// not the one that it belongs to.
async fn begin(places: &Places, config: &Config, dimension: usize) -> Result<Library, Error> {
    let (dir, bytes) = (&places.library, config.cache_bytes);
    if let Ok(Some(library)) = Library::open(dir, dimension, bytes).await
        && 0 < library.row_count().await?
    {
        return Err(Error::Damaged {
            key: dir.display().to_string(),
            reason: "the library holds records that the journal knows nothing of; \
                     restore journal.db from a backup"
                .to_owned(),
        });
    }
    library::discard(dir)?;
    Library::create(dir, dimension, bytes).await
}

/// Opens the table at the content of `synced_version`, whatever lies above it.
async fn heal(
    places: &Places,
    config: &Config,
    dimension: usize,
    synced_version: u64,
) -> Result<Library, Error> {
    let open = || Library::open(&places.library, dimension, config.cache_bytes);
    let mut highest = synced_version;
    let library = match open().await {
        Ok(Some(library)) => library,
        Ok(None) => return Err(lost(places)),
        Err(error) => {
            let (dir, quarantine) = (&places.library, &places.quarantine);
            let Some(moved) = library::quarantine_above(dir, synced_version, quarantine)? else {
                return Err(error);
            };
            sync_directory(quarantine).map_err(Error::io("sync", quarantine))?;
            tracing::warn!(%error, "damaged versions that were never synced went to quarantine");
            highest = moved;
            open().await?.ok_or_else(|| lost(places))?
        }
    };
    let found = library.version().await?;
    if found < synced_version {
        return Err(lost(places));
    }
    if synced_version < found {
        tracing::info!(found, synced_version, "rolling back versions that were never synced");
        library.roll_back_to(synced_version).await?;
    }
    // A number that some reader may have seen must not come to mean another version.
    while library.version().await? < highest {
        library.roll_back_to(synced_version).await?;
    }
    Ok(library)
}

pub(crate) fn lost(places: &Places) -> Error {
    Error::Damaged {
        key: places.library.display().to_string(),
        reason: "the library that the journal speaks of is gone; restore it from a backup"
            .to_owned(),
    }
}
