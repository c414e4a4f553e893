//! Differences that change the content, by the current and by the first rules.

use aios_record::{Id, Identity, Kind, Owner, Record, Scope};
use serde_json::json;

use crate::intake::Rules;

fn record(text: &str) -> Record {
    let payload = json!({"content": text, "role": "user"});
    let scope = Scope::default().with_user("ada").with_session("s");
    let id = Id::new("a").unwrap();
    Record { payload, ..Record::new(Kind::Message, id, text, scope) }
}

fn hash(record: &Record) -> String {
    Rules::Text.hash(record, None)
}

#[test]
fn layout_does_not_change_the_content_but_letters_and_signs_do() {
    let plain = hash(&record("caf\u{e9} opens at 5, in two\nlines"));
    for alike in
        ["caf\u{e9}  opens at 5, in two\r\nlines\n", "cafe\u{301} opens at 5, in two lines"]
    {
        assert_eq!(hash(&record(alike)), plain, "{alike:?}");
    }
    for other in ["Caf\u{e9} opens at 5, in two\nlines", "caf\u{e9} opens at -5, in two\nlines"] {
        assert_ne!(hash(&record(other)), plain, "{other:?}");
    }
    assert_ne!(hash(&record("m\u{b2}")), hash(&record("m2")));
}

#[test]
fn provenance_and_references_are_not_part_of_the_content() {
    let mut other = record("text");
    other.provenance.module = "another".to_owned();
    other.provenance.client = Some("editor 2".to_owned());
    other.recorded_at = "2024-01-01T00:00:00Z".parse().unwrap();
    let goal = Identity::new(Owner::SHARED, Kind::Goal, Id::new("g").unwrap());
    other.references = vec![goal];
    assert_eq!(hash(&other), hash(&record("text")));
    assert_eq!(
        Rules::Text.former_hash(&other, None),
        Rules::Text.former_hash(&record("text"), None)
    );
}

#[test]
fn every_part_of_the_content_counts() {
    let change: [fn(&mut Record); 12] = [
        |it| it.scope.user = None,
        |it| it.scope.project = Some("p".to_owned()),
        |it| it.scope.agent = Some("s".to_owned()),
        |it| it.payload["role"] = json!("assistant"),
        |it| it.payload["more"] = json!(null),
        |it| it.title = Some(String::new()),
        |it| it.position = Some(0),
        |it| it.tags = vec![String::new()],
        |it| it.external_id = Some("x".to_owned()),
        |it| it.importance = 0.25,
        |it| it.valid_to = Some(it.recorded_at),
        |it| it.superseded_by = Some(Id::new("b").unwrap()),
    ];
    let plain = hash(&record("text"));
    for (number, change) in change.iter().enumerate() {
        let mut changed = record("text");
        change(&mut changed);
        assert_ne!(hash(&changed), plain, "change {number}");
    }
}

#[test]
fn a_vector_is_part_of_the_content_if_the_caller_gives_it() {
    let (record, vector) = (record("text"), [1.0, 0.0]);
    assert_eq!(Rules::Text.hash(&record, Some(&vector)), hash(&record));
    assert_ne!(Rules::TextAndVector.hash(&record, Some(&vector)), hash(&record));
}

/// The hash that the former version stored for this record.
#[test]
fn the_first_rules_are_those_of_the_former_version() {
    let mut record = record("text");
    record.scope.project = Some("new since".to_owned());
    let json = concat!(
        r#"{"kind":"message","id":"a","scope":{"user":"ada","session":"s"},"#,
        r#""provenance":{"module":"unknown"},"text":"text","title":null,"speaker":null,"#,
        r#""position":null,"payload":{"content":"text","role":"user"},"tags":[],"source":null,"#,
        r#""external_id":null,"importance":0.5,"confidence":1.0,"trust":"normal","#,
        r#""occurred_at":null,"recorded_at":"1970-01-01T00:00:00Z","valid_from":null,"#,
        r#""valid_to":null,"superseded_by":null,"expires_at":null}"#,
    );
    let expected = blake3::hash(json.as_bytes()).to_hex()[..32].to_owned();
    assert_eq!(Rules::Text.former_hash(&record, None), expected);
}
