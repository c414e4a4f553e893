//! A note in the form of a mem0 memory, and its changes.

use std::time::Duration;

use aios_memory::{Record, Timestamp, draft::moment, longterm::Version};
use serde_json::{Map, Value, json};

use crate::{
    failure::Failure,
    http::facade::{Fields, id_shown, text_of},
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Returns a record as a memory.
pub(super) fn shown(record: &Record) -> Value {
    let created_at = record.payload["created_at"].as_str().map(str::to_owned);
    let recorded_at = record.recorded_at.to_string();
    json!({
        "id": id_shown(record),
        "memory": text_of(record),
        "user_id": record.scope.user,
        "agent_id": record.scope.agent,
        "app_id": record.scope.project,
        "run_id": record.scope.session,
        "metadata": record.payload.get("metadata"),
        "categories": record.tags,
        "created_at": created_at.as_ref().unwrap_or(&recorded_at),
        "updated_at": record.payload["updated_at"].as_str().unwrap_or(&recorded_at),
        "expiration_date": record.expires_at.map(last_day),
    })
}

/// Removes and returns the time at which a memory expires. A day is included to its end.
pub(super) fn expiry(fields: &mut Fields) -> Result<Option<Timestamp>, Failure> {
    let date = fields.text("expiration_date")?;
    let Some(date) = date else { return Ok(None) };
    let time = moment::from_json(&json!(date));
    let time = time.map_err(|error| Failure::invalid(format!("`expiration_date`: {error}")))?;
    let is_day = date.trim().len() == "2026-01-31".len();
    Ok(Some(if is_day { time.checked_add(DAY).unwrap_or(time) } else { time }))
}

/// Returns the time at which a memory expires: the last day of its validity if that ends with a
/// whole day, as the clients state it.
fn last_day(time: Timestamp) -> String {
    let is_midnight = time.as_second() % 86_400 == 0 && time.subsec_nanosecond() == 0;
    match time.checked_sub(DAY) {
        Ok(day) if is_midnight => day.to_string().chars().take("2026-01-31".len()).collect(),
        _ => time.to_string(),
    }
}

/// Returns the changes that an update makes to a record.
pub(super) fn changes(record: &Record, mut fields: Fields) -> Result<Map<String, Value>, Failure> {
    let mut changes = Map::new();
    if let Some(text) = fields.text("text")? {
        changes.insert("content".to_owned(), text.into());
    }
    let metadata = fields.object("metadata")?;
    if !metadata.is_empty() {
        let mut all = record.payload["metadata"].as_object().cloned().unwrap_or_default();
        all.extend(metadata);
        changes.insert("metadata".to_owned(), Value::Object(all));
    }
    if let Some(time) = fields.time("timestamp")? {
        changes.insert("created_at".to_owned(), json!(time));
    }
    let is_cleared = fields.is_null("expiration_date");
    if let Some(time) = expiry(&mut fields)? {
        changes.insert("expires_at".to_owned(), json!(time));
    } else if is_cleared {
        changes.insert("expires_at".to_owned(), Value::Null);
    }
    fields.finish(&[])?;
    if changes.is_empty() {
        return Err(Failure::invalid("name `text`, `metadata`, `timestamp` or `expiration_date`"));
    }
    Ok(changes)
}

/// Returns the versions of a record as mem0's history, oldest first.
pub(super) fn history(id: &str, versions: &[Version]) -> Vec<Value> {
    let mut before: Option<&str> = None;
    let oldest_first = versions.iter().rev().enumerate();
    let entries = oldest_first.map(|(number, version)| {
        let text = text_of(&version.record);
        let entry = json!({
            "id": format!("{id}-{number}"),
            "memory_id": id,
            "old_memory": before,
            "new_memory": text,
            "event": if before.is_some() { "UPDATE" } else { "ADD" },
            "user_id": version.record.scope.user,
            "metadata": version.record.payload.get("metadata"),
            "created_at": version.written_at.to_string(),
            "updated_at": version.written_at.to_string(),
        });
        before = Some(text);
        entry
    });
    entries.collect()
}
