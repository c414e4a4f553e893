//! Events persisted from the ring: critical ones and those marked to be kept.

use aios_record::{Id, Record, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Error, Meta, WorkingView,
    access::Access,
    config::EventFeed,
    row::{Row, fields},
    writing::{self, Writable},
};

/// A persisted operational event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Unique among events. Default: a new id.
    #[serde(default = "Id::generate")]
    pub id: Id,
    /// Sequence number in its ring.
    #[serde(default)]
    pub seq: i64,
    /// The time of the event. Default: now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<Timestamp>,
    /// Category of the event.
    pub category: String,
    /// Component that it comes from.
    #[serde(default)]
    pub source: String,
    /// The content.
    #[serde(default)]
    pub data: Value,
    /// True if the event must not be lost.
    #[serde(default)]
    pub critical: bool,
    /// Scope, provenance, times.
    #[serde(flatten)]
    pub meta: Meta,
}

impl Event {
    /// Returns an event that is not critical; its time is set when it is stored.
    #[must_use]
    pub fn new(category: impl Into<String>, source: impl Into<String>, data: Value) -> Event {
        Event {
            id: Id::generate(),
            seq: 0,
            timestamp: None,
            category: category.into(),
            source: source.into(),
            data,
            critical: false,
            meta: Meta::default(),
        }
    }
}

fields! { Event { seq, timestamp, category, source, data, critical } }

impl Row for Event {
    const HAPPENED: &'static str = "timestamp";
    fn text(&self) -> String {
        let mut lines = vec![self.category.as_str(), self.source.as_str()];
        lines.extend(strings(&self.data));
        lines.retain(|line| !line.is_empty());
        lines.join("\n")
    }

    fn feeds(&self, events: EventFeed) -> bool {
        self.critical || events == EventFeed::All
    }

    fn settle(&mut self, now: Timestamp) {
        self.timestamp.get_or_insert(now);
    }

    fn describe(&self, record: &mut Record) {
        record.occurred_at = self.timestamp;
    }
}

impl Writable for Event {}

/// Returns the strings in a value, in document order.
pub(crate) fn strings(value: &Value) -> Vec<&str> {
    let mut found = Vec::new();
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        match value {
            Value::String(text) => found.push(text.as_str()),
            Value::Array(items) => open.extend(items.iter().rev()),
            Value::Object(fields) => open.extend(fields.values().rev()),
            _ => {}
        }
    }
    found
}

/// Filter for events. Fields that are `None` match everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Only events of this category.
    pub category: Option<String>,
    /// Only events from this source.
    pub source: Option<String>,
    /// Only events at or after this time.
    pub since: Option<Timestamp>,
    /// Maximum number of events. Default: all.
    pub limit: Option<usize>,
}

/// The persisted events of a memory, as a view shows them. [`Intake`](crate::Intake) stores them.
///
/// ```
/// # use aios_working::{Config, Event, EventFilter, Working};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let working = Working::open(&folder.path().join("working.db"), Config::default())?;
/// let event = Event::new("alarm", "disk-watch", serde_json::json!({"free_gb": 2}));
/// working.intake().put_events(vec![event]).await?;
/// let filter = EventFilter { category: Some("alarm".to_owned()), ..EventFilter::default() };
/// assert_eq!(working.events().list(filter).await?.len(), 1);
/// # working.close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Events<'a> {
    pub(crate) view: &'a WorkingView,
}

impl Events<'_> {
    /// Returns the visible events that match `filter`, newest first.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn list(self, filter: EventFilter) -> Result<Vec<Event>, Error> {
        self.view
            .read(move |access| {
                let since = filter.since.map(Timestamp::as_microsecond);
                let limit = filter.limit.and_then(|limit| i64::try_from(limit).ok()).unwrap_or(-1);
                access.select(
                    "AND (?6 IS NULL OR category = ?6) AND (?7 IS NULL OR source = ?7)
                 AND (?8 IS NULL OR ?8 <= timestamp)
                 ORDER BY timestamp DESC, row DESC LIMIT ?9",
                    &[&filter.category, &filter.source, &since, &limit],
                )
            })
            .await
    }
}

/// Stores events. An event that its owner already has is not changed.
pub(crate) fn put_all(access: &Access<'_>, events: Vec<Event>) -> Result<(), Error> {
    for (index, mut event) in events.into_iter().enumerate() {
        let stored = writing::existing(access, &event).and_then(|existing| match existing {
            Some(_) => Ok(()),
            None => writing::store(access, &mut event),
        });
        stored.map_err(|source| Error::InBatch { index, source: Box::new(source) })?;
    }
    Ok(())
}
