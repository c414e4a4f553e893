//! The parts of an arrival that its source tells, beside those of another one or of what is stored.
//! A part that one of them leaves out does not differ.

use std::hash::{DefaultHasher, Hash, Hasher};

use aios_record::{Record, forms};
use aios_working::{Message, NewMessage};
use serde_json::Value;

use super::{Arrival, Content, Tells};

/// The content of an arrival, in short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    /// A hash of the text, in the form in which texts are the same.
    text: blake3::Hash,
    /// Hashes of role, name, time and tags, as far as they are told.
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

    /// Returns `true` if both say the same, as far as both say it.
    pub(super) fn agrees(&self, other: &Told) -> bool {
        self.text == other.text && agree(self.parts, other.parts)
    }
}

/// Returns `true` if `arrival` is a message that says who said it, when, or with which tags, and
/// `stored`, which has its text, says otherwise.
pub(super) fn tells_otherwise(arrival: &Arrival, stored: &Record) -> bool {
    let part = |name: &str| stored.payload.get(name).filter(|value| !value.is_null()).map(hash);
    let time = stored.occurred_at.map(|time| hash(&time.as_microsecond()));
    let tags = stored.payload.get("metadata").map(tags_in);
    !agree(parts_of(arrival), [part("role"), Some(part("name").unwrap_or_default()), time, tags])
}

/// As [`tells_otherwise`], for a message in working memory.
pub(super) fn tells_message_otherwise(arrival: &Arrival, stored: &Message) -> bool {
    let name = stored.name.as_deref().map(|name| hash(&Value::from(name)));
    let stored = [
        Some(hash(&Value::from(stored.role.to_string()))),
        Some(name.unwrap_or_default()),
        Some(hash(&stored.timestamp.as_microsecond())),
        Some(tags_in(&stored.metadata)),
    ];
    !agree(parts_of(arrival), stored)
}

/// The parts that a message with an id of its source tells. One without is known by them.
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
