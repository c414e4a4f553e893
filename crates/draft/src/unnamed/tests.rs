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
        session.within(6, Some("6f9619ff-8b86-4011-b42d-00c04fc964ff"), None),
    ];
    let names = names.map(|it| it.name());
    let distinct: std::collections::BTreeSet<_> = names.iter().collect();
    assert_eq!(distinct.len(), names.len());
    assert!(names[2].ends_with("/3 Kitchen") && names[4].ends_with("/conv-a"), "{names:?}");
    assert_eq!(names[5], "6f9619ff-8b86-4011-b42d-00c04fc964ff");
}

#[test]
fn only_ids_that_are_unique_by_their_form_name_a_conversation_of_every_file() {
    let named_alone = |id: &str| {
        let within = |file: &str| Unnamed::of(Some(Path::new(file))).within(1, Some(id), None);
        within("a.json").name() == within("b.json").name()
    };
    for id in [
        "6f9619ff-8b86-4011-b42d-00c04fc964ff",
        "0192F8A1-5C3E-7B60-9D2A-4E71C0B85F36",
        "01JBQ3V7ZK8M2N4P6R9S0T1W5X",
        "6720a1f4c93be85d17f0e2b6",
        "9e107d9d372bb6826bd81d3542a419d6",
        "thread_mK3vTq9ZbX2LwR7sYc5NdF1a",
        "chatcmpl-A7bK2mQ9xZ4tLr8sWc3NdV6yPf1hE",
        "chatcmpl-6f9619ff-8b86-4011-b42d-00c04fc964ff",
        "conv_689f0ea1d2c48193b7e6f5a40c1d2e3f689f0ea1",
    ] {
        assert!(named_alone(id), "{id}");
    }
    for id in [
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "00000000-0000-4000-8000-000000000001",
        "conversation-with-support-team",
        "conversation_with_support_team_2026",
        "conv_conversation-with-support-team",
        "thread_conversationwithsupportteam1",
        "thread_2026jan05supportofcustomer12",
        "thread_00000000000000000000000000000001",
        "20260105101112000000000012345678",
        "a".repeat(40).as_str(),
        "2026-01-05T10:11:12.345678+00:00",
        "5df41881-3aed-3515-88a7-2f4a814cf09e",
        "chat-1",
    ] {
        assert!(!named_alone(id), "{id}");
    }
}

#[test]
fn a_file_has_one_name_by_every_link_to_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    std::fs::write(path("chat.json"), "[]").unwrap();
    std::os::unix::fs::symlink(path("chat.json"), path("latest.json")).unwrap();
    let name = |file: &str| Unnamed::of(Some(&path(file))).name();
    assert_eq!(name("latest.json"), name("chat.json"));
}
