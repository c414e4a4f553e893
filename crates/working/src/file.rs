//! The file of the memory, and those that SQLite keeps beside it.

use std::{
    fs::metadata,
    path::{Path, PathBuf},
};

/// Returns the path of a file that SQLite keeps beside the file.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut beside = path.to_owned().into_os_string();
    beside.push(suffix);
    PathBuf::from(beside)
}

/// Returns the size of a file in bytes; 0 if it does not exist.
pub(crate) fn size(path: &Path) -> u64 {
    metadata(path).map_or(0, |file| file.len())
}
