//! Messages beside the `messages` of a conversation: the system prompt of an Anthropic request, and
//! the response in a log of OpenAI or Anthropic requests.

use serde_json::{Map, Value, json};

use super::{owners, sharegpt};

/// Fields of an answer.
const RESPONSES: &[&str] = &["response", "completion"];

/// Fields of a request that control the answer and are not content.
const SETTINGS: &[&str] = &[
    "model",
    "tools",
    "tool_choice",
    "functions",
    "max_tokens",
    "max_completion_tokens",
    "temperature",
    "top_p",
    "stream",
    "stop",
    "stop_sequences",
    "response_format",
    "parallel_tool_calls",
    "thinking",
];

/// Removes and returns the messages in a conversation's other fields, before and after its
/// `messages`.
///
/// # Errors
/// A message if an answer names two owners, or has a field that only looks like an owner.
pub(crate) fn messages_beside(
    fields: &mut Map<String, Value>,
) -> Result<(Vec<Value>, Vec<Value>), String> {
    let is_said = |system: &Value| system.is_array() || system.is_string();
    let system =
        if fields.get("system").is_some_and(is_said) { fields.remove("system") } else { None };
    let before = system.map(|system| json!({"role": "system", "content": system}));
    let mut after = Vec::new();
    for name in RESPONSES {
        if let Some(answers) = fields.get(*name).and_then(answers_in) {
            after.extend(answers);
            let Some(Value::Object(mut answer)) = fields.remove(*name) else { continue };
            if let Some(created) = answer.remove("created").filter(Value::is_number) {
                fields.entry("created").or_insert(created);
            }
            owners::lift(&mut answer, fields)?;
        }
    }
    if let Some(answers) = fields.get("choices").and_then(choices) {
        after.extend(answers);
        let mut choices = Map::from_iter(fields.remove_entry("choices"));
        owners::lift(&mut choices, fields)?;
    }
    fields.retain(|name, _| !SETTINGS.contains(&&**name));
    Ok((before.into_iter().collect(), after))
}

/// Returns the assistant's messages in an answer; `None` if it is not an answer.
fn answers_in(answer: &Value) -> Option<Vec<Value>> {
    let is_message = |it: &Value| it.get("role").is_some() && it.get("content").is_some();
    match answer {
        Value::String(text) if !text.trim().is_empty() => {
            Some(vec![json!({"role": "assistant", "content": text})])
        }
        Value::Array(messages) if !messages.is_empty() => {
            messages.iter().all(is_message).then(|| messages.clone())
        }
        answer if is_message(answer) => Some(vec![answer.clone()]),
        answer => answer.get("choices").and_then(choices),
    }
}

/// Returns the messages of the choices in an answer; `None` if a choice has no message.
fn choices(choices: &Value) -> Option<Vec<Value>> {
    let choices = choices.as_array().filter(|choices| !choices.is_empty())?;
    let message = |choice: &Value| {
        let text = || Some(json!({"role": "assistant", "content": choice.get("text")?.as_str()?}));
        choice.get("message").filter(|it| it.is_object()).cloned().or_else(text)
    };
    choices.iter().map(message).collect()
}

/// Converts an object with messages into a conversation with `messages`: a ShareGPT conversation,
/// `{"data": [...]}`, a Gemini request, or the answer to a request. Other objects are unchanged.
pub(crate) fn opened(fields: Map<String, Value>) -> Map<String, Value> {
    let mut fields = google(sharegpt::opened(fields));
    if is_said_itself(&fields) {
        return fields;
    }
    if has_list(&fields) {
        let list = fields.remove("data").unwrap_or_default();
        fields.retain(|name, value| !(name == "object" && *value == "list"));
        fields.insert("messages".to_owned(), list);
    } else if fields.get("choices").and_then(choices).is_some() {
        fields.remove("object");
        fields.insert("messages".to_owned(), json!([]));
    }
    fields
}

/// Returns the chats of a full export of Telegram,
/// `{"chats": {"list": [{"messages": [...]}]}, "left_chats": ..}`. The account and the other parts
/// of the export are not content.
pub(crate) fn chats_in(export: &Value) -> Option<Vec<Value>> {
    let has_messages = |chat: &Value| chat.get("messages").is_some_and(Value::is_array);
    let list = |name: &str| export.get(name)?.get("list")?.as_array();
    let chats = list("chats").filter(|chats| chats.iter().any(has_messages))?;
    let left = list("left_chats").into_iter().flatten();
    Some(chats.iter().chain(left).filter(|chat| has_messages(chat)).cloned().collect())
}

/// Converts a Gemini request, `{"contents": [{"role", "parts"}]}`, into one with `messages`.
fn google(mut fields: Map<String, Value>) -> Map<String, Value> {
    let list = fields.get("contents").and_then(Value::as_array);
    let is_said = |it: &Value| it.get("parts").is_some_and(Value::is_array);
    if is_said_itself(&fields) || !list.is_some_and(|list| list.iter().any(is_said)) {
        return fields;
    }
    let list = fields.remove("contents").unwrap_or_default();
    fields.insert("messages".to_owned(), list);
    for name in ["systemInstruction", "system_instruction"] {
        let parts = fields.get(name).and_then(|it| it.get("parts")).filter(|it| it.is_array());
        if let Some(parts) = parts.cloned() {
            fields.remove(name);
            fields.insert("system".to_owned(), parts);
        }
    }
    fields
}

/// Returns `true` for an object with a list of messages or conversations as `data`, which may
/// belong to several owners.
pub(crate) fn has_list(fields: &Map<String, Value>) -> bool {
    let list = fields.get("data").and_then(Value::as_array);
    let is_list = |list: &Vec<Value>| !list.is_empty() && list.iter().all(Value::is_object);
    list.is_some_and(is_list) && !is_said_itself(fields)
}

/// Returns `true` for an object with content of its own.
fn is_said_itself(fields: &Map<String, Value>) -> bool {
    ["messages", "text", "content"].iter().any(|name| fields.contains_key(*name))
}
