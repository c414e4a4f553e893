//! Events, as they are pushed and as they are read back. Not here: the ring that holds them.

use std::{fmt, time::Duration};

use aios_record::{Id, Timestamp};
use serde::{Deserialize, Serialize, Serializer, ser::SerializeStruct};
use serde_json::Value;

use crate::{
    overflow::Handover,
    ring::Kept,
    sync::{AtomicBool, Ordering},
};

/// Something that happened.
///
/// ```
/// use aios_operational::{Category, Event};
/// use serde_json::json;
///
/// let event = Event::new("disk", "sensor-3", json!({"free_gb": 0.2})).critical();
/// assert_eq!(event.category, Category::Other("disk".into()));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Identifier. Default: a generated UUIDv7.
    pub id: Option<Id>,
    /// Time at which it happened. Default: the time of the push.
    pub timestamp: Option<Timestamp>,
    /// Kind of event.
    pub category: Category,
    /// Origin of the event.
    pub source: String,
    /// Payload.
    pub data: Value,
    /// True if the event must not be lost.
    pub critical: bool,
}

impl Event {
    /// Creates an event that happens now and is not critical.
    #[must_use]
    pub fn new(category: impl Into<Category>, source: impl Into<String>, data: Value) -> Event {
        Event {
            id: None,
            timestamp: None,
            category: category.into(),
            source: source.into(),
            data,
            critical: false,
        }
    }

    /// Sets the id.
    #[must_use]
    pub fn with_id(self, id: Id) -> Event {
        Event { id: Some(id), ..self }
    }

    /// Sets the time at which the event happened.
    #[must_use]
    pub fn with_timestamp(self, timestamp: Timestamp) -> Event {
        Event { timestamp: Some(timestamp), ..self }
    }

    /// Marks the event as critical: it must not be lost.
    #[must_use]
    pub fn critical(self) -> Event {
        Event { critical: true, ..self }
    }

    /// Returns the size in bytes: the lengths of its texts, and 8 for every other value.
    pub(crate) fn bytes(&self) -> usize {
        let id = self.id.as_ref().map_or(0, |id| id.as_str().len());
        id + self.category.as_str().len() + self.source.len() + value_bytes(&self.data)
    }
}

/// Returns the size of `value` in bytes: the lengths of its texts and keys, and 8 for every other
/// value.
pub(crate) fn value_bytes(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(value_bytes).sum(),
        Value::Object(fields) => {
            fields.iter().map(|(key, value)| key.len() + value_bytes(value)).sum()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
    }
}

/// Kind of event: a well-known one, or any text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Category {
    /// `metric`: a measurement worth reporting.
    Metric,
    /// `event`: something that happened, without a more specific category.
    Event,
    /// `task`: a task began, progressed or ended.
    Task,
    /// `tool_result`: a tool returned.
    ToolResult,
    /// Any other text.
    Other(Box<str>),
}

impl Category {
    /// Returns the category as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Category::Metric => "metric",
            Category::Event => "event",
            Category::Task => "task",
            Category::ToolResult => "tool_result",
            Category::Other(text) => text,
        }
    }
}

impl From<&str> for Category {
    fn from(text: &str) -> Category {
        match text {
            "metric" => Category::Metric,
            "event" => Category::Event,
            "task" => Category::Task,
            "tool_result" => Category::ToolResult,
            other => Category::Other(other.into()),
        }
    }
}

impl From<String> for Category {
    fn from(text: String) -> Category {
        match Category::from(text.as_str()) {
            Category::Other(_) => Category::Other(text.into()),
            known => known,
        }
    }
}

impl From<Category> for String {
    fn from(category: Category) -> String {
        match category {
            Category::Other(text) => text.into(),
            known => known.as_str().to_owned(),
        }
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A pushed event: immutable, cheap to clone, and alive as long as a clone of it exists, even if
/// the ring is dropped.
#[derive(Clone)]
pub struct StoredEvent(pub(crate) Kept<Held>);

/// An event as the ring holds it.
pub(crate) struct Held {
    pub(crate) event: Event,
    pub(crate) timestamp: Timestamp,
    /// Time from the opening of the handle to the push.
    pub(crate) pushed_at: Duration,
    /// Differs between handles, so that their generated ids differ.
    pub(crate) nonce: u64,
    pub(crate) handover: Handover,
    pub(crate) forgotten: AtomicBool,
}

impl Held {
    pub(crate) fn is_forgotten(&self) -> bool {
        // ORDERING: the flag guards no other memory.
        self.forgotten.load(Ordering::Relaxed)
    }
}

impl StoredEvent {
    /// Returns the position in the order of all pushes, from 0.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.0.seq()
    }

    /// Returns the given id, or a generated UUIDv7, which stays the same.
    #[must_use]
    pub fn id(&self) -> Id {
        self.0.event.id.clone().unwrap_or_else(|| self.generated_id())
    }

    /// Returns the time at which the event happened.
    #[must_use]
    pub fn timestamp(&self) -> Timestamp {
        self.0.timestamp
    }

    /// Returns the kind of event.
    #[must_use]
    pub fn category(&self) -> &Category {
        &self.0.event.category
    }

    /// Returns the origin of the event.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.0.event.source
    }

    /// Returns the payload.
    #[must_use]
    pub fn data(&self) -> &Value {
        &self.0.event.data
    }

    /// Returns true if the event has been [forgotten](crate::Operational::forget_events) since its
    /// push.
    #[must_use]
    pub fn is_forgotten(&self) -> bool {
        self.0.is_forgotten()
    }

    /// Returns true if the event must not be lost.
    #[must_use]
    pub fn is_critical(&self) -> bool {
        self.0.event.critical
    }

    /// Derives an id from the event on demand, so that a push does not pay for it. `seq`
    /// distinguishes ids within a handle, the nonce between handles.
    fn generated_id(&self) -> Id {
        let seq = self.seq();
        let mut bytes = [0; 10];
        bytes[..2].copy_from_slice(&(seq as u16).to_be_bytes());
        bytes[2..].copy_from_slice(&self.0.nonce.wrapping_add(seq).to_be_bytes());
        let millis = u64::try_from(self.0.timestamp.as_millisecond()).unwrap_or(0);
        let uuid = uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid();
        Id::new(uuid.to_string()).expect("a UUID has 36 bytes")
    }
}

impl fmt::Debug for StoredEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredEvent")
            .field("seq", &self.seq())
            .field("timestamp", &self.timestamp())
            .field("event", &self.0.event)
            .finish()
    }
}

/// Serialised as the record `event`: `id`, `seq`, `timestamp`, `category`, `source`, `data`,
/// `critical`.
impl Serialize for StoredEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut record = serializer.serialize_struct("event", 7)?;
        record.serialize_field("id", &self.id())?;
        record.serialize_field("seq", &self.seq())?;
        record.serialize_field("timestamp", &self.timestamp())?;
        record.serialize_field("category", self.category())?;
        record.serialize_field("source", self.source())?;
        record.serialize_field("data", self.data())?;
        record.serialize_field("critical", &self.is_critical())?;
        record.end()
    }
}
