//! OpenAI's Responses API: items in a list or on lines, and whole responses.
//!
//! Codex writes the same items, and its reader uses this one.

use aios_draft::content::{self, Call, Content, first, text_in};
use serde_json::{Map, Value};

use super::{
    description::{Description, Elements, Reader, Shape},
    transcript::{Conversation, Ids, Message, Transcript},
};
use crate::ingest::{format::Format, own::is_own_tool};

pub(super) const DESCRIPTION: Description = Description {
    format: Format::Responses,
    name: "openai-responses",
    about: "OpenAI Responses: items, or whole responses",
    shape: Some(Shape {
        recognises: |element| (is_item(element) && !is_message(element)) || is_body(element),
        needs: "`type`",
        signs: &["call_id", "output", "input", "status"],
        artefacts: &[],
        lists: &[],
        opens: &["input", "output", "response"],
        elements: Elements::Loose,
        reader: Some(|| Box::new(Responses)),
    }),
};

/// Types of items that are tool calls, of the provider's tools and of others.
const CALLS: &[&str] = &[
    "function_call",
    "custom_tool_call",
    "local_shell_call",
    "shell_call",
    "apply_patch_call",
    "computer_call",
    "web_search_call",
    "file_search_call",
    "code_interpreter_call",
    "image_generation_call",
    "mcp_call",
    "tool_search_call",
];

/// Separator between the namespace and the name of a tool.
const TOOL_SEPARATOR: &str = "__";

/// Types of calls that contain their results.
const OF_PROVIDER: &[&str] = &[
    "web_search_call",
    "file_search_call",
    "code_interpreter_call",
    "image_generation_call",
    "mcp_call",
    "tool_search_call",
];

/// Returns `true` for an item of a conversation.
pub(super) fn is_item(item: &Map<String, Value>) -> bool {
    let sort = item.get("type").and_then(Value::as_str).unwrap_or_default();
    let sort_of_call = sort.strip_suffix("_output").unwrap_or(sort);
    match sort {
        "reasoning" => item.contains_key("summary"),
        "message" => item.contains_key("role") && item.get("content").is_some_and(Value::is_array),
        _ => {
            CALLS.contains(&sort_of_call)
                && ["id", "call_id"].iter().any(|it| item.contains_key(*it))
        }
    }
}

/// Returns `true` for a message item, which on its own needs no reader.
fn is_message(item: &Map<String, Value>) -> bool {
    item.get("type").and_then(Value::as_str) == Some("message")
}

/// Returns `true` for a response, or for a logged request with its response.
fn is_body(element: &Map<String, Value>) -> bool {
    let is_response = element.get("object").and_then(Value::as_str) == Some("response");
    is_response
        || element
            .get("output")
            .and_then(Value::as_array)
            .is_some_and(|items| items.iter().any(|item| item.as_object().is_some_and(is_item)))
}

/// Reads one item.
pub(super) fn read_item(
    conversation: &Conversation,
    line: u64,
    item: &Map<String, Value>,
    time: &Value,
    to: &mut Transcript,
) {
    let sort = text_in(item, &["type"]).unwrap_or_default();
    match &*sort {
        "message" => {
            let said = Content::read(item.get("content").unwrap_or(&Value::Null));
            to.message(
                conversation,
                Message {
                    line,
                    role: text_in(item, &["role"]).unwrap_or_default(),
                    id: text_in(item, &["id"]),
                    time: time.clone(),
                    said,
                    ..Message::default()
                },
            );
        }
        "reasoning" => {
            let mut said = Content::default();
            for field in ["summary", "content"] {
                let thinking = Content::read(item.get(field).unwrap_or(&Value::Null));
                said.add_thinking(&thinking.text());
                said.add_thinking(&thinking.thinking());
            }
            match said.thinking().is_empty() {
                true => to.skip(line, "encrypted thinking"),
                false => {
                    let id = text_in(item, &["id"]);
                    let time = time.clone();
                    let message = Message { line, id, time, said, ..Message::default() };
                    to.message(conversation, message);
                }
            }
        }
        sort if sort.ends_with("_output") => {
            to.result(conversation, line, content::returned(item), time);
        }
        sort if CALLS.contains(&sort) => {
            let mut call = content::call(item);
            if !item.contains_key("name") {
                sort.strip_suffix("_call").unwrap_or(sort).clone_into(&mut call.tool);
            }
            // The tools of a server are in a namespace with the server's name.
            if let Some(namespace) = text_in(item, &["namespace"]) {
                let whole = format!("{namespace}{TOOL_SEPARATOR}{}", call.tool);
                if is_own_tool(&whole) {
                    call.tool = whole;
                }
            }
            let has_output =
                ["output", "result", "results", "outputs"].iter().any(|it| item.contains_key(*it));
            // The provider executes these calls itself, so no result follows a completed one.
            let is_done = OF_PROVIDER.contains(&sort)
                && item.get("status").and_then(Value::as_str) == Some("completed");
            let id = call.id.clone();
            to.call(conversation, line, Call { ..call }, time);
            if has_output || is_done {
                let mut returned = content::Returned { call: id, ..content::returned(item) };
                if sort == "image_generation_call" && returned.output.is_string() {
                    returned.output = "[image]".into();
                }
                to.result(conversation, line, returned, time);
            }
        }
        sort => to.skip(line, format!("not a message but `{sort}`")),
    }
}

struct Responses;

impl Reader for Responses {
    fn read(&mut self, line: u64, element: Map<String, Value>, to: &mut Transcript) {
        let conversation = |id| Conversation::new("openai", Ids::OfConversation, id);
        if is_item(&element) {
            let time = first(&element, &["created_at", "timestamp"]).cloned().unwrap_or_default();
            return read_item(&conversation(None), line, &element, &time, to);
        }
        let response = element.get("response").and_then(Value::as_object).unwrap_or(&element);
        let id = match response.get("conversation") {
            Some(Value::Object(of)) => text_in(of, &["id"]),
            _ => text_in(response, &["conversation", "id"]),
        };
        let conversation = conversation(id);
        let time = first(response, &["created_at"]).cloned().unwrap_or_default();
        for (field, role) in
            [("instructions", "system"), ("input", "user"), ("output", "assistant")]
        {
            let items = match element.get(field).or_else(|| response.get(field)) {
                Some(Value::Array(items)) => items.clone(),
                Some(text @ Value::String(_)) => vec![message_item(role, text)],
                _ => Vec::new(),
            };
            for item in items.iter() {
                let Some(item) = item.as_object() else {
                    to.fail(line, format!("expected an item of `{field}` to be an object"));
                    continue;
                };
                let item = match item.get("type") {
                    None if item.contains_key("role") => {
                        let mut item = item.clone();
                        item.insert("type".to_owned(), "message".into());
                        item
                    }
                    _ => item.clone(),
                };
                read_item(&conversation, line, &item, &time, to);
            }
        }
    }
}

fn message_item(role: &str, text: &Value) -> Value {
    serde_json::json!({"type": "message", "role": role, "content": text})
}
