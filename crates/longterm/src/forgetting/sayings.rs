//! Sayings of a record: the texts by which it is recognised anywhere. They are its text and the
//! strings of its payload, except for names and ids. Pure.
//!
//! A text has several forms, so that punctuation around it does not matter. A tombstone stores the
//! forms [`left`]; a text matches if one of its forms [`found`] is stored.

use std::{collections::BTreeSet, sync::LazyLock};

use aios_record::{Field, Kind, Recognition, Record, forms};
use serde_json::Value;

/// Minimum bytes of a text that is recognised anywhere. Shorter ones, such as "yes, please", occur
/// in many unrelated records.
const BYTES_MIN: usize = 12;
/// The same for a text with [`DIGITS_MIN`] digits, such as "PIN 4711".
const BYTES_WITH_DIGITS_MIN: usize = 6;
const DIGITS_MIN: usize = 3;

/// Names of naming fields beside those in the table of kinds: the parts of scopes, provenances and
/// records, and usual names of other programs.
const NAMES_ELSEWHERE: &[&str] = &[
    "agent",
    "client",
    "kind",
    "module",
    "path",
    "project",
    "references",
    "session",
    "url",
    "user",
];

/// The names among them that the text of a record may repeat.
const TITLES_ELSEWHERE: &[&str] = &["path"];

/// Fields with names, whose whole value is ignored.
static NAMING_FIELDS: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
    let names = Field::recognised(Recognition::Name).chain(Field::recognised(Recognition::Title));
    names.chain(NAMES_ELSEWHERE.iter().copied()).collect()
});

/// Fields that the text of a record may repeat. Such a text is only a name.
static TITLES: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
    Field::recognised(Recognition::Title).chain(TITLES_ELSEWHERE.iter().copied()).collect()
});

/// Fields whose texts are sentences.
static SENTENCES: LazyLock<BTreeSet<&str>> =
    LazyLock::new(|| Field::recognised(Recognition::Sentence).collect());

/// Fields whose values unrelated records may share.
static VALUES: LazyLock<BTreeSet<&str>> =
    LazyLock::new(|| Field::recognised(Recognition::Value).collect());

/// Signs that begin a line of a list, a quotation or a table, if a space follows them.
const MARKERS: &[char] = &['-', '*', '+', '>', '#', '|', '\u{2022}'];
/// Marks of quotation and emphasis around a text, and of the cells of a table.
const AROUND: &[char] = &['"', '\'', '`', '*', '_', '|', '\u{ab}', '\u{bb}'];
/// Punctuation that ends a text.
const CLOSING: &[char] = &['.', ',', ';', ':', '!', '?', '\u{3002}'];
/// Maximum number of digits of a list item's number.
const ITEM_DIGITS_MAX: usize = 3;

/// Suffixes of other fields with names.
const NAMING_ENDS: &[&str] = &["_id", "_at", "_ids"];

/// Returns all sayings of a record, in their forms [`found`]: its [own](own) texts first, then the
/// strings of its payload. Texts that are too short to be distinctive are left out.
pub(crate) fn sayings(record: &Record) -> Vec<String> {
    let mut texts = own_texts(record);
    add_strings(&record.payload, &mut texts);
    distinctive(&texts, found)
}

/// Returns the texts that a record stands for, in their forms [`left`]: its text and its content,
/// each also without headings, and its sentences.
pub(crate) fn own(record: &Record) -> Vec<String> {
    // Several sessions may have the same title.
    if record.kind == Kind::Session {
        return Vec::new();
    }
    let mut texts = own_texts(record);
    texts.extend(SENTENCES.iter().filter_map(|name| record.payload.get(name)?.as_str()));
    distinctive(&texts, left)
}

/// Returns the whole texts of a record, in their forms [`found`].
pub(crate) fn whole(record: &Record) -> Vec<String> {
    distinctive(&own_texts(record), found)
}

/// Returns the strings of a record that match only the whole text of another record, in their forms
/// [`left`].
pub(crate) fn values(record: &Record) -> Vec<String> {
    let mut texts = Vec::new();
    let values = VALUES.iter().filter_map(|name| record.payload.get(name));
    values.for_each(|value| add_strings(value, &mut texts));
    distinctive(&texts, left)
}

/// Returns the forms [`left`] of a text that are long enough to be recognised anywhere.
pub(crate) fn distinctive_left(text: &str) -> Vec<String> {
    distinctive(&[text], left)
}

