//! Lists the text files of a directory in a stable order. Does not parse their contents.

use std::{
    io::{self, Read},
    path::{Path, PathBuf},
};

use aios_files::open_regular;
use ignore::{
    WalkBuilder,
    overrides::{Override, OverrideBuilder},
};

use crate::{Error, InputProblem};

/// Maximum number of files per directory.
pub const WALK_FILES_MAX: usize = 100_000;
/// Number of bytes at the start of a file from which text is detected.
const HEAD_BYTES: u64 = 8 * 1024;

/// Files found in a directory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Walk {
    /// Text files, sorted by name within each directory.
    pub files: Vec<PathBuf>,
    /// Files that were skipped because they are empty or not text.
    pub skipped: u64,
    /// Files and directories that could not be read, with the reason.
    pub unreadable: Vec<String>,
}

/// Lists the text files in `dir` and below it. Skips hidden files, files excluded by a `.gitignore`
/// or `.ignore`, symbolic links, and data directories of this program. If `includes` is not empty,
/// lists only files that match one of its `.gitignore` patterns, such as `*.md` or `docs/**`.
///
/// # Errors
/// [`Error::Input`] if a pattern is invalid, or there are more than [`WALK_FILES_MAX`]
/// files.
pub fn walk(dir: &Path, includes: &[String]) -> Result<Walk, Error> {
    let included = patterns(dir, includes)
        .map_err(|error| Error::input(dir, InputProblem::Pattern { reason: error.to_string() }))?;
    let mut found = Walk::default();
    let mut entries = WalkBuilder::new(dir);
    entries.require_git(false).sort_by_file_name(Ord::cmp);
    entries.filter_entry(|entry| !is_data_dir(entry.path()));
    for entry in entries.build() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                found.unreadable.push(error.to_string());
                continue;
            }
        };
        let is_file = entry.file_type().is_some_and(|kind| kind.is_file());
        let path = entry.into_path();
        if !is_file || !included.matched(&path, false).is_whitelist() && !included.is_empty() {
            continue;
        }
        match has_text(&path) {
            Err(error) => found.unreadable.push(format!("{}: {error}", path.display())),
            Ok(false) => found.skipped += 1,
            Ok(true) if found.files.len() < WALK_FILES_MAX => found.files.push(path),
            Ok(true) => {
                let problem = InputProblem::TooManyFiles { files_max: WALK_FILES_MAX };
                return Err(Error::input(dir, problem));
            }
        }
    }
    Ok(found)
}

/// Returns `true` for a data directory of this program, or a backup of one.
fn is_data_dir(path: &Path) -> bool {
    ["working.db", "journal.db"].iter().all(|name| path.join(name).is_file())
}

fn patterns(dir: &Path, includes: &[String]) -> Result<Override, ignore::Error> {
    let mut patterns = OverrideBuilder::new(dir);
    for include in includes {
        patterns.add(include)?;
    }
    patterns.build()
}

/// Returns `true` if the start of the file looks like text, in any encoding.
fn has_text(path: &Path) -> io::Result<bool> {
    let mut head = Vec::new();
    open_regular(path)?.take(HEAD_BYTES).read_to_end(&mut head)?;
    Ok(!head.trim_ascii().is_empty() && content_inspector::inspect(&head).is_text())
}

#[cfg(test)]
mod tests;
