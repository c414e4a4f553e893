//! Tests of sizes and names.

use super::*;

fn check_path(path: &str, bytes: u64) -> usize {
    check(&File { path: path.to_owned(), bytes, text: None }).len()
}

#[test]
fn vague_file_and_directory_names_are_found() {
    for good in ["crates/context/src/pack.rs", "crates/record/src/lib.rs", "docs/common.md"] {
        assert_eq!(check_path(good, 1), 0, "{good}");
    }
    for bad in ["crates/x/src/utils.rs", "crates/core/src/lib.rs", "crates/x/src/ring/mod.rs"] {
        assert_eq!(check_path(bad, 1), 1, "{bad}");
    }
}

#[test]
fn a_file_has_a_size_limit() {
    assert_eq!(check_path("assets/model.bin", FILE_BYTES_MAX), 0);
    assert_eq!(check_path("assets/model.bin", FILE_BYTES_MAX + 1), 1);
    assert_eq!(check_path(LARGE.0, LARGE.1), 0);
    assert_eq!(check_path(LARGE.0, LARGE.1 + 1), 1);
}

#[test]
fn the_walk_finds_files_of_the_workspace() {
    let files = files(&crate::child::workspace_root()).expect("the workspace can be read");
    assert!(files.iter().any(|file| file.path == "xtask/src/tidy/tree/tests.rs"));
    assert!(files.iter().any(|file| file.path == ".ci/run"));
}

#[test]
fn the_walk_skips_built_and_hidden_folders() {
    assert!(["crates", ".ci", ".cargo"].into_iter().all(is_of_the_house));
    assert!(!["target", ".git", ".idea"].into_iter().any(is_of_the_house));
}
