//! Events that left the ring: critical ones and those that were to be kept.

use aios_record::{Id, Record, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Error, EventFeed, Meta, Working, WorkingView,
    row::{Row, fields},
};

/// An operational event that was kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Unique among events. Default: a new one.
    #[serde(default = "Id::generate")]
    pub id: Id,
    /// Its number in the ring that it comes from.
    #[serde(default)]
    pub seq: i64,
    /// When it happened. Default: now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<Timestamp>,
    /// The sort of event.
    pub category: String,
    /// The part of the system that it comes from.
    #[serde(default)]
    pub source: String,
    /// The content.
    #[serde(default)]
    pub data: Value,
    /// It must not be lost.
    #[serde(default)]
    pub critical: bool,
    /// Scope, provenance, times.
    #[serde(flatten)]
    pub meta: Meta,
}

impl Event {
    /// An event that happens now and is not critical.
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

fields! { Event in "events" { seq, timestamp, category, source, data, critical } }

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

/// The strings of a value, in its order.
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

/// Which events are wanted; what is left out restricts nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Only this category.
    pub category: Option<String>,
    /// Only from this source.
    pub source: Option<String>,
    /// Only at this time or later.
    pub since: Option<Timestamp>,
    /// The most events to return. Default: all.
    pub limit: Option<usize>,
}

impl Working {
    /// Stores events, all in one transaction. An event that its owner has already stays as it is.
    ///
    /// # Errors
    /// [`Error::InBatch`] with the place of the first one that cannot be stored; none is then.
    pub async fn store_events(&self, events: Vec<Event>) -> Result<(), Error> {
        self.view
            .write(move |access| {
                for (index, mut event) in events.into_iter().enumerate() {
                    let stored = access.existing(&event).and_then(|existing| match existing {
                        Some(_) => Ok(()),
                        None => access.store(&mut event),
                    });
                    stored.map_err(|source| Error::InBatch { index, source: Box::new(source) })?;
                }
                Ok(())
            })
            .await
    }
}

impl WorkingView {
    /// The visible events that `filter` lets through, newest first.
    ///
    /// # Errors
    /// [`Error::Storage`] when the file cannot be read.
    pub async fn events(&self, filter: EventFilter) -> Result<Vec<Event>, Error> {
        self.read(move |access| {
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
