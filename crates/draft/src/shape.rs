//! Normalisation of the shapes in which programs write a message to the one that a draft reads.

use serde_json::{Map, Value};

use crate::{
    content::{Call, Content, Returned, call, first, text_in},
    repeated,
    spellings::is_nested,
};

/// Role words of other programs with the normalised ones. Compared without case.
const ROLES: &[(&str, &str)] = &[
    ("user", "user"),
    ("human", "user"),
    ("humanmessage", "user"),
    ("assistant", "assistant"),
    ("ai", "assistant"),
    ("aimessage", "assistant"),
    ("aimessagechunk", "assistant"),
    ("model", "assistant"),
    ("bot", "assistant"),
    ("chatbot", "assistant"),
    ("usermessage", "user"),
    ("assistantmessage", "assistant"),
    ("gpt", "assistant"),
    ("chatgpt", "assistant"),
    ("claude", "assistant"),
    ("gemini", "assistant"),
    ("humanmessagechunk", "user"),
    ("system", "system"),
    ("systemmessagechunk", "system"),
    ("systemmessage", "system"),
    ("developer", "system"),
    ("tool", "tool"),
    ("toolmessage", "tool"),
    ("toolmessagechunk", "tool"),
    ("functionmessagechunk", "tool"),
    ("toolresult", "tool"),
    ("function", "tool"),
    ("functionmessage", "tool"),
    ("observation", "tool"),
    ("functioncall", "function_call"),
    ("toolcall", "function_call"),
];

/// Role words that say more than the normalised ones.
const KEPT: &[&str] = &["developer", "function"];

/// Fields in which programs name the speaker.
const SPEAKERS: &[&str] = &["sender", "from", "author", "speaker", "type", "message_type"];

/// Fields of a text besides `text` and `content`.
const TEXTS: &[&str] = &["value", "message", "body", "parts"];

/// Fields of a message that are consumed here.
const USED_UP: &[&str] =
    &["tool_calls", "function_call", "tool_call_id", "toolCallId", "invalid_tool_calls"];

/// Fields of a message that only give its weight in training.
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

/// A normalised message, and the parts of its content other than text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Shaped {
    /// The message; its text is `content`, which is missing if the message has no text.
    pub object: Map<String, Value>,
    /// The thinking; may be empty.
    pub thinking: String,
    /// Tool calls in the message.
    pub calls: Vec<Call>,
    /// Results of tool calls in the message.
    pub results: Vec<Returned>,
}

/// Normalises the message in an object of any shape to a `role`, a `content` and, if the speaker
/// has one, a `name`. Unrecognised fields stay, and so does an object that is not a message.
pub fn message_shape(object: Map<String, Value>) -> Map<String, Value> {
    shape(object).object
}

/// Like [`message_shape`], with the tool calls, the results and the thinking of the message.
pub fn shape(object: Map<String, Value>) -> Shaped {
    let mut object = unwrapped(object);
    speak(&mut object);
    move_text(&mut object);
    let mut shaped = Shaped::default();
    let is_content = |object: &Map<String, Value>, name: &str| {
        object.get(name).is_some_and(|value| value.is_array() || value.is_object())
    };
    for name in ["content", "text"] {
        if !is_content(&object, name) {
            continue;
        }
        let said = Content::read(&object[name]);
        shaped.thinking = said.thinking();
        let text = said.text();
        let says_nothing = said.calls.is_empty() && said.results.is_empty();
        if !text.is_empty() {
            object.insert(name.to_owned(), text.into());
        } else if !says_nothing || !shaped.thinking.is_empty() {
            object.remove(name);
        }
        shaped.calls.extend(said.calls);
        shaped.results.extend(said.results);
    }
    take_said_call(&mut object, &mut shaped);
    take_calls(&mut object, &mut shaped);
    shaped.object = object;
    shaped
}

/// Returns `true` for a role word that is kept beside the normalised one, since it says more.
pub fn is_kept(word: &str) -> bool {
    KEPT.contains(&word.trim().to_ascii_lowercase().as_str())
}

/// Returns the normalised role of a word; an unknown word is returned unchanged.
pub fn role_of(word: &str) -> &str {
    known_role(word).unwrap_or(word)
}

