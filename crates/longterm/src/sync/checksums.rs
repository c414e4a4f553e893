//! Checksums of the library's files: taken when a file is synced, compared before it is read.
//!
//! Lance writes each file once, under a unique name, so a file that differs from its checksum is
//! damaged, even if a reader accepts it. `verify` and a rebuild compare all files. Opening the
//! library compares only the files whose status has changed since their last comparison; damage
//! below the file system does not change the status.
//!
//! Not here: the storage of checksums, see `journal`.

use std::{
    collections::BTreeMap,
    fs::{self, File, Metadata},
    io::{self, ErrorKind},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// Length and hash of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Checksum {
    pub(crate) bytes: u64,
    /// BLAKE3.
    pub(crate) hash: [u8; 32],
}

impl Checksum {
    pub(crate) fn of(path: &Path) -> io::Result<Checksum> {
        let mut hasher = blake3::Hasher::new();
        let bytes = io::copy(&mut File::open(path)?, &mut hasher)?;
        Ok(Checksum { bytes, hash: *hasher.finalize().as_bytes() })
    }
}

/// Checksums by path below the directory of all tables.
pub(crate) type Checksums = BTreeMap<String, Checksum>;

/// The checksums in the journal, and the time of the last comparison.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    pub(crate) checksums: Checksums,
    /// A file whose status last changed before this time has been compared since.
    pub(crate) compared_until: Option<SystemTime>,
}

impl Known {
    /// Returns `true` if a file of the table in this directory has a checksum.
    pub(crate) fn has_table(&self, table_dir: &Path) -> bool {
        let name = table_dir.file_name().unwrap_or_default().to_string_lossy();
        let first = format!("{name}/");
        self.checksums.range(first.clone()..).next().is_some_and(|(at, _)| at.starts_with(&first))
    }
}

/// Changes that a sync makes to the stored checksums.
#[derive(Debug, Clone, Default)]
pub(crate) struct Taken {
    pub(crate) new: Checksums,
    /// Files that no longer exist.
    pub(crate) gone: Vec<String>,
}

/// Role of a file in the library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// The list of a version's files.
    Manifest,
    /// The rows of a fragment.
    Rows { fragment: u64 },
    /// The deleted rows of a fragment.
    Deletions { fragment: u64 },
    /// Part of the index of a column.
    Index { column: String },
    /// Needed by older versions only.
    Older,
}

/// The files that one version of a table needs, by path below the directory of all tables.
#[derive(Debug, Default)]
pub(crate) struct Needed {
    pub(crate) files: BTreeMap<String, Part>,
    /// The index directories, each with its column.
    pub(crate) indexes: BTreeMap<String, String>,
}

impl Needed {
    /// Builds the set of this file alone.
    pub(crate) fn only(path: String, part: Part) -> Needed {
        Needed { files: BTreeMap::from([(path, part)]), ..Needed::default() }
    }

    /// Returns `true` if the file at `path` is among these.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.files.contains_key(path) || self.indexes.keys().any(|dir| is_below(path, dir))
    }
}

/// A file that differs from what was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Damage {
    pub(crate) path: PathBuf,
    pub(crate) part: Part,
}

/// Choice of the files to compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// Files whose status has changed since their last comparison.
    Changed,
    All,
}

/// The result of a comparison.
#[derive(Debug, Default)]
pub(crate) struct Compared {
    pub(crate) damage: Vec<Damage>,
    /// The number of files that were read.
    pub(crate) read: usize,
}

/// Maximum lag of a file system's clock behind the system clock.
const CLOCK_LAG: Duration = Duration::from_secs(1);

/// Compares the `needed` files below the directory `tables` with their checksums. A file without a
/// checksum must exist.
pub(crate) fn compare(
    tables: &Path,
    needed: &Needed,
    known: &Known,
    which: Which,
) -> io::Result<Compared> {
    let mut compared = Compared::default();
    let mut look = |path: &str, part: Part| {
        let (at, checksum) = (tables.join(path), known.checksums.get(path));
        if !is_intact(&at, checksum, known, which, &mut compared.read)? {
            compared.damage.push(Damage { path: at, part });
        }
        Ok::<_, io::Error>(())
    };
    for (path, part) in &needed.files {
        look(path, part.clone())?;
    }
    for (dir, column) in &needed.indexes {
        let part = Part::Index { column: column.clone() };
        look(dir, part.clone())?;
        for path in known.checksums.keys().filter(|path| is_below(path, dir)) {
            look(path, part.clone())?;
        }
    }
    Ok(compared)
}

/// Returns the files of the table in the directory `table` that have a checksum, still exist and
/// are not `needed`. Index files are left out: index files of older versions are never read.
pub(crate) fn older(tables: &Path, table: &Path, needed: &Needed, known: &Known) -> Needed {
    let of_table = name_of(tables, table).unwrap_or_default() + "/";
    let indexes = format!("{of_table}_indices/");
    let older = known.checksums.keys().filter(|path| {
        path.starts_with(&of_table)
            && !path.starts_with(&indexes)
            && !needed.has(path)
            && tables.join(path).exists()
    });
    let files = older.map(|path| (path.clone(), Part::Older)).collect();
    Needed { files, ..Needed::default() }
}

/// Returns the time to record for a comparison that starts now.
pub(crate) fn compared_from_now() -> SystemTime {
    SystemTime::now().checked_sub(CLOCK_LAG).unwrap_or(UNIX_EPOCH)
}

fn is_intact(
    path: &Path,
    checksum: Option<&Checksum>,
    known: &Known,
    which: Which,
    read: &mut usize,
) -> io::Result<bool> {
    let Some(metadata) = unless_unreadable(fs::metadata(path))? else { return Ok(false) };
    let Some(checksum) = checksum else { return Ok(true) };
    if metadata.len() != checksum.bytes {
        return Ok(false);
    }
    let is_compared = known.compared_until.is_some_and(|until| changed_at(&metadata) < until);
    if which == Which::Changed && is_compared {
        return Ok(true);
    }
    *read += 1;
    Ok(unless_unreadable(Checksum::of(path))? == Some(*checksum))
}

/// Returns the time of the last status change of a file, which no program can set.
fn changed_at(metadata: &Metadata) -> SystemTime {
    let seconds = u64::try_from(metadata.ctime()).unwrap_or(0);
    let nanos = u32::try_from(metadata.ctime_nsec()).unwrap_or(0);
    UNIX_EPOCH + Duration::new(seconds, nanos)
}

/// Returns `None` if the file is gone or the disk cannot read it: it is damaged. Other errors do
/// not show damage and are passed on.
fn unless_unreadable<T>(read: io::Result<T>) -> io::Result<Option<T>> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error)
            if error.raw_os_error() == Some(EIO) || error.kind() == ErrorKind::IsADirectory =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// The disk cannot read the file. The number is the same on every Unix.
const EIO: i32 = 5;

fn is_below(path: &str, dir: &str) -> bool {
    path.strip_prefix(dir).is_some_and(|rest| rest.starts_with('/'))
}

/// Returns a path relative to the directory of all tables, the key of its checksum.
pub(crate) fn name_of(tables: &Path, path: &Path) -> Option<String> {
    Some(path.strip_prefix(tables).ok()?.to_str()?.to_owned())
}
