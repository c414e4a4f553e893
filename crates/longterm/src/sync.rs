//! The one seam to the disk for what LanceDB wrote: LanceDB itself never calls fsync.
//!
//! Lance's files are written once under fresh names, so a file that was synced stays synced. Each
//! round walks the table's directory, syncs what is new or changed since the last round, then the
//! directories that gained entries, deepest first, so that no synced directory names a file that
//! is not. The first round of an owner also syncs the directories above, up to the data directory.
//! Files get mode 0600 and directories 0700 on the way, which Lance has no setting for.
//!
//! [`System`] is the seam's one implementation outside tests: `fsync` on Linux, and on macOS
//! `F_FULLFSYNC`, which the standard library's `sync_all` issues there. The tests put a recorder in
//! its place that knows what a power cut would leave, see `power_cut`.

use std::{
    collections::HashMap,
    fs::{self, File, Metadata},
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use aios_files::{DIRECTORY_MODE, FILE_MODE, set_mode};

/// What makes bytes and names last.
pub(crate) trait Disk: Send + Sync {
    /// Makes the content of a file durable, not its name.
    fn sync_file(&self, path: &Path) -> io::Result<()>;
    /// Makes the entries of a directory durable, not what is in them.
    fn sync_directory(&self, path: &Path) -> io::Result<()>;
}

/// The operating system's.
pub(crate) struct System;

impl Disk for System {
    fn sync_file(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }
}

/// What of a directory tree is known to be on disk.
pub(crate) struct Synced {
    disk: Arc<dyn Disk>,
    files: HashMap<PathBuf, Stamp>,
    /// Whether the directories above the tree are.
    is_anchored: bool,
}

/// Tells a file from what was there before under its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    bytes: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Stamp {
        let (inode, bytes) = (metadata.ino(), metadata.len());
        Stamp { inode, bytes, modified: metadata.modified().ok() }
    }
}

impl Synced {
    pub(crate) fn new(disk: Arc<dyn Disk>) -> Synced {
        Synced { disk, files: HashMap::new(), is_anchored: false }
    }

    /// Makes everything below `root`, and the names that lead there from `base`, durable, and
    /// returns how many files that took.
    pub(crate) fn sync(&mut self, root: &Path, base: &Path) -> io::Result<usize> {
        let mut files = HashMap::new();
        let count = self.sync_dir(root, &mut files)?;
        if !self.is_anchored {
            for above in root.ancestors().skip(1).take_while(|above| above.starts_with(base)) {
                self.disk.sync_directory(above)?;
            }
            self.is_anchored = true;
        }
        self.files = files;
        Ok(count)
    }

    /// The bytes of the tree's files when it was synced last.
    pub(crate) fn bytes(&self) -> u64 {
        self.files.values().map(|stamp| stamp.bytes).sum()
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
            let stamp = Stamp::of(&metadata);
            if self.files.get(&path) != Some(&stamp) {
                let private = set_mode(&path, FILE_MODE);
                let synced = private.and_then(|()| self.disk.sync_file(&path));
                if unless_gone(synced)?.is_none() {
                    continue;
                }
                count += 1;
            }
            files.insert(path, stamp);
        }
        let is_known = self.files.keys().any(|path| path.starts_with(dir));
        if !is_known {
            set_mode(dir, DIRECTORY_MODE)?;
        }
        if 0 < count || !is_known {
            self.disk.sync_directory(dir)?;
        }
        Ok(count)
    }
}

/// Makes `dir` and what is missing above it, entered by its owner only, and their names durable.
pub(crate) fn make_directory(disk: &dyn Disk, dir: &Path) -> io::Result<()> {
    for made in aios_files::make_directory(dir)? {
        let above = made.parent().filter(|above| !above.as_os_str().is_empty());
        disk.sync_directory(above.unwrap_or(Path::new(".")))?;
    }
    Ok(())
}

/// A temporary file may be renamed or removed while the tree is walked.
pub(crate) fn unless_gone<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod power_cut;
#[cfg(test)]
mod tests;
