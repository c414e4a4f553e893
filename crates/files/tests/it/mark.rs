//! Marks of running processes.

use std::{fs, os::unix::fs::PermissionsExt};

use aios_files::{LeftMark, Mark};

#[test]
fn a_mark_is_held_until_it_is_dropped_and_left_until_it_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let mark = Mark::make(&dir, 17).unwrap();
    let name = mark.name().to_owned();
    assert_eq!(name, format!("process-{}-17", std::process::id()));
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(dir.clone()), mode(dir.join(&name))), (0o700, 0o600));
    assert!(Mark::is_held(&dir, &name).unwrap());
    assert!(LeftMark::all(&dir).unwrap().is_empty(), "it lives");

    drop(mark);
    assert!(!Mark::is_held(&dir, &name).unwrap());
    let left = LeftMark::all(&dir).unwrap();
    assert_eq!(left.iter().map(LeftMark::name).collect::<Vec<_>>(), [name.as_str()]);
    assert!(LeftMark::all(&dir).unwrap().is_empty(), "somebody deals with it");
    assert!(!Mark::is_held(&dir, &name).unwrap(), "and nobody takes it for alive");
    drop(left);
    let left = LeftMark::all(&dir).unwrap().pop().unwrap();
    assert_eq!(left.name(), name, "a report that was cut short is repeated");
    left.remove().unwrap();
    assert_eq!(fs::read_dir(&dir).unwrap().count(), 0);
}

#[test]
fn two_marks_of_one_process_and_time_have_two_names() {
    let folder = tempfile::tempdir().unwrap();
    let marks = [17, 17].map(|time| Mark::make(folder.path(), time).unwrap());
    assert_ne!(marks[0].name(), marks[1].name());
    marks[0].remove().unwrap();
    assert!(!Mark::is_held(folder.path(), marks[0].name()).unwrap());
    assert!(Mark::is_held(folder.path(), marks[1].name()).unwrap());
}

#[test]
fn other_files_are_no_marks() {
    let folder = tempfile::tempdir().unwrap();
    assert!(LeftMark::all(&folder.path().join("missing")).unwrap().is_empty());
    fs::write(folder.path().join("service.json"), "{}").unwrap();
    assert!(LeftMark::all(folder.path()).unwrap().is_empty());
    assert!(folder.path().join("service.json").exists());
}
