//! Directories and files that are put in place as a whole.

use std::{
    fs,
    io::{ErrorKind, Write},
    os::unix::fs::{chown, symlink},
};

use aios_files::{Anchor, Error, Leftover, Lock, Partial, Staging};
use aios_record::Remedy;

use crate::{NOBODY, is_root, mode, names};

const ENTRIES: &[&str] = &["file"];

fn kind<T>(result: Result<T, Error>) -> Option<ErrorKind> {
    match result {
        Err(Error::Io { source, .. }) => Some(source.kind()),
        _ => None,
    }
}

fn fill(staging: &Staging) {
    fs::write(staging.path().join("file"), "new").unwrap();
}

#[test]
fn a_directory_is_put_in_place_completely_or_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    for is_there in [false, true] {
        let target = dir.path().join(format!("above/target-{is_there}"));
        if is_there {
            fs::create_dir_all(&target).unwrap();
        }
        let staging = Staging::begin(&target, ENTRIES).unwrap();
        fill(&staging);
        assert_eq!((target.exists(), mode(staging.path())), (is_there, 0o700));
        assert!(matches!(Staging::begin(&target, ENTRIES), Err(Error::Locked { .. })));
        assert!(matches!(Leftover::of(&target).unwrap(), Some(Leftover::Running(_))));
        drop(staging);
        assert!(Leftover::of(&target).unwrap().is_none());

        let staging = Staging::begin(&target, ENTRIES).unwrap();
        fill(&staging);
        staging.commit().unwrap();
        assert_eq!((names(&target), mode(&target)), (vec!["file".to_owned()], 0o700));
        assert_eq!(kind(Staging::begin(&target, ENTRIES)), Some(ErrorKind::DirectoryNotEmpty));
        assert!(Leftover::of(&target).unwrap().is_none());
    }
}

#[test]
fn a_target_created_meanwhile_is_not_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("target");
    let staging = Staging::begin(&target, ENTRIES).unwrap();
    fill(&staging);
    fs::create_dir(&target).unwrap();
    fs::write(target.join("theirs"), "").unwrap();
    assert_eq!(kind(staging.commit()), Some(ErrorKind::DirectoryNotEmpty));
    assert_eq!((names(&target), names(dir.path()).len()), (vec!["theirs".to_owned()], 1));
}

#[test]
fn remains_of_a_killed_process_are_reported_and_reused() {
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("target");
    let left = dir.path().join(".target.partial");
    fs::create_dir_all(left.join("deep")).unwrap();
    fs::write(left.join("deep/half"), "").unwrap();
    assert_eq!(Leftover::of(&target).unwrap(), Some(Leftover::Abandoned(left.clone())));
    let staging = Staging::begin(&target, ENTRIES).unwrap();
    fill(&staging);
    staging.commit().unwrap();
    assert_eq!((names(&target), left.exists()), (vec!["file".to_owned()], false));
}

#[test]
fn a_target_behind_a_link_is_filled_in_place() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("disk/target")).unwrap();
    let target = dir.path().join("link");
    symlink("disk/target", &target).unwrap();
    let staging = Staging::begin(&target, ENTRIES).unwrap();
    fill(&staging);
    staging.commit().unwrap();
    assert_eq!(names(&dir.path().join("disk/target")), ["file"]);
    assert!(fs::symlink_metadata(&target).unwrap().is_symlink());
}

#[test]
fn entries_in_the_way_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (target, way) = (dir.path().join("target"), dir.path().join(".target.partial"));
    fs::write(&way, "").unwrap();
    assert!(matches!(Staging::begin(&target, ENTRIES), Err(Error::Kind { .. })));
    fs::remove_file(&way).unwrap();
    symlink("/", &way).unwrap();
    assert!(matches!(Staging::begin(&target, ENTRIES), Err(Error::Kind { .. })));
    fs::remove_file(&way).unwrap();
    fs::write(dir.path().join("file"), "").unwrap();
    assert_eq!(
        kind(Staging::begin(&dir.path().join("file"), ENTRIES)),
        Some(ErrorKind::NotADirectory)
    );
    if is_root(dir.path()) {
        fs::create_dir(&way).unwrap();
        chown(&way, Some(NOBODY), None).unwrap();
        assert!(matches!(
            Staging::begin(&target, ENTRIES),
            Err(Error::Foreign { owner: NOBODY, .. })
        ));
        // It does not block the target either.
        assert!(Leftover::of(&target).unwrap().is_none());
    }
}

