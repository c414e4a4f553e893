//! Normalises a message, in any of the shapes that programs write, to the shape that a draft reads.

mod calls;
mod message;
mod roles;

use serde_json::{Map, Value};

use self::calls::{take_calls, take_said_call};
pub use self::{
    message::Shaped,
    roles::{is_kept, is_model, known_role, role_of},
};
use crate::{
    content::{Content, attachments_of, text_in},
    repeated,
    spellings::{is_nested, is_one_of},
};

/// Fields in which programs name the speaker.
const SPEAKERS: &[&str] = &["sender", "from", "author", "speaker", "type", "message_type"];

/// Fields by which chat programs mark a speaker as a program.
const BOT_MARKS: &[&str] =
    &["is_bot", "bot", "is_ai", "is_assistant", "is_model", "is_from_ai", "is_from_bot"];

/// Fields, true or false, by which chat programs mark the words of their user.
const USER_MARKS: &[&str] =
    &["is_created_by_user", "created_by_user", "is_user", "is_from_user", "from_user", "is_human"];

/// Fields that may hold the text, besides `text` and `content`.
const TEXTS: &[&str] = &["value", "message", "body", "parts"];

/// Normalises the message in an object of any shape to a `role`, a `content` and, if the speaker
/// has one, a `name`. Unrecognised fields are kept. An object that is not a message is unchanged.
pub fn message_shape(object: Map<String, Value>) -> Map<String, Value> {
    shaped(object, Content::text).object
}

/// Like [`message_shape`], and returns the message's tool calls, results, thinking and documents as
/// well.
pub fn shape(object: Map<String, Value>) -> Shaped {
    shaped(object, Content::said)
}

/// Normalises a message. `said_in` returns the text of a user's content.
fn shaped(object: Map<String, Value>, said_in: fn(&Content) -> String) -> Shaped {
    let mut object = unwrapped(object);
    whole_telegram(&mut object);
    speak(&mut object);
    move_text(&mut object);
    name_attachments(&mut object);
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
        let role = object.get("role").and_then(Value::as_str);
        let text = match role.and_then(known_role) {
            Some("user") => {
                shaped.documents = said.documents();
                said_in(&said)
            }
            _ => said.text(),
        };
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

/// Parses metadata that is JSON in a string into an object.
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

/// Returns the message in a JSON text, as LangChain's message stores write it:
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

/// Unwraps the message in a row of a message store: an object, or JSON in a string.
fn open_row(object: &mut Map<String, Value>) {
    let stored = match object.get("message") {
        Some(Value::String(text)) => parse_stored(text),
        Some(Value::Object(inner)) if is_stored(inner) => Some(inner.clone()),
        _ => None,
    };
    if let Some(stored) = stored {
        let mut message = unwrapped(stored);
        // The row may have a `type` of its own.
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
            // `id` is the path of the class; `lc` and `type` only mark a serialised class.
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
            // The inner of two duplicate fields is used; two different owners are refused.
            repeated::put(&mut object, name, value);
        }
        break;
    }
    object
}

/// Joins the parts of a Telegram text, in which links and styles are separate parts, and sets the
/// time from `date_unixtime`, because the zone of `date` is unknown.
fn whole_telegram(object: &mut Map<String, Value>) {
    if !object.contains_key("date_unixtime") && !object.contains_key("text_entities") {
        return;
    }
    if let Some(Value::Array(parts)) = object.get("text") {
        let text = |part: &Value| {
            part.as_str().or_else(|| part.get("text")?.as_str()).unwrap_or_default().to_owned()
        };
        let whole: String = parts.iter().map(text).collect();
        object.insert("text".to_owned(), whole.into());
    }
    if let Some(time) = object.remove("date_unixtime") {
        object.insert("date".to_owned(), time);
    }
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
        let marked = author_mark(object)
            .or_else(|| SPEAKERS.iter().find_map(|it| author_mark(object.get(*it)?.as_object()?)));
        let said =
            SPEAKERS.iter().find_map(|field| Some((*field, speaker(object.get(*field)?, field)?)));
        if let Some((field, (role, name))) = said {
            object.remove(field);
            object.extend(role.map(|role| ("role".to_owned(), role.into())));
            if let Some(name) = name.filter(|_| object.get("name").is_none_or(Value::is_null)) {
                object.insert("name".to_owned(), name.into());
            }
        }
        if let Some(author) = marked {
            let word = object.get("role").and_then(Value::as_str).unwrap_or_default();
            // A mark is more certain than a name that reads like a role, but says nothing about
            // messages of the system and of tools.
            if matches!(known_role(word), None | Some("user" | "assistant")) {
                object.insert("role".to_owned(), author.into());
            }
        }
    }
    // A type beside a role repeats the role, or marks the object as a message.
    let repeats = |kind: &str| kind == "message" || known_role(kind).is_some();
    let has_role = object.get("role").is_some_and(Value::is_string);
    if has_role && object.get("type").and_then(Value::as_str).is_some_and(repeats) {
        object.remove("type");
    }
}

/// Returns the role that a speaker or a message is marked with: that of a program, or of its user.
pub fn author_mark(object: &Map<String, Value>) -> Option<&'static str> {
    let mark = |marks: &[&str], expected: bool| {
        object.iter().any(|(name, value)| is_one_of(name, marks) && truth(value) == Some(expected))
    };
    if mark(BOT_MARKS, true) || mark(USER_MARKS, false) {
        return Some("assistant");
    }
    mark(USER_MARKS, true).then_some("user")
}

/// Returns the truth value that programs and databases write as a word or a number.
fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(is_true) => Some(*is_true),
        Value::Number(number) => match number.as_i64() {
            Some(0) => Some(false),
            Some(1) => Some(true),
            _ => None,
        },
        Value::String(word) => match word.to_ascii_lowercase().as_str() {
            "false" | "0" => Some(false),
            "true" | "1" => Some(true),
            _ => None,
        },
        _ => None,
    }
}

/// Returns the role and the name of the speaker in a field.
fn speaker(value: &Value, field: &str) -> Option<(Option<String>, Option<String>)> {
    match value {
        Value::String(word) if word.trim().is_empty() => None,
        Value::String(word) if known_role(word).is_some() => Some((Some(word.clone()), None)),
        Value::String(name) if is_model(name) => {
            Some((Some("assistant".to_owned()), Some(name.clone())))
        }
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

/// Makes the names of the attachments the content of a message that has no other.
fn name_attachments(object: &mut Map<String, Value>) {
    let is_said = ["role", "name"].iter().any(|it| object.get(*it).is_some_and(Value::is_string));
    let is_blank = |name: &&str| match object.get(*name) {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.trim().is_empty(),
        Some(Value::Array(parts)) => parts.is_empty(),
        Some(_) => false,
    };
    if !is_said || !["text", "content"].iter().all(is_blank) {
        return;
    }
    let names = attachments_of(object);
    if !names.is_empty() {
        object.remove("text");
        object.insert("content".to_owned(), names.into());
    }
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
    // The bytes of a spoken answer are dropped; its transcript is the text.
    let spoken = object.get("audio").and_then(|audio| text_in(audio.as_object()?, &["transcript"]));
    if let Some(spoken) = spoken {
        object.remove("audio");
        object.remove("text");
        object.insert("content".to_owned(), spoken.into());
        return;
    }
    // Null in any of these fields means that there is no content.
    if let Some(name) = TEXTS.iter().find(|name| object.get(**name).is_some_and(Value::is_null)) {
        object.remove(*name);
        object.entry("content").or_insert(Value::Null);
    }
}

#[cfg(test)]
mod tests;
