//! One writer for each format, as its program writes.

use serde_json::{Map, Value, json};

use super::{
    exchange::{Exchange, Turn},
    lines,
};

/// A format as a test writes it.
pub(super) struct Writer {
    pub(super) name: &'static str,
    pub(super) file: &'static str,
    pub(super) write: fn(&[Exchange]) -> String,
    /// The session of the conversation with this id; none if the format has no place for one.
    pub(super) session: Option<fn(&str) -> String>,
    pub(super) has_titles: bool,
    pub(super) has_times: bool,
    /// It has one conversation a file.
    pub(super) is_single: bool,
    pub(super) has_tools: bool,
}

const PLAIN: Writer = Writer {
    name: "",
    file: "",
    write: |_| String::new(),
    session: None,
    has_titles: false,
    has_times: false,
    is_single: false,
    has_tools: true,
};

pub(super) const WRITERS: &[Writer] = &[
    Writer {
        name: "chatgpt",
        file: "conversations.json",
        write: |all| Value::from_iter(all.iter().map(chatgpt)).to_string(),
        session: Some(|id| format!("chatgpt/{id}")),
        has_titles: true,
        has_times: true,
        ..PLAIN
    },
    Writer {
        name: "claude",
        file: "conversations.json",
        write: |all| Value::from_iter(all.iter().map(claude)).to_string(),
        session: Some(|id| format!("claude/{id}")),
        has_titles: true,
        has_times: true,
        ..PLAIN
    },
    Writer {
        name: "claude-code",
        file: "4f35.jsonl",
        write: |all| lines(&all.iter().flat_map(claude_code).collect::<Vec<_>>()),
        session: Some(|id| format!("claude-code/{id}")),
        has_titles: true,
        has_times: true,
        ..PLAIN
    },
    Writer {
        name: "codex",
        file: "rollout-2026.jsonl",
        write: |all| lines(&all.iter().flat_map(codex).collect::<Vec<_>>()),
        session: Some(|id| format!("codex/{id}")),
        has_times: true,
        ..PLAIN
    },
    Writer {
        name: "old codex",
        file: "rollout-2025.jsonl",
        write: |all| lines(&all.iter().flat_map(old_codex).collect::<Vec<_>>()),
        session: Some(|id| format!("codex/{id}")),
        ..PLAIN
    },
    Writer {
        name: "openclaw",
        file: "session.jsonl",
        write: |all| lines(&all.iter().flat_map(openclaw).collect::<Vec<_>>()),
        session: Some(|id| format!("openclaw/{id}")),
        has_titles: true,
        has_times: true,
        ..PLAIN
    },
    Writer {
        name: "gemini",
        file: "session-1.json",
        write: |all| gemini(&all[0]).to_string(),
        session: Some(|id| format!("gemini/{id}")),
        has_titles: true,
        has_times: true,
        is_single: true,
        ..PLAIN
    },
    Writer {
        name: "gemini lines",
        file: "session-1.jsonl",
        write: |all| lines(&all.iter().flat_map(gemini_lines).collect::<Vec<_>>()),
        session: Some(|id| format!("gemini/{id}")),
        has_titles: true,
        has_times: true,
        ..PLAIN
    },
    Writer {
        name: "openai lines",
        file: "train.jsonl",
        write: |all| lines(&all.iter().map(openai).collect::<Vec<_>>()),
        ..PLAIN
    },
    Writer {
        name: "responses",
        file: "items.jsonl",
        write: |all| lines(&responses(&all[0])),
        is_single: true,
        ..PLAIN
    },
    Writer {
        name: "anthropic",
        file: "request.json",
        write: |all| anthropic(&all[0]).to_string(),
        is_single: true,
        ..PLAIN
    },
    Writer {
        name: "langchain",
        file: "history.json",
        write: |all| Value::from(langchain(&all[0])).to_string(),
        is_single: true,
        ..PLAIN
    },
    Writer {
        name: "langchain lines",
        file: "history.jsonl",
        write: |all| lines(&langchain_constructors(&all[0])),
        is_single: true,
        ..PLAIN
    },
    Writer {
        name: "sharegpt",
        file: "sharegpt.json",
        write: |all| Value::from_iter(all.iter().map(sharegpt)).to_string(),
        has_tools: false,
        ..PLAIN
    },
    Writer {
        name: "longmemeval",
        file: "longmemeval_s.json",
        write: |all| json!([longmemeval(all)]).to_string(),
        session: Some(|id| format!("longmemeval/q1/{id}")),
        has_tools: false,
        ..PLAIN
    },
];

fn sharegpt(exchange: &Exchange) -> Value {
    let turns = exchange.turns.iter().filter_map(|turn| match turn {
        Turn::User(text) => Some(json!({"from": "human", "value": text})),
        Turn::Assistant(text) => Some(json!({"from": "gpt", "value": text})),
        Turn::Tool(..) => None,
    });
    json!({"id": exchange.id, "conversations": Value::from_iter(turns)})
}

