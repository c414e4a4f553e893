//! A directory that is put in its place as a whole.

use std::{
    ffi::OsStr,
    fs::{self, DirBuilder},
    io::{self, ErrorKind},
    os::unix::fs::{DirBuilderExt, MetadataExt},
    path::{Path, PathBuf},
};

use crate::{
    DIRECTORY_MODE, Error,
    lock::Lock,
    make_directory,
    private::{parent, set_mode, sync_directory},
};

/// The end of its name.
const SUFFIX: &str = ".partial";

/// A directory that is put in its place as a whole, by one rename. Until then it lies beside that
/// place as `.NAME.partial`. Where that cannot be, because the place is where a disk is mounted, it
/// lies in it as `.partial`, and what is in it is moved out at the end; while it is there, the place
/// does not count.
///
/// It is removed when it is dropped; one that a killed process left is emptied and used by the next
/// one.
#[derive(Debug)]
pub struct Staging {
    path: PathBuf,
    target: PathBuf,
    is_committed: bool,
    _lock: Lock,
}

/// A directory that is not in its place yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leftover {
    /// A process is at it.
    Running(PathBuf),
    /// A process was ended while it was at it.
    Abandoned(PathBuf),
}

impl Staging {
    /// Makes one for `target`, which must be absent or an empty directory.
    ///
    /// # Errors
    /// [`Error::Locked`] while another process is at it; [`Error::Kind`] and [`Error::Foreign`] if
    /// something else is in the way; [`Error::Io`], with [`ErrorKind::DirectoryNotEmpty`] if
    /// `target` is not empty.
    pub fn begin(target: &Path) -> Result<Staging, Error> {
        let target = place(target)?;
        check_empty(&target)?;
        make_directory(parent(&target)).map_err(Error::io(&target))?;
        let (beside, within) = paths(&target);
        let path = if is_mounted(&target)? { &within } else { &beside };
        let staging = Staging::make(path, &target);
        match staging {
            Err(Error::Io { source, .. })
                if target.is_dir()
                    && matches!(
                        source.kind(),
                        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem
                    ) =>
            {
                Staging::make(&within, &target)
            }
            staging => staging,
        }
    }

    fn make(path: &Path, target: &Path) -> Result<Staging, Error> {
        match DirBuilder::new().mode(DIRECTORY_MODE).create(path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                let found = fs::symlink_metadata(path).map_err(Error::io(path))?;
                let (owner, user) = (found.uid(), uzers::get_effective_uid());
                if !found.is_dir() {
                    return Err(Error::Kind { path: path.to_owned(), expected: "directory" });
                }
                if owner != user {
                    return Err(Error::Foreign { path: path.to_owned(), owner, user });
                }
            }
            made => made.map_err(Error::io(path))?,
        }
        let lock = Lock::existing(path)?.ok_or_else(|| Error::Locked { path: path.to_owned() })?;
        set_mode(path, DIRECTORY_MODE).map_err(Error::io(path))?;
        let (path, target) = (path.to_owned(), target.to_owned());
        let staging = Staging { path, target, is_committed: false, _lock: lock };
        empty(&staging.path).map_err(Error::io(&staging.path))?;
        Ok(staging)
    }

    /// The directory that is to be filled.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The place where it will be, without links.
    #[must_use]
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Puts it in its place. What is in it must be durable already. The entry of the name `last`
    /// comes there after all others.
    ///
    /// # Errors
    /// [`Error::Io`], with [`ErrorKind::DirectoryNotEmpty`] if something is there by now.
    pub fn commit(mut self, last: Option<&OsStr>) -> Result<(), Error> {
        let failed = || Error::io(&self.target);
        sync_directory(&self.path).map_err(failed())?;
        if parent(&self.path) == self.target {
            check_empty(&self.target)?;
            self.move_out(last).map_err(failed())?;
            sync_directory(&self.target).map_err(failed())?;
        } else {
            fs::rename(&self.path, &self.target).map_err(failed())?;
            sync_directory(parent(&self.target)).map_err(failed())?;
        }
        self.is_committed = true;
        Ok(())
    }

    fn move_out(&self, last: Option<&OsStr>) -> io::Result<()> {
        let entries = fs::read_dir(&self.path)?.map(|entry| Ok(entry?.file_name()));
        let mut names = entries.collect::<io::Result<Vec<_>>>()?;
        names.sort_by_key(|name| last == Some(name));
        for name in names {
            if last == Some(&name) {
                sync_directory(&self.target)?;
            }
            fs::rename(self.path.join(&name), self.target.join(&name))?;
        }
        sync_directory(&self.target)?;
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
    /// The directory that is not yet in the place `target`, or was never to be.
    ///
    /// # Errors
    /// [`Error::Io`] if the place cannot be looked at.
    pub fn of(target: &Path) -> Result<Option<Leftover>, Error> {
        let target = place(target)?;
        let (beside, within) = paths(&target);
        for path in [beside, within] {
            let is_ours = fs::symlink_metadata(&path)
                .is_ok_and(|it| it.is_dir() && it.uid() == uzers::get_effective_uid());
            if !is_ours {
                continue;
            }
            return Ok(Some(match Lock::existing(&path)? {
                Some(_) => Leftover::Abandoned(path),
                // In place by now, or gone.
                None if !path.exists() => continue,
                None => Leftover::Running(path),
            }));
        }
        Ok(None)
    }
}

/// The name of the directory, in the place itself.
pub(crate) fn paths(target: &Path) -> (PathBuf, PathBuf) {
    let mut name = std::ffi::OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    name.push(SUFFIX);
    (parent(target).join(name), target.join(SUFFIX))
}

/// `target` as an absolute path, without links if it is there.
fn place(target: &Path) -> Result<PathBuf, Error> {
    match fs::canonicalize(target) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            std::path::absolute(target).map_err(Error::io(target))
        }
        place => place.map_err(Error::io(target)),
    }
}

/// Refuses a place where something is, but for what was not put in place.
fn check_empty(target: &Path) -> Result<(), Error> {
    let entries = match fs::read_dir(target) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(Error::io(target))?,
    };
    for entry in entries {
        if entry.map_err(Error::io(target))?.file_name() != SUFFIX {
            return Err(Error::io(target)(ErrorKind::DirectoryNotEmpty.into()));
        }
    }
    Ok(())
}

/// Returns `true` if a disk is mounted at `target`: nothing can be put in its place.
fn is_mounted(target: &Path) -> Result<bool, Error> {
    let Ok(found) = fs::metadata(target) else { return Ok(false) };
    let above = fs::metadata(parent(target)).map_err(Error::io(target))?;
    Ok(found.dev() != above.dev() || found.ino() == above.ino())
}

fn empty(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        match entry.file_type()?.is_dir() {
            true => fs::remove_dir_all(entry.path())?,
            false => fs::remove_file(entry.path())?,
        }
    }
    Ok(())
}
