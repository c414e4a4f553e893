//! Drafts from JSON objects.

use serde_json::json;

use super::*;
use crate::said::NAME_BYTES_MAX;

fn read(value: Value) -> Result<Draft, Unfit> {
    let Value::Object(object) = value else { panic!("not an object") };
    let session = Unnamed::Fixed("diary".to_owned());
    let defaults = Defaults { session, ..Defaults::default() };
    Draft::from_object(object, &defaults)
}

#[test]
fn a_record_with_a_role_name_or_session_is_a_message_else_a_note() {
    for (value, kind, session) in [
        (json!({"text": "x"}), Kind::Note, None),
        (json!({"text": "x", "role": "user"}), Kind::Message, Some("diary")),
        (json!({"content": "x", "name": "Ada"}), Kind::Message, Some("diary")),
        (json!({"content": "x", "speaker": "Ada"}), Kind::Message, Some("diary")),
        (json!({"text": "x", "session": "s"}), Kind::Message, Some("s")),
        (json!({"text": "x", "role": null, "session": ""}), Kind::Note, None),
    ] {
        let draft = read(value).unwrap();
        assert_eq!((draft.kind, draft.scope.session.as_deref()), (kind, session));
    }
}

#[test]
fn every_field_of_a_line_is_kept() {
    let draft = read(json!({
        "content": [{"type": "text", "text": "one"}, {"type": "image"}, "two"],
        "id": 7, "user": "ada", "timestamp": 1_683_554_160, "tags": ["a", "b"],
        "metadata": {"mood": "good"}, "model": "m-1",
    }))
    .unwrap();
    assert_eq!(draft.text, "one\n[image]\ntwo");
    assert_eq!(draft.external_id.as_deref(), Some("7"));
    assert_eq!(draft.scope, Scope::default().with_user("ada"));
    assert_eq!(draft.occurred_at.unwrap().to_string(), "2023-05-08T13:56:00Z");
    assert_eq!(draft.tags, ["a", "b"]);
    assert_eq!(Value::Object(draft.metadata), json!({"mood": "good", "model": "m-1"}));
    assert_eq!(draft.unknown, ["model"]);
}

#[test]
fn a_record_without_a_text_is_refused_and_one_with_an_empty_text_is_skipped() {
    for value in
        [json!({}), json!({"words": "x"}), json!({"text": {"a": 1}}), json!({"text": true})]
    {
        assert!(matches!(read(value), Err(Unfit::Refused(_))));
    }
    for empty in [json!(""), json!(" \n"), json!(null), json!("\u{200b}\u{ad}\u{3164}"), json!([])]
    {
        assert!(matches!(read(json!({"content": empty})), Err(Unfit::Skipped(_))), "{empty}");
        let draft = read(json!({"text": empty, "content": "full"})).unwrap();
        assert_eq!((&*draft.text, draft.mended.len()), ("full", 0));
    }
}

#[test]
fn a_malformed_optional_field_is_reported_and_kept_as_metadata() {
    let long = "x".repeat(NAME_BYTES_MAX + 1);
    for (field, value) in [
        ("timestamp", json!(true)),
        ("timestamp", json!("soon")),
        ("timestamp", json!("2024")),
        ("timestamp", json!(2024)),
        ("timestamp", json!(-1)),
        ("timestamp", json!(0)),
        ("created_at", json!("05/08/2026")),
        ("metadata", json!([1, 2])),
        ("metadata", json!("not an object")),
        ("tags", json!(7)),
        ("role", json!([])),
        ("name", json!(long)),
        ("id", json!(false)),
    ] {
        let draft = read(json!({"text": "the text", (field): value})).unwrap();
        assert_eq!(draft.text, "the text");
        assert_eq!(draft.mended.len(), 1, "{field}: {:?}", draft.mended);
        assert_eq!(draft.mended[0].field.as_deref(), Some(field));
        assert_eq!(draft.metadata.get(field), Some(&value), "{field}");
        assert_eq!(draft.occurred_at, None);
    }
}

#[test]
fn a_time_before_1970_is_removed_from_a_message() {
    for time in ["0001-01-01T00:00:00Z", "1950-05-08"] {
        let mut draft = read(json!({"role": "user", "text": "x", "timestamp": time})).unwrap();
        draft.leave_out_odd_time();
        assert_eq!((draft.occurred_at, draft.mended.len()), (None, 1), "{time}");
        assert!(draft.metadata["timestamp"].is_string());
    }
    let mut note = read(json!({"text": "x", "timestamp": "1950-05-08"})).unwrap();
    note.leave_out_odd_time();
    assert!(note.occurred_at.is_some() && note.mended.is_empty());
}

