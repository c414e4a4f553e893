//! Locks that the system releases when their process dies.

use std::{
    fs::{self, File, TryLockError},
    io::ErrorKind,
    os::unix::fs::MetadataExt,
    path::Path,
};

use crate::{Error, open_lock};

/// A lock on a file or directory, held until it is dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// The outcome of an attempt to lock an existing entry.
pub(crate) enum Tried {
    Locked(Lock),
    /// Another process holds it, or it is gone.
    Refused,
    /// The file system cannot lock it, for example a directory on a network share.
    Unsupported,
}

impl Lock {
    /// Locks the file at `path`, which is created if missing. Never waits.
    ///
    /// # Errors
    /// [`Error::Locked`] if another process holds the lock; [`Error::Foreign`] and [`Error::Kind`]
    /// if the file cannot be used; [`Error::Io`] if it cannot be opened or locked.
    pub fn take(path: &Path) -> Result<Lock, Error> {
        let file = open_lock(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(Error::Locked { path: path.to_owned() }),
            Err(TryLockError::Error(error)) => Err(Error::io(path)(error)),
        }
    }
}

impl Tried {
    /// Tries to lock a directory.
    pub(crate) fn directory(path: &Path) -> Result<Tried, Error> {
        match File::open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Tried::Refused),
            opened => Tried::opened(opened.map_err(Error::io(path))?, path),
        }
    }

    /// Tries to lock an open file, and refuses it if it is no longer the one at `path`.
    pub(crate) fn opened(file: File, path: &Path) -> Result<Tried, Error> {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => return Ok(Tried::Refused),
            Err(TryLockError::Error(_)) => return Ok(Tried::Unsupported),
            Ok(()) => {}
        }
        let own = file.metadata().map_err(Error::io(path))?;
        let is_there = fs::symlink_metadata(path)
            .is_ok_and(|there| (there.dev(), there.ino()) == (own.dev(), own.ino()));
        Ok(if is_there { Tried::Locked(Lock { _file: file }) } else { Tried::Refused })
    }
}
