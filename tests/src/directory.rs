//! The files of a directory: copying them, and finding those that contain a text, also in another
//! normal form or encoding.

use std::{
    fs::{self, Permissions},
    io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use aios_record::forms;

/// Copies the files below `from` to `to`, with the modes of a data directory, which git does not
/// preserve.
///
/// # Panics
/// If a file cannot be read or written.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a writable directory");
    set_mode(to, 0o700);
    for path in entries(from) {
        let target = to.join(path.file_name().expect("an entry has a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("a readable file");
            set_mode(&target, 0o600);
        }
    }
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("the path is our own");
}

fn entries(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).expect("a readable directory");
    entries.map(|entry| entry.expect("a readable directory").path()).collect()
}

/// Returns the files below `dir` that contain `needle`, as given or in one of its normal forms, in
/// UTF-8 or UTF-16.
///
/// # Panics
/// If a file cannot be read.
#[must_use]
pub fn holding(dir: &Path, needle: &str) -> Vec<PathBuf> {
    let forms = [
        needle.to_owned(),
        forms::same(needle).into_owned(),
        forms::forgotten(needle),
        forms::skeleton(needle),
        needle.to_uppercase(),
    ];
    let encoded = forms.iter().flat_map(|text| {
        let units = || text.encode_utf16();
        let little = units().flat_map(u16::to_le_bytes).collect();
        [text.as_bytes().to_vec(), little, units().flat_map(u16::to_be_bytes).collect()]
    });
    holding_bytes(dir, &encoded.collect::<Vec<_>>())
}

fn holding_bytes(dir: &Path, needles: &[Vec<u8>]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    // Background work may remove a directory or a file in the meantime.
    let Ok(entries) = fs::read_dir(dir) else { return found };
    for entry in entries {
        let path = entry.expect("a readable directory").path();
        if path.is_dir() {
            found.extend(holding_bytes(&path, needles));
            continue;
        }
        let Some(bytes) = content(&path) else { continue };
        if needles.iter().any(|needle| bytes.windows(needle.len()).any(|it| it == needle)) {
            found.push(path);
        }
    }
    found
}

/// Returns the content of a file. `None` if background work has removed it.
///
/// # Panics
/// If the file cannot be read.
#[must_use]
pub fn content(path: &Path) -> Option<Vec<u8>> {
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        read => Some(read.expect("a readable file")),
    }
}

#[cfg(test)]
mod tests;
