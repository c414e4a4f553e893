//! `record`, `list`, `show`, `history`, `update`: single records, their lists and their versions.

use std::io::IsTerminal;

use aios_memory::{
    Administrator, Id, Key, Kind, MemoryView, Record, draft::repeated, fields, longterm::Version,
};
use serde_json::{Map, Value, json};

use super::{metrics, remember::read_stdin};
use crate::{
    args::{FieldFlags, Global, List, RecordKind, Update, What},
    failure::Failure,
    output::{Output, line, named, one_line},
};

/// Maximum number of characters of a text in one line.
const CHARS_SHOWN: usize = 100;

/// Hint for a record that is missing or malformed.
const HINT: &str = "pass fields as flags, such as --description TEXT, or one JSON object on \
                    stdin, such as {\"description\": \"...\"}";

/// Stores a record from flags, or from JSON on stdin.
pub(crate) async fn record(
    administrator: &Administrator,
    memory: &MemoryView,
    arguments: RecordKind,
    global: &Global,
    output: Output,
) -> Result<(), Failure> {
    let RecordKind { kind, fields: flags } = arguments;
    let What::Kind(kind) = kind else {
        return metrics::record(administrator, memory, given_metric(&flags)?, global, output).await;
    };
    let value = given(kind, &flags)?;
    let id = memory.record(kind, Value::Object(value)).await?;
    let stored = json!({"id": id, "kind": kind});
    let key = Key::new(kind, id).to_string();
    output.result(&stored, |out| writeln!(out, "stored: {}", line(&key)))?;
    Ok(())
}

/// Changes the given fields of a record.
pub(crate) async fn update(
    memory: &MemoryView,
    arguments: Update,
    output: Output,
) -> Result<(), Failure> {
    let key = find(memory, &arguments.record).await?.key();
    let changes = match arguments.fields.is_empty() {
        true => given(key.kind, &arguments.fields)?,
        false => {
            let changes = arguments.fields.changes(key.kind);
            changes.map_err(|message| Failure::Usage { message, hint: HINT })?
        }
    };
    let changed: Vec<String> = changes.keys().cloned().collect();
    memory.update(&key, changes).await?;
    let updated = json!({"id": key.id, "kind": key.kind, "changed": changed});
    output.result(&updated, |out| {
        let changed = changed.join(", ");
        writeln!(out, "updated: {} ({})", line(&key.to_string()), line(&changed))
    })?;
    Ok(())
}

/// Lists the records of a kind.
pub(crate) async fn list(memory: &MemoryView, list: &List, output: Output) -> Result<(), Failure> {
    let What::Kind(kind) = list.kind else { return metrics::list(memory, list, output).await };
    let page = memory.list(kind, list.after.as_deref(), list.limit).await?;
    let mut shown = json!({"items": page.records.iter().map(item).collect::<Vec<_>>()});
    if let Some(next) = &page.next {
        shown["next"] = json!(next);
    }
    output.result(&shown, |out| {
        for record in &page.records {
            let time = output.minute(record.time());
            let name = named(memory, &record.identity());
            write!(out, "{time}  {}  [{name}]", one_line(&record.text, CHARS_SHOWN))?;
            match record.valid_to {
                Some(end) => writeln!(out, " valid until {}", output.minute(end))?,
                None => writeln!(out)?,
            }
        }
        if let Some(next) = &page.next {
            writeln!(out, "next page: --after '{}'", line(next))?;
        }
        Ok(())
    })?;
    Ok(())
}

/// Prints one record.
pub(crate) async fn show(memory: &MemoryView, key: &str, output: Output) -> Result<(), Failure> {
    let named = key.split_once('/').map(|(what, key)| (What::parse(what), key));
    if let Some((Ok(What::Metric), key)) = named {
        return metrics::show(memory, key, output).await;
    }
    let record = find(memory, key).await?;
    if let Some(end) = record.valid_to {
        output.note(&format!(
            "{} is valid until {}; after that, only `recall --as-of` finds it",
            record.key(),
            output.second(end)
        ));
    }
    let whole = serde_json::to_value(&record).expect("a record has text keys and finite numbers");
    Ok(output.object(&whole)?)
}

