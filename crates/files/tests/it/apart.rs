//! Directories that may lie in each other.

use std::{fs, os::unix::fs::symlink};

use aios_files::{Error, check_apart};

#[test]
fn nested_directories_are_detected_by_any_path() {
    let dir = tempfile::tempdir().unwrap();
    let base = dir.path();
    fs::create_dir_all(base.join("copy/longterm")).unwrap();
    fs::create_dir_all(base.join("elsewhere")).unwrap();
    symlink("copy", base.join("link")).unwrap();
    symlink(base.join("copy/longterm"), base.join("elsewhere/deep")).unwrap();
    symlink("../copy/not-yet", base.join("elsewhere/dangling")).unwrap();
    symlink("round", base.join("elsewhere/round")).unwrap();
    let check = |target: &str, source: &str, expected: &str| {
        let checked = check_apart(&base.join(target), &base.join(source));
        let found = match &checked {
            Ok(()) => "apart",
            Err(Error::Overlap { .. }) => "overlap",
            Err(_) => "unknown",
        };
        assert_eq!(found, expected, "{target} {source}: {checked:?}");
    };
    let cases = [
        ("copy", "copy", "overlap"),
        ("copy/below", "copy", "overlap"),
        ("copy/not/yet/there", "copy", "overlap"),
        ("", "copy", "overlap"),
        ("link", "copy", "overlap"),
        ("link/below", "copy", "overlap"),
        ("copy/below", "link", "overlap"),
        ("elsewhere/deep/below", "copy", "overlap"),
        ("elsewhere/dangling", "copy", "overlap"),
        ("elsewhere/dangling/below", "copy", "overlap"),
        ("elsewhere/../copy/below", "copy", "overlap"),
        ("not-yet/../copy/below", "copy", "overlap"),
        ("link/../copy", "copy", "overlap"),
        ("copy-2", "copy", "apart"),
        ("elsewhere/below", "copy", "apart"),
        ("not-yet/copy", "copy", "apart"),
        ("copy/../elsewhere/x", "copy", "apart"),
        ("elsewhere/round/x", "copy", "unknown"),
    ];
    cases.iter().for_each(|(target, source, expected)| check(target, source, expected));
}

#[test]
fn relative_paths_start_at_the_working_directory() {
    let here = std::env::current_dir().unwrap();
    let overlap = |target: &str| check_apart(target.as_ref(), &here).is_err();
    assert!(overlap(".") && overlap("below") && overlap("..") && overlap("./below/../other"));
}
