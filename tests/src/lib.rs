//! Support for the tests of all crates: child processes, and the files of a directory.
//!
//! Crates use it as a dev-dependency, so it depends on no crate above `aios-record`. The tests of
//! the whole stack are in `tests/it`, and the files that they read in `fixtures`.

pub mod child;
pub mod directory;

use std::path::{Path, PathBuf};

/// Returns the path of a file or directory in `tests/fixtures`.
#[must_use]
pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

/// Returns the number of rounds of a crash test: the value of `AIOS_CRASH_ROUNDS`, which
/// `cargo xtask verify` sets, or else `default`.
#[must_use]
pub fn rounds(default: u64) -> u64 {
    number("AIOS_CRASH_ROUNDS").unwrap_or(default)
}

/// Returns the number in an environment variable. `None` if it is not set to a number.
#[must_use]
pub fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}
