//! The data directory: creating it, refusing files of other users, and locking it for operations
//! that need it alone. Not here: the contents of its files.

use std::{
    ffi::OsStr,
    fs,
    io::ErrorKind,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use aios_files::{Leftover, Lock, Temporary, make_directory, remove_abandoned, secure_directory};
use aios_longterm::Access;

use crate::{Config, Error, InputProblem, work::RUN};

/// The file with which a former version marked a data directory whose restore was incomplete.
pub(crate) const RESTORING: &str = "restoring";
/// The names of the databases and the library in a data directory.
const STORES: [&str; 3] = ["working.db", "journal.db", "longterm"];
/// The names in a data directory, except those that start with one of [`PREFIXES`].
const NAMES: &[&str] = &[
    "longterm",
    "owner.lock",
    "readers.lock",
    "rebuild.lock",
    UPKEEP,
    "generations.json",
    "quarantine",
    "backup",
    // The state of hooks; the socket and the mark of a service, and the marks of running processes.
    "hooks",
    RUN,
    "backups",
    "backups.json",
    "backups.lock",
    "recalls.json",
    "recalls.lock",
    ".partial",
    RESTORING,
];
/// Prefixes of databases with their logs, and of temporary files, including those of a former
/// version.
const PREFIXES: &[&str] = &["working.db", "journal.db", Temporary::PREFIX, ".tmp"];
/// The lock file for operations on the whole data directory.
const UPKEEP: &str = "upkeep.lock";

/// A directory for temporary files of this process, in the data directory of a memory. It is
/// removed on drop; the directory of a killed process is removed when the memory is opened again.
#[derive(Debug)]
pub struct Scratch(Temporary);

impl Scratch {
    /// Creates one for the memory that `config` describes. Returns `None` if the access is
    /// read-only.
    ///
    /// # Errors
    /// As [`AgentMemory::open`](crate::AgentMemory::open) for the data directory.
    pub fn new(config: &Config) -> Result<Option<Scratch>, Error> {
        let dir = &config.memory.data_dir;
        if config.memory.access == Access::ReadOnly {
            return Ok(None);
        }
        prepare(dir)?;
        Ok(Some(Scratch(Temporary::below(dir)?)))
    }

    /// Returns its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

/// Creates the data directory, or secures an existing one: refuses files of other users, revokes
/// their access, and removes the temporary files of killed processes.
///
/// # Errors
/// [`Error::NoDirectory`], [`Error::Directory`], [`Error::ForeignDirectory`]; [`Error::Place`] if a
/// file in it belongs to another user or a restore is running; [`Error::Input`] if a restore was
/// interrupted.
pub(crate) fn prepare(dir: &Path) -> Result<(), Error> {
    if dir.as_os_str().is_empty() {
        return Err(Error::NoDirectory);
    }
    check_restored(dir)?;
    make_directory(dir).map_err(Error::directory(dir))?;
    check_owner(dir)?;
    let tightened = secure_directory(dir, is_known).map_err(unusable)?;
    if 0 < tightened {
        let dir = dir.display();
        tracing::warn!(
            "removed the access of other users to {tightened} files and directories in {dir}; \
             their modes are now 0600 and 0700"
        );
    }
    remove_abandoned(dir);
    Ok(())
}

/// Checks that the data directory of `config` contains a memory. Opening it for writing would
/// create one.
///
/// # Errors
/// [`Error::NoDirectory`] if the settings name no data directory, [`Error::NoMemory`] if it does
/// not exist or has neither databases nor a library; [`Error::Input`] if a restore was interrupted.
pub fn check_stored(config: &Config) -> Result<(), Error> {
    let dir = &config.memory.data_dir;
    if dir.as_os_str().is_empty() {
        return Err(Error::NoDirectory);
    }
    check_restored(dir)?;
    let parts = STORES.iter().map(|part| dir.join(part)).chain([config.working_path()]);
    // An entry that cannot be examined is reported when it is opened.
    let is_missing = |path: PathBuf| {
        fs::symlink_metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound)
    };
    match parts.into_iter().all(is_missing) {
        true => Err(Error::NoMemory { path: dir.clone() }),
        false => Ok(()),
    }
}

/// Refuses a data directory that cannot be read.
///
/// # Errors
/// [`Error::NoMemory`] if it does not exist, [`Error::Directory`] if it cannot be listed.
pub(crate) fn check_readable(dir: &Path) -> Result<(), Error> {
    match fs::read_dir(dir) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Err(Error::NoMemory { path: dir.to_owned() })
        }
        Err(error) => Err(Error::directory(dir)(error)),
    }
}

/// Locks the data directory for an operation on the whole of it, for the lifetime of the returned
/// lock.
///
/// # Errors
/// [`Error::Place`] with [`aios_files::Error::Locked`] if another process holds the lock.
pub(crate) fn lock_upkeep(dir: &Path) -> Result<Lock, Error> {
    Ok(Lock::take(&dir.join(UPKEEP))?)
}

/// Refuses a data directory with a running or interrupted restore.
pub(crate) fn check_restored(dir: &Path) -> Result<(), Error> {
    let left = Leftover::of(dir).map_err(unusable)?;
    let left = match left {
        Some(Leftover::Running(path)) => return Err(aios_files::Error::Locked { path }.into()),
        Some(Leftover::Abandoned(path)) => Some(path),
        None if dir.join(RESTORING).exists() => None,
        None => return Ok(()),
    };
    Err(Error::input(dir, InputProblem::HalfRestored { left }))
}

fn unusable(error: aios_files::Error) -> Error {
    match error {
        aios_files::Error::Io { path, source } => Error::Directory { path, source },
        error => error.into(),
    }
}

impl Config {
    /// Returns the directory for temporary copies of other files: the data directory if it is
    /// writable, else the system's temporary directory.
    #[must_use]
    pub fn copies_dir(&self) -> PathBuf {
        match self.memory.access {
            Access::ReadWrite => self.memory.data_dir.clone(),
            Access::ReadOnly => Temporary::of_the_system(),
        }
    }
}

fn is_known(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    NAMES.contains(&&*name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Refuses a directory of another user of the system, because that user would not own new files in
/// it. This includes root, whose files the user could not open.
pub(crate) fn check_owner(dir: &Path) -> Result<(), Error> {
    let owner = fs::metadata(dir).map_err(Error::directory(dir))?.uid();
    let user = uzers::get_effective_uid();
    match owner == user {
        true => Ok(()),
        false => Err(Error::ForeignDirectory { path: dir.to_owned(), owner, user }),
    }
}
