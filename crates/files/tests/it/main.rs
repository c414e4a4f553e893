//! Files and directories through the public API, on real ones in temporary directories.
#![allow(clippy::unwrap_used)]

mod apart;
mod private;
mod whole;

use std::{fs, os::unix::fs::MetadataExt, path::Path};

/// Another user than the one of the tests, if they run as root.
const NOBODY: u32 = 65534;

/// Returns `true` if files can be given to other users.
fn is_root(dir: &Path) -> bool {
    fs::metadata(dir).unwrap().uid() == 0
}

/// The permissions of a file or directory.
fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().mode() & 0o777
}

/// The names in a directory, in order.
fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
