//! Contents of messages; `formats::tests` has the vocabularies as they occur in files.

use serde_json::json;

use super::*;

#[test]
fn calls_and_results_are_separated_from_texts() {
    let content = Content::read(&json!([
        {"type": "text", "text": "I look it up."},
        {"type": "tool_use", "id": "t1", "name": "lookup", "input": {"q": "x"}},
        {"type": "toolCall", "id": "t2", "name": "lookup", "arguments": "{\"q\": 1}"},
        {"functionCall": {"name": "lookup", "args": {"q": 2}}},
        {"type": "tool_result", "tool_use_id": "t1", "is_error": true, "content": [
            {"type": "text", "text": "one"}, {"type": "image",
                "source": {"media_type": "image/png", "data": "AAAA"}}]},
        {"functionResponse": {"id": "t3", "name": "lookup", "response": {"output": "two"}}},
    ]));
    assert_eq!(content.text(), "I look it up.");
    let inputs: Vec<Value> = content.calls.iter().map(|call| call.input.clone()).collect();
    assert_eq!(inputs, [json!({"q": "x"}), json!({"q": 1}), json!({"q": 2})]);
    let outputs: Vec<_> =
        content.results.iter().map(|it| (it.output.clone(), it.has_failed)).collect();
    assert_eq!(outputs, [(json!("one\n[image: image/png]"), true), (json!("two"), false)]);
}

#[test]
fn structured_output_is_kept_as_json() {
    for (output, expect) in [
        (json!({"rows": [1, 2]}), json!({"rows": [1, 2]})),
        (json!([1, 2]), json!([1, 2])),
        (json!([{"type": "text", "text": "a"}]), json!("a")),
        (json!({"output": "a"}), json!("a")),
    ] {
        assert_eq!(output_of(&output), expect);
    }
}