#[test]
fn a_file_is_put_in_place_completely_or_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("out.jsonl");
    let partial = dir.path().join("out.jsonl.partial");
    let write = || {
        let mut file = Partial::create(&target).unwrap();
        file.write_all(b"whole").unwrap();
        file
    };
    let file = write();
    assert_eq!((target.exists(), mode(&partial)), (false, 0o600));
    assert!(matches!(Partial::create(&target), Err(Error::Locked { .. })));
    drop(file);
    assert!(names(dir.path()).is_empty());
    // Replaces the remains of a killed process.
    fs::write(&partial, "half").unwrap();
    write().commit().unwrap();
    assert_eq!((names(dir.path()), mode(&target)), (vec!["out.jsonl".to_owned()], 0o600));
    assert_eq!(kind(Partial::create(&target)), Some(ErrorKind::AlreadyExists));
    fs::remove_file(&target).unwrap();
    // A file created meanwhile stays.
    let file = write();
    fs::write(&target, "theirs").unwrap();
    assert_eq!(kind(file.commit()), Some(ErrorKind::AlreadyExists));
    assert_eq!(fs::read(&target).unwrap(), b"theirs");
    fs::remove_file(&target).unwrap();
    // Links are neither written through nor replaced.
    let victim = dir.path().join("victim");
    fs::write(&victim, "precious").unwrap();
    for link in [&partial, &target] {
        symlink(&victim, link).unwrap();
        assert!(Partial::create(&target).is_err());
        fs::remove_file(link).unwrap();
    }
    assert_eq!(fs::read(&victim).unwrap(), b"precious");
}

#[test]
fn a_lock_is_refused_at_once_and_free_when_it_is_dropped() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("upkeep.lock");
    let held = Lock::take(&path).unwrap();
    let refused = Lock::take(&path).unwrap_err();
    assert!(matches!(refused, Error::Locked { .. }), "{refused}");
    assert_eq!(refused.remedy(), Some(Remedy::AwaitProcess { path: path.clone() }));
    drop(held);
    assert!(Lock::take(&path).is_ok());
}

#[test]
fn an_anchor_notices_moved_and_replaced_files() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a/file");
    fs::create_dir(dir.path().join("a")).unwrap();
    fs::write(&path, "").unwrap();
    let _open = fs::File::open(&path).unwrap();
    let anchor = Anchor::new([path.clone(), dir.path().join("never there")]).unwrap();
    anchor.check().unwrap();
    fs::rename(dir.path().join("a"), dir.path().join("b")).unwrap();
    assert!(matches!(anchor.check(), Err(Error::Moved { .. })));
    fs::create_dir(dir.path().join("a")).unwrap();
    fs::copy(dir.path().join("b/file"), &path).unwrap();
    assert!(matches!(anchor.check(), Err(Error::Moved { .. })));
    // A directory whose inode number would be reused by the next one.
    let library = dir.path().join("library");
    for _ in 0..8 {
        fs::create_dir(&library).unwrap();
        let anchor = Anchor::new([library.clone()]).unwrap();
        fs::remove_dir(&library).unwrap();
        assert!(matches!(anchor.check(), Err(Error::Moved { .. })));
        fs::create_dir(&library).unwrap();
        assert!(matches!(anchor.check(), Err(Error::Moved { .. })));
        fs::remove_dir(&library).unwrap();
    }
    // The same file at the same path, through a link.
    fs::remove_file(&path).unwrap();
    symlink("../b/file", &path).unwrap();
    anchor.check().unwrap();
}
