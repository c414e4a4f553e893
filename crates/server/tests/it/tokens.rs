//! The file of tokens.

use std::{fs, os::unix::fs::PermissionsExt};

use aios_memory::Timestamp;
use aios_memory_server::{NewToken, Right, Tokens};

#[test]
fn a_secret_is_shown_once_and_stored_as_a_hash() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tokens.json");
    let tokens = Tokens::open(&path).unwrap();
    let secret = tokens.add(NewToken::new("laptop"), Timestamp::now()).unwrap();
    assert!(secret.starts_with("aim_") && secret.len() == 68, "{secret}");
    let stored = fs::read_to_string(&path).unwrap();
    assert!(!stored.contains(&secret[4..]), "{stored}");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let other = tokens.add(NewToken::new("phone"), Timestamp::now()).unwrap();
    assert_ne!(secret, other);
    let names: Vec<_> = tokens.list().unwrap().into_iter().map(|token| token.name).collect();
    assert_eq!(names, ["laptop", "phone"]);
}

#[test]
fn a_file_that_others_can_read_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tokens.json");
    Tokens::open(&path).unwrap().add(NewToken::new("a"), Timestamp::now()).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let error = Tokens::open(&path).unwrap_err().to_string();
    assert!(error.contains("chmod 600"), "{error}");
}

#[test]
fn a_damaged_file_is_an_error_and_not_an_empty_list() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tokens.json");
    for content in ["", "{", "[]", r#"{"version": 2, "tokens": []}"#] {
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(Tokens::open(&path).is_err(), "{content}");
    }
}

#[test]
fn names_owners_and_rights_are_checked() {
    let dir = tempfile::tempdir().unwrap();
    let tokens = Tokens::open(dir.path().join("tokens.json")).unwrap();
    let now = Timestamp::now();
    for name in ["", "a b", "\u{e9}", &"x".repeat(65), "loopback", "socket"] {
        assert!(tokens.add(NewToken::new(name), now).is_err(), "{name}");
    }
    let mut both = NewToken::new("both");
    both.user = Some("ada".to_owned());
    both.delegate = Some(String::new());
    assert!(tokens.add(both, now).is_err());
    let mut none = NewToken::new("none");
    none.rights.clear();
    assert!(tokens.add(none, now).is_err());
    let mut blank = NewToken::new("blank");
    blank.user = Some(" ".to_owned());
    assert!(tokens.add(blank, now).is_err());
    tokens.add(NewToken::new("once"), now).unwrap();
    assert!(tokens.add(NewToken::new("once"), now).is_err());
    assert!(tokens.revoke("never").is_err());
    tokens.revoke("once").unwrap();
    assert!(tokens.list().unwrap().is_empty());
}

#[test]
fn many_processes_may_add_tokens_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tokens.json");
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let path = &path;
            scope.spawn(move || {
                let tokens = Tokens::open(path).unwrap();
                for token in 0..4 {
                    let mut new = NewToken::new(format!("{writer}-{token}"));
                    new.rights = [Right::Read].into();
                    tokens.add(new, Timestamp::now()).unwrap();
                }
            });
        }
    });
    assert_eq!(Tokens::open(&path).unwrap().list().unwrap().len(), 32);
}
