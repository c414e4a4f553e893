//! Identity of documents by path.

use std::{ffi::OsStr, os::unix::ffi::OsStrExt, os::unix::fs::symlink};

use super::*;

fn origin(path: impl AsRef<Path>) -> String {
    Document::at(path.as_ref()).unwrap().origin()
}

#[test]
fn spellings_of_a_path_are_one_document() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    fs::create_dir(dir.join("a")).unwrap();
    fs::write(dir.join("a/m.md"), "text").unwrap();
    symlink(dir.join("a"), dir.join("linked")).unwrap();
    symlink("m.md", dir.join("a/other.md")).unwrap();
    let document = origin(dir.join("a/m.md"));
    for spelling in ["a/./m.md", "linked/m.md", "a/other.md", "a/../a/m.md", "a//m.md"] {
        assert_eq!(origin(dir.join(spelling)), document, "{spelling}");
    }
    assert_ne!(origin(dir.join("m.md")), document);
    fs::remove_file(dir.join("a/m.md")).unwrap();
    for spelling in ["a/m.md", "linked/m.md", "a/../a/m.md", "gone/../a/m.md"] {
        assert_eq!(origin(dir.join(spelling)), document, "{spelling}, when it is gone");
    }
}

#[test]
fn paths_that_are_not_utf_8_do_not_collapse() {
    let names: [&[u8]; 6] = [
        b"/none/\xff.md",
        b"/none/\xfe.md",
        b"/none/\\xFF.md",
        b"/none/\\\\xFF.md",
        b"/none/\xef\xbf\xbd.md",
        b"/none/x.md",
    ];
    let names: std::collections::BTreeSet<_> =
        names.iter().map(|name| origin(OsStr::from_bytes(name))).collect();
    assert_eq!(names.len(), 6, "{names:?}");
}

#[test]
fn a_document_is_identified_by_the_end_of_its_path() {
    let names = ["/x/a/manual.md", "/x/b/manual.md", "/x/amanual.md"].map(str::to_owned);
    let meant = |typed| ending_in(Path::new(typed), names.clone());
    assert_eq!(meant("manual.md"), names[..2]);
    assert_eq!(meant("./b/manual.md"), names[1..2]);
    assert_eq!(meant("/x/a/manual.md"), names[..1]);
    assert_eq!(meant("anual.md"), [""; 0]);
    assert_eq!(meant(""), [""; 0]);
}