/// Returns the normalised role of a word, if it is known.
pub fn known_role(word: &str) -> Option<&'static str> {
    let word = word.trim().to_ascii_lowercase().replace(['_', '-'], "");
    ROLES.iter().find(|(theirs, _)| *theirs == word).map(|(_, ours)| *ours)
}

/// Parses metadata that is written as JSON text into an object.
pub fn unfold(object: &mut Map<String, Value>) {
    for (name, value) in object.iter_mut() {
        if is_nested(name)
            && let Value::String(text) = &*value
            && let Ok(inner @ Value::Object(_)) = repeated::parse(text.as_bytes())
        {
            *value = inner;
        }
    }
}

/// Returns the message that a text holds as JSON, as LangChain's message stores write it:
/// `{"type": "ai", "data": {"content": ..}}`, or a serialised class.
pub fn stored_message(text: &str) -> Option<Map<String, Value>> {
    parse_stored(text).map(message_shape)
}

fn parse_stored(text: &str) -> Option<Map<String, Value>> {
    let is_object = text.trim_start().starts_with('{');
    match is_object.then(|| repeated::parse(text.as_bytes())) {
        Some(Ok(Value::Object(object))) if is_stored(&object) => Some(object),
        _ => None,
    }
}

/// Returns `true` for a message as LangChain serialises it.
fn is_stored(object: &Map<String, Value>) -> bool {
    let sort = object.get("type").and_then(Value::as_str).unwrap_or_default();
    let holds = |name: &str| object.get(name).and_then(Value::as_object).is_some_and(says);
    (known_role(sort).is_some() && holds("data")) || (sort == "constructor" && holds("kwargs"))
}

fn says(inner: &Map<String, Value>) -> bool {
    ["content", "text", "parts"].iter().any(|name| inner.contains_key(*name))
}

/// Unwraps the message in a row of a store, which is an object or JSON in a text.
fn open_row(object: &mut Map<String, Value>) {
    let stored = match object.get("message") {
        Some(Value::String(text)) => parse_stored(text),
        Some(Value::Object(inner)) if is_stored(inner) => Some(inner.clone()),
        _ => None,
    };
    if let Some(stored) = stored {
        let mut message = unwrapped(stored);
        // The row may have a type of its own.
        speak(&mut message);
        object.insert("message".to_owned(), message.into());
    }
}

/// Unwraps a message that LangChain and others enclose in another object.
fn unwrapped(mut object: Map<String, Value>) -> Map<String, Value> {
    open_row(&mut object);
    let class = object.get("id").and_then(Value::as_array).and_then(|path| path.last()?.as_str());
    let mut class = class.map(str::to_owned);
    for wrapper in ["data", "kwargs", "message"] {
        let Some(Value::Object(inner)) = object.get(wrapper) else { continue };
        if !says(inner) || (wrapper == "data" && !object.contains_key("type")) {
            continue;
        }
        let Some(Value::Object(inner)) = object.remove(wrapper) else { continue };
        if let Some(class) = class.take() {
            // The id is the path of the class; `lc` and `type` only mark a serialised class.
            for name in ["id", "lc", "type"] {
                object.remove(name);
            }
            object.insert("type".to_owned(), class.into());
        }
        for (name, value) in inner {
            let is_inner = !value.is_null() || !object.contains_key(&name);
            if !is_inner || (name == "type" && object.contains_key("type")) {
                continue;
            }
            if object.get(&name).is_some_and(Value::is_null) {
                object.remove(&name);
            }
            // If a field is on both sides, the inner one counts, but two owners are refused.
            repeated::put(&mut object, name, value);
        }
        break;
    }
    object
}