#[test]
fn a_zero_date_is_no_time_of_any_record() {
    for time in [
        "0001-01-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "1900-01-01T00:00:00",
        "1970-01-01T00:00:00Z",
    ] {
        for record in [json!({"text": "x"}), json!({"text": "x", "role": "user"})] {
            let mut record = record;
            record["created_at"] = time.into();
            let mut draft = read(record).unwrap();
            let stored = draft.occurred_at;
            draft.leave_out_odd_time();
            assert_eq!((draft.occurred_at, draft.mended.len()), (None, 1), "{time}");
            assert!(draft.metadata["timestamp"].is_string());
            if draft.kind == Kind::Note {
                assert_eq!(draft.former.unwrap().occurred_at, stored, "{time}");
            }
        }
    }
}

#[test]
fn a_time_of_expiry_is_recognised_in_every_spelling() {
    for name in ["expiration_date", "expires_at", "expiresAt", "expiry", "valid_until"] {
        for record in [
            json!({"text": "x", name: "2020-01-01"}),
            json!({"text": "x", "role": "user", name: "2020-01-01", "timestamp": "2019-01-01"}),
            json!({"text": "x", "metadata": {name: "2020-01-01"}}),
        ] {
            let draft = read(record.clone()).unwrap();
            let end = draft.expires_at.map(|time| time.to_string());
            assert_eq!(end.as_deref(), Some("2020-01-02T00:00:00Z"), "{record}");
            assert!(draft.mended.is_empty() && draft.unknown.is_empty(), "{record}");
        }
    }
    for (name, value) in [
        ("ttl", json!(3600)),
        ("ttl_seconds", json!(60)),
        ("expires_in", json!(60)),
        ("expiry_days", json!("30")),
        ("expiration_date", json!("soon")),
        ("expires_at", json!(true)),
    ] {
        let draft = read(json!({"text": "x", (name): value})).unwrap();
        assert_eq!((draft.expires_at, draft.mended.len()), (None, 1), "{name}");
        assert_eq!(draft.mended[0].field.as_deref(), Some(name));
        assert!(!draft.mended[0].reason.contains("`timestamp`"), "{name}");
        assert_eq!(draft.metadata[name], value);
    }
    let never = read(json!({"text": "x", "expiration_date": null, "ttl": 0})).unwrap();
    assert_eq!((never.expires_at, never.mended), (None, Vec::new()));
}

#[test]
fn a_time_after_2099_is_kept_as_metadata_and_reported() {
    for time in [json!("2395-01-01"), json!(13_411_699_200_000_000_i64)] {
        let draft = read(json!({"role": "user", "text": "x", "timestamp": time})).unwrap();
        assert_eq!((draft.occurred_at, draft.mended.len()), (None, 1), "{time}");
        assert_eq!(draft.metadata["timestamp"], time);
    }
    let call = Draft::new(Kind::ToolCall, Scope::default(), "x".to_owned());
    let mut call = Draft { occurred_at: "2395-01-01T00:00:00Z".parse().ok(), ..call };
    call.leave_out_odd_time();
    assert_eq!((call.occurred_at, call.mended.len()), (None, 1));
}

#[test]
fn the_first_text_or_time_of_the_table_counts_and_others_are_reported() {
    let draft =
        read(json!({"body": "b", "text": "a", "ts": 1_000_000_000, "created_at": "2026-05-08"}));
    let draft = draft.unwrap();
    assert_eq!(draft.text, "a");
    assert_eq!(draft.occurred_at.unwrap().to_string(), "2001-09-09T01:46:40Z");
    let fields: Vec<_> = draft.mended.iter().filter_map(|mend| mend.field.as_deref()).collect();
    assert_eq!(fields, ["body", "created_at"]);
    assert_eq!(draft.metadata["body"], "b");
    let same = read(json!({"text": "a", "content": "a", "time": 1e9, "timestamp": 1e9})).unwrap();
    assert_eq!((same.mended, same.metadata), (Vec::new(), Map::new()));
}

