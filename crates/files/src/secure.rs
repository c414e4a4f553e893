//! Refusing what belongs to other users, and closing to them what is ours.

use std::{
    ffi::OsStr,
    fs::{self, Metadata},
    io::ErrorKind,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
};

use crate::{DIRECTORY_MODE, Error, FILE_MODE, set_mode};

/// The rights of group and others, in the mode of a directory. A set-group-ID bit, which a
/// directory has from the one above it, stays.
const DIRECTORY_OTHERS: u32 = 0o077;
/// The bits that a file of ours has not: those of group and others, and the right to run it.
const FILE_OTHERS: u32 = 0o7177;
/// The rights of group and others to write.
const OTHERS_WRITE: u32 = 0o022;
/// Whoever may write into a directory with this bit removes only entries of their own.
const STICKY: u32 = 0o1000;
/// The user whose links are followed as our own are.
const ROOT: u32 = 0;

/// Checks that there is a regular file of ours at `path`, or nothing. A link may lead there, if it
/// is ours or root's.
///
/// # Errors
/// [`Error::Foreign`], [`Error::Kind`], [`Error::Io`].
pub fn check_file(path: &Path) -> Result<(), Error> {
    let Some(found) = look(path)? else { return Ok(()) };
    match found.is_file() {
        true => Ok(()),
        false => Err(Error::Kind { path: path.to_owned(), expected: "regular file" }),
    }
}

/// Checks the file as [`check_file`] does, and takes the rights of group and others away from it.
/// Returns `true` if there were any.
///
/// # Errors
/// As [`check_file`].
pub fn secure_file(path: &Path) -> Result<bool, Error> {
    check_file(path)?;
    let Some(found) = look(path)? else { return Ok(false) };
    tighten(path, &found)
}

/// Checks that everything at `path` and below it is ours, takes the rights of group and others away
/// from it, and returns how many files and directories had any. Links below `path` are not
/// followed.
///
/// # Errors
/// [`Error::Foreign`], [`Error::Kind`], [`Error::Io`].
pub fn secure_tree(path: &Path) -> Result<u64, Error> {
    let Some(found) = look(path)? else { return Ok(0) };
    let mut tightened = u64::from(tighten(path, &found)?);
    if !found.is_dir() {
        check_file(path)?;
        return Ok(tightened);
    }
    // Another process may remove files and directories meanwhile.
    let entries = match fs::read_dir(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(tightened),
        entries => entries.map_err(Error::io(path))?,
    };
    for entry in entries {
        let entry = entry.map_err(Error::io(path))?;
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() || kind.is_file() => tightened += secure_tree(&path)?,
            // A link that leads nowhere is no danger.
            Ok(kind) if kind.is_symlink() => {
                look(&path)?;
            }
            Ok(_) => return Err(Error::Kind { path, expected: "file or directory" }),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(Error::io(&path)(error)),
        }
    }
    Ok(tightened)
}

/// Checks that the directory `dir` is ours, and everything in it whose name is `known`; takes the
/// rights of group and others away from these, and returns how many had any. A directory that holds
/// other things too keeps its mode.
///
/// # Errors
/// [`Error::Foreign`], [`Error::Kind`], [`Error::Io`]; [`Error::Exposed`] if others may write into
/// a directory that holds other things too.
pub fn secure_directory(dir: &Path, known: impl Fn(&OsStr) -> bool) -> Result<u64, Error> {
    let Some(found) = look(dir)? else {
        return Err(Error::io(dir)(ErrorKind::NotFound.into()));
    };
    if !found.is_dir() {
        return Err(Error::Kind { path: dir.to_owned(), expected: "directory" });
    }
    let mut is_shared = false;
    let mut ours = Vec::new();
    for entry in fs::read_dir(dir).map_err(Error::io(dir))? {
        let entry = entry.map_err(Error::io(dir))?;
        match known(&entry.file_name()) {
            true => ours.push(entry.path()),
            false => is_shared = true,
        }
    }
    let mut tightened = 0;
    if !is_shared {
        // First, so that nobody puts something into it from here on.
        tightened += u64::from(tighten(dir, &found)?);
    } else if found.mode() & (OTHERS_WRITE | STICKY) != 0 {
        return Err(Error::Exposed { path: dir.to_owned() });
    }
    for path in ours {
        tightened += secure_tree(&path)?;
    }
    Ok(tightened)
}

/// The entry at `path`, which is ours; links are followed that are ours or root's. None if there is
/// nothing.
fn look(path: &Path) -> Result<Option<Metadata>, Error> {
    let user = uzers::get_effective_uid();
    let foreign = |owner| Error::Foreign { path: path.to_owned(), owner, user };
    let Some(entry) = found(path, fs::symlink_metadata(path))? else { return Ok(None) };
    if entry.is_symlink() && ![user, ROOT].contains(&entry.uid()) {
        return Err(foreign(entry.uid()));
    }
    let target = match entry.is_symlink() {
        true => found(path, fs::metadata(path))?,
        false => Some(entry),
    };
    match target {
        Some(target) if target.uid() != user => Err(foreign(target.uid())),
        target => Ok(target),
    }
}

fn found(path: &Path, found: std::io::Result<Metadata>) -> Result<Option<Metadata>, Error> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io(path)(error)),
    }
}

/// Takes the rights of group and others away. A file system without modes keeps it as it is.
fn tighten(path: &Path, found: &Metadata) -> Result<bool, Error> {
    let mode = found.permissions().mode();
    let (excess, kept) = match found.is_dir() {
        true => (DIRECTORY_OTHERS, DIRECTORY_MODE),
        false => (FILE_OTHERS, FILE_MODE),
    };
    if mode & excess == 0 {
        return Ok(false);
    }
    match set_mode(path, mode & kept) {
        Ok(()) => Ok(true),
        // A temporary file of another process.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => {
            let path = path.display();
            tracing::warn!(%path, %error, "other users may have rights to it; close it to them");
            Ok(false)
        }
    }
}
