//! `read`: whole records, with their source, times and earlier versions.

use aios_memory::{Key, MemoryView, Record, Timestamp, longterm::Version};
use rmcp::model::JsonObject;
use serde_json::{Value, json};

use crate::{
    failure::Failure,
    mcp::{
        answer::{Answer, Budgeted, fitting, number, tokens},
        arguments::Arguments,
        quote::{self, Quotable},
        schema::{TOKENS_MAX, TOKENS_MIN, budget, closed, keys},
        visit::Visit,
    },
};

const KEYS_MAX: usize = 20;
const TOKENS_DEFAULT: usize = 2_000;
/// Maximum number of earlier versions that are shown of a record.
const VERSIONS_MAX: usize = 5;
/// Maximum length of an earlier version, in characters.
const VERSION_CHARS_MAX: usize = 500;
/// Minimum length of a truncated text, in characters.
const TEXT_CHARS_MIN: usize = 60;

pub(super) fn about() -> (&'static str, JsonObject) {
    let mut ids = keys(KEYS_MAX);
    ids["description"] = json!("keys, such as note/5d41402a");
    (
        "Read whole records by key, with their source, times and earlier versions.",
        closed(json!({"ids": ids, "max_tokens": budget(TOKENS_DEFAULT)}), &["ids"]),
    )
}

pub(super) async fn call(visit: &Visit, arguments: Option<JsonObject>) -> Result<Answer, Failure> {
    let mut arguments = Arguments::of("read", &["ids", "max_tokens"], arguments)?;
    let keys = arguments.keys("ids", 1..=KEYS_MAX)?;
    let tokens_max = arguments.number("max_tokens", TOKENS_MIN..=TOKENS_MAX, TOKENS_DEFAULT)?;
    let total = keys.len();
    let reserved = tokens(&closing(TOKENS_MAX, total, total));
    let mut shown = Budgeted::new(tokens_max);
    let mut values = Vec::with_capacity(total);
    for key in &keys {
        let Some(entry) = Entry::of(visit, key).await? else {
            values.push(json!({"key": key, "stored": false}));
            if !shown.add(format!("{}: not stored\n", quote::key(key)), reserved) {
                break;
            }
            continue;
        };
        values.push(entry.value());
        let render = |chars| entry.shown(&visit.view, chars);
        let text = Quotable::of(&visit.view, &entry.record.text);
        if shown.add(render(text.chars()), reserved) {
            continue;
        }
        let room = shown.room(reserved);
        if let Some(cut) = fitting(render, TEXT_CHARS_MIN, text.chars(), room) {
            shown.add(cut, reserved);
        }
        break;
    }
    values.truncate(shown.len());
    let text = shown.close(|count, shown| closing(count, shown, total));
    Ok(Answer::read(text, json!({"records": values})))
}

/// A record with its earlier versions.
pub(crate) struct Entry {
    pub(crate) record: Record,
    versions: Vec<Version>,
}

impl Entry {
    /// Reads a record. `None` if it is not stored, or if the caller may not see its kind.
    pub(crate) async fn of(visit: &Visit, key: &Key) -> Result<Option<Entry>, Failure> {
        visit.call.caller.check_kind(key.kind)?;
        let Some(record) = visit.call.read(Box::pin(visit.view.get(key))).await? else {
            return Ok(None);
        };
        let versions = visit.call.read(Box::pin(visit.view.history(key))).await?;
        let versions = versions.into_iter().filter(|it| it.replaced_at.is_some()).collect();
        Ok(Some(Entry { record, versions }))
    }

    /// Returns the record for a model, with its text truncated to `chars` characters.
    pub(crate) fn shown(&self, view: &MemoryView, chars: usize) -> String {
        let record = &self.record;
        let text = Quotable::of(view, &record.text);
        let mut out = format!("{}\n", quote::key(&record.key()));
        out.push_str(&about_record(view, record));
        out.push_str(&text.warning());
        if !text.warning().is_empty() {
            out.push('\n');
        }
        out.push_str(&text.block(chars));
        for version in self.versions.iter().take(VERSIONS_MAX) {
            let until = version.replaced_at.map(minute).unwrap_or_default();
            let text = Quotable::of(view, &version.record.text);
            let warning = text.warning();
            let text = text.line(VERSION_CHARS_MAX.min(chars));
            out.push_str(&format!("until {until}: {warning}{text}\n"));
        }
        if VERSIONS_MAX < self.versions.len() {
            out.push_str(&format!("{} earlier versions\n", self.versions.len() - VERSIONS_MAX));
        }
        out
    }

    fn value(&self) -> Value {
        let record = &self.record;
        let versions = self.versions.iter().take(VERSIONS_MAX);
        let versions = versions.map(|it| json!({"text": it.record.text, "until": it.replaced_at}));
        json!({
            "key": record.key(),
            "text": record.text,
            "title": record.title,
            "tags": record.tags,
            "source": record.source,
            "written_by": record.provenance,
            "occurred_at": record.occurred_at,
            "recorded_at": record.recorded_at,
            "earlier": versions.collect::<Vec<_>>(),
        })
    }
}

/// Returns a line with the times, the source and the labels of a record.
fn about_record(view: &MemoryView, record: &Record) -> String {
    let mut parts = vec![format!("stored {}", minute(record.recorded_at))];
    if let Some(time) = record.occurred_at {
        parts.push(format!("of {}", minute(time)));
    }
    if let Some(time) = record.valid_to {
        parts.push(format!("valid until {}", minute(time)));
    }
    if let Some(id) = &record.superseded_by {
        parts.push(format!("replaced by {}", quote::key(&Key::new(record.kind, id.clone()))));
    }
    if let Some(source) = &record.source {
        let named = format!("{}:{}", source.kind, source.id);
        parts.push(format!("from {}", quote::label(view, &named)));
    }
    if let Some(client) = &record.provenance.client {
        parts.push(format!("written by {}", quote::label(view, client)));
    }
    if record.trust != aios_memory::record::Trust::Normal {
        parts.push(format!("{} trust", record.trust));
    }
    for (name, value) in [("title", &record.title), ("said by", &record.speaker)] {
        if let Some(value) = value {
            parts.push(format!("{name} {}", quote::label(view, value)));
        }
    }
    if !record.tags.is_empty() {
        let tags: Vec<String> = record.tags.iter().map(|tag| quote::label(view, tag)).collect();
        parts.push(format!("tags {}", tags.join(" ")));
    }
    format!("{}\n", parts.join("; "))
}

fn minute(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

fn closing(count: usize, shown: usize, total: usize) -> String {
    let tokens = number(count, "token");
    match total - shown.min(total) {
        0 => format!("({tokens})"),
        more => format!("({tokens}; {more} more: raise max_tokens)"),
    }
}
