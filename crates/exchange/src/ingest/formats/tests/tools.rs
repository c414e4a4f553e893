//! Tools with their results in the calling message, and tools of the provider.

use serde_json::{Value, json};

use super::read_auto;

fn kept(file: &Value) -> String {
    let read = read_auto("x.json", &file.to_string());
    assert_eq!(read.failed, [""; 0], "{file}");
    let calls: Vec<String> =
        read.calls().iter().map(|it| Value::Object(it.metadata.clone()).to_string()).collect();
    assert_eq!(calls.len(), 1, "{read:?}");
    calls.concat()
}

#[test]
fn tools_of_the_provider_keep_input_and_output() {
    let item = |item: Value| json!({"object": "response", "id": "r", "output": [item]});
    let message = |content: Value| json!([{"role": "assistant", "content": content}]);
    for (file, expect) in [
        (
            item(json!({"type": "file_search_call", "id": "f", "status": "completed",
            "queries": ["kelp depth"], "results": [{"filename": "a.md", "text": "40 m"}]})),
            ["kelp depth", "40 m"],
        ),
        (
            item(json!({"type": "code_interpreter_call", "id": "c", "status": "completed",
            "code": "print(6*7)", "outputs": [{"type": "logs", "logs": "forty-two"}]})),
            ["print(6*7)", "forty-two"],
        ),
        (
            json!([{"role": "assistant", "content": null, "tool_calls": [{"id": "c",
            "type": "custom", "custom": {"name": "sow", "input": "kelp"}}]}]),
            ["sow", "kelp"],
        ),
        (
            message(json!([
            {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "q"}},
            {"type": "web_search_tool_result", "tool_use_id": "s", "content": [
                {"type": "web_search_result", "title": "On kelp", "url": "https://kelp.org"}]}])),
            ["On kelp", "https://kelp.org"],
        ),
        (
            message(json!([{"type": "mcp_tool_use", "id": "s", "name": "sow", "input": {"n": 1}},
            {"type": "mcp_tool_result", "tool_use_id": "s", "content": [
                {"type": "text", "text": "sown"}]}])),
            ["sow", "sown"],
        ),
    ] {
        let kept = kept(&file);
        assert!(expect.iter().all(|it| kept.contains(it)), "{file}: {kept}");
    }
}

#[test]
fn a_command_of_codex_that_exits_with_an_error_has_failed() {
    let structured =
        |code: i64| json!(json!({"output": "boom", "metadata": {"exit_code": code}}).to_string());
    let heading = |code: i64| {
        json!(format!(
            "Chunk ID: 1a\nWall time: 0.1 seconds\nProcess exited with code {code}\n\
            Output:\nProcess exited with code 3\n"
        ))
    };
    for (output, success) in [
        (structured(1), false),
        (structured(0), true),
        (json!({"output": "boom", "success": false}), false),
        (json!({"content": "boom", "success": false}), false),
        (json!({"output": "boom", "exit_code": 127}), false),
        (heading(2), false),
        (heading(0), true),
        (json!("Exit code: 1\nWall time: 0 seconds\nOutput:\nboom"), false),
        (json!("Process exited with code 2"), false),
        (json!([{"type": "input_text", "text": "Exit code: 1"}]), false),
        (json!("all is well"), true),
    ] {
        let row = |payload: Value| {
            json!({"type": "response_item", "timestamp": "2026-05-26T07:27:01Z",
                "payload": payload})
        };
        let rows = [
            json!({"type": "session_meta", "timestamp": "2026-05-26T07:27:00Z",
                "payload": {"id": "c1"}}),
            row(json!({"type": "function_call", "name": "shell", "call_id": "a",
                "arguments": "{}"})),
            row(json!({"type": "function_call_output", "call_id": "a", "output": output})),
        ];
        let read = read_auto("x.jsonl", &rows.map(|it| it.to_string()).join("\n"));
        assert_eq!(read.calls()[0].metadata["success"], success, "{output}");
    }
}

#[test]
fn texts_in_documents_instructions_and_transcripts_are_kept() {
    for (file, expect) in [
        (
            json!([{"role": "user", "content": [{"type": "document", "source":
            {"type": "text", "media_type": "text/plain", "data": "the deed"}}]}]),
            "the deed",
        ),
        (
            json!({"object": "response", "id": "r", "instructions": "be brief", "output": []}),
            "be brief",
        ),
        (
            json!([{"role": "assistant", "content": "", "audio": {"id": "a",
            "transcript": "good day"}}]),
            "good day",
        ),
    ] {
        let read = read_auto("x.json", &file.to_string());
        assert!(read.said().iter().any(|it| it.contains(expect)), "{file}: {read:?}");
    }
}

#[test]
fn the_output_of_another_tool_is_not_joined_to_the_previous_call() {
    for (author, calls) in [("browser", 1), ("python", 0)] {
        let node = |id: &str, parent: Value, author: Value, recipient: &str| {
            json!({"parent": parent, "message": {"id": id, "author": author,
                "recipient": recipient, "content": {"content_type": "text", "parts": [id]}}})
        };
        let export = json!([{"conversation_id": "c", "title": "t", "current_node": "out",
        "mapping": {
            "in": node("in", Value::Null, json!({"role": "assistant"}), "browser.search"),
            "out": node("out", "in".into(), json!({"role": "tool", "name": author}), "all"),
        }}]);
        let read = read_auto("x.json", &export.to_string());
        let has = |it: &&&super::Draft| it.metadata.get("output") == Some(&"out".into());
        assert_eq!(read.calls().iter().filter(has).count(), calls, "{read:?}");
        assert_eq!(read.said().len(), 1 - calls, "{read:?}");
    }
}
