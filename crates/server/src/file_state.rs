//! The identity of a file's content, by which a changed file is recognised.

use std::{fs, io, os::unix::fs::MetadataExt, path::Path};

/// The state of a file: a change of any part means other content.
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
