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

#[test]
fn the_words_of_a_model_are_not_those_of_a_user() {
    for model in [
        "GPT-4",
        "gpt-4o",
        "gpt4",
        "ChatGPT-4o",
        "openai/gpt-4.1-mini",
        "Bing",
        "Bing Chat",
        "Copilot",
        "Microsoft Copilot",
        "claude-3-opus",
        "anthropic.claude-3-5-sonnet-20241022-v2:0",
        "Claude Sonnet 4",
        "Gemini Pro",
        "Llama 3",
        "meta-llama/Llama-3.1-8B",
        "o1-preview",
        "o3",
        "o4-mini",
        "DeepSeek",
        "DeepSeek-R1",
        "Mistral",
        "Mixtral-8x7B",
        "Qwen2.5-72B-Instruct",
        "Grok",
        "grok-3",
        "kimi-k2",
        "phi-4",
        "text-davinci-003",
    ] {
        assert!(is_model(model), "{model}");
        for field in ["sender", "from", "author", "speaker"] {
            let shaped = message_shape(object(json!({field: model, "text": "x"})));
            assert_eq!(shaped["role"], "assistant", "{field}: {model}");
            assert_eq!(shaped["name"], model);
        }
    }
    for person in ["Claude Monet", "Bing Crosby", "Kimi", "Ernie", "O", "O'Hara", "Yi", "Ada", ""] {
        assert!(!is_model(person), "{person}");
    }
}

#[test]
fn a_mark_of_the_author_decides_the_role() {
    for (mut value, expect) in [
        (json!({"sender": "Zephyr", "isCreatedByUser": false}), "assistant"),
        (json!({"sender": "User", "isCreatedByUser": false}), "assistant"),
        (json!({"sender": "GPT-4", "isCreatedByUser": true}), "user"),
        (json!({"is_created_by_user": 0}), "assistant"),
        (json!({"isUser": "false", "name": "Zephyr"}), "assistant"),
        (json!({"is_user": true, "name": "Ada"}), "user"),
        (json!({"author": {"name": "Zephyr", "isBot": true}}), "assistant"),
        (json!({"author": {"name": "Zephyr", "is_human": false}}), "assistant"),
        (json!({"role": "user", "isUser": false}), "user"),
        (json!({"sender": "system", "isUser": false}), "system"),
    ] {
        value["text"] = "x".into();
        assert_eq!(message_shape(object(value.clone()))["role"], expect, "{value}");
    }
}

#[test]
fn an_attachment_without_a_text_is_named() {
    for (value, expect) in [
        (
            json!({"content": "", "author": {"name": "Bo"},
                "attachments": [{"fileName": "y.pdf", "url": "https://x/y.pdf"}]}),
            "[file: y.pdf]",
        ),
        (
            json!({"type": "message", "from": "Anna", "date_unixtime": "1767323045",
                "photo": "photos/photo_1.jpg", "text": ""}),
            "[image: photos/photo_1.jpg]",
        ),
        (
            json!({"type": "message", "from": "Anna", "date_unixtime": "1767323045",
                "file": "(File not included.)", "file_name": "a.ogg", "text": []}),
            "[file: a.ogg]",
        ),
        (
            json!({"role": "user", "text": "", "files": [{"name": "a.png"}, {"name": "b.txt"}]}),
            "[image: a.png]\n[file: b.txt]",
        ),
    ] {
        let shaped = message_shape(object(value.clone()));
        assert_eq!(shaped["content"], expect, "{value}");
        assert_eq!(message_shape(shaped.clone()), shaped);
    }
    let said = json!({"role": "user", "content": "see", "attachments": [{"fileName": "y.pdf"}]});
    assert_eq!(message_shape(object(said))["content"], "see");
    let none = json!({"role": "user", "content": "", "attachments": []});
    assert_eq!(message_shape(object(none))["content"], "");
}
