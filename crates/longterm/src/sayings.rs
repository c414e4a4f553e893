//! The sayings of a record: the texts in it by which it is known wherever they stand. Its text, and
//! the strings of its payload that say something; names and ids do not. Pure.

use aios_record::{Record, forms};
use serde_json::Value;

/// The bytes from which a text is known wherever it stands. A shorter one, such as "yes, please",
/// is said by many records that have nothing to do with each other.
const BYTES_MIN: usize = 12;
/// The same for a text with [`DIGITS_MIN`] digits, such as "PIN 4711".
const BYTES_WITH_DIGITS_MIN: usize = 6;
const DIGITS_MIN: usize = 3;

/// Fields that name something, with all that is in them.
const NAMING_FIELDS: &[&str] = &[
    "agent",
    "client",
    "evidence",
    "external_id",
    "id",
    "key",
    "kind",
    "module",
    "name",
    "originals",
    "path",
    "project",
    "provenance",
    "references",
    "role",
    "scope",
    "session",
    "source",
    "status",
    "subject",
    "tags",
    "tool_name",
    "url",
    "user",
];

/// The ends of other fields that name something.
const NAMING_ENDS: &[&str] = &["_id", "_at", "_ids"];

/// All that a record says, in the form [`forms::forgotten`]: its [own](own) texts first, then the
/// strings of its payload. Those that are too short to tell it from others are left out.
pub(crate) fn sayings(record: &Record) -> Vec<String> {
    let mut texts = own_texts(record);
    add_strings(&record.payload, &mut texts);
    distinctive(&texts)
}

/// The texts that a record stands for, in the form [`forms::forgotten`]: its text, that without the
/// heading under which a document has it, and those of its content.
pub(crate) fn own(record: &Record) -> Vec<String> {
    distinctive(&own_texts(record))
}

fn own_texts(record: &Record) -> Vec<&str> {
    let content = record.payload.get("content").and_then(Value::as_str);
    let texts = [Some(record.text.as_str()), content].into_iter().flatten();
    texts.flat_map(|text| [text, without_headings(text)]).collect()
}

/// A text after the Markdown headings that it begins with.
fn without_headings(text: &str) -> &str {
    let mut rest = text.trim_start();
    while rest.starts_with('#') {
        rest = rest.split_once('\n').map_or("", |(_, below)| below.trim_start());
    }
    rest
}

fn distinctive(texts: &[&str]) -> Vec<String> {
    let mut sayings: Vec<String> = Vec::with_capacity(texts.len());
    for text in texts {
        let saying = forms::forgotten(text);
        if is_distinctive(&saying) && !sayings.contains(&saying) {
            sayings.push(saying);
        }
    }
    sayings
}

/// Returns `true` if a text in the form [`forms::forgotten`] is known wherever it stands.
fn is_distinctive(text: &str) -> bool {
    let digits = text.chars().filter(|c| c.is_numeric()).count();
    BYTES_MIN <= text.len() || (BYTES_WITH_DIGITS_MIN <= text.len() && DIGITS_MIN <= digits)
}

fn add_strings<'a>(value: &'a Value, strings: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => strings.push(text),
        Value::Array(items) => items.iter().for_each(|item| add_strings(item, strings)),
        Value::Object(fields) => {
            let saying = fields.iter().filter(|(name, _)| !names_something(name));
            saying.for_each(|(_, value)| add_strings(value, strings));
        }
        _ => {}
    }
}

fn names_something(field: &str) -> bool {
    NAMING_FIELDS.contains(&field) || NAMING_ENDS.iter().any(|end| field.ends_with(end))
}
