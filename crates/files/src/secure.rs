//! Refusal of entries of other users, and revocation of others' access to our own.

use std::{
    ffi::OsStr,
    fs::{self, Metadata},
    io::ErrorKind,
    os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt},
    path::Path,
};

use crate::{DIRECTORY_MODE, Error, FILE_MODE, set_mode};

/// The permission bits of group and others in the mode of a directory. A set-group-ID bit, which is
/// inherited from the parent directory, is ignored.
const DIRECTORY_OTHERS: u32 = 0o077;
/// The bits that a file of ours must not have: those of group and others, execution, and the
/// special bits.
const FILE_OTHERS: u32 = 0o7177;
/// The write permissions of group and others.
const OTHERS_WRITE: u32 = 0o022;
/// In a directory with this bit, users can only remove their own entries.
const STICKY: u32 = 0o1000;
/// The user whose links are followed like our own.
const ROOT: u32 = 0;

/// Checks that `path` is a regular file of this user, or missing. It may be a link of this user or
/// root.
///
/// # Errors
/// [`Error::Foreign`] if it belongs to another user; [`Error::Kind`] if it is not a regular file;
/// [`Error::Io`].
pub fn check_file(path: &Path) -> Result<(), Error> {
    let Some(found) = look(path)? else { return Ok(()) };
    match found.is_file() {
        true => Ok(()),
        false => Err(Error::Kind { path: path.to_owned(), expected: "regular file" }),
    }
}

/// Checks the file like [`check_file`], and revokes the permissions of group and others. Returns
/// `true` if there were any.
///
/// # Errors
/// As [`check_file`].
pub fn secure_file(path: &Path) -> Result<bool, Error> {
    check_file(path)?;
    let Some(found) = look(path)? else { return Ok(false) };
    tighten(path, &found)
}

/// Checks that everything at and below `path` belongs to this user, revokes the permissions of
/// group and others, and returns the number of files, sockets and directories that had any. Links
/// below `path` are not followed.
///
/// # Errors
/// [`Error::Foreign`], [`Error::Kind`], [`Error::Io`], as for [`check_file`].
pub fn secure_tree(path: &Path) -> Result<u64, Error> {
    let Some(found) = look(path)? else { return Ok(0) };
    let mut tightened = u64::from(tighten(path, &found)?);
    if !found.is_dir() {
        check_file(path)?;
        return Ok(tightened);
    }
    // Other processes may remove entries meanwhile.
    let entries = match fs::read_dir(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(tightened),
        entries => entries.map_err(Error::io(path))?,
    };
    for entry in entries {
        let entry = entry.map_err(Error::io(path))?;
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() || kind.is_file() => tightened += secure_tree(&path)?,
            // The socket of a service.
            Ok(kind) if kind.is_socket() => {
                if let Some(found) = look(&path)? {
                    tightened += u64::from(tighten(&path, &found)?);
                }
            }
            // A dangling link is harmless.
            Ok(kind) if kind.is_symlink() => {
                look(&path)?;
            }
            Ok(_) => return Err(Error::Kind { path, expected: "file, socket or directory" }),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(Error::io(&path)(error)),
        }
    }
    Ok(tightened)
}

/// Checks that the directory `dir`, and every entry in it whose name is `known`, belongs to this
/// user; revokes the permissions of group and others, and returns the number of files and
/// directories that had any. A directory with unknown entries keeps its mode.
///
/// # Errors
/// [`Error::Foreign`], [`Error::Kind`], [`Error::Io`], as for [`check_file`]; [`Error::Exposed`] if
/// others may write into a directory with unknown entries.
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
        // Before the entries, so that other users cannot add any from here on.
        tightened += u64::from(tighten(dir, &found)?);
    } else if found.mode() & (OTHERS_WRITE | STICKY) != 0 {
        return Err(Error::Exposed { path: dir.to_owned() });
    }
    for path in ours {
        tightened += secure_tree(&path)?;
    }
    Ok(tightened)
}

/// Returns the entry at `path`, which must belong to this user; follows links of this user and
/// root. `None` if it does not exist.
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

/// Revokes the permissions of group and others. If the file system has no modes, only warns.
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
        // Another process has removed its temporary file.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => {
            let path = path.display();
            tracing::warn!(%path, %error, "failed to remove the access of other users; run chmod");
            Ok(false)
        }
    }
}