/// Prints the versions of one record, newest first.
pub(crate) async fn history(memory: &MemoryView, key: &str, output: Output) -> Result<(), Failure> {
    let key = find(memory, key).await?.key();
    let versions = memory.history(&key).await?;
    if versions.is_empty() {
        return Err(Failure::NotFound {
            message: format!("`{key}` has no history"),
            hint: "this kind stays in working memory, which keeps the newest version only",
        });
    }
    let shown: Vec<Value> = versions.iter().map(version_item).collect();
    output.result(&json!({"kind": key.kind, "id": key.id, "versions": shown}), |out| {
        for version in &versions {
            let time = output.second(version.written_at);
            let text = one_line(&version.record.text, CHARS_SHOWN);
            writeln!(out, "{time}  {}  {text}", line(writer(version)))?;
        }
        Ok(())
    })?;
    Ok(())
}

/// Returns the writer of a version.
fn writer(version: &Version) -> &str {
    let provenance = &version.record.provenance;
    provenance.updated_by.as_deref().unwrap_or(&provenance.module)
}

fn version_item(version: &Version) -> Value {
    json!({
        "written_at": version.written_at,
        "replaced_at": version.replaced_at,
        "by": writer(version),
        "record": item(&version.record),
    })
}

/// Returns the record that `key` names: `KIND/ID`, or an id that only one kind has.
pub(super) async fn find(memory: &MemoryView, key: &str) -> Result<Record, Failure> {
    let record = match key.parse() {
        Ok(key) => memory.get(&key).await?,
        Err(_) => find_any(memory, key).await?,
    };
    record.ok_or_else(|| Failure::NotFound {
        message: format!("record `{key}` not found"),
        hint: "name it as KIND/ID, such as goal/g-1; `aios-memory list KIND` lists the records",
    })
}

/// Returns the record with this id, of any kind. Fails if several kinds have it.
async fn find_any(memory: &MemoryView, id: &str) -> Result<Option<Record>, Failure> {
    let Ok(id) = Id::new(id) else { return Ok(None) };
    let mut found = Vec::new();
    for kind in Kind::ALL {
        found.extend(memory.get(&Key::new(*kind, id.clone())).await?);
    }
    match found.len() {
        0 | 1 => Ok(found.pop()),
        _ => {
            let keys: Vec<_> = found.iter().map(|record| record.key().to_string()).collect();
            Err(Failure::Usage {
                message: format!("several records have this id: {}", keys.join(", ")),
                hint: "pass one of these keys",
            })
        }
    }
}

/// Returns the fields from flags, or else from JSON on stdin.
fn given(kind: Kind, flags: &FieldFlags) -> Result<Map<String, Value>, Failure> {
    let usage = |message| Failure::Usage { message, hint: HINT };
    if !flags.is_empty() {
        return flags.object(kind).map_err(usage);
    }
    let names = fields::names(kind).join(", ");
    let nothing = format!("no fields given; fields of a {kind}: {names}");
    on_stdin(nothing)
}

/// Returns the key, value and time of a metric, from flags or stdin.
fn given_metric(flags: &FieldFlags) -> Result<Map<String, Value>, Failure> {
    match flags.is_empty() {
        false => Ok(flags.texts()),
        true => on_stdin("no fields given; fields of a metric: key, value, timestamp".to_owned()),
    }
}

/// Reads an object from stdin. Fails with `nothing` if stdin is a terminal.
fn on_stdin(nothing: String) -> Result<Map<String, Value>, Failure> {
    let usage = |message| Failure::Usage { message, hint: HINT };
    if std::io::stdin().is_terminal() {
        return Err(usage(nothing));
    }
    let text = read_stdin()?;
    // The JSON parser would silently keep the last of two duplicate fields.
    repeated::check(text.as_bytes()).map_err(|problem| usage(format!("stdin: {problem}")))?;
    match serde_json::from_str(&text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(usage("expected a JSON object on stdin".to_owned())),
        Err(error) => Err(usage(format!("stdin is not valid JSON: {error}"))),
    }
}

fn item(record: &Record) -> Value {
    serde_json::to_value(record).expect("a record has text keys and finite numbers")
}
