//! Files and directories through the public API, in real temporary directories.
#![allow(clippy::unwrap_used)]

mod apart;
mod mark;
mod private;
mod whole;

use std::{fs, os::unix::fs::MetadataExt, path::Path};

/// A user other than the one of the tests, if they run as root.
const NOBODY: u32 = 65534;

/// Returns `true` if the test may change the owner of files.
fn is_root(dir: &Path) -> bool {
    fs::metadata(dir).unwrap().uid() == 0
}

/// Returns the permissions of a file or directory.
fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().mode() & 0o777
}

/// Returns the sorted names in a directory.
fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
