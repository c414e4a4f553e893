//! The text files of a directory, in a stable order. Not here: reading what is in them.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use ignore::{
    WalkBuilder,
    overrides::{Override, OverrideBuilder},
};

use crate::Error;

/// The most files that one directory gives.
pub const WALK_FILES_MAX: usize = 100_000;
/// The first bytes of a file, by which text is told from anything else.
const HEAD_BYTES: u64 = 8 * 1024;

/// The files of a directory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Walk {
    /// Files that hold text, by name, those of a directory together.
    pub files: Vec<PathBuf>,
    /// Files that were left out: empty, or not text.
    pub skipped: u64,
    /// Files and directories that could not be read, each with the reason.
    pub unreadable: Vec<String>,
}

/// Finds the text files in `dir` and below it. Hidden ones, those that a `.gitignore` or `.ignore`
/// leaves out, and symbolic links are not looked at. With `includes` only files are meant that fit
/// one of these patterns, which are written as in a `.gitignore`: `*.md`, `docs/**`.
///
/// # Errors
/// [`Error::Input`] if a pattern is not one, or there are more than [`WALK_FILES_MAX`] files.
pub fn walk(dir: &Path, includes: &[String]) -> Result<Walk, Error> {
    let refused = |problem| Error::Input { path: dir.to_owned(), problem };
    let included = patterns(dir, includes).map_err(|error| refused(error.to_string()))?;
    let mut found = Walk::default();
    let mut entries = WalkBuilder::new(dir);
    entries.require_git(false).sort_by_file_name(Ord::cmp);
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
                return Err(refused(format!(
                    "it has more than {WALK_FILES_MAX} files; name directories below it, or \
                     fewer files with --include"
                )));
            }
        }
    }
    Ok(found)
}

fn patterns(dir: &Path, includes: &[String]) -> Result<Override, ignore::Error> {
    let mut patterns = OverrideBuilder::new(dir);
    for include in includes {
        patterns.add(include)?;
    }
    patterns.build()
}

/// Returns `true` if the file begins as text does, in any encoding.
fn has_text(path: &Path) -> io::Result<bool> {
    let mut head = Vec::new();
    File::open(path)?.take(HEAD_BYTES).read_to_end(&mut head)?;
    Ok(!head.trim_ascii().is_empty() && content_inspector::inspect(&head).is_text())
}
