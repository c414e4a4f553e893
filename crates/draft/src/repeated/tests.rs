//! Duplicate fields.

use serde_json::json;

use super::*;

#[test]
fn a_field_that_places_a_record_is_never_overwritten() {
    for (text, expect) in [
        (r#"{"user": "u1", "user": "u2"}"#, json!({"user": ["u1", "u2"]})),
        (r#"{"user": "u1", "user": "u1"}"#, json!({"user": "u1"})),
        (r#"{"user": {"id": 1, "id": 2}}"#, json!({"user": {"id": [1, 2]}})),
        (
            r#"{"scope": {"user": "a"}, "scope": {"user": "b"}}"#,
            json!({"scope": {"user": ["a", "b"]}}),
        ),
        (
            r#"{"metadata": {"user_id": "a"}, "metadata": {"user_id": "b", "x": 1}}"#,
            json!({"metadata": {"user_id": ["a", "b"], "x": 1}}),
        ),
        (
            r#"{"content": "a", "content": "b"}"#,
            json!({"content": "b", "content (given before)": "a"}),
        ),
        (
            r#"{"content": "a", "content": "b", "content": "c", "content": "d"}"#,
            json!({"content": "d", "content (given before)": ["a", "b", "c"]}),
        ),
        (r#"{"text": "a", "text": "a", "x": 1, "x": 2}"#, json!({"text": "a", "x": 2})),
        (r#"[{"owner": null, "owner": 1.5}]"#, json!([{"owner": [null, 1.5]}])),
    ] {
        assert_eq!(parse(text.as_bytes()).unwrap(), expect, "{text}");
    }
}

#[test]
fn other_json_parses_as_with_the_plain_parser() {
    let text =
        r#"{"a": [1, -2, 3.5, 18446744073709551615, "\u00e9", true, null, {}], "b": {"c": []}}"#;
    assert_eq!(parse(text.as_bytes()).unwrap(), serde_json::from_str::<Value>(text).unwrap());
    assert!(parse(b"{} x").is_err());
    assert!(parse(b"[1").unwrap_err().is_eof());
}

#[test]
fn a_field_given_twice_is_found_at_any_depth() {
    for (text, name) in [
        (r#"{"a": 1, "a": 1}"#, "a"),
        (r#"[{"b": [{"c": {"d": 1, "e": 2, "d": null}}]}]"#, "d"),
        (r#"{"user": "ada", "\u0075ser": null}"#, "user"),
    ] {
        let problem = check(text.as_bytes()).unwrap_err();
        assert!(problem.starts_with(&format!("duplicate field `{name}` at line 1")), "{problem}");
    }
    for text in [r#"{"a": {"b": 1}, "b": {"a": 1.5}, "c": [true, null, -1, "a"]}"#, "{\"a\"", "x"] {
        assert_eq!(check(text.as_bytes()), Ok(()), "{text}");
    }
}
