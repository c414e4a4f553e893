//! One message in many shapes; `formats::tests` reads them from files.

use serde_json::{Value, json};

use super::*;

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        other => panic!("not an object: {other}"),
    }
}

#[test]
fn normalising_a_message_is_idempotent() {
    for value in [
        json!({"role": "human", "content": [{"type": "text", "text": "x"}]}),
        json!({"type": "ai", "data": {"content": "x", "tool_calls": [], "example": false}}),
        json!({"from": "gpt", "value": "x", "weight": 0}),
        json!({"text": "a note", "topic": "x"}),
        json!({"message": {"role": "user", "content": "x"}, "timestamp": 1}),
    ] {
        let once = message_shape(object(value.clone()));
        assert_eq!(message_shape(once.clone()), once, "{value}");
    }
}

#[test]
fn calls_beside_the_content_are_not_duplicated() {
    let shaped = shape(object(json!({"role": "assistant", "content": [
        {"type": "text", "text": "x"}, {"type": "tool_use", "id": "c", "name": "f", "input": {}}],
        "tool_calls": [{"id": "c", "name": "f", "args": {}}, {"id": "d", "name": "g",
            "args": {}}]})));
    let tools: Vec<&str> = shaped.calls.iter().map(|call| call.tool.as_str()).collect();
    assert_eq!(tools, ["f", "g"]);
    assert_eq!(Value::Object(shaped.object), json!({"role": "assistant", "content": "x"}));
}

#[test]
fn an_object_that_is_not_a_message_is_unchanged() {
    for value in [
        json!({"data": {"content": "x"}}),
        json!({"from": "Oslo", "to": "Bergen"}),
        json!({"type": "human"}),
        json!({"value": 7}),
    ] {
        assert_eq!(Value::Object(message_shape(object(value.clone()))), value);
    }
}

#[test]
fn a_row_of_a_message_store_is_its_message() {
    let stored = json!({"type": "ai", "data": {"content": "reply", "type": "ai", "id": null}});
    let class = json!({"lc": 1, "type": "constructor", "id": ["langchain", "schema", "AIMessage"],
        "kwargs": {"content": "reply"}});
    for message in [stored, class] {
        for message in [Value::from(message.to_string()), message] {
            for row in [json!({"type": "row"}), json!({})] {
                let mut row = object(row);
                row.extend([("message".to_owned(), message.clone()), ("id".to_owned(), 7.into())]);
                let shaped = message_shape(row);
                assert_eq!(role_of(shaped["role"].as_str().unwrap()), "assistant", "{shaped:?}");
                let read = ["content", "id"].map(|name| shaped[name].clone());
                assert_eq!(read, [json!("reply"), json!(7)], "{shaped:?}");
                assert!(!shaped.contains_key("message"));
            }
        }
    }
    for text in [r#"{"type": "ai"}"#, r#"{"data": {"content": "x"}}"#, "reply", "{"] {
        let shaped = message_shape(object(json!({"role": "user", "message": text})));
        assert_eq!(shaped["content"], text);
    }
}
