//! Paths of long-term memory in a data directory, and its locks.

use std::{
    fs::{self, File, TryLockError},
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Arc,
};

use aios_files::open_lock;
use aios_ledger::Access;

use crate::{
    Error,
    library::Site,
    sync::{Disk, make_directory, unless_gone},
};

/// Paths of the parts of long-term memory in a data directory.
#[derive(Clone)]
pub(crate) struct Places {
    pub(crate) dir: PathBuf,
    pub(crate) journal: PathBuf,
    pub(crate) library: PathBuf,
    pub(crate) lock: PathBuf,
    pub(super) readers: PathBuf,
    pub(crate) rebuild: PathBuf,
    pub(super) quarantine: PathBuf,
    pub(crate) disk: Arc<dyn Disk>,
}

impl Places {
    pub(crate) fn new(dir: &Path, disk: Arc<dyn Disk>) -> Places {
        Places {
            dir: dir.to_owned(),
            journal: dir.join("journal.db"),
            library: dir.join("longterm"),
            lock: dir.join("owner.lock"),
            readers: dir.join("readers.lock"),
            rebuild: dir.join("rebuild.lock"),
            quarantine: dir.join("quarantine"),
            disk,
        }
    }

    /// Waits until no read pins a version, and blocks new pins while the returned file is open.
    pub(crate) fn alone(&self) -> Result<File, Error> {
        let file = open_lock(&self.readers)?;
        file.lock().map_err(Error::io("lock", &self.readers))?;
        Ok(file)
    }

    /// Creates the quarantine directory for files that are no longer trusted but worth inspecting.
    pub(crate) fn make_quarantine(&self) -> Result<PathBuf, Error> {
        let quarantine = self.quarantine.clone();
        make_directory(&*self.disk, &quarantine).map_err(Error::io("create", &quarantine))?;
        Ok(quarantine)
    }

    /// Returns the files and tables that a repair has moved to the quarantine: all but manifests.
    pub(crate) fn unsaved(&self) -> Result<Vec<PathBuf>, Error> {
        let failed = || Error::io("list", &self.quarantine);
        let Some(entries) = unless_gone(fs::read_dir(&self.quarantine)).map_err(failed())? else {
            return Ok(Vec::new());
        };
        let mut unsaved = Vec::new();
        for entry in entries {
            let path = entry.map_err(failed())?.path();
            if path.extension() != Some("manifest".as_ref()) {
                unsaved.push(path);
            }
        }
        unsaved.sort_unstable();
        Ok(unsaved)
    }

    /// Returns the directory in which a repair decodes files. A killed repair may leave it behind.
    pub(crate) fn scratch(&self) -> PathBuf {
        self.library.join("scratch")
    }

    /// Returns the location of one of the library's tables.
    pub(crate) fn site(&self, table: u64, dimension: usize, cache_bytes: usize) -> Site {
        Site { dir: self.library.clone(), table, dimension, cache_bytes }
    }

    /// Keeps every process from pruning versions of the library while the returned file is open.
    /// For long reads; short ones are retried instead. May block. `None` if the lock file does not
    /// exist and `access` does not allow creating it.
    pub(crate) fn pin(&self, access: Access) -> Result<Option<File>, Error> {
        let file = match (access, File::open(&self.readers)) {
            (_, Ok(file)) => file,
            (Access::ReadOnly, Err(error)) if error.kind() == ErrorKind::NotFound => {
                return Ok(None);
            }
            (Access::ReadOnly, Err(error)) => return Err(Error::io("open", &self.readers)(error)),
            (Access::ReadWrite, Err(_)) => open_lock(&self.readers)?,
        };
        file.lock_shared().map_err(Error::io("lock", &self.readers))?;
        Ok(Some(file))
    }
}

/// Locks a file exclusively. `None` if another handle has locked it.
pub(crate) fn lock(path: &Path) -> Result<Option<File>, Error> {
    let file = open_lock(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(Error::io("lock", path)(error)),
    }
}
