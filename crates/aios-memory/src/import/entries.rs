//! Stores of entries: a JSON list of them, an object of them by id, our own `entries.json`, or a
//! table.

use aios_record::Kind;
use aios_working::ForeignRow;
use serde_json::{Map, Value};

use super::{
    Shape,
    mapping::{Becomes, SESSION, TIMESTAMP, Table, USER, column},
};
use crate::fields::Holds;

pub(super) const SHAPE: Shape = Shape {
    name: "entries",
    about: "a JSON list of entries, or an object of them by id, each with a key or a category; or \
            a table entries",
    tables: &[Table {
        finish,
        ..Table::new(
            &["entries", "memory_entries", "memories"],
            Becomes::Record(Kind::Entry),
            &["key", "category"],
            &["category", "key", "timestamp"],
            &[
                column("id", Holds::Id, &["id", "entry_id", "uuid", "_id"]),
                column("category", Holds::Text, &["category", "type", "kind"]),
                column("key", Holds::Text, &["key", "name", "title"]),
                column("value", Holds::Json, &["value", "data", "content", "value_json"]),
                column("tags", Holds::Labels, &["tags", "labels", "tags_json"]),
                column("entity_type", Holds::Text, &["entity_type"]),
                column("entity_id", Holds::Text, &["entity_id"]),
                column("importance", Holds::Number, &["importance"]),
                column("created_at", Holds::Time, &["created_at"]),
                column("expires_at", Holds::Time, &["expires_at"]),
                column("scope", Holds::Json, &["scope"]),
                TIMESTAMP,
                SESSION,
                USER,
            ],
        )
    }],
};

/// An entry that has a category alone is found by it, and the other way round.
fn finish(fields: &mut Map<String, Value>, rest: &mut Map<String, Value>) {
    let default = |from: &str| fields.get(from).cloned().unwrap_or_else(|| "".into());
    let (category, key) = (default("key"), default("category"));
    fields.entry("category").or_insert(category);
    fields.entry("key").or_insert(key);
    // Times that the memory sets, and who wrote it, which an import says itself.
    for ours in ["updated_at", "recorded_at", "provenance"] {
        rest.remove(ours);
    }
}

/// The entries of a JSON document; none if it is of another kind.
pub(super) fn of_json(document: Value) -> Option<Vec<ForeignRow>> {
    let items = match document {
        Value::Array(items) => items,
        Value::Object(mut object) => match object.remove("entries") {
            Some(Value::Array(items)) => items,
            Some(Value::Object(by_id)) => listed(by_id),
            Some(other) => {
                object.insert("entries".to_owned(), other);
                listed(object)
            }
            None => listed(object),
        },
        _ => return None,
    };
    let is_entry = |item: &Value| {
        item.as_object().is_some_and(|entry| {
            let columns: Vec<String> = entry.keys().cloned().collect();
            SHAPE.tables[0].fits(&columns) && !entry.contains_key("role")
        })
    };
    let known = items.iter().any(is_entry);
    let row = |item| match item {
        Value::Object(fields) => ForeignRow { fields, ..ForeignRow::default() },
        other => ForeignRow {
            fields: Map::from_iter([("value".to_owned(), other)]),
            ..ForeignRow::default()
        },
    };
    (known || items.is_empty()).then(|| items.into_iter().map(row).collect())
}

/// The entries of an object of them by id.
fn listed(object: Map<String, Value>) -> Vec<Value> {
    let entry = |(id, mut value): (String, Value)| {
        if let Value::Object(entry) = &mut value {
            entry.entry("id").or_insert(id.into());
        }
        value
    };
    object.into_iter().map(entry).collect()
}
