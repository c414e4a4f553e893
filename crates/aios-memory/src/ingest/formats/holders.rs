//! The fields that hold the messages, conversations or memories of an object. If one of these is
//! broken, it costs itself only.

use serde_json::{Map, Value};

use super::{Description, FORMATS};

/// Fields that hold the messages of a conversation.
const HOLDERS: &[&str] =
    &["messages", "mapping", "chat_messages", "conversations", "conversation", "haystack_sessions"];

/// Other fields that may hold messages or conversations.
const OTHERS: &[&str] = &["data", "items"];

/// Whose the parts in a list or table are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ingest) enum PartsOf {
    /// Parts of one owner, whom any of them may name.
    One,
    /// Each of its own.
    Each,
}

/// Whose the parts in the field of this name are; `None` if it does not hold any.
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

/// The field with messages that a piece of broken JSON has, if it is a conversation.
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
