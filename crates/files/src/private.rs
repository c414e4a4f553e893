//! Creation of files and directories that only their owner can read and write.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io::{self, ErrorKind},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use crate::{Error, secure::check_file};

/// The mode of a file: read and written by its owner only.
pub const FILE_MODE: u32 = 0o600;
/// The mode of a directory: entered by its owner only.
pub const DIRECTORY_MODE: u32 = 0o700;

/// Creates `dir` and missing parents, and returns the created directories, the deepest last.
/// Existing directories are left unchanged.
///
/// # Errors
/// The I/O error of the failed operation.
pub fn make_directory(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut missing = Vec::new();
    for above in dir.ancestors().filter(|above| !above.as_os_str().is_empty()) {
        if above.is_dir() {
            break;
        }
        missing.push(above);
    }
    let mut made = Vec::new();
    for dir in missing.into_iter().rev() {
        match DirBuilder::new().mode(DIRECTORY_MODE).create(dir) {
            Ok(()) => {
                // The umask may have reduced the mode.
                set_mode(dir, DIRECTORY_MODE)?;
                made.push(dir.to_owned());
            }
            // Another process created it first.
            Err(error) if error.kind() == ErrorKind::AlreadyExists && dir.is_dir() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(made)
}

/// Creates an empty file for reading and writing. The path must not exist, not even as a link.
///
/// # Errors
/// The I/O error of the failed operation.
pub fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let file = options.read(true).write(true).create_new(true).mode(FILE_MODE).open(path)?;
    file.set_permissions(Permissions::from_mode(FILE_MODE))?;
    Ok(file)
}

/// Opens a lock file, and creates it if missing.
///
/// # Errors
/// [`Error::Foreign`] and [`Error::Kind`] if it is not a regular file of this user; [`Error::Io`].
pub fn open_lock(path: &Path) -> Result<File, Error> {
    match create(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            check_file(path)?;
            OpenOptions::new().write(true).open(path).map_err(Error::io(path))
        }
        created => created.map_err(Error::io(path)),
    }
}

/// Copies the file at `from` to a new file at `to`, with the mode of a private file, and syncs it.
/// Returns its size in bytes.
///
/// # Errors
/// The I/O error of the failed operation.
pub fn copy(from: &Path, to: &Path) -> io::Result<u64> {
    let mut source = File::open(from)?;
    let mut target = create(to)?;
    let bytes = io::copy(&mut source, &mut target)?;
    target.sync_all()?;
    Ok(bytes)
}

/// Sets the mode of a file or directory.
///
/// # Errors
/// The I/O error of the failed operation.
pub fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    fs::set_permissions(path, Permissions::from_mode(mode))
}

/// Syncs the entries of a directory.
///
/// # Errors
/// The I/O error of the failed operation.
pub fn sync_directory(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// Returns the parent directory of `path`; `.` for a bare name.
pub(crate) fn parent(path: &Path) -> &Path {
    path.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
