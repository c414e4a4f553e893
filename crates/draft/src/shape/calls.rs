//! Tool calls beside the content of a message, and messages that are the result of a call.

use serde_json::{Map, Value};

use super::{message::Shaped, roles::known_role};
use crate::content::{Call, Returned, call, first, is_empty, text_in};

/// Fields of a message that this module consumes.
const USED_UP: &[&str] =
    &["tool_calls", "function_call", "tool_call_id", "toolCallId", "invalid_tool_calls"];

/// Fields of a message that only set its weight in training.
const OF_TRAINING: &[&str] = &["weight", "loss_weight"];

/// Fields of a message that are dropped if they are empty.
const OFTEN_EMPTY: &[&str] = &[
    "refusal",
    "annotations",
    "audio",
    "reasoning",
    "reasoning_content",
    "additional_kwargs",
    "response_metadata",
    "usage_metadata",
    "example",
    "name",
];

/// Converts a message with the role of a call, as in ShareGPT, into the call that its text
/// describes.
pub(super) fn take_said_call(object: &mut Map<String, Value>, shaped: &mut Shaped) {
    let role = object.get("role").and_then(Value::as_str).unwrap_or_default();
    if !matches!(role, "function_call" | "tool_call") {
        return;
    }
    let described = ["content", "text"].iter().find_map(|name| {
        let described: Value = serde_json::from_str(object.get(*name)?.as_str()?).ok()?;
        Some((*name, call(described.as_object()?)))
    });
    object.insert("role".to_owned(), "assistant".into());
    if let Some((name, described)) = described.filter(|(_, call)| !call.tool.is_empty()) {
        object.remove(name);
        shaped.calls.push(described);
    }
}

/// Removes and reads the tool calls beside the content, and converts the message of a tool into a
/// result.
pub(super) fn take_calls(object: &mut Map<String, Value>, shaped: &mut Shaped) {
    let role = object.get("role").and_then(Value::as_str).and_then(known_role);
    let is_tool = role == Some("tool");
    for name in ["tool_calls", "invalid_tool_calls"] {
        calls_in(object, name).into_iter().for_each(|call| merge(call, &mut shaped.calls));
    }
    if let Some(Value::Object(further)) = object.get("additional_kwargs") {
        let is_known = |call: &Call| shaped.calls.iter().any(|it| is_same(it, call));
        let known: Vec<Call> =
            calls_in(further, "tool_calls").into_iter().filter(is_known).collect();
        known.into_iter().for_each(|call| merge(call, &mut shaped.calls));
    }
    if let Some(Value::Object(one)) = object.get("function_call") {
        shaped.calls.push(Call { id: None, ..call(one) });
    }
    if let Some(thinking) =
        text_in(object, &["reasoning_content"]).filter(|_| shaped.thinking.is_empty())
    {
        object.remove("reasoning_content");
        shaped.thinking = thinking;
    }
    if is_tool && shaped.results.is_empty() {
        let id = text_in(object, &["tool_call_id", "toolCallId"]);
        let status = object.get("status").and_then(Value::as_str);
        if let Some(output) = first(object, &["content", "text"]) {
            let has_failed = status == Some("error")
                || first(object, &["isError", "is_error"]) == Some(&Value::Bool(true));
            let tool = text_in(object, &["name"]);
            let output = output.clone();
            shaped.results.push(Returned { call: id, tool, output, has_failed });
        }
    }
    let has_calls = !shaped.calls.is_empty() || !shaped.results.is_empty();
    object.retain(|name, value| {
        let says_nothing = match &*value {
            Value::Null | Value::Bool(false) => true,
            Value::Array(items) => items.is_empty(),
            Value::Object(fields) => fields.is_empty(),
            Value::String(text) => text.is_empty(),
            _ => false,
        };
        let is_used_up = USED_UP.contains(&&**name) && (says_nothing || has_calls);
        let is_of_training = OF_TRAINING.contains(&&**name) && value.is_number();
        let is_left_out = says_nothing && OFTEN_EMPTY.contains(&&**name);
        !(is_used_up || is_of_training || is_left_out)
    });
    let is_blank = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        _ => false,
    };
    if has_calls && object.get("content").is_some_and(is_blank) {
        object.remove("content");
    }
}

/// Returns the calls in the list `name` of an object.
fn calls_in(object: &Map<String, Value>, name: &str) -> Vec<Call> {
    let list = object.get(name).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_object).map(call).collect()
}

/// Adds a call unless it is known. Libraries may omit the arguments in one of two copies.
fn merge(call: Call, known: &mut Vec<Call>) {
    match known.iter_mut().find(|it| is_same(it, &call)) {
        Some(known) if is_empty(&known.input) => known.input = call.input,
        Some(_) => {}
        None => known.push(call),
    }
}

fn is_same(one: &Call, other: &Call) -> bool {
    one.id.is_some() && one.id == other.id
}
