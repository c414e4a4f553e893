//! Session names of conversations without a name.

use super::*;

#[test]
fn files_with_the_same_name_are_different_conversations() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    for name in ["x", "y"] {
        std::fs::create_dir(path(name)).unwrap();
        std::fs::write(path(name).join("chat.json"), "[]").unwrap();
    }
    let name = |path: &Path| Unnamed::of(Some(path)).name();
    let (x, y) = (name(&path("x/chat.json")), name(&path("y/chat.json")));
    assert_ne!(x, y);
    assert!(x.starts_with("chat-") && y.starts_with("chat-"));
    assert_eq!(x, name(&path("y/../x/chat.json")));
    assert_eq!(Unnamed::of(Some(&path("x/chat.json"))).former(), "chat");
}

#[test]
fn every_file_name_yields_a_valid_session_id() {
    let long = "\u{9577}".repeat(80);
    for name in [long.as_str(), "a\nb", ".json", "x", " "] {
        let session = Unnamed::of(Some(Path::new(name)));
        for place in [1, 2, 1000] {
            let titled = session.within(place, None, Some(&long)).name();
            assert!(titled.len() <= ID_BYTES_MAX, "{titled}");
            assert!(!titled.contains(char::is_control));
        }
        assert!(session.within(1, Some(&"i".repeat(1000)), None).name().len() <= ID_BYTES_MAX);
    }
}

#[test]
fn file_names_that_are_not_utf_8_are_distinct() {
    use std::os::unix::ffi::OsStrExt;
    let name =
        |bytes: &[u8]| Unnamed::of(Some(Path::new(std::ffi::OsStr::from_bytes(bytes)))).name();
    assert_ne!(name(b"a\xff.json"), name(b"a\xfe.json"));
}

#[test]
fn conversations_of_one_file_are_distinct() {
    let session = Unnamed::of(Some(Path::new("chat.json")));
    let names = [
        session.within(1, None, None),
        session.within(2, None, None),
        session.within(3, None, Some("Kitchen")),
        session.within(4, None, Some("Kitchen")),
        session.within(5, Some("conv-a"), Some("Kitchen")),
        session.within(6, Some("6f9619ff-8b86-d011-b42d-00c04fc964ff"), None),
    ];
    let names = names.map(|it| it.name());
    let distinct: std::collections::BTreeSet<_> = names.iter().collect();
    assert_eq!(distinct.len(), names.len());
    assert!(names[2].ends_with("/3 Kitchen") && names[4].ends_with("/conv-a"), "{names:?}");
    assert_eq!(names[5], "6f9619ff-8b86-d011-b42d-00c04fc964ff");
}
