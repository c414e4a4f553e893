//! `forget`: hides records from every command. With `--purge`, erases every byte of them from all
//! files.

use std::{
    ffi::{OsStr, OsString},
    os::unix::ffi::OsStrExt,
};

use aios_memory::{
    ForgetOptions, ForgetQuery, ForgetTarget, Identity, Key, MemoryView, Mode, Owner, Proposal,
    Receipt, Recollection,
    forget::{Part, Related, Relation, Remade},
};
use serde_json::json;

use super::{delete::confirm, records::find};
use crate::{
    args::Forget,
    failure::Failure,
    output::{Output, line, named, one_line, records, shown as shown_path},
};

/// Prefix that names a document instead of a kind.
const DOCUMENT: &[u8] = b"file/";
/// Maximum number of characters of a text in one line.
const CHARS_SHOWN: usize = 100;
/// Maximum number of repetitions of a record that are listed. Further ones are counted.
const REPETITIONS_SHOWN: usize = 20;

pub(crate) async fn forget(
    memory: &MemoryView,
    arguments: Forget,
    output: Output,
) -> Result<(), Failure> {
    let proposal = match &arguments.query {
        Some(text) => Some(propose(memory, text, &arguments).await?),
        None => None,
    };
    let target = match &proposal {
        Some(proposal) => ForgetTarget::Proposed(Box::new(proposal.clone())),
        None => target(memory, &arguments).await?,
    };
    let mut options = ForgetOptions::new(target);
    options.purge = arguments.purge;
    if !memory.forgetting().knew(&options.target).await? {
        return Err(unknown());
    }
    let planned = memory.forget(options.clone().with_mode(Mode::DryRun)).await?;
    if arguments.dry_run {
        return told(memory, &planned, proposal.as_ref(), output);
    }
    if planned.keys.is_empty() && planned.remade.is_empty() && !arguments.purge {
        return Err(unknown());
    }
    if let Some(proposal) = &proposal {
        preview(memory, proposal, &planned).iter().for_each(|line| output.note(line));
        if arguments.yes && !proposal.is_certain() {
            return Err(Failure::Usage {
                message: "--yes confirms only a proposal that has every record with exactly the \
                          text of the query, and nothing else; this one needs review"
                    .to_owned(),
                hint: "name the records by key, or run without --yes and answer the question",
            });
        }
    }
    for path in &planned.discarded {
        let path = shown_path(path);
        output.note(&format!("the purge also removes data that a repair could not read: {path}"));
    }
    if !arguments.yes {
        let purge = if arguments.purge { " and purge them from every file" } else { "" };
        confirm(output, &format!("forget {}{purge}?", counted(&planned)))?;
    }
    // Only the records shown are forgotten, even if others were stored in the meantime. A scope is
    // evaluated again.
    told(memory, &memory.forget(options).await?, proposal.as_ref(), output)
}

/// Returns the error for a record that is not stored and never was.
fn unknown() -> Failure {
    Failure::NotFound {
        message: "no such record".to_owned(),
        hint: "`aios-memory recall QUERY` prints the key of each hit",
    }
}

/// Resolves the records named by the arguments.
async fn target(memory: &MemoryView, arguments: &Forget) -> Result<ForgetTarget, Failure> {
    let mut records = Vec::new();
    for key in &arguments.records {
        if let Some(document) = document(memory, key).await? {
            if arguments.records.len() == 1 {
                return Ok(ForgetTarget::Document(document.into()));
            }
            let document = shown_path(document.as_ref());
            return Err(Failure::Usage {
                message: format!("`file/{document}` is a document and must be the only argument"),
                hint: "forget one document per command",
            });
        }
        // Only names of documents may contain invalid UTF-8.
        let key = &*key.to_string_lossy();
        records.push(match (find(memory, key).await, key.parse::<Key>()) {
            // An expired record can be forgotten, and a forgotten one can be purged.
            (Err(Failure::NotFound { .. }), Ok(named)) => named.of(owner(memory)),
            (found, _) => found?.identity(),
        });
    }
    Ok(if records.is_empty() { ForgetTarget::All } else { ForgetTarget::Records(records) })
}

