//! Tests of finding the compiler, and of making it executable.

#![allow(clippy::unwrap_used)]

use super::*;

#[test]
fn a_path_counts_if_one_of_its_folders_holds_the_compiler() {
    let vendored = protoc_bin_vendored::protoc_bin_path().unwrap();
    let with = env::join_paths([Path::new("nowhere"), vendored.parent().unwrap()]).unwrap();
    assert!(on_path(Some(with)));
    assert!(!on_path(Some("nowhere".into())));
    assert!(!on_path(None));
}

#[cfg(unix)]
#[test]
fn a_copy_is_executable_even_if_the_original_is_not() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = env::temp_dir().join(format!("xtask-protoc-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let original = folder.join("protoc");
    fs::write(&original, "#!/bin/sh\n").unwrap();
    fs::set_permissions(&original, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(!is_executable(&original));

    let copy = executable_copy(&original, &folder.join("copy")).unwrap();
    assert!(is_executable(&copy));
    assert_eq!(executable_copy(&original, &folder.join("copy")).unwrap(), copy);
    fs::remove_dir_all(&folder).unwrap();
}
