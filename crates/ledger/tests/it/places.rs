//! Files of other users, modes, and files that are moved, replaced or removed while open.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink},
    path::{Path, PathBuf},
};

use aios_ledger::{Error, Ledger};
use aios_record::Remedy;

use crate::{insert, opened, options, place, texts};

/// A user other than the one that runs the tests, if that is root.
const NOBODY: u32 = 65534;

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

fn is_moved(error: &Error) -> bool {
    matches!(error, Error::Place(place) if matches!(**place, aios_files::Error::Moved { .. }))
}

#[test]
fn a_moved_replaced_or_removed_file_acknowledges_nothing() {
    type Change = fn(&Path);
    let replace = |path: &Path, copy: &Path| {
        fs::copy(path, copy).unwrap();
        fs::rename(copy, path).unwrap();
    };
    let changes: &[(&str, Change)] = &[
        ("the file is moved", |path| fs::rename(path, beside(path, ".moved")).unwrap()),
        ("the file is removed", |path| fs::remove_file(path).unwrap()),
        ("the log is removed", |path| fs::remove_file(beside(path, "-wal")).unwrap()),
        ("the index of the log is removed", |path| {
            fs::remove_file(beside(path, "-shm")).unwrap();
        }),
        ("the folder is moved", |path| {
            let folder = path.parent().unwrap();
            fs::rename(folder, beside(folder, ".moved")).unwrap();
        }),
        ("the folder is removed", |path| fs::remove_dir_all(path.parent().unwrap()).unwrap()),
        ("the folder is a file", |path| {
            fs::remove_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path.parent().unwrap(), "").unwrap();
        }),
        ("what it depends on is removed", |path| {
            fs::remove_dir(path.with_file_name("library")).unwrap();
        }),
    ];
    let check = |what: &str, change: &dyn Fn(&Path)| {
        let (folder, _) = place();
        let path = folder.path().join("folder/test.db");
        fs::create_dir_all(path.with_file_name("library")).unwrap();
        let options =
            aios_ledger::Options { beside: vec![path.with_file_name("library")], ..options() };
        let ledger = Ledger::open(&path, options).unwrap();
        ledger.write_blocking(insert("before")).unwrap();
        change(&path);
        let listing = |dir: &Path| {
            let names = fs::read_dir(dir).into_iter().flatten();
            let mut names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
            names.sort();
            names
        };
        let left = listing(path.parent().unwrap());
        for _ in 0..2 {
            let error = ledger.write_blocking(insert("after")).unwrap_err();
            assert!(is_moved(&error) && !error.is_retryable(), "{what}: {error:?}");
            assert_eq!(error.remedy(), Some(Remedy::PutBack), "{what}: {error}");
        }
        // Nothing was written, and closing removes nothing.
        assert_eq!(ledger.read_blocking(texts).unwrap(), ["before"], "{what}");
        drop(ledger);
        assert_eq!(listing(path.parent().unwrap()), left, "{what}");
    };
    changes.iter().for_each(|(what, change)| check(what, change));
    check("the file is replaced by a copy", &|path| replace(path, &beside(path, ".copy")));
    check("the log is replaced by a copy", &|path| {
        replace(&beside(path, "-wal"), &beside(path, ".copy"));
    });
    check("the folder is replaced by a copy", &|path| {
        let (folder, copy) = (path.parent().unwrap(), beside(path.parent().unwrap(), ".copy"));
        fs::rename(folder, &copy).unwrap();
        fs::create_dir(folder).unwrap();
        for end in ["", "-wal", "-shm"] {
            fs::copy(beside(&copy.join("test.db"), end), beside(path, end)).unwrap();
        }
    });
}

#[test]
fn a_file_that_is_put_back_accepts_writes_again() {
    let (_folder, path) = place();
    let ledger = opened(&path);
    ledger.write_blocking(insert("a")).unwrap();
    let moved = beside(&path, ".moved");
    fs::rename(&path, &moved).unwrap();
    assert!(is_moved(&ledger.write_blocking(insert("b")).unwrap_err()));
    fs::rename(&moved, &path).unwrap();
    ledger.write_blocking(insert("c")).unwrap();
    drop(ledger);
    assert_eq!(opened(&path).read_blocking(texts).unwrap(), ["a", "c"]);
}

#[test]
fn closing_a_moved_file_leaves_the_log_of_the_one_in_its_place() {
    let (_folder, path) = place();
    let old = opened(&path);
    old.write_blocking(insert("old")).unwrap();
    let away = path.with_file_name("away.db");
    for end in ["", "-wal", "-shm"] {
        fs::rename(beside(&path, end), beside(&away, end)).unwrap();
    }
    let new = opened(&path);
    new.write_blocking(insert("new")).unwrap();
    drop(old);
    new.write_blocking(insert("newer")).unwrap();
    drop(new);
    assert_eq!(opened(&path).read_blocking(texts).unwrap(), ["new", "newer"]);
    assert_eq!(opened(&away).read_blocking(texts).unwrap(), ["old"]);
}

#[test]
fn opening_a_file_makes_it_private() {
    let (_folder, path) = place();
    opened(&path).write_blocking(insert("a")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    let ledger = opened(&path);
    ledger.write_blocking(insert("b")).unwrap();
    for end in ["", "-wal", "-shm"] {
        let mode = fs::metadata(beside(&path, end)).unwrap().mode();
        assert_eq!(mode & 0o777, 0o600, "{end}");
    }
}

#[test]
fn directories_and_files_of_other_users_are_refused() {
    let refused = |path: &Path| match Ledger::open(path, options()).unwrap_err() {
        Error::Place(error) => (error.to_string(), error.remedy()),
        other => panic!("{other}"),
    };
    let (folder, path) = place();
    fs::create_dir(&path).unwrap();
    assert!(refused(&path).0.contains("not a regular file"));
    let folder = folder.path();
    if fs::metadata(folder).unwrap().uid() != 0 {
        return;
    }
    for end in ["", "-wal", "-shm", "-journal"] {
        let path = folder.join("theirs.db");
        opened(&path);
        let theirs = beside(&path, end);
        fs::OpenOptions::new().create(true).append(true).open(&theirs).unwrap();
        chown(&theirs, Some(NOBODY), None).unwrap();
        let before = fs::read(&theirs).unwrap();
        let (refusal, remedy) = refused(&path);
        assert!(refusal.contains("the user 65534"), "{refusal}");
        let expect = Remedy::TakeOwnership { path: theirs.clone(), user: 0 };
        assert_eq!(remedy, Some(expect), "{refusal}");
        assert_eq!(fs::read(&theirs).unwrap(), before);
        fs::remove_file(&theirs).unwrap();
    }
    // A link to another user's file is refused too.
    let theirs = folder.join("theirs");
    fs::write(&theirs, "").unwrap();
    chown(&theirs, Some(NOBODY), None).unwrap();
    symlink(&theirs, folder.join("link.db")).unwrap();
    assert!(refused(&folder.join("link.db")).0.contains("65534"));
}
