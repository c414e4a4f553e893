//! Files that a round syncs.

use super::*;

#[test]
fn each_file_is_synced_once_and_again_when_it_changes() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("table");
    let deep = root.join("data");
    fs::create_dir_all(&deep).unwrap();
    fs::write(deep.join("one"), "1").unwrap();
    fs::write(root.join("two"), "2").unwrap();
    let needed = Needed::default();
    let mut synced = Synced::new(Arc::new(System), Checksums::new());
    assert_eq!(synced.sync(&root, dir.path(), &needed).unwrap().1, 2);
    assert_eq!(synced.sync(&root, dir.path(), &needed).unwrap().1, 0);
    fs::write(deep.join("three"), "3").unwrap();
    fs::write(root.join("two"), "longer").unwrap();
    assert_eq!(synced.sync(&root, dir.path(), &needed).unwrap().1, 2);
    fs::remove_file(root.join("two")).unwrap();
    assert_eq!(synced.sync(&root, dir.path(), &needed).unwrap().1, 0);
    assert_eq!(synced.files.len(), 2, "what is gone is not kept in mind");
}

#[test]
fn a_directory_that_is_missing_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let mut synced = Synced::new(Arc::new(System), Checksums::new());
    let missing = dir.path().join("none");
    assert!(synced.sync(&missing, dir.path(), &Needed::default()).is_err());
}
