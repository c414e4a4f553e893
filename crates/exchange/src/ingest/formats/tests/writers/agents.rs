//! Sessions as coding agents write them.

use serde_json::{Value, json};

use crate::ingest::formats::tests::exchange::{Exchange, Turn};

pub(super) fn claude_code(exchange: &Exchange) -> Vec<Value> {
    let mut rows = Vec::new();
    let mut parent = Value::Null;
    let mut row = |sort: &str, id: String, message: Value, at: usize| {
        rows.push(json!({"type": sort, "uuid": id, "parentUuid": parent, "sessionId": exchange.id,
            "isSidechain": false, "userType": "external", "cwd": "/home/ines", "version": "2.0.3",
            "gitBranch": "main", "message": message, "timestamp": exchange.time(at)}));
        parent = id.into();
    };
    for (at, turn) in exchange.turns.iter().enumerate() {
        let id = format!("{}-{at}", exchange.id);
        match turn {
            Turn::User(text) => row("user", id, json!({"role": "user", "content": text}), at),
            Turn::Assistant(text) => {
                let content =
                    json!([{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": text}]);
                row("assistant", id, json!({"role": "assistant", "content": content}), at);
            }
            Turn::Tool(tool, input, output) => {
                let call = format!("toolu_{id}");
                let used = json!([{"type": "tool_use", "id": call, "name": tool, "input": input}]);
                row("assistant", id.clone(), json!({"role": "assistant", "content": used}), at);
                let result =
                    json!([{"type": "tool_result", "tool_use_id": call, "content": output}]);
                row("user", format!("{id}-r"), json!({"role": "user", "content": result}), at);
            }
        }
    }
    let summary = json!({"type": "summary", "summary": exchange.title, "leafUuid": parent});
    rows.insert(0, summary);
    rows.insert(1, json!({"type": "file-history-snapshot", "messageId": "m", "snapshot": {}}));
    rows
}

/// Returns the items of the Responses API, each with the number of its turn.
fn items(exchange: &Exchange) -> Vec<(usize, Value)> {
    let mut items = Vec::new();
    for (at, turn) in exchange.turns.iter().enumerate() {
        match turn {
            Turn::User(text) => items.push((
                at,
                json!({"type": "message", "role": "user",
                "content": [{"type": "input_text", "text": text}]}),
            )),
            Turn::Assistant(text) => {
                items.push((
                    at,
                    json!({"type": "reasoning", "id": format!("rs_{at}"), "summary": [],
                    "encrypted_content": "gAAA"}),
                ));
                items.push((
                    at,
                    json!({"type": "message", "role": "assistant",
                    "content": [{"type": "output_text", "text": text}]}),
                ));
            }
            Turn::Tool(tool, input, output) => {
                let call = format!("call_{}_{at}", exchange.id);
                items.push((
                    at,
                    json!({"type": "function_call", "name": tool, "call_id": call,
                    "arguments": input}),
                ));
                items.push((
                    at,
                    json!({"type": "function_call_output", "call_id": call,
                    "output": output}),
                ));
            }
        }
    }
    items
}

pub(super) fn codex(exchange: &Exchange) -> Vec<Value> {
    let row = |at: usize, sort: &str, payload: Value| {
        json!({"timestamp": exchange.time(at),
        "type": sort, "payload": payload})
    };
    let mut rows = vec![
        row(
            0,
            "session_meta",
            json!({"id": exchange.id, "timestamp": exchange.time(0),
            "cwd": "/home/ines", "originator": "codex_cli_rs", "cli_version": "0.65.0"}),
        ),
        row(
            0,
            "response_item",
            json!({"type": "message", "role": "user", "content": [
            {"type": "input_text", "text": "<environment_context>\n</environment_context>"}]}),
        ),
        row(0, "turn_context", json!({"cwd": "/home/ines", "model": "gpt-5"})),
    ];
    for (at, item) in items(exchange) {
        if item["role"] == "user" {
            let text = item["content"][0]["text"].clone();
            rows.push(row(at, "event_msg", json!({"type": "user_message", "message": text})));
        }
        rows.push(row(at, "response_item", item));
        rows.push(row(at, "event_msg", json!({"type": "token_count", "info": null})));
    }
    rows
}

pub(super) fn old_codex(exchange: &Exchange) -> Vec<Value> {
    let header = json!({"id": exchange.id, "timestamp": exchange.time(0), "instructions": null,
        "git": {"branch": "main"}});
    let mut rows = vec![header, json!({"record_type": "state"})];
    rows.extend(items(exchange).into_iter().map(|(_, item)| item));
    rows
}

pub(super) fn responses(exchange: &Exchange) -> Vec<Value> {
    items(exchange).into_iter().map(|(_, item)| item).collect()
}

pub(super) fn openclaw(exchange: &Exchange) -> Vec<Value> {
    let mut rows = vec![json!({"type": "session", "version": 3, "id": exchange.id,
        "timestamp": exchange.time(0), "cwd": "/home/bo"})];
    let mut parent = Value::Null;
    let mut row = |id: String, message: Value, at: usize| {
        rows.push(json!({"type": "message", "id": id, "parentId": parent,
            "timestamp": exchange.time(at), "message": message}));
        parent = id.into();
    };
    for (at, turn) in exchange.turns.iter().enumerate() {
        let id = format!("{}-{at}", exchange.id);
        let text = |text: &str| json!([{"type": "text", "text": text}]);
        match turn {
            Turn::User(said) => row(id, json!({"role": "user", "content": text(said)}), at),
            Turn::Assistant(said) => {
                row(id, json!({"role": "assistant", "content": text(said), "model": "m"}), at);
            }
            Turn::Tool(tool, input, output) => {
                let call = format!("call-{id}");
                let content = json!([{"type": "thinking", "thinking": "hm"},
                    {"type": "toolCall", "id": call, "name": tool, "arguments": input}]);
                row(id.clone(), json!({"role": "assistant", "content": content}), at);
                row(
                    format!("{id}-r"),
                    json!({"role": "toolResult", "toolCallId": call,
                    "toolName": tool, "content": text(output), "isError": false}),
                    at,
                );
            }
        }
    }
    rows.push(
        json!({"type": "session_info", "id": format!("{}-i", exchange.id), "parentId": parent,
        "name": exchange.title}),
    );
    rows
}

fn gemini_messages(exchange: &Exchange) -> Vec<Value> {
    let messages = exchange.turns.iter().enumerate().map(|(at, turn)| {
        let mut message = json!({"id": at.to_string(), "timestamp": exchange.time(at)});
        let more = match turn {
            Turn::User(text) => json!({"type": "user", "content": [{"text": text}]}),
            Turn::Assistant(text) => json!({"type": "gemini", "content": text, "model": "gemini-3",
                "thoughts": [{"subject": "hm", "description": "hm"}], "tokens": {"input": 1}}),
            Turn::Tool(tool, input, output) => {
                json!({"type": "gemini", "content": "", "toolCalls": [
                {"id": format!("{tool}-{at}"), "name": tool, "args": input, "status": "success",
                 "result": [{"functionResponse": {"id": "x", "name": tool,
                    "response": {"output": output}}}]}]})
            }
        };
        message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        message
    });
    messages.collect()
}

pub(super) fn gemini(exchange: &Exchange) -> Value {
    json!({"sessionId": exchange.id, "projectHash": "ff", "startTime": exchange.time(0),
        "lastUpdated": exchange.time(0), "summary": exchange.title, "kind": "main",
        "messages": gemini_messages(exchange)})
}

pub(super) fn gemini_lines(exchange: &Exchange) -> Vec<Value> {
    let mut rows = vec![json!({"sessionId": exchange.id, "projectHash": "ff",
        "startTime": exchange.time(0), "lastUpdated": exchange.time(0), "kind": "main"})];
    rows.extend(gemini_messages(exchange));
    rows.push(json!({"$set": {"summary": exchange.title}}));
    rows
}
