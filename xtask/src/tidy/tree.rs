//! The files of the workspace, and rules for each: size and name.

use std::fs;
use std::path::Path;

use super::finding::Finding;
use crate::error::Error;

/// Maximum size of a file, except [`LARGE`], to keep clones small.
const FILE_BYTES_MAX: u64 = 9_000_000;

/// Path of the bundled transformer, and its maximum size. It is committed only once, because every
/// version stays in every clone.
const LARGE: (&str, u64) = ("crates/minilm/assets/int8-bert.bin", 18_000_000);

/// Names that do not describe their content.
const ROOMS: &[&str] =
    &["util", "utils", "common", "helper", "helpers", "misc", "core", "manager", "mod"];

/// Hidden folders that are checked.
const HIDDEN: &[&str] = &[".cargo", ".ci", ".github"];

/// A file: its path and size, and its text if it is UTF-8.
pub(super) struct File {
    /// Relative to the root, with `/`.
    pub(super) path: String,
    pub(super) bytes: u64,
    pub(super) text: Option<String>,
}

impl File {
    /// Returns the last component of the path.
    pub(super) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// Returns the part of the name after the last dot.
    pub(super) fn extension(&self) -> &str {
        self.name().rsplit_once('.').map_or("", |(_, extension)| extension)
    }
}

/// Returns every file below `root`, ordered by path.
pub(super) fn files(root: &Path) -> Result<Vec<File>, Error> {
    let mut files = Vec::new();
    walk(root, "", &mut files)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn walk(folder: &Path, prefix: &str, files: &mut Vec<File>) -> Result<(), Error> {
    let failed = |source| Error::File { path: folder.to_owned(), source };
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type().map_err(failed)?;
        let path = format!("{prefix}{name}");
        if kind.is_dir() {
            if is_of_the_house(&name) {
                walk(&entry.path(), &format!("{path}/"), files)?;
            }
        } else if kind.is_file() {
            files.push(read(&entry.path(), path)?);
        }
    }
    Ok(())
}

/// Returns true if a folder is part of the tree: neither cargo's output nor hidden.
fn is_of_the_house(folder: &str) -> bool {
    folder != "target" && !folder.starts_with('.') || HIDDEN.contains(&folder)
}

fn read(file: &Path, path: String) -> Result<File, Error> {
    let failed = |source| Error::File { path: file.to_owned(), source };
    let bytes = fs::metadata(file).map_err(failed)?.len();
    let large = bytes > bytes_max(&path);
    let content = if large { Vec::new() } else { fs::read(file).map_err(failed)? };
    Ok(File { path, bytes, text: String::from_utf8(content).ok() })
}

fn bytes_max(path: &str) -> u64 {
    if path == LARGE.0 { LARGE.1 } else { FILE_BYTES_MAX }
}

pub(super) fn check(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    let bytes_max = bytes_max(&file.path);
    if file.bytes > bytes_max {
        let message = format!("{} bytes; the limit is {bytes_max}", file.bytes);
        findings.push(Finding::new(&file.path, 0, message));
    }
    let is_source = file.extension() == "rs";
    let stem = file.path.strip_suffix(".rs").unwrap_or(&file.path);
    let rooms = stem.split('/').filter(|room| is_source && ROOMS.contains(room));
    findings.extend(rooms.map(|room| {
        let message = format!("`{room}` says nothing; name it after its concept");
        Finding::new(&file.path, 0, message)
    }));
    findings
}

#[cfg(test)]
mod tests;
