//! The identity of a file's content, from which changes are detected.

use std::{fs, io, os::unix::fs::MetadataExt, path::Path};

/// The state of a file. If any part differs, the content may have changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileState {
    inode: u64,
    bytes: u64,
    changed: (i64, i64),
}

/// Returns the state of a file; `None` if it does not exist.
pub(crate) fn state_of(path: &Path) -> io::Result<Option<FileState>> {
    match fs::metadata(path) {
        Ok(of) => Ok(Some(FileState {
            inode: of.ino(),
            bytes: of.len(),
            changed: (of.ctime(), of.ctime_nsec()),
        })),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
