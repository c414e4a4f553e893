//! Facts of an earlier version of this program, which only long-term memory stored.

use aios_record::{Record, Timestamp};
use serde_json::{Map, Value, json};

/// Returns a fact with the fields that working memory stores today, taken from its record.
pub(super) fn as_stored_now(mut record: Record) -> Record {
    let mut fields = match record.payload.take() {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    let mut set = |name: &str, value: Value| {
        if !value.is_null() && fields.get(name).is_none_or(Value::is_null) {
            fields.insert(name.to_owned(), value);
        }
    };
    set("id", json!(record.id));
    set("text", json!(record.text));
    set("scope", json!(record.scope));
    set("provenance", json!(record.provenance));
    set("importance", json!(record.importance));
    set("confidence", json!(record.confidence));
    set("stated_at", json!(record.occurred_at.unwrap_or(record.recorded_at)));
    set("valid_from", json!(record.valid_from));
    set("valid_to", json!(record.valid_to));
    set("superseded_by", json!(record.superseded_by));
    set("expires_at", json!(record.expires_at));
    if record.superseded_by.is_some() {
        let end: Option<Timestamp> = record.valid_to;
        set("ended_at", json!(end.unwrap_or(record.recorded_at)));
    }
    record.payload = Value::Object(fields);
    record
}
