//! Directories of this process alone, below the system's directory for temporary files. They go
//! when they are dropped; those of a process that was killed go when the next one makes its own.

use std::{
    fs::{self, File, Permissions},
    io::{self, ErrorKind},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use tempfile::TempDir;

/// The beginning of the names of all of them.
const PREFIX: &str = "aios-memory-reader.";
/// The directory for temporary files where none is named.
const TEMPORARY: &str = "/tmp";
/// Attempts to keep a new directory from one who takes it for abandoned.
const TRIES: u32 = 8;

/// A directory that only its owner may enter (mode 0700). Dropping it removes it.
#[derive(Debug)]
pub(crate) struct PrivateDirectory {
    directory: TempDir,
    /// Locked for as long as the directory is used; by that others know that it is not abandoned.
    _lock: File,
}

impl PrivateDirectory {
    /// Makes one, and removes those that killed processes of the same user have left.
    pub(crate) fn new() -> io::Result<PrivateDirectory> {
        PrivateDirectory::below(&temporary())
    }

    fn below(dir: &Path) -> io::Result<PrivateDirectory> {
        for _ in 0..TRIES {
            let mut builder = tempfile::Builder::new();
            builder.prefix(PREFIX).permissions(Permissions::from_mode(0o700));
            let directory = builder.tempdir_in(dir)?;
            // Between being made and locked it looks abandoned; then it is made again.
            if let Some(lock) = lock(directory.path())? {
                remove_abandoned(dir, lock.metadata()?.uid());
                return Ok(PrivateDirectory { directory, _lock: lock });
            }
        }
        Err(io::Error::new(ErrorKind::ResourceBusy, "every new directory was removed by another"))
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }
}

/// The system's directory for temporary files. `TMPDIR` counts as unset if it is empty.
pub(crate) fn temporary() -> PathBuf {
    Some(std::env::temp_dir())
        .filter(|named| !named.as_os_str().is_empty())
        .unwrap_or_else(|| PathBuf::from(TEMPORARY))
}

/// Locks a directory, unless another has it or it is gone.
fn lock(path: &Path) -> io::Result<Option<File>> {
    let opened = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    if opened.try_lock().is_err() {
        return Ok(None);
    }
    let is_same = |there: fs::Metadata| -> io::Result<bool> {
        let own = opened.metadata()?;
        Ok((own.dev(), own.ino()) == (there.dev(), there.ino()))
    };
    let is_there = fs::symlink_metadata(path).and_then(is_same).unwrap_or(false);
    Ok(is_there.then_some(opened))
}

/// Removes the directories of the user `uid` that no process uses. Nothing depends on it, so what
/// goes wrong is left to the next one.
fn remove_abandoned(dir: &Path, uid: u32) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries.filter_map(Result::ok) {
        let is_ours = entry.file_name().to_string_lossy().starts_with(PREFIX)
            && entry.metadata().is_ok_and(|found| found.is_dir() && found.uid() == uid);
        if !is_ours {
            continue;
        }
        if let Ok(Some(_lock)) = lock(&entry.path())
            && let Err(error) = fs::remove_dir_all(entry.path())
        {
            tracing::debug!(%error, path = %entry.path().display(), "an old copy stays for now");
        }
    }
}
