//! Equality of records by their ids.

use super::*;

fn message<'a>(scope: &'a Scope, text: &'a str) -> Facts<'a> {
    Facts {
        kind: Kind::Message,
        scope,
        role: Some("user"),
        name: Some("Ada"),
        external_id: None,
        occurred_at: Some(Timestamp::UNIX_EPOCH),
        text,
    }
}

#[test]
fn the_same_file_gives_the_same_ids_and_equal_lines_differ() {
    let scope = Scope::default().with_session("s");
    let texts = ["hello", "fine", "hello", "hello"];
    let read = || {
        let mut namer = Namer::default();
        texts.map(|text| namer.name(message(&scope, text), None).id)
    };
    let first = read();
    assert_eq!(first, read());
    let distinct: std::collections::BTreeSet<_> = first.iter().collect();
    assert_eq!(distinct.len(), texts.len());
}

#[test]
fn every_field_changes_the_id() {
    let scope = Scope::default().with_session("s");
    let other = Scope::default().with_user("s");
    let base = message(&scope, "hello");
    let variants = [
        base,
        Facts { kind: Kind::Note, ..base },
        Facts { scope: &other, ..base },
        Facts { role: None, ..base },
        Facts { role: Some("assistant"), ..base },
        Facts { name: None, ..base },
        Facts { name: Some(""), ..base },
        Facts { occurred_at: None, ..base },
        Facts { text: "Hello", ..base },
        Facts { text: "hello\u{200d}", ..base },
    ];
    let ids: std::collections::BTreeSet<_> =
        variants.iter().map(|content| Namer::default().name(*content, None).id).collect();
    assert_eq!(ids.len(), variants.len());
}

#[test]
fn fields_do_not_run_together() {
    let scope = Scope::default();
    let base = message(&scope, "x");
    let left = Namer::default().name(Facts { role: Some("ab"), name: Some("c"), ..base }, None);
    let right = Namer::default().name(Facts { role: Some("a"), name: Some("bc"), ..base }, None);
    assert_ne!(left, right);
}

#[test]
fn white_space_does_not_change_the_id_and_the_former_id_is_listed() {
    let scope = Scope::default();
    let plain = Namer::default().name(message(&scope, "one two"), None);
    let spaced = Namer::default().name(message(&scope, "one \r\n two "), None);
    assert_eq!(plain.id, spaced.id);
    assert_eq!(plain.former, []);
    assert_eq!(spaced.former.len(), 1);
}

#[test]
fn an_external_id_is_unique_within_its_kind_and_scope() {
    let ada = Scope::default().with_user("ada");
    let bob = Scope::default().with_user("bob");
    let id = external(Kind::Message, &ada, "D1:3");
    assert_eq!(id, external(Kind::Message, &ada, "D1:3"));
    assert_ne!(id, external(Kind::Message, &bob, "D1:3"));
    assert_ne!(id, external(Kind::Note, &ada, "D1:3"));
    assert_ne!(id, external(Kind::Message, &ada, "D1:4"));
    assert_eq!(id.as_str().len(), 32);
}
