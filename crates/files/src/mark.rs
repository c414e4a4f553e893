//! Marks of running processes: files that are locked while their process lives. A mark whose lock
//! is free belongs to a process that ended without removing it.
//!
//! Only the lock decides. The number of a process may belong to another process by then, on this
//! machine or on another one that shares the directory.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::ErrorKind,
    path::{Path, PathBuf},
    process,
};

use crate::{
    Error, Temporary, check_file, create,
    lock::{Lock, Tried},
    make_directory,
    private::parent,
    sync_directory,
};

/// Prefix of the names of marks.
const PREFIX: &str = "process-";
/// Suffix of a mark whose process has ended, while its end is being handled.
const ENDED: &str = ".ended";
/// Maximum number of names that are tried for one mark.
const NAMES_MAX: i64 = 64;

/// The mark of this process in a directory. The lock is released when the mark is dropped; the file
/// remains until [`remove`](Mark::remove).
#[derive(Debug)]
pub struct Mark {
    path: PathBuf,
    name: String,
    _lock: Lock,
}

/// A mark that a process left behind, locked by this process until it is dropped.
#[derive(Debug)]
pub struct LeftMark {
    path: PathBuf,
    name: String,
    _lock: Lock,
}

impl Mark {
    /// Creates the mark of this process in `dir`, which is created if missing. Its name consists of
    /// the number of the process and of `started_us`. It is on disk when this returns.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be created; [`Error::Locked`] if the file system cannot lock it.
    pub fn make(dir: &Path, started_us: i64) -> Result<Mark, Error> {
        make_directory(dir).map_err(Error::io(dir))?;
        // Locked before it appears under its name, so that no process mistakes it for a left mark.
        let beside = Temporary::below(dir)?;
        let unnamed = beside.path().join("mark");
        let file = create(&unnamed).map_err(Error::io(&unnamed))?;
        file.sync_all().map_err(Error::io(&unnamed))?;
        let Tried::Locked(lock) = Tried::opened(file, &unnamed)? else {
            return Err(Error::Locked { path: unnamed });
        };
        for attempt in 0..NAMES_MAX {
            let name = format!("{PREFIX}{}-{}", process::id(), started_us.saturating_add(attempt));
            let path = dir.join(&name);
            if fs::symlink_metadata(&path).is_ok() {
                continue;
            }
            fs::rename(&unnamed, &path).map_err(Error::io(&path))?;
            for dir in [dir, parent(dir)] {
                sync_directory(dir).map_err(Error::io(dir))?;
            }
            return Ok(Mark { path, name, _lock: lock });
        }
        Err(Error::Locked { path: dir.to_owned() })
    }

    /// Returns its name, unique in its directory.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Removes the file, at an orderly end of the process.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be removed.
    pub fn remove(&self) -> Result<(), Error> {
        remove(&self.path)
    }

    /// Returns true if the mark of this name exists in `dir` and its process lives. Writes nothing.
    ///
    /// # Errors
    /// [`Error::Foreign`] and [`Error::Kind`] if it is not a regular file of this user;
    /// [`Error::Io`] if it cannot be examined.
    pub fn is_held(dir: &Path, name: &str) -> Result<bool, Error> {
        let path = dir.join(name);
        let file = match File::open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            opened => opened.map_err(Error::io(&path))?,
        };
        check_file(&path)?;
        // A shared lock, so that two concurrent checks do not mistake each other for the process.
        match file.try_lock_shared() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(Error::io(&path)(error)),
        }
    }
}

impl LeftMark {
    /// Locks and returns the marks in `dir` that processes left behind, by name. Marks that another
    /// process is handling and other entries of `dir` are omitted. Empty if `dir` does not exist.
    ///
    /// # Errors
    /// [`Error::Io`] if the directory cannot be listed or a mark cannot be renamed;
    /// [`Error::Foreign`] and [`Error::Kind`] if a mark is not a regular file of this user.
    pub fn all(dir: &Path) -> Result<Vec<LeftMark>, Error> {
        let entries = match fs::read_dir(dir) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(Error::io(dir))?,
        };
        let mut left = Vec::new();
        for entry in entries {
            let path = entry.map_err(Error::io(dir))?.path();
            if path.is_file()
                && let Some(mark) = LeftMark::at(&path)?
            {
                left.push(mark);
            }
        }
        left.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(left)
    }

    /// Locks the mark at `path`, and renames it: from here on [`Mark::is_held`] returns false, even
    /// though it is locked.
    fn at(path: &Path) -> Result<Option<LeftMark>, Error> {
        let name = path.file_name().and_then(|name| name.to_str());
        let Some(name) = name.filter(|name| name.starts_with(PREFIX)) else { return Ok(None) };
        let file = match OpenOptions::new().write(true).open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(Error::io(path))?,
        };
        check_file(path)?;
        let Tried::Locked(lock) = Tried::opened(file, path)? else { return Ok(None) };
        let (name, path) = match name.strip_suffix(ENDED) {
            Some(name) => (name.to_owned(), path.to_owned()),
            None => {
                let ended = path.with_file_name(format!("{name}{ENDED}"));
                fs::rename(path, &ended).map_err(Error::io(path))?;
                (name.to_owned(), ended)
            }
        };
        Ok(Some(LeftMark { path, name, _lock: lock }))
    }

    /// Returns the name of the mark.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Removes the file, after the end of its process was handled.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be removed.
    pub fn remove(self) -> Result<(), Error> {
        remove(&self.path)
    }
}

fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::io(path)(error)),
        _ => Ok(()),
    }
}