/// Determines the speaker's role and name.
fn speak(object: &mut Map<String, Value>) {
    if let Some(Value::Object(role)) = object.get("role") {
        let word = text_in(role, &["role", "name", "type"]);
        object.remove("role");
        object.extend(word.map(|word| ("role".to_owned(), word.into())));
    }
    let has_role = object
        .get("role")
        .is_some_and(|role| role.as_str().is_some_and(|it| !it.trim().is_empty()));
    if !has_role && has_text(object) {
        let said =
            SPEAKERS.iter().find_map(|field| Some((*field, speaker(object.get(*field)?, field)?)));
        if let Some((field, (role, name))) = said {
            object.remove(field);
            object.extend(role.map(|role| ("role".to_owned(), role.into())));
            if let Some(name) = name.filter(|_| object.get("name").is_none_or(Value::is_null)) {
                object.insert("name".to_owned(), name.into());
            }
        }
    }
    // A type beside a role repeats it, or marks the object as a message.
    let repeats = |kind: &str| kind == "message" || known_role(kind).is_some();
    let has_role = object.get("role").is_some_and(Value::is_string);
    if has_role && object.get("type").and_then(Value::as_str).is_some_and(repeats) {
        object.remove("type");
    }
}

/// Returns the role and the name of the speaker in a field.
fn speaker(value: &Value, field: &str) -> Option<(Option<String>, Option<String>)> {
    match value {
        Value::String(word) if word.trim().is_empty() => None,
        Value::String(word) if known_role(word).is_some() => Some((Some(word.clone()), None)),
        Value::String(name) if !field.ends_with("type") => Some((None, Some(name.clone()))),
        Value::Object(object) => {
            let (role, name) = (text_in(object, &["role"]), text_in(object, &["name"]));
            (role.is_some() || name.is_some()).then_some((role, name))
        }
        _ => None,
    }
}

fn has_text(object: &Map<String, Value>) -> bool {
    ["text", "content"].iter().chain(TEXTS).any(|name| object.contains_key(*name))
}

/// Moves the text to `content` from other fields, if the message has a role or a speaker.
fn move_text(object: &mut Map<String, Value>) {
    let is_said = |object: &Map<String, Value>| {
        ["role", "name"].iter().any(|name| object.get(*name).is_some_and(Value::is_string))
    };
    let has = |object: &Map<String, Value>, name: &str| {
        let is_blank = |value: &Value| value.as_str().is_some_and(|text| text.trim().is_empty());
        object.get(name).is_some_and(|value| !value.is_null() && !is_blank(value))
    };
    if has(object, "text") || has(object, "content") || !is_said(object) {
        return;
    }
    let found = TEXTS.iter().find(|name| has(object, name));
    let found = found.copied().or_else(|| {
        let says = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
        object.get("refusal").is_some_and(says).then_some("refusal")
    });
    if let Some(value) = found.and_then(|name| object.remove(name)) {
        object.remove("text");
        object.insert("content".to_owned(), value);
        return;
    }
    // The bytes of a spoken answer are omitted.
    let spoken = object.get("audio").and_then(|audio| text_in(audio.as_object()?, &["transcript"]));
    if let Some(spoken) = spoken {
        object.remove("audio");
        object.remove("text");
        object.insert("content".to_owned(), spoken.into());
        return;
    }
    // A null has no content, in any field.
    if let Some(name) = TEXTS.iter().find(|name| object.get(**name).is_some_and(Value::is_null)) {
        object.remove(*name);
        object.entry("content").or_insert(Value::Null);
    }
}

/// Converts a message whose role is a call into the call that its text describes, as in ShareGPT.
fn take_said_call(object: &mut Map<String, Value>, shaped: &mut Shaped) {
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

/// Takes the tool calls beside the content, and converts the message of a tool into a result.
fn take_calls(object: &mut Map<String, Value>, shaped: &mut Shaped) {
    let role = object.get("role").and_then(Value::as_str).and_then(known_role);
    let is_tool = role == Some("tool");
    if let Some(Value::Array(calls)) = object.get("tool_calls") {
        let extra = calls.iter().filter_map(Value::as_object).map(call);
        for extra in extra {
            let is_known = |it: &Call| it.id.is_some() && it.id == extra.id;
            if !shaped.calls.iter().any(is_known) {
                shaped.calls.push(extra);
            }
        }
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
        let is_empty = says_nothing && OFTEN_EMPTY.contains(&&**name);
        !(is_used_up || is_of_training || is_empty)
    });
    let is_empty = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        _ => false,
    };
    if has_calls && object.get("content").is_some_and(is_empty) {
        object.remove("content");
    }
}

#[cfg(test)]
mod tests;
