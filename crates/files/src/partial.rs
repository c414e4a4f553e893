//! A file that is put in place atomically.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};

use tempfile::TempPath;

use crate::{
    Error,
    lock::{Lock, Tried},
    private::{create, parent, sync_directory},
    secure::check_file,
};

/// The extension of its name until it is committed.
const SUFFIX: &str = "partial";

/// A file that is put in place atomically. Until then it is beside the target with the extension
/// `.partial`. It is removed on drop; the remains of a killed process are replaced by the next one.
#[derive(Debug)]
pub struct Partial {
    file: File,
    path: TempPath,
    target: PathBuf,
    _lock: Option<Lock>,
}

impl Partial {
    /// Creates the partial file of `target`.
    ///
    /// # Errors
    /// [`Error::Locked`] while another process writes it; [`Error::Foreign`] and [`Error::Kind`] if
    /// another entry is in the way; [`Error::Io`], with [`ErrorKind::AlreadyExists`] if `target`
    /// exists.
    pub fn create(target: &Path) -> Result<Partial, Error> {
        if target.symlink_metadata().is_ok() {
            return Err(Error::io(target)(ErrorKind::AlreadyExists.into()));
        }
        let path = target.with_added_extension(SUFFIX);
        let locked = || Error::Locked { path: path.clone() };
        if let Some(_abandoned) = lock_abandoned(&path)? {
            fs::remove_file(&path).map_err(Error::io(&path))?;
        }
        let file = match create(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(locked()),
            created => created.map_err(Error::io(&path))?,
        };
        let again = file.try_clone().map_err(Error::io(&path))?;
        let lock = match Tried::opened(again, &path)? {
            Tried::Locked(lock) => Some(lock),
            Tried::Unsupported => None,
            Tried::Refused => return Err(locked()),
        };
        let target = target.to_owned();
        let path = TempPath::try_from_path(&path).map_err(Error::io(&path))?;
        Ok(Partial { file, path, target, _lock: lock })
    }

    /// Syncs the file and puts it in place, unless the target exists by now.
    ///
    /// # Errors
    /// [`Error::Io`], with [`ErrorKind::AlreadyExists`] if the target exists.
    pub fn commit(self) -> Result<(), Error> {
        let Partial { file, path, target, _lock } = self;
        file.sync_all().map_err(Error::io(&target))?;
        path.persist_noclobber(&target).map_err(|error| Error::io(&target)(error.error))?;
        sync_directory(parent(&target)).map_err(Error::io(&target))
    }
}

impl Write for Partial {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Locks the file that a killed process left. `None` if no file was left.
fn lock_abandoned(path: &Path) -> Result<Option<Lock>, Error> {
    match path.symlink_metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Ok(found) if !found.is_file() => {
            return Err(Error::Kind { path: path.to_owned(), expected: "regular file" });
        }
        found => found.map_err(Error::io(path)).map(drop)?,
    }
    check_file(path)?;
    let file = File::options().write(true).open(path).map_err(Error::io(path))?;
    match Tried::opened(file, path)? {
        Tried::Locked(lock) => Ok(Some(lock)),
        Tried::Refused | Tried::Unsupported => Err(Error::Locked { path: path.to_owned() }),
    }
}
