//! The files of a backup that no tier writes: its marker and its size.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use aios_files::create;

use crate::Error;

/// The marker file of a complete copy, written last.
pub(super) const MARK: &str = "backup.json";
/// Its content: the version of the layout.
pub(super) const MARKED: &str = "{\"aios_memory_backup\": 1}\n";

/// Returns true if the directory `dir` contains a complete copy.
pub(super) fn is_complete(dir: &Path) -> bool {
    fs::read_to_string(dir.join(MARK)).ok().as_deref() == Some(MARKED)
}

/// Writes a new file, and syncs it.
pub(super) fn write(path: &Path, content: &[u8]) -> Result<(), Error> {
    let written = create(path).and_then(|mut file| {
        file.write_all(content)?;
        file.sync_all()
    });
    written.map_err(Error::output(path))
}

/// Returns the size of a file, or of the files below a directory, in bytes.
///
/// # Errors
/// The error of the failed operation.
pub(super) fn bytes_below(path: &Path) -> io::Result<u64> {
    if !path.is_dir() {
        return Ok(fs::metadata(path)?.len());
    }
    fs::read_dir(path)?.map(|entry| bytes_below(&entry?.path())).sum()
}
