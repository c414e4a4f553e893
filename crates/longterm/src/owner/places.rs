//! Where the parts of long-term memory lie in a data directory, and the locks there.

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

/// The places of the parts of long-term memory in a data directory.
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

    /// Waits until no read pins a version, and keeps new ones away for as long as the file lives.
    pub(crate) fn alone(&self) -> Result<File, Error> {
        let file = open_lock(&self.readers)?;
        file.lock().map_err(Error::io("lock", &self.readers))?;
        Ok(file)
    }

    /// Where is put what is not relied upon and may be looked at.
    pub(crate) fn make_quarantine(&self) -> Result<PathBuf, Error> {
        let quarantine = self.quarantine.clone();
        make_directory(&*self.disk, &quarantine).map_err(Error::io("create", &quarantine))?;
        Ok(quarantine)
    }

    /// Files and tables that a repair has put into the quarantine: all but manifests.
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

    /// Where a repair decodes files; may be left behind by one that was killed.
    pub(crate) fn scratch(&self) -> PathBuf {
        self.library.join("scratch")
    }

    /// One of the library's tables.
    pub(crate) fn site(&self, table: u64, dimension: usize, cache_bytes: usize) -> Site {
        Site { dir: self.library.clone(), table, dimension, cache_bytes }
    }

    /// Keeps every version of the library from being pruned, in whichever process, for as long as
    /// the file lives. For reads that take long; short ones are tried again. May block. `None` if
    /// there is no file to lock and `access` does not allow to make it.
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

/// Locks a file for its caller alone, or none where another has it.
pub(crate) fn lock(path: &Path) -> Result<Option<File>, Error> {
    let file = open_lock(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(Error::io("lock", path)(error)),
    }
}
