//! What a line of JSON becomes.

use serde_json::json;

use super::*;

fn read(value: Value) -> Result<Draft, String> {
    let Value::Object(object) = value else { panic!("not an object") };
    let defaults = Defaults { scope: Scope::default(), session: "diary".to_owned() };
    Draft::from_object(object, &defaults)
}

#[test]
fn what_has_a_role_name_or_session_is_a_message_and_the_rest_are_notes() {
    for (value, kind, session) in [
        (json!({"text": "x"}), Kind::Note, None),
        (json!({"text": "x", "role": "user"}), Kind::Message, Some("diary")),
        (json!({"content": "x", "name": "Ada"}), Kind::Message, Some("diary")),
        (json!({"text": "x", "session": "s"}), Kind::Message, Some("s")),
        (json!({"text": "x", "role": null, "session": ""}), Kind::Note, None),
    ] {
        let draft = read(value).unwrap();
        assert_eq!((draft.kind, draft.scope.session.as_deref()), (kind, session));
    }
}

#[test]
fn nothing_that_a_line_says_is_lost() {
    let draft = read(json!({
        "content": [{"type": "text", "text": "one"}, {"type": "image"}, "two"],
        "id": 7, "user": "ada", "timestamp": 1_683_554_160, "tags": ["a", "b"],
        "metadata": {"mood": "good"}, "model": "m-1",
    }))
    .unwrap();
    assert_eq!(draft.text, "one\ntwo");
    assert_eq!(draft.external_id.as_deref(), Some("7"));
    assert_eq!(draft.scope, Scope::default().with_user("ada"));
    assert_eq!(draft.occurred_at.unwrap().to_string(), "2023-05-08T13:56:00Z");
    assert_eq!(draft.tags, ["a", "b"]);
    assert_eq!(Value::Object(draft.metadata), json!({"mood": "good", "model": "m-1"}));
}

#[test]
fn what_is_wrong_is_told() {
    for (value, expect) in [
        (json!({}), "a record has a `text` or a `content`, this one has neither"),
        (json!({"text": " "}), "the text is empty"),
        (json!({"text": 7}), "the text is `7`, not text"),
        (json!({"text": "x", "role": {}}), "`role` is `{}`, not text"),
        (json!({"text": "x", "tags": 7}), "`tags` is a list of text, not `7`"),
        (json!({"text": "x", "metadata": 7}), "`metadata` is an object, not `7`"),
        (
            json!({"text": "x", "timestamp": "soon"}),
            "`soon` is not a time; write 2026-05-08, 2026-05-08T13:56:00Z or seconds since 1970",
        ),
    ] {
        assert_eq!(read(value).unwrap_err(), expect);
    }
    let long = read(json!({"text": "x".repeat(TEXT_BYTES_MAX + 1)})).unwrap_err();
    assert_eq!(long, "the text has 1048577 bytes, more than 1048576; split it");
    let name = read(json!({"text": "x", "name": "x".repeat(NAME_BYTES_MAX + 1)})).unwrap_err();
    assert_eq!(name, "`name` has 1025 bytes, more than 1024");
}
