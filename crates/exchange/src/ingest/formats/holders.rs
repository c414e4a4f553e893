//! Fields with the messages, conversations or memories of an object. A fault in one of them affects
//! only the broken part.

use serde_json::{Map, Value};

use super::{description::Description, table::FORMATS};

/// Fields that hold the messages of a conversation.
const HOLDERS: &[&str] =
    &["messages", "mapping", "chat_messages", "conversations", "conversation", "haystack_sessions"];

/// Other fields that may have messages or conversations.
const OTHERS: &[&str] = &["data", "items"];

/// Ownership of the parts of a list or table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ingest) enum PartsOf {
    /// All parts have the same owner, and any of them may name it.
    One,
    /// Each part has its own owner.
    Each,
}

/// Returns the ownership of the parts in a field; `None` if the field holds no parts.
pub(in crate::ingest) fn parts_in(name: &str) -> Option<PartsOf> {
    let is_list =
        |it: &Description| it.shape.as_ref().is_some_and(|shape| shape.lists.contains(&name));
    match name {
        name if OTHERS.contains(&name) => Some(PartsOf::Each),
        name if HOLDERS.contains(&name) => Some(PartsOf::One),
        _ => FORMATS.iter().any(is_list).then_some(PartsOf::Each),
    }
}

/// Returns `true` for an object that holds messages, which is a conversation by itself.
pub(in crate::ingest) fn holds_parts(object: &Map<String, Value>) -> bool {
    HOLDERS.iter().any(|name| object.get(*name).is_some_and(|it| it.is_array() || it.is_object()))
}

/// Returns the field with messages in a piece of broken JSON, if it is a conversation.
pub(in crate::ingest) fn holder_in(json: &[u8]) -> Option<&'static str> {
    HOLDERS.iter().copied().find(|name| has_field(json, name))
}

/// Returns `true` if a piece of broken JSON has a field with parts that can be read by themselves.
pub(in crate::ingest) fn may_have_parts(json: &[u8]) -> bool {
    let lists = FORMATS.iter().filter_map(|it| it.shape.as_ref()).flat_map(|shape| shape.lists);
    let names = HOLDERS.iter().chain(OTHERS).chain(lists);
    names.into_iter().any(|name| has_field(json, name))
}

fn has_field(json: &[u8], name: &str) -> bool {
    let json = String::from_utf8_lossy(json);
    let quoted = format!("\"{name}\"");
    let follows = |(at, _): (usize, &str)| json[at + quoted.len()..].trim_start().starts_with(':');
    json.match_indices(&quoted).any(follows)
}