/// Returns the path of the document `file/NAME`. `None` if a file of the memory has the id `NAME`,
/// now or before it was forgotten.
async fn document(memory: &MemoryView, key: &OsString) -> Result<Option<OsString>, Failure> {
    let Some(name) = key.as_bytes().strip_prefix(DOCUMENT).map(OsStr::from_bytes) else {
        return Ok(None);
    };
    if let Some(key) = key.to_str().and_then(|key| key.parse::<Key>().ok()) {
        if memory.get(&key).await?.is_some() {
            return Ok(None);
        }
        let forgotten = ForgetTarget::Records(vec![key.of(owner(memory))]);
        let is_document =
            memory.forgetting().knew(&ForgetTarget::Document(name.to_owned().into())).await;
        if matches!(is_document, Ok(false)) && memory.forgetting().knew(&forgotten).await? {
            return Ok(None);
        }
    }
    Ok(Some(name.to_owned()))
}

/// Returns the records that match a query. If there are none, the error lists the nearest ones.
async fn propose(memory: &MemoryView, text: &str, arguments: &Forget) -> Result<Proposal, Failure> {
    let mut query = ForgetQuery::new(text);
    query.limit = arguments.limit.unwrap_or(query.limit);
    query.min_relevance = arguments.min_relevance;
    let proposal = memory.forgetting().propose(&query).await?;
    match proposal.is_empty() {
        true => Err(nothing_says(memory, text, &proposal.nearest)),
        false => Ok(proposal),
    }
}

/// Returns the error for a query that matches no record, with the nearest records.
fn nothing_says(memory: &MemoryView, text: &str, nearest: &[Recollection]) -> Failure {
    let text = one_line(text, CHARS_SHOWN);
    if nearest.is_empty() {
        return Failure::NotFound {
            message: format!("no record contains `{text}` or anything similar"),
            hint: "`aios-memory recall QUERY` prints the key of each hit",
        };
    }
    let nearest: Vec<String> = nearest.iter().map(|it| proposed(memory, it)).collect();
    Failure::NotFound {
        message: format!("no record contains `{text}`; the nearest are: {}", nearest.join("; ")),
        hint: "name records by key, or widen the query with --min-relevance",
    }
}

/// Formats a proposed record in one line: its relevance, text and key, and the keys of its
/// repetitions.
fn proposed(memory: &MemoryView, record: &Recollection) -> String {
    let name = named(memory, &record.identity());
    let who = record.name.as_deref().map(|name| format!("{}: ", line(name))).unwrap_or_default();
    let text = one_line(&record.text, CHARS_SHOWN);
    let repetitions = match record.folded.len() {
        0 => String::new(),
        count => {
            let shown = record.folded.iter().take(REPETITIONS_SHOWN);
            let names: Vec<String> = shown.map(|it| named(memory, it)).collect();
            let rest = if REPETITIONS_SHOWN < count { ", ..." } else { "" };
            format!(" and {count} more with the same text [{}{rest}]", names.join(", "))
        }
    };
    format!("{:.2}  {who}{text}  [{name}]{repetitions}", record.relevance)
}

/// Formats a record that contains the text of the query in one line, with the part that contains
/// it.
fn containing(memory: &MemoryView, record: &Recollection, part: &str) -> String {
    let name = named(memory, &record.identity());
    let text = one_line(&record.text, CHARS_SHOWN);
    format!("contains the query in `{}`  {text}  [{name}]", line(part))
}

/// Lists, one per line, the related records that are forgotten as well, the records that lose a
/// part, and those that repeat the text and stay.
fn along(memory: &MemoryView, receipt: &Receipt) -> Vec<String> {
    let related = receipt.related.iter().map(|Related { record, relation }| {
        let relation = match relation {
            Relation::MadeFrom => "derived from one of them",
            _ => "belongs to one of them",
        };
        format!("{relation}  {}", named(memory, record))
    });
    let remade = receipt.remade.iter().map(|Remade { record, part }| {
        let part = match part {
            Part::Summary => "loses its summary, the session stays",
            _ => "loses its older versions, the record stays",
        };
        format!("{part}  {}", named(memory, record))
    });
    let repeating = receipt.repeating.iter();
    let repeating =
        repeating.map(|it| format!("has the same text and stays  {}", named(memory, it)));
    related.chain(remade).chain(repeating).collect()
}

