//! Directories for what is needed for a moment. They go when they are dropped; those of a process
//! that was killed go when the next one makes its own, or cleans up.

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

/// The beginning of the names of all of them.
const PREFIX: &str = "aios-memory-reader.";
/// The directory for temporary files where none is named.
const TEMPORARY: &str = "/tmp";
/// Attempts to keep a new directory from one who takes it for abandoned.
const TRIES: u32 = 8;

/// A directory that only its owner may enter. Dropping it removes it.
#[derive(Debug)]
pub struct Temporary {
    directory: TempDir,
    /// Held for as long as the directory is used; by that others know that it is not abandoned.
    /// Where directories cannot be locked, those of killed processes stay.
    _lock: Option<Lock>,
}

impl Temporary {
    /// The beginning of the name of each of them.
    pub const PREFIX: &str = PREFIX;

    /// Makes one below `dir`, and removes those that killed processes of the same user left there.
    ///
    /// # Errors
    /// [`Error::Io`] if none can be made.
    pub fn below(dir: &Path) -> Result<Temporary, Error> {
        for _ in 0..TRIES {
            let mut builder = tempfile::Builder::new();
            builder.prefix(PREFIX).permissions(Permissions::from_mode(DIRECTORY_MODE));
            let directory = builder.tempdir_in(dir).map_err(Error::io(dir))?;
            // Between being made and locked it looks abandoned; then it is made again.
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

    /// The system's directory for temporary files. `TMPDIR` counts as unset if it is empty.
    #[must_use]
    pub fn of_the_system() -> PathBuf {
        Some(std::env::temp_dir())
            .filter(|named| !named.as_os_str().is_empty())
            .unwrap_or_else(|| PathBuf::from(TEMPORARY))
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.directory.path()
    }
}

/// Removes the temporary directories below `dir` that no process uses any more. Nothing depends on
/// it, so a failure is left to the next one.
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
            tracing::debug!(%error, path = %entry.path().display(), "an old copy stays for now");
        }
    }
}