#[test]
fn a_time_is_recognised_in_every_spelling_and_lookalikes_are_reported() {
    for name in [
        "timestamp",
        "Timestamp",
        "createdAt",
        "create_time",
        "sent-at",
        "date",
        "ts",
        "timeStamp",
        "time_stamp",
        "create_date",
        "dateCreated",
        "sendTime",
        "unix_time",
        "messageTimestamp",
        "created_utc",
        "epoch",
        "tstamp",
        "at",
    ] {
        let draft = read(json!({"text": "x", (name): "2026-05-08T13:56:00Z"})).unwrap();
        let time = draft.occurred_at.map(|time| time.to_string());
        assert_eq!(time.as_deref(), Some("2026-05-08T13:56:00Z"), "{name}");
        assert!(draft.mended.is_empty() && draft.unknown.is_empty(), "{name}");
    }
    for name in ["happenedOn", "when_said", "log_ts", "entry_date"] {
        let draft = read(json!({"text": "x", (name): "2026-05-08"})).unwrap();
        assert_eq!((draft.occurred_at, draft.unknown), (None, vec![name.to_owned()]));
        assert_eq!(draft.mended[0].field.as_deref(), Some(name));
    }
    let apart = read(json!({"text": "x", "date": "2026-05-08", "time": "13:56"})).unwrap();
    assert_eq!(apart.occurred_at.unwrap().to_string(), "2026-05-08T13:56:00Z");
    let inner = read(json!({"text": "x", "metadata": {"timestamp": 1e9}})).unwrap();
    assert_eq!(inner.occurred_at.unwrap().to_string(), "2001-09-09T01:46:40Z");
}

#[test]
fn a_role_word_in_a_speaker_field_is_the_role() {
    for (value, role, name) in [
        (json!({"sender": "human"}), Some("user"), None),
        (json!({"sender": "Ada"}), None, Some("Ada")),
        (json!({"author": {"role": "assistant", "name": null}}), Some("assistant"), None),
        (json!({"role": "Ada", "role_type": "user"}), Some("user"), Some("Ada")),
        (json!({"role": {"name": "user"}}), Some("user"), None),
        (json!({"speaker_name": "gpt-4o"}), Some("assistant"), Some("gpt-4o")),
        (json!({"sender_name": "Claude"}), Some("assistant"), Some("Claude")),
        (json!({"sender_name": "Claude Monet"}), None, Some("Claude Monet")),
        (json!({"role": "user", "name": "Ada", "speaker": "Ada"}), Some("user"), Some("Ada")),
    ] {
        let Value::Object(mut object) = value.clone() else { unreachable!() };
        object.insert("text".to_owned(), "x".into());
        let draft = read(Value::Object(object)).unwrap();
        assert_eq!((draft.role.as_deref(), draft.name.as_deref()), (role, name), "{value}");
    }
}

#[test]
fn the_parts_of_a_long_text_concatenate_to_the_whole() {
    let words = "w\u{e9}ll then ".repeat(TEXT_BYTES_MAX / 4);
    for text in [words, "x".repeat(TEXT_BYTES_MAX + 1), "\u{1f600}".repeat(TEXT_BYTES_MAX)] {
        let draft = read(json!({"text": text, "id": "a", "role": "user"})).unwrap();
        let parts = draft.parts();
        assert_eq!(parts.iter().map(|part| part.text.as_str()).collect::<String>(), text);
        assert!(parts.iter().all(|part| part.text.len() <= TEXT_BYTES_MAX));
        let ids: Vec<_> = parts.iter().filter_map(|part| part.external_id.as_deref()).collect();
        assert_eq!(ids[..2], ["a", "a#2"]);
        assert_eq!(parts[0].mended.len(), 1);
        assert!(parts[1..].iter().all(|part| part.mended.is_empty()));
    }
}

#[test]
fn a_record_keeps_the_facts_that_earlier_versions_read() {
    let same =
        read(json!({"text": "x", "role": "user", "session": "s", "timestamp": 1e9})).unwrap();
    assert_eq!(same.former, None);
    let draft = read(json!({"text": "x", "role": "user", "uuid": "u", "created_at": 1e9})).unwrap();
    let former = draft.former.unwrap();
    assert_eq!((former.external_id, former.occurred_at), (None, None));
    assert_eq!(former.role.as_deref(), Some("user"));
    let note = read(json!({"text": "x", "speaker": "Ada"})).unwrap();
    assert_eq!((note.kind, note.former.unwrap().kind), (Kind::Message, Kind::Note));
}

#[test]
fn the_problem_of_a_repair_has_no_outcome() {
    let mend = Mend::of("at", "`noon` is not a time; write 2026-05-08; kept as metadata");
    assert_eq!(mend.problem(), "`at`: `noon` is not a time; write 2026-05-08");
    let mend = Mend::whole("looks like a time; stored undated; write it as `timestamp`");
    assert_eq!(mend.problem(), "looks like a time; write it as `timestamp`");
}
