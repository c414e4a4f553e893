//! Staging in the target itself, as at a mount point.

use std::fs;

use super::{Leftover, Staging, paths};

const ENTRIES: &[&str] = &["first", "then", "last"];

#[test]
fn commit_moves_entries_out_of_a_staging_directory_in_the_target() {
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("target");
    fs::create_dir(&target).unwrap();
    let (_, within) = paths(&target);
    let (staging, is_left) = Staging::make(&within, &target, ENTRIES).unwrap();
    assert!(!is_left);
    for name in ENTRIES {
        fs::write(staging.path().join(name), "").unwrap();
    }
    assert!(matches!(Leftover::of(&target).unwrap(), Some(Leftover::Running(_))));
    staging.commit().unwrap();
    assert!(Leftover::of(&target).unwrap().is_none() && !within.exists());
    let names = fs::read_dir(&target).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = names.collect();
    names.sort();
    assert_eq!(names, ["first", "last", "then"]);
}

#[test]
fn a_killed_move_out_of_the_target_starts_over() {
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("target");
    let (_, within) = paths(&target);
    fs::create_dir_all(&within).unwrap();
    fs::write(within.join("then"), "").unwrap();
    // It had already been moved out when the process was killed.
    fs::create_dir(target.join("first")).unwrap();
    fs::write(target.join("first/file"), "").unwrap();
    fs::write(target.join("theirs"), "").unwrap();
    assert!(Staging::begin(&target, ENTRIES).is_err());
    assert!(target.join("first/file").exists());
    fs::remove_file(target.join("theirs")).unwrap();
    assert!(matches!(Leftover::of(&target).unwrap(), Some(Leftover::Abandoned(_))));
    let staging = Staging::begin(&target, ENTRIES).unwrap();
    fs::write(staging.path().join("first"), "again").unwrap();
    drop(staging);
    assert_eq!(fs::read_dir(&target).unwrap().count(), 0);
}
