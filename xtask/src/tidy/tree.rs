//! The files of the house, and what holds for any of them: size, and the names of rooms.

use std::fs;
use std::path::Path;

use super::Finding;
use crate::error::Error;

/// No file is larger, but for [`LARGE`]: a clone stays small.
const FILE_BYTES_MAX: u64 = 9_000_000;

/// The transformer that is part of the program, and the most bytes that it may have. It is
/// committed once, since each version of it would stay in every clone.
const LARGE: (&str, u64) = ("crates/minilm/assets/int8-bert.bin", 18_000_000);

/// Names that say nothing about what is inside.
const ROOMS: &[&str] =
    &["util", "utils", "common", "helper", "helpers", "misc", "core", "manager", "mod"];

/// Hidden folders that belong to the house.
const HIDDEN: &[&str] = &[".cargo", ".ci", ".github"];

/// One file: where it is, how large, and its text where that is UTF-8.
pub(super) struct File {
    /// From the root, with `/`.
    pub(super) path: String,
    pub(super) bytes: u64,
    pub(super) text: Option<String>,
}

impl File {
    /// The path's last part.
    pub(super) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// What stands after the last dot of the name.
    pub(super) fn extension(&self) -> &str {
        self.name().rsplit_once('.').map_or("", |(_, extension)| extension)
    }
}

/// Every file below `root`, in order of path.
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

/// Whether a folder is looked into: not what cargo builds, nor what other programs hide.
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
        let message = format!("{} bytes; it may have {bytes_max}", file.bytes);
        findings.push(Finding::new(&file.path, 0, message));
    }
    let is_source = file.extension() == "rs";
    let stem = file.path.strip_suffix(".rs").unwrap_or(&file.path);
    let rooms = stem.split('/').filter(|room| is_source && ROOMS.contains(room));
    findings.extend(rooms.map(|room| {
        let message = format!("`{room}` says nothing; name it for the one concept inside");
        Finding::new(&file.path, 0, message)
    }));
    findings
}

#[cfg(test)]
mod tests;
