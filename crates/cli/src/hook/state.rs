//! Small state files. Each is replaced atomically, and the oldest in a folder are removed.

use std::{
    fs::{self, DirBuilder},
    io::{self, Write},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    time::SystemTime,
};

use aios_memory::{MemoryView, Owner};
use tempfile::NamedTempFile;

/// Folder in the data directory for the state of hooks: ids, times and places, but no texts.
pub(crate) const DIRECTORY: &str = "hooks";

/// Reciprocal of the share of a folder's files that is removed at once.
const REMOVED_SHARE: usize = 8;

/// Creates a folder that only its owner can read, with its parents.
pub(super) fn make_folder(dir: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

/// Replaces a file, and creates its folder.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    make_folder(folder)?;
    // Its mode is 0600.
    let mut file = NamedTempFile::with_prefix_in(".new-", folder)?;
    file.write_all(content)?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

/// If a folder has more than `files_max` files, removes those that were changed least recently.
pub(crate) fn limit(folder: &Path, files_max: usize) -> io::Result<()> {
    let mut files: Vec<(SystemTime, PathBuf)> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        files.push((entry.metadata()?.modified()?, entry.path()));
    }
    if files.len() <= files_max {
        return Ok(());
    }
    files.sort();
    let removed = files.len() - files_max + files_max / REMOVED_SHARE;
    files.into_iter().take(removed).try_for_each(|(_, path)| fs::remove_file(path))
}

/// Returns the owner of the records that a view writes, for the names of state files. Empty for
/// shared records and for the administrator.
pub(crate) fn owner_of(view: &MemoryView) -> &str {
    view.gate().acts_for().map_or("", Owner::as_str)
}

/// Returns the name of a state file for these parts.
pub(crate) fn name_of(parts: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
    }
    format!("{}.json", &hasher.finalize().to_hex()[..32])
}
