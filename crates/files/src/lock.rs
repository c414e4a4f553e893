//! Locks that the system gives up when their process dies.

use std::{
    fs::{self, File, TryLockError},
    io::ErrorKind,
    os::unix::fs::MetadataExt,
    path::Path,
};

use crate::{Error, open_lock};

/// A lock on a file or a directory, for as long as it lives.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Locks the file at `path`, which is created if it is missing, or returns at once.
    ///
    /// # Errors
    /// [`Error::Locked`] if another process has it; [`Error::Foreign`], [`Error::Kind`],
    /// [`Error::Io`].
    pub fn take(path: &Path) -> Result<Lock, Error> {
        match Lock::of(open_lock(path)?, path)? {
            Some(lock) => Ok(lock),
            None => Err(Error::Locked { path: path.to_owned() }),
        }
    }

    /// Locks a file or directory that is there; none if another has it, or it is gone.
    pub(crate) fn existing(path: &Path) -> Result<Option<Lock>, Error> {
        match File::open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            opened => Lock::of(opened.map_err(Error::io(path))?, path),
        }
    }

    /// Locks an opened file, as long as it is still the one at `path`.
    fn of(file: File, path: &Path) -> Result<Option<Lock>, Error> {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(Error::io(path)(error)),
            Ok(()) => {}
        }
        let own = file.metadata().map_err(Error::io(path))?;
        let is_there = fs::symlink_metadata(path)
            .is_ok_and(|there| (there.dev(), there.ino()) == (own.dev(), own.ino()));
        Ok(is_there.then_some(Lock { _file: file }))
    }
}
