//! Stores of entries: a JSON list of entries, an object of entries by id, this program's own
//! `entries.json`, or a table.

use aios_draft::{place::take_owner, spellings::names_owner};
use aios_record::Kind;
use aios_working::ForeignRow;
use serde_json::{Map, Value};

use super::{
    mapping::{Becomes, SESSION, TIMESTAMP, Table, column},
    shape::Shape,
};
use crate::ingest;

pub(super) const SHAPE: Shape = Shape {
    name: "entries",
    about: "a JSON list of entries, or an object of entries by id, each with a key or a category; \
            or a table entries",
    tables: &[Table {
        finish,
        ..Table::new(
            &["entries", "memory_entries", "memories"],
            Becomes::Record(Kind::Entry),
            &["key", "category"],
            &["category", "key", "timestamp"],
            &[
                column("id", &["id", "entry_id", "uuid", "_id"]),
                column("category", &["category", "type", "kind"]),
                column("key", &["key", "name", "title"]),
                column("value", VALUES),
                column("tags", &["tags", "labels", "tags_json"]),
                column("entity_type", &["entity_type"]),
                column("entity_id", &["entity_id"]),
                column("importance", &["importance"]),
                column("created_at", &["created_at"]),
                column("expires_at", &["expires_at"]),
                column("scope", &["scope"]),
                TIMESTAMP,
                SESSION,
            ],
        )
    }],
};

/// Fills in a missing category from the key, or a missing key from the category.
fn finish(fields: &mut Map<String, Value>, rest: &mut Map<String, Value>) {
    let default = |from: &str| fields.get(from).cloned().unwrap_or_else(|| "".into());
    let (category, key) = (default("key"), default("category"));
    fields.entry("category").or_insert(category);
    fields.entry("key").or_insert(key);
    // Times and provenance, which the import sets itself.
    for ours in ["updated_at", "recorded_at", "provenance"] {
        rest.remove(ours);
    }
}

/// Content of a JSON document.
pub(super) struct Document {
    pub(super) rows: Vec<ForeignRow>,
    /// Unrecognised fields beside the entries.
    pub(super) unknown: Vec<String>,
}

/// Returns the entries of a JSON document; `None` if it has another kind. An owner beside the
/// entries applies to those that name none.
///
/// # Errors
/// A message if two owners are named beside the entries, or if an owner is not text.
pub(super) fn of_json(document: Value) -> Result<Option<Document>, String> {
    let mut beside = Map::new();
    let mut items = match document {
        Value::Array(items) => items,
        Value::Object(mut object) => match object.remove("entries") {
            Some(Value::Array(items)) => {
                beside = object;
                items
            }
            Some(Value::Object(by_id)) => {
                beside = object;
                listed(by_id)
            }
            entries => {
                object.extend(entries.map(|entry| ("entries".to_owned(), entry)));
                let (aside, entries) =
                    object.into_iter().partition(|(name, value)| is_beside(name, value));
                beside = aside;
                listed(entries)
            }
        },
        _ => return Ok(None),
    };
    let known = items.iter().any(|item| item.as_object().is_some_and(is_entry));
    if !known && !items.is_empty() {
        return Ok(None);
    }
    if let Some(owner) = take_owner(&mut beside, BESIDE)? {
        items.iter_mut().filter_map(Value::as_object_mut).for_each(|entry| own(entry, &owner));
    }
    let row = |item| match item {
        Value::Object(fields) => ForeignRow { fields, ..ForeignRow::default() },
        other => ForeignRow {
            fields: Map::from_iter([("value".to_owned(), other)]),
            ..ForeignRow::default()
        },
    };
    let unknown = beside.into_iter().map(|(name, _)| name).collect();
    Ok(Some(Document { rows: items.into_iter().map(row).collect(), unknown }))
}

/// Objects beside the entries that may hold an owner.
const BESIDE: &[&str] = &["metadata", "scope"];

/// Returns a description of the document if it has conversations, or another format that only
/// `ingest` reads.
pub(super) fn conversation_in(document: &Value) -> Option<String> {
    let elements = match document {
        Value::Array(elements) => elements.as_slice(),
        one => std::slice::from_ref(one),
    };
    elements.iter().filter_map(Value::as_object).find_map(|element| {
        let format = ingest::recognised(element).map(|name| format!("the format `{name}`"));
        format.or_else(|| is_message(element).then(|| "messages".to_owned()))
    })
}

/// Alternative fields for the speaker and for the text. A message has one of each.
const MESSAGE: &[&[&str]] = &[
    &["role", "sender", "from", "author", "speaker"],
    &["content", "text", "value", "message", "parts", "tool_calls"],
];

fn is_message(element: &Map<String, Value>) -> bool {
    // In an object of entries by id, these words may be ids.
    let says = |name: &&str| element.get(*name).is_some_and(|value| !value.is_object());
    let is_list = element.get("messages").is_some_and(Value::is_array);
    is_list || MESSAGE.iter().all(|names| names.iter().any(says))
}

/// Returns `true` for an entry: an object with a `key` or a `category`, or with another name of
/// these and a value.
fn is_entry(entry: &Map<String, Value>) -> bool {
    let columns: Vec<String> = entry.keys().cloned().collect();
    let has = |names: &[&str]| names.iter().any(|name| entry.contains_key(*name));
    let is_named = has(&["key", "category"]);
    SHAPE.tables[0].fits(&columns) && (is_named || has(VALUES)) && !is_message(entry)
}

/// Names of an entry's value.
const VALUES: &[&str] = &["value", "data", "content", "value_json"];

/// Returns `true` if a field of an object of entries names their owner and is not an entry.
fn is_beside(name: &str, value: &Value) -> bool {
    let names_owner = names_owner(name) || (BESIDE.contains(&name) && value.is_object());
    // An owner may be an object with a name, but so may an entry.
    let is_whole = |object: &Map<String, Value>| object.contains_key("value") && is_entry(object);
    names_owner && !value.as_object().is_some_and(is_whole)
}

/// Adds the owner beside the entries to an entry, in a field that the entry lacks. If the entry
/// names another owner, its row is refused, as is any row that names two.
fn own(entry: &mut Map<String, Value>, owner: &str) {
    let free = ["owner", "owner_id", "owner_name"].into_iter().find(|it| !entry.contains_key(*it));
    if let Some(field) = free {
        entry.insert(field.to_owned(), owner.into());
    }
}

/// Returns the entries of an object of entries by id.
fn listed(object: Map<String, Value>) -> Vec<Value> {
    let entry = |(id, mut value): (String, Value)| {
        if let Value::Object(entry) = &mut value {
            entry.entry("id").or_insert(id.into());
        }
        value
    };
    object.into_iter().map(entry).collect()
}
