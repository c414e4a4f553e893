//! A directory that is filled beside its target and then put in place.

use std::{
    fs::{self, DirBuilder},
    io::{self, ErrorKind},
    os::unix::fs::{DirBuilderExt, MetadataExt},
    path::{Path, PathBuf},
};

use crate::{
    DIRECTORY_MODE, Error,
    lock::{Lock, Tried},
    make_directory,
    private::{parent, set_mode, sync_directory},
};

/// The suffix of its name.
const SUFFIX: &str = ".partial";

/// A directory that is put in place by one rename. Until then it is beside the target as
/// `.NAME.partial`. If it cannot be created or renamed there, for example because the target is a
/// mount point, it is inside the target as `.partial`. Its entries are then moved out on commit,
/// and the target is incomplete until that is done.
///
/// It is removed on drop. The remains of a killed process are emptied and reused by the next one.
#[derive(Debug)]
pub struct Staging {
    path: PathBuf,
    target: PathBuf,
    entries: &'static [&'static str],
    is_committed: bool,
    _lock: Option<Lock>,
}

/// A staging directory that is not committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leftover {
    /// A process is using it.
    Running(PathBuf),
    /// The process that used it was killed.
    Abandoned(PathBuf),
}

impl Staging {
    /// Creates a staging directory for `target`, which must be absent or an empty directory.
    /// `entries` are the names that it will have; if they cannot be moved to `target` together,
    /// they are moved in this order.
    ///
    /// # Errors
    /// [`Error::Locked`] while another process stages into `target`; [`Error::Kind`] and
    /// [`Error::Foreign`] if another entry is in the way; [`Error::Io`], with
    /// [`ErrorKind::DirectoryNotEmpty`] if `target` is not empty.
    pub fn begin(target: &Path, entries: &'static [&'static str]) -> Result<Staging, Error> {
        let target = place(target)?;
        let (beside, within) = paths(&target);
        let was_within = within.is_dir();
        check_empty(&target, if was_within { entries } else { &[] })?;
        make_directory(parent(&target)).map_err(Error::io(&target))?;
        let path = if was_within || is_mounted(&target)? { &within } else { &beside };
        let (staging, is_left) = match Staging::make(path, &target, entries) {
            Err(Error::Io { source, .. }) if target.is_dir() && is_refusal(&source) => {
                Staging::make(&within, &target, entries)?
            }
            made => made?,
        };
        // Check again under the lock: another process may have committed its own directory
        // meanwhile.
        let left = if is_left && staging.path == within { entries } else { &[] };
        check_empty(&target, left)?;
        for entry in left {
            remove(&target.join(entry)).map_err(Error::io(&target))?;
        }
        Ok(staging)
    }

    /// Creates it at `path`. Returns `true` as well if a killed process left it there.
    fn make(
        path: &Path,
        target: &Path,
        entries: &'static [&'static str],
    ) -> Result<(Staging, bool), Error> {
        let is_left = match DirBuilder::new().mode(DIRECTORY_MODE).create(path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                check_left(path)?;
                true
            }
            made => made.map(|()| false).map_err(Error::io(path))?,
        };
        let lock = match (Tried::directory(path)?, is_left) {
            (Tried::Locked(lock), _) => Some(lock),
            (Tried::Unsupported, false) => None,
            _ => return Err(Error::Locked { path: path.to_owned() }),
        };
        set_mode(path, DIRECTORY_MODE).map_err(Error::io(path))?;
        let (path, target) = (path.to_owned(), target.to_owned());
        let staging = Staging { path, target, entries, is_committed: false, _lock: lock };
        for entry in fs::read_dir(&staging.path).map_err(Error::io(&staging.path))? {
            let path = entry.map_err(Error::io(&staging.path))?.path();
            remove(&path).map_err(Error::io(&path))?;
        }
        Ok((staging, is_left))
    }

    /// Returns the directory to fill.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the target path, without links.
    #[must_use]
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Puts the directory in place. Its entries must be durable already.
    ///
    /// # Errors
    /// [`Error::Io`], with [`ErrorKind::DirectoryNotEmpty`] if the target is no longer empty.
    pub fn commit(mut self) -> Result<(), Error> {
        let failed = || Error::io(&self.target);
        sync_directory(&self.path).map_err(failed())?;
        if parent(&self.path) == self.target {
            check_empty(&self.target, &[])?;
            self.move_out().map_err(failed())?;
            // The mount may give others access, and may belong to another user.
            let _ = set_mode(&self.target, DIRECTORY_MODE);
            sync_directory(&self.target).map_err(failed())?;
        } else {
            fs::rename(&self.path, &self.target).map_err(failed())?;
            sync_directory(parent(&self.target)).map_err(failed())?;
        }
        self.is_committed = true;
        Ok(())
    }

    fn move_out(&self) -> io::Result<()> {
        for entry in self.entries {
            let target = self.target.join(entry);
            if fs::symlink_metadata(&target).is_ok() {
                return Err(ErrorKind::DirectoryNotEmpty.into());
            }
            fs::rename(self.path.join(entry), target)?;
            sync_directory(&self.target)?;
        }
        fs::remove_dir(&self.path)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if !self.is_committed
            && let Err(error) = fs::remove_dir_all(&self.path)
        {
            tracing::debug!(%error, path = %self.path.display(), "it stays for the next run");
        }
    }
}