/// Returns the text by which a record is recognised within its kind and scope. For a tool call it
/// includes input and output, beside the tool's name.
pub(crate) fn content(record: &Record) -> String {
    let fields: &[&str] = match record.kind {
        Kind::ToolCall => &["input", "output"],
        Kind::AgentState => &["state"],
        Kind::ConfigChange => &["content"],
        _ => &[],
    };
    let mut text = forms::forgotten(&record.text);
    for field in fields {
        if let Some(value) = record.payload.get(field).filter(|value| !value.is_null()) {
            text.push('\n');
            text.push_str(&forms::forgotten(&value.to_string()));
        }
    }
    text
}

fn own_texts(record: &Record) -> Vec<&str> {
    let content = record.payload.get("content").and_then(Value::as_str);
    let text = Some(record.text.as_str()).filter(|text| !names(record, text));
    let texts = [text, content].into_iter().flatten();
    texts.flat_map(|text| [text, without_headings(text)]).collect()
}

/// Returns `true` if a text is only a name of the record.
fn names(record: &Record, text: &str) -> bool {
    let titles = TITLES.iter().filter_map(|name| record.payload.get(name)?.as_str());
    titles.into_iter().any(|title| title.trim() == text.trim())
}

/// Returns the forms in which a tombstone stores a text: [`forms::forgotten`], and the same without
/// the marks around it.
pub(crate) fn left(text: &str) -> Vec<String> {
    let whole = forms::forgotten(text);
    let bare = bare(&plain(&whole)).to_owned();
    if bare == whole { vec![whole] } else { vec![whole, bare] }
}

/// Returns the forms in which a tombstone may have stored a text: as [`left`], and without a
/// leading list marker or number.
pub(crate) fn found(text: &str) -> Vec<String> {
    let mut found = left(text);
    let whole = plain(&found[0]);
    // Older tombstones stored a text with its final punctuation.
    for inner in [bare(&whole), bare(unmarked(&whole))] {
        for form in [inner.to_owned(), format!("{inner}.")] {
            if !inner.is_empty() && !found.contains(&form) {
                found.push(form);
            }
        }
    }
    found
}

/// Replaces typographic quotation marks, apostrophes and dashes by the ASCII ones.
fn plain(text: &str) -> String {
    let plain = text.chars().map(|c| match c {
        '\u{2018}'..='\u{201b}' | '\u{2032}' | '\u{2bc}' | '\u{b4}' => '\'',
        '\u{201c}'..='\u{201f}' | '\u{2033}' => '"',
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        c => c,
    });
    plain.collect()
}

/// Trims the marks around a text and the punctuation at its end.
fn bare(text: &str) -> &str {
    let around = |c: char| c.is_whitespace() || AROUND.contains(&c);
    let ending = |c: char| around(c) || CLOSING.contains(&c);
    text.trim_start_matches(around).trim_end_matches(ending)
}

/// Trims the leading markers and numbers of lists, quotations and tables.
fn unmarked(text: &str) -> &str {
    let mut rest = text.trim_start();
    loop {
        let inner = rest.trim_start_matches(MARKERS);
        let is_marker = inner.len() < rest.len() && inner.starts_with(char::is_whitespace);
        let digits = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let is_number = (1..=ITEM_DIGITS_MAX).contains(&(rest.len() - digits.len()));
        let boxes = ["[ ]", "[x]", "[]"];
        rest = if is_marker {
            inner
        } else if let Some(inner) = boxes.iter().find_map(|it| rest.strip_prefix(it)) {
            inner
        } else if let Some(inner) = digits.strip_prefix(['.', ')'])
            && is_number
            && inner.starts_with(char::is_whitespace)
        {
            inner
        } else {
            return rest;
        }
        .trim_start();
    }
}

/// Trims the Markdown headings at the beginning of a text.
fn without_headings(text: &str) -> &str {
    let mut rest = text.trim_start();
    while rest.starts_with('#') {
        rest = rest.split_once('\n').map_or("", |(_, below)| below.trim_start());
    }
    rest
}

fn distinctive(texts: &[&str], forms: fn(&str) -> Vec<String>) -> Vec<String> {
    let mut sayings: Vec<String> = Vec::with_capacity(texts.len());
    for saying in texts.iter().flat_map(|text| forms(text)) {
        if is_distinctive(&saying) && !sayings.contains(&saying) {
            sayings.push(saying);
        }
    }
    sayings
}

/// Returns `true` if a text in the form [`forms::forgotten`] is recognised anywhere.
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
    NAMING_FIELDS.contains(field) || NAMING_ENDS.iter().any(|end| field.ends_with(end))
}

#[cfg(test)]
mod tests;