/// Lists the proposal: each record with its relevance, then everything that belongs to the records
/// or was derived from them.
fn preview(memory: &MemoryView, proposal: &Proposal, planned: &Receipt) -> Vec<String> {
    let records = proposal.proposed.iter().map(|it| match &it.part {
        Some(part) => containing(memory, &it.record, part),
        None => proposed(memory, &it.record),
    });
    let mut lines: Vec<String> = records.chain(along(memory, planned)).collect();
    if 0 < proposal.beyond_limit {
        let more = proposal.beyond_limit;
        lines.push(format!("{more} more match and stay; raise --limit to include them"));
    }
    lines
}

/// Returns the owner of a named record that is not stored.
fn owner(memory: &MemoryView) -> Owner {
    let chosen = &memory.gate().filter().scope;
    memory.gate().acts_for().cloned().unwrap_or_else(|| chosen.owner())
}

fn told(
    memory: &MemoryView,
    receipt: &Receipt,
    proposal: Option<&Proposal>,
    output: Output,
) -> Result<(), Failure> {
    let mut shown = serde_json::to_value(receipt).expect("a receipt is plain data");
    if let Some(proposal) = proposal {
        shown["proposed"] = json!(proposal.proposed);
        shown["beyond_limit"] = json!(proposal.beyond_limit);
    }
    output.result(&shown, |out| {
        let verb = if receipt.dry_run { "would be forgotten" } else { "forgotten" };
        writeln!(out, "{verb}: {}", counted(receipt))?;
        if receipt.dry_run {
            let lines = match proposal {
                Some(proposal) => preview(memory, proposal, receipt),
                None => {
                    let goes_along = |it: &&Identity| {
                        receipt.related.iter().any(|related| related.record == **it)
                    };
                    let meant = receipt.records.iter().filter(|it| !goes_along(it));
                    let meant = meant.map(|it| named(memory, it));
                    meant.chain(along(memory, receipt)).collect()
                }
            };
            lines.iter().try_for_each(|line| writeln!(out, "  {line}"))?;
        }
        if receipt.purged {
            let what = if receipt.keys.is_empty() { "the records deleted before" } else { "them" };
            if receipt.repeating.is_empty() && receipt.backups.is_empty() {
                writeln!(out, "purged: no file holds a byte of {what}")?;
            } else if receipt.repeating.is_empty() {
                writeln!(out, "purged: no file but backups holds a byte of {what}")?;
            } else {
                writeln!(out, "purged; other records that stay still contain the text")?;
            }
        }
        if !receipt.dry_run {
            for record in &receipt.repeating {
                writeln!(out, "has the same text and stays: {}", named(memory, record))?;
            }
        }
        for obstacle in &receipt.pending {
            writeln!(out, "purge pending: blocked by {obstacle}; it resumes when that ends")?;
        }
        for path in &receipt.discarded {
            let verb = if receipt.dry_run { "a purge would remove" } else { "removed" };
            writeln!(out, "{verb} data that a repair could not read: {}", shown_path(path))?;
        }
        match receipt.backups.len() {
            0 => {}
            1 => writeln!(out, "1 backup may still contain them; remove it to be rid of them:")?,
            count => writeln!(
                out,
                "{count} backups may still contain them; remove these to be rid of them:"
            )?,
        }
        for backup in &receipt.backups {
            writeln!(out, "  {}", shown_path(backup))?;
        }
        Ok(())
    })?;
    match receipt.pending.is_empty() {
        true => Ok(()),
        false => Err(Failure::Unsound { what: "the purge is incomplete".to_owned() }),
    }
}

/// Formats the number of records per collection.
fn counted(receipt: &Receipt) -> String {
    let counts: Vec<_> =
        receipt.collections.iter().map(|(name, count)| format!("{name}: {count}")).collect();
    let parts = match receipt.remade.len() {
        0 => String::new(),
        1 => " and part of another record".to_owned(),
        count => format!(" and parts of {count} other records"),
    };
    match counts.is_empty() {
        true => format!("{}{parts}", records(0)),
        false => format!("{} ({}){parts}", records(receipt.forgotten), counts.join(", ")),
    }
}