fn longmemeval(all: &[Exchange]) -> Value {
    let date = |exchange: &Exchange| {
        let time = aios_record::Timestamp::from_second(exchange.began).unwrap();
        time.strftime("%Y/%m/%d (%a) %H:%M").to_string()
    };
    let turns = |exchange: &Exchange| {
        let turns = exchange.turns.iter().filter_map(|turn| match turn {
            Turn::User(text) => Some(json!({"role": "user", "content": text, "has_answer": true})),
            Turn::Assistant(text) => Some(json!({"role": "assistant", "content": text})),
            Turn::Tool(..) => None,
        });
        Value::from_iter(turns)
    };
    json!({"question_id": "q1", "question_type": "multi-session", "question": "Which?",
        "answer": "That", "question_date": "2023/05/30 (Tue) 23:40",
        "haystack_session_ids": Value::from_iter(all.iter().map(|it| it.id.clone())),
        "haystack_dates": Value::from_iter(all.iter().map(date)),
        "haystack_sessions": Value::from_iter(all.iter().map(turns)),
        "answer_session_ids": [all[0].id]})
}

fn chatgpt(exchange: &Exchange) -> Value {
    let mut mapping = Map::new();
    let mut parent = "client-created-root".to_owned();
    mapping.insert(
        parent.clone(),
        json!({"id": parent, "message": null, "parent": null, "children": ["h"]}),
    );
    let mut node = |parent: &mut String, id: String, author: Value, content: Value, more: Value| {
        let mut message = json!({"id": id, "author": author, "content": content, "recipient": "all",
            "status": "finished_successfully", "weight": 1.0, "metadata": {}, "update_time": null});
        message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        mapping.insert(
            id.clone(),
            json!({"id": id, "message": message, "parent": parent, "children": []}),
        );
        *parent = id;
    };
    let hidden = json!({"metadata": {"is_visually_hidden_from_conversation": true}});
    node(
        &mut parent,
        format!("{}-h", exchange.id),
        json!({"role": "system"}),
        json!({"content_type": "text", "parts": [""]}),
        hidden,
    );
    for (at, turn) in exchange.turns.iter().enumerate() {
        let id = format!("{}-{at}", exchange.id);
        #[expect(clippy::cast_precision_loss, reason = "seconds of this century")]
        let time = json!({"create_time": exchange.second(at) as f64});
        let text = |text: &str| json!({"content_type": "text", "parts": [text]});
        match turn {
            Turn::User(said) => node(&mut parent, id, json!({"role": "user"}), text(said), time),
            Turn::Assistant(said) => {
                // An answer that was asked for again stands beside the one that counts.
                let mut beside = parent.clone();
                node(
                    &mut beside,
                    format!("{id}-left"),
                    json!({"role": "assistant"}),
                    text("left"),
                    json!({}),
                );
                node(&mut parent, id, json!({"role": "assistant"}), text(said), time);
            }
            Turn::Tool(tool, input, output) => {
                let mut more = time.clone();
                more["recipient"] = tool.as_str().into();
                let code = json!({"content_type": "code", "language": "x", "text": input});
                node(&mut parent, id.clone(), json!({"role": "assistant"}), code, more);
                let content = json!({"content_type": "execution_output", "text": output});
                node(
                    &mut parent,
                    format!("{id}-r"),
                    json!({"role": "tool", "name": tool}),
                    content,
                    time,
                );
            }
        }
    }
    json!({"title": exchange.title, "create_time": exchange.began, "mapping": mapping,
        "current_node": parent, "conversation_id": exchange.id, "id": exchange.id,
        "moderation_results": [], "gizmo_id": null, "is_archived": false})
}

fn claude(exchange: &Exchange) -> Value {
    let messages = exchange.turns.iter().enumerate().map(|(at, turn)| {
        let (sender, content) = match turn {
            Turn::User(text) => ("human", json!([{"type": "text", "text": text, "citations": []}])),
            Turn::Assistant(text) => ("assistant", json!([{"type": "text", "text": text}])),
            Turn::Tool(tool, input, output) => ("assistant", json!([
                {"type": "tool_use", "name": tool, "input": input},
                {"type": "tool_result", "name": tool, "content": [{"type": "text", "text": output}]},
            ])),
        };
        json!({"uuid": format!("{}-{at}", exchange.id), "sender": sender, "content": content,
            "text": "This block is not supported on your current device yet.",
            "created_at": exchange.time(at), "updated_at": exchange.time(at),
            "attachments": [], "files": []})
    });
    json!({"uuid": exchange.id, "name": exchange.title, "created_at": exchange.time(0),
        "updated_at": exchange.time(0), "account": {"uuid": "acc"},
        "chat_messages": Value::from_iter(messages)})
}

