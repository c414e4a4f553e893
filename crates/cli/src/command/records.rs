//! `record`, `list`, `show`, `history`, `update`: single records, their lists and their versions.

use std::io::IsTerminal;

use aios_memory::{Administrator, Id, Kind, MemoryView, Record, Version, fields};
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
const HINT: &str = "give one object, such as {\"description\": \"...\"}, or flags, such as \
                    --description TEXT";

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
    output.result(&stored, |out| writeln!(out, "stored: {kind}/{}", line(id.as_str())))?;
    Ok(())
}

/// Changes the given fields of a record.
pub(crate) async fn update(
    memory: &MemoryView,
    arguments: Update,
    output: Output,
) -> Result<(), Failure> {
    let (kind, id) = find_key(memory, &arguments.record).await?;
    let changes = given(kind, &arguments.fields)?;
    let changed: Vec<String> = changes.keys().cloned().collect();
    memory.update(kind, &id, changes).await?;
    let updated = json!({"id": id, "kind": kind, "changed": changed});
    output.result(&updated, |out| {
        let (id, changed) = (line(id.as_str()), line(&changed.join(", ")));
        writeln!(out, "updated: {kind}/{id} ({changed})")
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
            writeln!(out, "more: --after '{}'", line(next))?;
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
            "{} is valid until {}; from then on only `recall --as-of` finds it",
            record.key(),
            output.second(end)
        ));
    }
    let whole = serde_json::to_value(&record).expect("a record has text keys and finite numbers");
    Ok(output.object(&whole)?)
}

/// Prints the versions of one record, newest first.
pub(crate) async fn history(memory: &MemoryView, key: &str, output: Output) -> Result<(), Failure> {
    let (kind, id) = find_key(memory, key).await?;
    let versions = memory.history(kind, &id).await?;
    if versions.is_empty() {
        return Err(Failure::NotFound {
            what: format!("history of `{kind}/{id}`"),
            hint: "its kind is in working memory alone, which keeps the newest version only",
        });
    }
    let shown: Vec<Value> = versions.iter().map(version_item).collect();
    output.result(&json!({"kind": kind, "id": id, "versions": shown}), |out| {
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

/// Returns the kind and id of the record that `key` names.
pub(super) async fn find_key(memory: &MemoryView, key: &str) -> Result<(Kind, Id), Failure> {
    let record = find(memory, key).await?;
    Ok((record.kind, record.id))
}

/// Returns the record that `key` names: `KIND/ID`, or an id that only one kind has.
pub(super) async fn find(memory: &MemoryView, key: &str) -> Result<Record, Failure> {
    let named = key.split_once('/').and_then(|(kind, id)| Some((Kind::meant_by(kind).ok()?, id)));
    let record = match named {
        Some((kind, id)) => get(memory, kind, id).await?,
        None => find_any(memory, key).await?,
    };
    record.ok_or_else(|| Failure::NotFound {
        what: format!("record `{key}`"),
        hint: "name it as KIND/ID, such as goal/g-1; `aios-memory list KIND` shows what there is",
    })
}

async fn get(memory: &MemoryView, kind: Kind, id: &str) -> Result<Option<Record>, Failure> {
    let Ok(id) = Id::new(id) else { return Ok(None) };
    Ok(memory.get(kind, &id).await?)
}

/// Returns the record with this id, of any kind. Fails if several kinds have it.
async fn find_any(memory: &MemoryView, id: &str) -> Result<Option<Record>, Failure> {
    let mut found = Vec::new();
    for kind in Kind::ALL {
        found.extend(get(memory, *kind, id).await?);
    }
    match found.len() {
        0 | 1 => Ok(found.pop()),
        _ => {
            let keys: Vec<_> = found.iter().map(|record| record.key().to_string()).collect();
            Err(Failure::Usage {
                message: format!("several records have this id: {}", keys.join(", ")),
                hint: "name one of them",
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
    let nothing = format!("nothing is given of the {kind}; it has {names}");
    on_stdin(nothing)
}

/// Returns the key, value and time of a metric, from flags or stdin.
fn given_metric(flags: &FieldFlags) -> Result<Map<String, Value>, Failure> {
    match flags.is_empty() {
        false => Ok(flags.texts()),
        true => on_stdin("nothing is given of the metric; it has key, value, timestamp".to_owned()),
    }
}

/// Reads an object from stdin. Fails with `nothing` if stdin is a terminal.
fn on_stdin(nothing: String) -> Result<Map<String, Value>, Failure> {
    let usage = |message| Failure::Usage { message, hint: HINT };
    if std::io::stdin().is_terminal() {
        return Err(usage(nothing));
    }
    match serde_json::from_str(&read_stdin()?) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(usage("stdin is JSON, but no object".to_owned())),
        Err(error) => Err(usage(format!("stdin is no JSON: {error}"))),
    }
}

fn item(record: &Record) -> Value {
    serde_json::to_value(record).expect("a record has text keys and finite numbers")
}
