//! Notice before a build from scratch, which takes minutes without output.

use std::fs;
use std::path::Path;

use crate::child::target_dir;

/// File name of a compiled LanceDB, the last of the slow dependencies to be built.
const SLOWEST: &str = "liblancedb-";

/// Prints the expected duration of the build if the dependencies have not been built yet.
pub(crate) fn announce() {
    if !is_built(&target_dir().join("debug/deps")) {
        eprintln!(
            "The first build compiles some 550 dependencies, which takes 10 to 15 minutes on two \
             cores.\nLater builds take seconds. docs/BUILDING.md has the reasons."
        );
    }
}

/// Returns `true` if `folder` has a compiled LanceDB.
fn is_built(folder: &Path) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.into_iter().any(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.starts_with(SLOWEST) && name.ends_with(".rlib")
    })
}

#[cfg(test)]
mod tests;
