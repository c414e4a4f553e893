//! Bytes that are messages, and bytes that are not.

use serde_json::Value;

use super::{Parsed, parse};

fn refused(text: &[u8]) -> Option<Value> {
    match parse(text) {
        Parsed::Refused(refusal) => Some(refusal),
        _ => None,
    }
}

#[test]
fn malformed_messages_are_answered_with_the_code_of_their_fault() {
    for (text, code, id) in [
        (&b"{"[..], -32700, Value::Null),
        (b"hello", -32700, Value::Null),
        (b"\xff\xfe", -32700, Value::Null),
        (br#"{"jsonrpc":"2.0","id":7,"params":{"text":"\ud83d"}}"#, -32700, 7.into()),
        (br#"{"params":{"text":"\ud83d"},"id":"a"}"#, -32700, "a".into()),
        (br#"{"id":7,"params":"#, -32700, Value::Null),
        (b"[]", -32600, Value::Null),
        (b"[1]", -32600, Value::Null),
        (b"[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]", -32600, Value::Null),
        (b"{\"id\":7}", -32600, 7.into()),
        (b"{\"jsonrpc\":\"1.0\",\"id\":\"a\",\"method\":\"ping\"}", -32600, "a".into()),
        (b"3", -32600, Value::Null),
    ] {
        let shown = String::from_utf8_lossy(text);
        let refused = refused(text).unwrap_or_else(|| panic!("{shown}"));
        assert_eq!((&refused["error"]["code"], &refused["id"]), (&code.into(), &id), "{shown}");
    }
}

#[test]
fn messages_pass_and_notifications_of_others_are_ignored() {
    for text in [
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}",
        "\u{FEFF}{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}\r",
    ] {
        let parsed = parse(text.as_bytes());
        assert!(matches!(parsed, Parsed::Message(_)), "{text}");
    }
    for text in ["", "  \r", "{\"method\":\"$/setTrace\"}"] {
        let parsed = parse(text.as_bytes());
        assert!(matches!(parsed, Parsed::Nothing), "{text}: {parsed:?}");
    }
}
