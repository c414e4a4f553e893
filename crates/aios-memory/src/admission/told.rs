//! Comparison of the parts that an arrival's source names with another arrival or with the stored
//! record. A part missing on either side does not count as a difference.

use std::hash::{DefaultHasher, Hash, Hasher};

use aios_record::{Record, Timestamp, forms};
use aios_working::{Message, NewMessage, Role};
use serde_json::Value;

use super::arrival::{Arrival, Content, Tells};

/// A digest of an arrival's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    /// Hash of the normalised text.
    text: blake3::Hash,
    /// Hashes of role, name, time and tags, if the source names them.
    parts: [Option<u64>; 4],
}

impl Told {
    pub(super) fn of(arrival: &Arrival) -> Told {
        let mut hasher = blake3::Hasher::new();
        match &arrival.content {
            Content::Message(message) => {
                hasher.update(forms::same(&message.content).as_bytes());
            }
            Content::Record(record) => {
                hasher.update(forms::same(&record.text).as_bytes());
            }
            Content::Fields(fields) => {
                hasher.update(Value::Object(fields.clone()).to_string().as_bytes());
            }
        }
        Told { text: hasher.finalize(), parts: parts_of(arrival) }
    }

    /// Returns `true` if both agree in all parts that both have.
    pub(super) fn agrees(&self, other: &Told) -> bool {
        self.text == other.text && agree(self.parts, other.parts)
    }
}

/// Returns `true` if `arrival` is a message that names its speaker, time or tags, and `stored`,
/// which has the same text, differs in them.
pub(super) fn tells_otherwise(arrival: &Arrival, stored: &Record) -> bool {
    let part = |name: &str| stored.payload.get(name).filter(|value| !value.is_null()).map(hash);
    let time = stored.occurred_at.map(|time| hash(&time.as_microsecond()));
    let tags = stored.payload.get("metadata").map(tags_in);
    !agree(parts_of(arrival), [part("role"), Some(part("name").unwrap_or_default()), time, tags])
}

/// Returns `true` if `arrival` is a message with another text than `stored`, or names its speaker,
/// time or tags, and `stored` differs in them.
pub(super) fn tells_message_otherwise(arrival: &Arrival, stored: &Message) -> bool {
    let Message { role, name, timestamp, metadata, content, .. } = stored;
    let stored = parts_stored(role, name.as_deref(), Some(*timestamp), metadata);
    !says(arrival, content) || !agree(parts_of(arrival), stored)
}

/// Like [`tells_message_otherwise`], for the message that `before` stores.
pub(super) fn tells_otherwise_than(arrival: &Arrival, before: &Arrival) -> bool {
    let Content::Message(before) = &before.content else { return true };
    let NewMessage { role, name, timestamp, metadata, content, .. } = &**before;
    let stored = parts_stored(role, name.as_deref(), *timestamp, metadata);
    !says(arrival, content) || !agree(parts_of(arrival), stored)
}

/// Returns `true` if `arrival` is a message with this text.
fn says(arrival: &Arrival, text: &str) -> bool {
    let Content::Message(message) = &arrival.content else { return false };
    forms::same(&message.content) == forms::same(text)
}

/// Returns the parts of a message as it is stored. A message without a time gets the time of its
/// storage.
fn parts_stored(
    role: &Role,
    name: Option<&str>,
    time: Option<Timestamp>,
    metadata: &Value,
) -> [Option<u64>; 4] {
    [
        Some(hash(&Value::from(role.to_string()))),
        Some(name.map(|name| hash(&Value::from(name))).unwrap_or_default()),
        Some(time.map(|time| hash(&time.as_microsecond())).unwrap_or_default()),
        Some(tags_in(metadata)),
    ]
}

/// Returns the parts named by a message with an external id. Any other message is identified by its
/// parts, so none are returned.
fn parts_of(arrival: &Arrival) -> [Option<u64>; 4] {
    let Content::Message(message) = &arrival.content else { return [None; 4] };
    if message.external_id.is_none() {
        return [None; 4];
    }
    let NewMessage { role, name, timestamp, metadata, .. } = &**message;
    let Tells { role: has_role, name: has_name, time: has_time, tags: has_tags } = arrival.tells;
    [
        has_role.then(|| hash(&Value::from(role.to_string()))),
        name.as_deref().filter(|_| has_name).map(|name| hash(&Value::from(name))),
        timestamp.filter(|_| has_time).map(|time| hash(&time.as_microsecond())),
        has_tags.then(|| tags_in(metadata)),
    ]
}

fn agree(one: [Option<u64>; 4], other: [Option<u64>; 4]) -> bool {
    one.into_iter().zip(other).all(|parts| match parts {
        (Some(one), Some(other)) => one == other,
        _ => true,
    })
}

fn tags_in(metadata: &Value) -> u64 {
    metadata.get("tags").filter(|tags| !tags.is_null()).map(hash).unwrap_or_default()
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
