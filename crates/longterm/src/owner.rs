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
//! Ownership is an advisory lock on `owner.lock`, which the operating system gives up when the
//! process dies.

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::task;

use crate::{
    Config, Error,
    journal::{Drain, Journal},
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
        let synced_version = journal.synced_version().await?;
        let library = if synced_version == 0 {
            library::discard(&places.library)?;
            Library::create(&places.library, dimension, config.cache_bytes).await?
        } else {
            heal(places, config, dimension, synced_version).await?
        };
        let mut owner = Owner {
            journal: journal.clone(),
            library,
            config: Arc::clone(config),
            synced: Synced::default(),
            batches_since_compaction: 0,
            rows_since_index: 0,
            _lock: lock,
        };
        if owner.library.version().await? != synced_version {
            let version = owner.make_durable().await?;
            owner.journal.set_synced(version).await?;
        }
        Ok(Some(owner))
    }

    pub(crate) fn library(&self) -> &Library {
        &self.library
    }

    /// Moves everything that waits into the library and says how many rows those were.
    pub(crate) async fn drain(&mut self) -> Result<usize, Error> {
        let mut moved = 0;
        loop {
            let drain = self.journal.drain(self.config.drain_rows_max).await?;
            if drain.is_empty() {
                return Ok(moved);
            }
            moved += drain.len();
            self.apply(drain).await?;
            self.maintain().await?;
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
        self.journal.applied(drain, version).await
    }

    /// Merges files, updates indexes and prunes where the thresholds of the configuration say so.
    async fn maintain(&mut self) -> Result<(), Error> {
        let mut changed = false;
        if self.config.compact_after_batches <= self.batches_since_compaction {
            self.library.compact().await?;
            self.batches_since_compaction = 0;
            changed = true;
        }
        if self.config.index_after_rows <= self.rows_since_index {
            self.library.ensure_vector_index(self.config.index_threshold).await?;
            self.library.update_indexes().await?;
            self.rows_since_index = 0;
            changed = true;
        }
        if changed {
            let version = self.make_durable().await?;
            self.journal.set_synced(version).await?;
            self.library.prune(self.config.prune_after).await?;
        }
        Ok(())
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

/// Opens the table at the content of `synced_version`, whatever lies above it.
async fn heal(
    places: &Places,
    config: &Config,
    dimension: usize,
    synced_version: u64,
) -> Result<Library, Error> {
    let open = || Library::open(&places.library, dimension, config.cache_bytes);
    let library = match open().await {
        Ok(Some(library)) => library,
        Ok(None) => return Err(lost(places)),
        Err(error) => {
            let (dir, quarantine) = (&places.library, &places.quarantine);
            let moved = library::quarantine_above(dir, synced_version, quarantine)?;
            if moved == 0 {
                return Err(error);
            }
            sync_directory(quarantine).map_err(Error::io("sync", quarantine))?;
            tracing::warn!(moved, %error, "damaged unsynced versions went to quarantine");
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
    Ok(library)
}

fn lost(places: &Places) -> Error {
    Error::Damaged {
        key: places.library.display().to_string(),
        reason: "the library that the journal speaks of is gone; restore it from a backup"
            .to_owned(),
    }
}
