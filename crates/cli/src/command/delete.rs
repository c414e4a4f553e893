//! `delete` and `clear`: permanent removal of records.

use std::{
    collections::BTreeMap,
    io::{self, IsTerminal},
};

use aios_memory::{Identity, MemoryView, Mode};
use serde_json::json;

use super::records::find;
use crate::{
    args::{Clear, Clearable, Delete},
    failure::Failure,
    output::{Output, line},
};

pub(crate) async fn delete(
    memory: &MemoryView,
    arguments: &Delete,
    output: Output,
) -> Result<(), Failure> {
    let key = find(memory, &arguments.record).await?.key();
    let family = memory.delete_with(&key, Mode::DryRun).await?;
    if family.is_empty() {
        return Err(Failure::NotFound {
            message: format!("working memory has no record `{key}`"),
            hint: "long-term memory has it; use `aios-memory forget` to remove it from every tier",
        });
    }
    let along = along(&family);
    if !arguments.yes {
        confirm(output, &format!("permanently delete {key}{along}?"))?;
    }
    let gone = memory.delete(&key).await?;
    let keys: Vec<_> = gone.iter().map(Identity::key).collect();
    let deleted = json!({"deleted": keys.len(), "keys": keys});
    output.result(&deleted, |out| writeln!(out, "deleted: {}{along}", line(&key.to_string())))?;
    Ok(())
}

pub(crate) async fn clear(
    memory: &MemoryView,
    arguments: &Clear,
    output: Output,
) -> Result<(), Failure> {
    // Only entries can be cleared. clap has checked the name.
    let Clearable::Entry = arguments.kind;
    if !arguments.yes {
        confirm(output, "permanently delete all entries in this scope?")?;
    }
    let deleted = memory.working().entries().clear().await.map_err(aios_memory::Error::from)?;
    output
        .result(&json!({"deleted": deleted}), |out| writeln!(out, "deleted: {deleted} entries"))?;
    Ok(())
}

/// Formats the records that are deleted with a record, counted by collection.
fn along(family: &[Identity]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    // The record itself is last.
    for identity in family.iter().rev().skip(1) {
        *counts.entry(identity.kind.collection()).or_default() += 1;
    }
    if counts.is_empty() {
        return String::new();
    }
    let counts: Vec<_> = counts.iter().map(|(kind, count)| format!("{kind}: {count}")).collect();
    format!(" and everything that belongs to it ({})", counts.join(", "))
}

/// Asks for confirmation. Fails if the answer is no, or if no one can answer: with `--json`, or if
/// stdin is not a terminal.
pub(super) fn confirm(output: Output, question: &str) -> Result<(), Failure> {
    if output.json || !io::stdin().is_terminal() {
        return Err(Failure::Usage {
            message: format!("confirmation required: {question}"),
            hint: "pass --yes to confirm",
        });
    }
    let failed = |source| Failure::Io { action: "ask for confirmation".to_owned(), source };
    output.ask(&format!("{question} [y/N] ")).map_err(failed)?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).map_err(failed)?;
    match answer.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Failure::Usage {
            message: "cancelled; nothing was deleted".to_owned(),
            hint: "answer y to confirm",
        }),
    }
}
