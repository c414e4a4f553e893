//! Directories for short-lived files. They are removed on drop; those of killed processes are
//! removed when another one is created or [`remove_abandoned`] is called.

use std::{
    fs::{self, Permissions},
    io::ErrorKind,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use crate::{
    DIRECTORY_MODE, Error,
    lock::{Lock, Tried},
    set_mode,
};

/// The prefix of all names.
const PREFIX: &str = "aios-memory-reader.";
/// The default directory for temporary files.
const TEMPORARY: &str = "/tmp";
/// Maximum number of attempts to create a directory that no other process removes as abandoned.
const TRIES: u32 = 8;

/// A directory that only its owner may enter. Dropping it removes it.
#[derive(Debug)]
pub struct Temporary {
    directory: TempDir,
    /// Held while the directory is in use, so that others do not treat it as abandoned. If
    /// directories cannot be locked, those of killed processes remain.
    _lock: Option<Lock>,
}

impl Temporary {
    /// The prefix of all names.
    pub const PREFIX: &str = PREFIX;

    /// Creates one in `dir`, and removes those that killed processes of the same user left there.
    ///
    /// # Errors
    /// [`Error::Io`] if none can be created.
    pub fn below(dir: &Path) -> Result<Temporary, Error> {
        for _ in 0..TRIES {
            let mut builder = tempfile::Builder::new();
            builder.prefix(PREFIX).permissions(Permissions::from_mode(DIRECTORY_MODE));
            let directory = builder.tempdir_in(dir).map_err(Error::io(dir))?;
            // Until it is locked it looks abandoned. If it was removed, create another one.
            if set_mode(directory.path(), DIRECTORY_MODE).is_err() {
                continue;
            }
            let lock = match Tried::directory(directory.path())? {
                Tried::Locked(lock) => Some(lock),
                Tried::Unsupported => None,
                Tried::Refused => continue,
            };
            remove_abandoned(dir);
            return Ok(Temporary { directory, _lock: lock });
        }
        let busy = std::io::Error::new(
            ErrorKind::ResourceBusy,
            "every new directory was removed by another",
        );
        Err(Error::io(dir)(busy))
    }

    /// Returns the system's directory for temporary files. An empty `TMPDIR` counts as unset.
    #[must_use]
    pub fn of_the_system() -> PathBuf {
        Some(std::env::temp_dir())
            .filter(|named| !named.as_os_str().is_empty())
            .unwrap_or_else(|| PathBuf::from(TEMPORARY))
    }

    /// Returns its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.directory.path()
    }
}

/// Removes unused temporary directories from `dir`. Failures are ignored, because nothing depends
/// on the removal and the next call retries it.
pub fn remove_abandoned(dir: &Path) {
    let user = uzers::get_effective_uid();
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries.filter_map(Result::ok) {
        let is_ours = entry.file_name().to_string_lossy().starts_with(PREFIX)
            && entry.metadata().is_ok_and(|found| found.is_dir() && found.uid() == user);
        if !is_ours {
            continue;
        }
        if let Ok(Tried::Locked(_lock)) = Tried::directory(&entry.path())
            && let Err(error) = fs::remove_dir_all(entry.path())
        {
            let path = entry.path();
            tracing::debug!(%error, path = %path.display(), "failed to remove an old copy");
        }
    }
}
