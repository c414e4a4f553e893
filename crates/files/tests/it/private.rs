//! Modes and owners.

use std::{
    ffi::OsStr,
    fs::{self, Permissions},
    io::{self, ErrorKind},
    os::unix::{
        fs::{PermissionsExt, chown, symlink},
        net::UnixListener,
    },
    path::Path,
    process::Command,
};

use aios_files::{
    Error, Temporary, check_file, copy, create, make_directory, open_lock, open_regular,
    remove_abandoned, secure_directory, secure_file, secure_tree,
};

use crate::{NOBODY, is_root, mode, names};

fn known(name: &OsStr) -> bool {
    name == "ours" || name == "library"
}

fn is_foreign(result: Result<impl Sized, Error>) -> bool {
    matches!(result, Err(Error::Foreign { owner: NOBODY, .. }))
}

#[test]
fn copies_and_created_entries_are_private() {
    let dir = tempfile::tempdir().unwrap();
    for source_mode in [0o444, 0o666, 0o777, 0o400] {
        let from = dir.path().join(format!("from-{source_mode:o}"));
        fs::write(&from, "content").unwrap();
        fs::set_permissions(&from, Permissions::from_mode(source_mode)).unwrap();
        let to = from.with_extension("copy");
        assert_eq!(copy(&from, &to).unwrap(), 7);
        assert_eq!((mode(&to), fs::read(&to).unwrap()), (0o600, b"content".to_vec()));
        assert_eq!(copy(&from, &to).unwrap_err().kind(), ErrorKind::AlreadyExists);
    }
    let made = make_directory(&dir.path().join("a/b/c")).unwrap();
    assert_eq!(made.len(), 3);
    assert!(made.iter().all(|dir| mode(dir) == 0o700));
    assert!(make_directory(&dir.path().join("a/b/c")).unwrap().is_empty());
    // Not through a link, even a dangling one.
    symlink(dir.path().join("victim"), dir.path().join("link")).unwrap();
    assert_eq!(create(&dir.path().join("link")).unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert!(!dir.path().join("victim").exists());
}

#[test]
fn own_entries_are_closed_to_others_once() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    fs::create_dir_all(data.join("library/deep")).unwrap();
    fs::write(data.join("ours"), "").unwrap();
    fs::write(data.join("library/deep/file"), "").unwrap();
    for (path, mode) in
        [("", 0o777), ("ours", 0o666), ("library/deep", 0o2755), ("library/deep/file", 0o750)]
    {
        fs::set_permissions(data.join(path), Permissions::from_mode(mode)).unwrap();
    }
    fs::set_permissions(data.join("library"), Permissions::from_mode(0o500)).unwrap();
    assert_eq!(secure_directory(&data, known).unwrap(), 4);
    for (path, expected) in [
        ("", 0o700),
        ("ours", 0o600),
        ("library", 0o500),
        ("library/deep", 0o700),
        ("library/deep/file", 0o600),
    ] {
        assert_eq!(mode(&data.join(path)), expected, "{path}");
    }
    assert_eq!(secure_directory(&data, known).unwrap(), 0);
    fs::set_permissions(data.join("library"), Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn a_directory_of_other_things_keeps_its_mode_and_is_refused_if_others_may_write_there() {
    let dir = tempfile::tempdir().unwrap();
    let shared = dir.path().join("project");
    fs::create_dir(&shared).unwrap();
    fs::write(shared.join("ours"), "").unwrap();
    fs::write(shared.join("somebody's"), "").unwrap();
    fs::set_permissions(shared.join("somebody's"), Permissions::from_mode(0o644)).unwrap();
    for (open, is_refused) in [(0o755, false), (0o775, true), (0o777, true), (0o1755, true)] {
        fs::set_permissions(&shared, Permissions::from_mode(open)).unwrap();
        fs::set_permissions(shared.join("ours"), Permissions::from_mode(0o644)).unwrap();
        let secured = secure_directory(&shared, known);
        assert_eq!(mode(&shared), open & 0o777, "{open:o}");
        assert_eq!(mode(&shared.join("somebody's")), 0o644);
        match is_refused {
            true => assert!(matches!(secured, Err(Error::Exposed { .. })), "{open:o}"),
            false => assert_eq!((secured.unwrap(), mode(&shared.join("ours"))), (1, 0o600)),
        }
    }
}

#[test]
fn entries_of_other_users_are_refused_and_left_unchanged() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    if !is_root(dir.path()) {
        return;
    }
    let give = |path: &Path| chown(path, Some(NOBODY), None).unwrap();
    let fresh = || {
        let _ = fs::remove_dir_all(&data);
        fs::create_dir_all(data.join("library")).unwrap();
        fs::write(data.join("ours"), "").unwrap();
        fs::write(data.join("library/file"), "").unwrap();
    };
    for theirs in ["", "ours", "library", "library/file"] {
        fresh();
        give(&data.join(theirs));
        fs::set_permissions(data.join(theirs), Permissions::from_mode(0o666)).unwrap();
        assert!(is_foreign(secure_directory(&data, known)), "{theirs}");
        assert_eq!(mode(&data.join(theirs)), 0o666);
    }
    // Through a link of theirs, and through one of ours to a file of theirs.
    fresh();
    fs::write(dir.path().join("theirs"), "").unwrap();
    give(&dir.path().join("theirs"));
    symlink("../../theirs", data.join("library/link")).unwrap();
    assert!(is_foreign(secure_tree(&data.join("library"))));
    fs::remove_dir_all(&data).unwrap();
    fs::create_dir(dir.path().join("real")).unwrap();
    symlink("real", &data).unwrap();
    assert_eq!(secure_directory(&data, known).unwrap(), 1);
    std::os::unix::fs::lchown(&data, Some(NOBODY), None).unwrap();
    assert!(is_foreign(secure_directory(&data, known)));
}

#[test]
fn the_socket_of_a_service_is_closed_to_others() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("library/service.sock");
    fs::create_dir(dir.path().join("library")).unwrap();
    let _listener = UnixListener::bind(&socket).unwrap();
    for (path, mode) in [("library", 0o755), ("library/service.sock", 0o777)] {
        fs::set_permissions(dir.path().join(path), Permissions::from_mode(mode)).unwrap();
    }
    assert_ne!(secure_directory(dir.path(), known).unwrap(), 0);
    assert_eq!((mode(&dir.path().join("library")), mode(&socket)), (0o700, 0o600));
    if is_root(dir.path()) {
        chown(&socket, Some(NOBODY), None).unwrap();
        assert!(is_foreign(secure_directory(dir.path(), known)));
    }
}

