//! `record`, `list`, `show`: records as they are.

use aios_memory::{AgentMemory, Id, Kind, Record};
use serde_json::{Value, json};

use super::remember::read_stdin;
use crate::{
    args::{Global, List},
    failure::Failure,
    output::{Output, one_line},
};

/// How much of a text a line shows to a person.
const CHARS_SHOWN: usize = 100;

/// Stores a record given as JSON on stdin.
pub(crate) async fn record(
    memory: &AgentMemory,
    kind: Kind,
    global: &Global,
    output: Output,
) -> Result<(), Failure> {
    let text = read_stdin()?;
    let value: Value = serde_json::from_str(&text).map_err(|error| Failure::Usage {
        message: format!("stdin is no JSON: {error}"),
        hint: "give one object, such as {\"description\": \"...\"}",
    })?;
    let id = memory.record(kind, value, &global.scope()).await?;
    let stored = json!({"id": id, "kind": kind});
    output.result(&stored, |out| writeln!(out, "stored: {kind}/{id}"))?;
    Ok(())
}

/// Lists the records of a kind.
pub(crate) async fn list(
    memory: &AgentMemory,
    list: &List,
    global: &Global,
    output: Output,
) -> Result<(), Failure> {
    let after = list.after.as_deref().map(read_cursor).transpose()?;
    let page = memory.list(list.kind, &global.filter(), after, list.limit).await?;
    let mut shown = json!({"items": page.records.iter().map(item).collect::<Vec<_>>()});
    if let Some(next) = page.next {
        shown["next"] = json!(next.to_string());
    }
    output.result(&shown, |out| {
        for record in &page.records {
            let time = record.time().strftime("%Y-%m-%d %H:%M");
            writeln!(out, "{time}  {}  [{}]", one_line(&record.text, CHARS_SHOWN), record.key())?;
        }
        if let Some(next) = page.next {
            writeln!(out, "more: --after {next}")?;
        }
        Ok(())
    })?;
    Ok(())
}

/// Prints one record.
pub(crate) async fn show(memory: &AgentMemory, key: &str, output: Output) -> Result<(), Failure> {
    let record = match key.split_once('/').and_then(|(kind, id)| Some((kind.parse().ok()?, id))) {
        Some((kind, id)) => find(memory, kind, id).await?,
        None => find_any(memory, key).await?,
    };
    let missing = || Failure::NotFound {
        what: format!("record `{key}`"),
        hint: "name it as KIND/ID, such as goal/g-1; `aios-memory list KIND` shows what there is",
    };
    let record = record.ok_or_else(missing)?;
    let whole = serde_json::to_value(&record).expect("a record has text keys and finite numbers");
    output.result(&whole, |out| writeln!(out, "{whole:#}"))?;
    Ok(())
}

async fn find(memory: &AgentMemory, kind: Kind, id: &str) -> Result<Option<Record>, Failure> {
    let Ok(id) = Id::new(id) else { return Ok(None) };
    Ok(memory.get(kind, &id).await?)
}

/// The record of this id, whatever its kind, if only one kind has it.
async fn find_any(memory: &AgentMemory, id: &str) -> Result<Option<Record>, Failure> {
    let mut found = Vec::new();
    for kind in Kind::ALL {
        found.extend(find(memory, *kind, id).await?);
    }
    match found.len() {
        0 | 1 => Ok(found.pop()),
        _ => {
            let keys: Vec<_> = found.iter().map(Record::key).collect();
            Err(Failure::Usage {
                message: format!("several records have this id: {}", keys.join(", ")),
                hint: "name one of them",
            })
        }
    }
}

fn item(record: &Record) -> Value {
    serde_json::to_value(record).expect("a record has text keys and finite numbers")
}

fn read_cursor(text: &str) -> Result<u64, Failure> {
    text.parse().map_err(|_| Failure::Usage {
        message: format!("`{text}` is no cursor"),
        hint: "give the `next` of the list before",
    })
}
