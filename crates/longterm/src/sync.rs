//! The one seam to the disk for what LanceDB wrote: LanceDB itself never calls fsync.
//!
//! Lance's files are written once under fresh names, so a file that was synced stays synced. Each
//! round walks the table's directory, syncs what is new or changed since the last round, then the
//! directories that gained entries, deepest first, so that no synced directory names a file that
//! is not. On Linux and other Unix systems this is `fsync`; on macOS the standard library issues
//! `F_FULLFSYNC`; on Windows `FlushFileBuffers`, where directories cannot be synced and NTFS
//! journals their entries.

use std::{
    collections::HashMap,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::SystemTime,
};

/// What of a directory tree is known to be on disk.
#[derive(Debug, Default)]
pub(crate) struct Synced {
    files: HashMap<PathBuf, Stamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    bytes: u64,
    modified: Option<SystemTime>,
}

impl Synced {
    /// Makes everything below `root` durable and returns how many files that took.
    pub(crate) fn sync(&mut self, root: &Path) -> io::Result<usize> {
        let mut files = HashMap::new();
        let count = self.sync_dir(root, &mut files)?;
        if let Some(parent) = root.parent() {
            sync_directory(parent)?;
        }
        self.files = files;
        Ok(count)
    }

    fn sync_dir(&self, dir: &Path, files: &mut HashMap<PathBuf, Stamp>) -> io::Result<usize> {
        let mut count = 0;
        for entry in fs::read_dir(dir)? {
            let entry = entry?;
            let path = entry.path();
            let Some(metadata) = unless_gone(entry.metadata())? else { continue };
            if metadata.is_dir() {
                count += self.sync_dir(&path, files)?;
                continue;
            }
            let stamp = Stamp { bytes: metadata.len(), modified: metadata.modified().ok() };
            if self.files.get(&path) != Some(&stamp) {
                let Some(file) = unless_gone(File::open(&path))? else { continue };
                file.sync_all()?;
                count += 1;
            }
            files.insert(path, stamp);
        }
        if 0 < count || !self.files.keys().any(|path| path.starts_with(dir)) {
            sync_directory(dir)?;
        }
        Ok(count)
    }
}

/// A temporary file may be renamed or removed while the tree is walked.
pub(crate) fn unless_gone<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Makes the entries of `dir` durable.
pub(crate) fn sync_directory(dir: &Path) -> io::Result<()> {
    if cfg!(windows) {
        return Ok(());
    }
    File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests;