#[test]
fn special_files_are_refused_before_opening() {
    let dir = tempfile::tempdir().unwrap();
    let pipe = dir.path().join("ours");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    assert!(matches!(check_file(&pipe), Err(Error::Kind { .. })));
    assert!(matches!(secure_file(&pipe), Err(Error::Kind { .. })));
    assert!(matches!(open_lock(&pipe), Err(Error::Kind { .. })));
    assert!(matches!(secure_directory(dir.path(), known), Err(Error::Kind { .. })));
}

#[test]
fn opening_a_file_to_read_never_waits_for_a_pipe() {
    let dir = tempfile::tempdir().unwrap();
    let pipe = dir.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for path in [pipe.as_path(), dir.path(), Path::new("/dev/zero")] {
        let refused = open_regular(path).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidInput, "{}", path.display());
    }
    let file = dir.path().join("file");
    fs::write(&file, "text").unwrap();
    assert_eq!(io::read_to_string(open_regular(&file).unwrap()).unwrap(), "text");
}

#[test]
fn unused_temporary_directories_are_removed() {
    let dir = tempfile::tempdir().unwrap();
    let used = Temporary::below(dir.path()).unwrap();
    assert_eq!(mode(used.path()), 0o700);
    let abandoned = dir.path().join(format!("{}left", Temporary::PREFIX));
    fs::create_dir(&abandoned).unwrap();
    fs::write(abandoned.join("copy"), "plain").unwrap();
    fs::create_dir(dir.path().join("another's")).unwrap();
    remove_abandoned(dir.path());
    assert!(used.path().exists() && !abandoned.exists());
    drop(used);
    assert_eq!(names(dir.path()), ["another's"]);
}
