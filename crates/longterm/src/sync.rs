//! Syncs of LanceDB's files to disk, since LanceDB itself never calls fsync.
//!
//! Lance writes its files once under fresh names, so a file that was synced stays synced. Each
//! round walks the table's directory, syncs the files that are new or changed since the last round,
//! then the directories that gained entries, deepest first, so that no synced directory names a
//! file that is not synced. The first round of an owner also syncs the directories above, up to the
//! data directory. A round also sets the modes, 0600 for files and 0700 for directories, for which
//! Lance has no setting. Files that the version needs get a checksum, see `checksums`; a later
//! change of one is an error.
//!
//! [`System`] is the only implementation outside tests: `fsync` on Linux, and on macOS
//! `F_FULLFSYNC`, which the standard library's `sync_all` issues there. The tests replace it by a
//! recorder that knows what a power cut would leave, see `power_cut`.

pub(crate) mod checksums;

use std::{
    collections::{HashMap, HashSet},
    fs::{self, File, Metadata},
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use aios_files::{DIRECTORY_MODE, FILE_MODE, set_mode};

use crate::sync::checksums::{Checksum, Checksums, Needed, Taken, name_of};

/// Makes file contents and names durable.
pub(crate) trait Disk: Send + Sync {
    /// Makes the content of a file durable, but not its name.
    fn sync_file(&self, path: &Path) -> io::Result<()>;
    /// Makes the entries of a directory durable, but not their contents.
    fn sync_directory(&self, path: &Path) -> io::Result<()>;
}

/// The operating system's disk.
pub(crate) struct System;

impl Disk for System {
    fn sync_file(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }
}

/// The files of a table that are known to be on disk.
pub(crate) struct Synced {
    disk: Arc<dyn Disk>,
    files: HashMap<PathBuf, Stamp>,
    /// Checksums of files that some version needed when it was synced.
    checksums: Checksums,
    /// True if the directories above the table are synced.
    is_anchored: bool,
}

/// Status that distinguishes a file from an earlier one of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    bytes: u64,
    modified: Option<SystemTime>,
    changed: (i64, i64),
}

impl Stamp {
    fn of(metadata: &Metadata) -> Stamp {
        let (inode, bytes) = (metadata.ino(), metadata.len());
        let changed = (metadata.ctime(), metadata.ctime_nsec());
        Stamp { inode, bytes, modified: metadata.modified().ok(), changed }
    }
}

/// The findings of one round.
#[derive(Default)]
struct Round {
    files: HashMap<PathBuf, Stamp>,
    count: usize,
    new: Checksums,
}

impl Synced {
    /// Starts from files with these checksums.
    pub(crate) fn new(disk: Arc<dyn Disk>, checksums: Checksums) -> Synced {
        Synced { disk, files: HashMap::new(), checksums, is_anchored: false }
    }

    /// Makes everything below the directory `root` of a table durable, and the names that lead
    /// there from `base`. Returns the checksums of new files that are `needed`, and the number of
    /// files synced. Drops the checksums of files that neither exist nor are needed.
    pub(crate) fn sync(
        &mut self,
        root: &Path,
        base: &Path,
        needed: &Needed,
    ) -> io::Result<(Taken, usize)> {
        let mut round = Round::default();
        self.sync_dir(root, root, needed, &mut round)?;
        if !self.is_anchored {
            for above in root.ancestors().skip(1).take_while(|above| above.starts_with(base)) {
                self.disk.sync_directory(above)?;
            }
            self.is_anchored = true;
        }
        let tables = root.parent().unwrap_or(root);
        let there: HashSet<String> =
            round.files.keys().filter_map(|path| name_of(tables, path)).collect();
        let of_table = name_of(tables, root).unwrap_or_default() + "/";
        let known = self.checksums.keys().filter(|path| path.starts_with(&of_table));
        let gone = known.filter(|path| !there.contains(*path) && !needed.has(path));
        let gone: Vec<String> = gone.cloned().collect();
        gone.iter().for_each(|path| _ = self.checksums.remove(path));
        self.checksums.extend(round.new.iter().map(|(path, sum)| (path.clone(), *sum)));
        self.files = round.files;
        Ok((Taken { new: round.new, gone }, round.count))
    }