impl Leftover {
    /// Returns the uncommitted staging directory of `target`, if there is one.
    ///
    /// # Errors
    /// [`Error::Io`] if `target` cannot be inspected.
    pub fn of(target: &Path) -> Result<Option<Leftover>, Error> {
        let target = place(target)?;
        let (beside, within) = paths(&target);
        for path in [beside, within] {
            let is_ours = fs::symlink_metadata(&path)
                .is_ok_and(|it| it.is_dir() && it.uid() == uzers::get_effective_uid());
            if !is_ours {
                continue;
            }
            return Ok(Some(match Tried::directory(&path)? {
                Tried::Locked(_) => Leftover::Abandoned(path),
                // Committed or removed in the meantime.
                _ if !path.exists() => continue,
                _ => Leftover::Running(path),
            }));
        }
        Ok(None)
    }
}

/// Returns the paths of the staging directory beside the target and in it.
pub(crate) fn paths(target: &Path) -> (PathBuf, PathBuf) {
    let mut name = std::ffi::OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    name.push(SUFFIX);
    (parent(target).join(name), target.join(SUFFIX))
}

/// Returns `target` as an absolute path, without links if it exists.
fn place(target: &Path) -> Result<PathBuf, Error> {
    match fs::canonicalize(target) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            std::path::absolute(target).map_err(Error::io(target))
        }
        place => place.map_err(Error::io(target)),
    }
}

/// Refuses an existing entry that is not a directory of this user.
fn check_left(path: &Path) -> Result<(), Error> {
    let found = fs::symlink_metadata(path).map_err(Error::io(path))?;
    let (owner, user) = (found.uid(), uzers::get_effective_uid());
    if !found.is_dir() {
        return Err(Error::Kind { path: path.to_owned(), expected: "directory" });
    }
    match owner == user {
        true => Ok(()),
        false => Err(Error::Foreign { path: path.to_owned(), owner, user }),
    }
}

/// Refuses a target with entries other than an uncommitted staging directory and `left`.
fn check_empty(target: &Path, left: &[&str]) -> Result<(), Error> {
    let entries = match fs::read_dir(target) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(Error::io(target))?,
    };
    for entry in entries {
        let name = entry.map_err(Error::io(target))?.file_name();
        if name != SUFFIX && !left.iter().any(|left| name == *left) {
            return Err(Error::io(target)(ErrorKind::DirectoryNotEmpty.into()));
        }
    }
    Ok(())
}

/// Returns `true` if `target` is a mount point, which cannot be replaced.
fn is_mounted(target: &Path) -> Result<bool, Error> {
    let Ok(found) = fs::metadata(target) else { return Ok(false) };
    let above = fs::metadata(parent(target)).map_err(Error::io(target))?;
    Ok(found.dev() != above.dev() || found.ino() == above.ino())
}

/// Returns `true` if the error means that nothing can be created beside a directory.
fn is_refusal(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem)
}

/// Removes a file, or a directory with its contents, if it exists.
fn remove(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        found => found.and_then(|_| fs::remove_file(path)),
    }
}

#[cfg(test)]
mod tests;