fn claude_code(exchange: &Exchange) -> Vec<Value> {
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

/// The items of Responses, each with the number of its turn.
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

fn codex(exchange: &Exchange) -> Vec<Value> {
    let row = |at: usize, sort: &str, payload: Value| json!({"timestamp": exchange.time(at), "type": sort, "payload": payload});
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

fn old_codex(exchange: &Exchange) -> Vec<Value> {
    let header = json!({"id": exchange.id, "timestamp": exchange.time(0), "instructions": null,
        "git": {"branch": "main"}});
    let mut rows = vec![header, json!({"record_type": "state"})];
    rows.extend(items(exchange).into_iter().map(|(_, item)| item));
    rows
}

fn responses(exchange: &Exchange) -> Vec<Value> {
    items(exchange).into_iter().map(|(_, item)| item).collect()
}

fn openclaw(exchange: &Exchange) -> Vec<Value> {
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

fn gemini(exchange: &Exchange) -> Value {
    json!({"sessionId": exchange.id, "projectHash": "ff", "startTime": exchange.time(0),
        "lastUpdated": exchange.time(0), "summary": exchange.title, "kind": "main",
        "messages": gemini_messages(exchange)})
}

fn gemini_lines(exchange: &Exchange) -> Vec<Value> {
    let mut rows = vec![json!({"sessionId": exchange.id, "projectHash": "ff",
        "startTime": exchange.time(0), "lastUpdated": exchange.time(0), "kind": "main"})];
    rows.extend(gemini_messages(exchange));
    rows.push(json!({"$set": {"summary": exchange.title}}));
    rows
}

fn openai(exchange: &Exchange) -> Value {
    let mut messages = Vec::new();
    for (at, turn) in exchange.turns.iter().enumerate() {
        match turn {
            Turn::User(text) => messages.push(json!({"role": "user", "content": text})),
            Turn::Assistant(text) => {
                messages.push(json!({"role": "assistant", "content": text, "weight": 1}));
            }
            Turn::Tool(tool, input, output) => {
                let call = json!({"id": format!("call_{at}"), "type": "function",
                    "function": {"name": tool, "arguments": input}});
                messages.push(json!({"role": "assistant", "content": null, "tool_calls": [call]}));
                messages.push(json!({"role": "tool", "tool_call_id": format!("call_{at}"),
                    "content": output}));
            }
        }
    }
    json!({"messages": messages})
}

fn anthropic(exchange: &Exchange) -> Value {
    let mut messages = Vec::new();
    for (at, turn) in exchange.turns.iter().enumerate() {
        match turn {
            Turn::User(text) => messages.push(json!({"role": "user", "content": text})),
            Turn::Assistant(text) => messages.push(json!({"role": "assistant",
                "content": [{"type": "text", "text": text}]})),
            Turn::Tool(tool, input, output) => {
                messages.push(json!({"role": "assistant", "content": [{"type": "tool_use",
                    "id": format!("toolu_{at}"), "name": tool, "input": input}]}));
                messages.push(json!({"role": "user", "content": [{"type": "tool_result",
                    "tool_use_id": format!("toolu_{at}"), "content": output}]}));
            }
        }
    }
    json!({"model": "claude-x", "max_tokens": 9, "messages": messages})
}

/// The types and the fields of LangChain's messages.
fn langchain_fields(exchange: &Exchange) -> Vec<(&'static str, &'static str, Value)> {
    let mut messages = Vec::new();
    for (at, turn) in exchange.turns.iter().enumerate() {
        match turn {
            Turn::User(text) => messages.push((
                "human",
                "HumanMessage",
                json!({"content": text,
                "additional_kwargs": {}, "response_metadata": {}}),
            )),
            Turn::Assistant(text) => messages.push((
                "ai",
                "AIMessage",
                json!({"content": text,
                "tool_calls": [], "invalid_tool_calls": []}),
            )),
            Turn::Tool(tool, input, output) => {
                messages.push((
                    "ai",
                    "AIMessage",
                    json!({"content": "", "tool_calls": [
                    {"name": tool, "args": input, "id": format!("c{at}"), "type": "tool_call"}]}),
                ));
                messages.push((
                    "tool",
                    "ToolMessage",
                    json!({"content": output, "name": tool,
                    "tool_call_id": format!("c{at}")}),
                ));
            }
        }
    }
    messages
}

fn langchain(exchange: &Exchange) -> Vec<Value> {
    let messages = langchain_fields(exchange).into_iter();
    messages.map(|(sort, _, data)| json!({"type": sort, "data": data})).collect()
}

fn langchain_constructors(exchange: &Exchange) -> Vec<Value> {
    let messages = langchain_fields(exchange).into_iter();
    let row = |(_, class, kwargs): (&str, &str, Value)| {
        json!({"lc": 1, "type": "constructor",
        "id": ["langchain", "schema", "messages", class], "kwargs": kwargs})
    };
    messages.map(row).collect()
}