    /// Returns the bytes of the table's files at the last sync.
    pub(crate) fn bytes(&self) -> u64 {
        self.files.values().map(|stamp| stamp.bytes).sum()
    }

    /// Refuses a table with a file that has changed since it was synced, as damage does.
    pub(crate) fn check_unchanged(&self, root: &Path) -> io::Result<()> {
        for (path, stamp) in &self.files {
            let Some(metadata) = unless_gone(fs::metadata(path))? else { continue };
            let name = name_in(root, path);
            let known = name.and_then(|name| self.checksums.get(&name));
            if let Some(known) = known.filter(|_| *stamp != Stamp::of(&metadata)) {
                check(path, known)?;
            }
        }
        Ok(())
    }

    fn sync_dir(
        &self,
        table: &Path,
        dir: &Path,
        needed: &Needed,
        round: &mut Round,
    ) -> io::Result<()> {
        let before = round.count;
        for entry in fs::read_dir(dir)? {
            let entry = entry?;
            let path = entry.path();
            let Some(metadata) = unless_gone(entry.metadata())? else { continue };
            if metadata.is_dir() {
                self.sync_dir(table, &path, needed, round)?;
                continue;
            }
            let mut stamp = Stamp::of(&metadata);
            if self.files.get(&path) != Some(&stamp) {
                let private = set_mode(&path, FILE_MODE);
                let synced = private.and_then(|()| self.disk.sync_file(&path));
                let found = synced.and_then(|()| self.take_checksum(table, &path, needed));
                let Some(taken) = unless_gone(found)? else { continue };
                round.new.extend(taken);
                let Some(metadata) = unless_gone(fs::metadata(&path))? else { continue };
                stamp = Stamp::of(&metadata);
                round.count += 1;
            }
            round.files.insert(path, stamp);
        }
        let is_known = self.files.keys().any(|path| path.starts_with(dir));
        if !is_known {
            set_mode(dir, DIRECTORY_MODE)?;
        }
        if before < round.count || !is_known {
            self.disk.sync_directory(dir)?;
        }
        Ok(())
    }

    /// Returns name and checksum of a file that is needed and has no checksum yet. A file that has
    /// one must not have changed since the last round. Other files may be left from an owner that
    /// failed, and may be readable without being on disk.
    fn take_checksum(
        &self,
        table: &Path,
        path: &Path,
        needed: &Needed,
    ) -> io::Result<Option<(String, Checksum)>> {
        let Some(name) = name_in(table, path).filter(|name| needed.has(name)) else {
            return Ok(None);
        };
        match self.checksums.get(&name) {
            None => return Ok(Some((name, Checksum::of(path)?))),
            Some(known) if self.files.contains_key(path) => check(path, known)?,
            Some(_) => {}
        }
        Ok(None)
    }
}

/// Returns the name of a file's checksum, for the table at `root`.
fn name_in(root: &Path, path: &Path) -> Option<String> {
    name_of(root.parent()?, path)
}

fn check(path: &Path, known: &Checksum) -> io::Result<()> {
    match unless_gone(Checksum::of(path))? {
        Some(found) if found != *known => {
            let problem = format!("{} was changed since it was written", path.display());
            Err(io::Error::new(io::ErrorKind::InvalidData, problem))
        }
        _ => Ok(()),
    }
}

/// Creates `dir` and its missing parents, accessible to their owner only, and makes their names
/// durable.
pub(crate) fn make_directory(disk: &dyn Disk, dir: &Path) -> io::Result<()> {
    for made in aios_files::make_directory(dir)? {
        let above = made.parent().filter(|above| !above.as_os_str().is_empty());
        disk.sync_directory(above.unwrap_or(Path::new(".")))?;
    }
    Ok(())
}

/// Returns `None` if the file is gone: a temporary file may be renamed or removed during the walk.
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
