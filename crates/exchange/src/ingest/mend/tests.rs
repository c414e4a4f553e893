//! JSON that is repaired, and JSON that stays unchanged.

use serde_json::{Value, json};

use super::*;

#[test]
fn nearly_valid_json_is_repaired() {
    for (text, expect) in [
        (r#"{"a": "x\ud800y"}"#, json!({"a": "x\u{fffd}y"})),
        (r#"{"a": "\udc00\ud83d\ude00\ud83d"}"#, json!({"a": "\u{fffd}\u{1f600}\u{fffd}"})),
        (r#"{"a": "\ud83d\ud83d\ude00"}"#, json!({"a": "\u{fffd}\u{1f600}"})),
        (r#"{"a\u0000": "\u0000"}"#, json!({"a\u{fffd}": "\u{fffd}"})),
        ("{\"a\": \"x\0y\"}", json!({"a": "x\u{fffd}y"})),
        ("{\"a\": \"one\ntwo\t\u{1}\"}", json!({"a": "one\ntwo\t\u{1}"})),
        (r#"{"a": "C:\dir\user \' \u12"}"#, json!({"a": "C:\\dir\\user \\' \\u12"})),
        (
            r#"{"a": NaN, "b": -Infinity, "c": [Infinity, undefined]}"#,
            json!({"a": null, "b": null, "c": [null, null]}),
        ),
        (r#"{"a": 1e999, "b": [-1E+999, 2e5]}"#, json!({"a": null, "b": [null, 2e5]})),
        (r#"{"a": None, "b": True, "c": False}"#, json!({"a": null, "b": true, "c": false})),
        (r#"{"a": [1, 2, ], "b": {"c": 1,}, }"#, json!({"a": [1, 2], "b": {"c": 1}})),
        (r#"{"a": "\u0000 \\u0000 NaN, }"}"#, json!({"a": "\u{fffd} \\u0000 NaN, }"})),
    ] {
        let mended = mend(text);
        let read: Value = serde_json::from_str(&mended.json).unwrap();
        assert_eq!(read, expect, "{text}: {}", mended.json);
        assert!(!mended.reasons.is_empty(), "{text}");
    }
}

#[test]
fn valid_json_is_unchanged() {
    for text in [
        r#"{"a": "\ud83d\ude00 \\ud800 \" \/ \b\f\n\r\t\u00e9"}"#,
        r#"[true, false, null, -1.5e3, "NaN", "a,]", {}, []]"#,
    ] {
        assert_eq!(mend(text), Mended { json: text.to_owned(), reasons: Vec::new() });
    }
    for text in ["{\"a", "\"\\", "\"\\u12", "-", "\\", ",", "N"] {
        mend(text);
    }
}

#[test]
fn values_nested_too_deeply_become_null() {
    for (open, close) in [("[", "]"), ("{\"a]\": ", "}")] {
        for depth in [DEPTH_MAX, DEPTH_MAX + 1, 5000] {
            let deep = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            let mended = mend(&format!("{{\"deep\": {deep}, \"content\": \"after\"}}"));
            let read: Value = serde_json::from_str(&mended.json).unwrap();
            assert_eq!(read["content"], "after");
            assert_eq!(mended.reasons.len(), 1);
        }
    }
}
