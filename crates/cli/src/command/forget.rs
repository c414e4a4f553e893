//! `forget`: records that nothing shows any more; with `--purge` no file keeps a byte of them.

use std::io::{self, Write};

use aios_memory::{
    ForgetOptions, ForgetTarget, Identity, Key, MemoryView, Owner, Receipt, SearchOptions,
};

use super::{delete::confirm, records::find};
use crate::{
    args::Forget,
    failure::Failure,
    output::{Output, named, one_line},
};

/// What names a document in the place of a kind.
const DOCUMENT: &str = "file";
/// How much of a text is shown before it is forgotten.
const CHARS_SHOWN: usize = 100;

pub(crate) async fn forget(
    memory: &MemoryView,
    arguments: Forget,
    output: Output,
) -> Result<(), Failure> {
    let target = target(memory, &arguments, output).await?;
    let options = ForgetOptions { purge: arguments.purge, ..ForgetOptions::new(target) };
    let planned = memory.forget(options.clone().with_dry_run()).await?;
    if arguments.dry_run {
        return told(memory, &planned, output);
    }
    if planned.keys.is_empty() && !arguments.purge {
        return Err(Failure::NotFound {
            what: "such record".to_owned(),
            hint: "`aios-memory recall QUERY` shows the keys of what it finds",
        });
    }
    if !arguments.yes {
        let purge = if arguments.purge { " and purge every file of them" } else { "" };
        confirm(&format!("forget {}{purge}?", counted(&planned)))?;
    }
    // What was shown is what is forgotten, however much comes meanwhile; a scope is a scope.
    told(memory, &memory.forget(options).await?, output)
}

/// The records that the arguments name. The hits of a query are shown, and are settled from then
/// on.
async fn target(
    memory: &MemoryView,
    arguments: &Forget,
    output: Output,
) -> Result<ForgetTarget, Failure> {
    if let Some(key) = &arguments.record {
        if let Some((DOCUMENT, name)) = key.split_once('/') {
            return Ok(ForgetTarget::Document(name.into()));
        }
        let identity = match (find(memory, key).await, key.parse::<Key>()) {
            // What has expired can be forgotten, and what was forgotten before can be purged.
            (Err(Failure::NotFound { .. }), Ok(named)) => named.of(owner(memory)),
            (found, _) => found?.identity(),
        };
        return Ok(ForgetTarget::Records(vec![identity]));
    }
    if let Some(query) = &arguments.query {
        let search = SearchOptions {
            limit: arguments.limit,
            min_relevance: Some(arguments.min_relevance),
            ..SearchOptions::default()
        };
        let mut hits = memory.recall(query, &search).await?.hits;
        // Shared records are found through a user's view, and are not theirs to forget.
        hits.retain(|hit| match memory.gate().acts_for() {
            Some(owner) => hit.identity().owner == *owner,
            None => true,
        });
        if !output.json && !output.quiet {
            let mut err = io::stderr();
            for hit in &hits {
                let text = one_line(&hit.text, CHARS_SHOWN);
                // Nobody can be told that stderr is gone.
                let name = named(memory, &hit.identity());
                let _ = writeln!(err, "{:.2}  {text}  [{name}]", hit.relevance);
            }
        }
        // Those with the same text are not shown one by one, and are meant as well.
        let mut records: Vec<Identity> = Vec::new();
        for hit in hits {
            let identity = hit.identity();
            let same_owner = hit.folded.into_iter().filter(|it| it.owner == identity.owner);
            records.extend(same_owner);
            records.push(identity);
        }
        return Ok(ForgetTarget::Records(records));
    }
    Ok(ForgetTarget::All)
}

/// The owner whose record a key means that is not stored.
fn owner(memory: &MemoryView) -> Owner {
    let chosen = &memory.gate().filter().scope;
    memory.gate().acts_for().cloned().unwrap_or_else(|| chosen.owner())
}

fn told(memory: &MemoryView, receipt: &Receipt, output: Output) -> Result<(), Failure> {
    let shown = serde_json::to_value(receipt).expect("a receipt is plain data");
    output.result(&shown, |out| {
        let verb = if receipt.dry_run { "would be forgotten" } else { "forgotten" };
        writeln!(out, "{verb}: {}", counted(receipt))?;
        if receipt.dry_run {
            receipt.records.iter().try_for_each(|it| writeln!(out, "  {}", named(memory, it)))?;
        }
        if receipt.purged {
            let what = if receipt.keys.is_empty() { "what was deleted before" } else { "them" };
            writeln!(out, "purged: no file keeps a byte of {what}")?;
        }
        for obstacle in &receipt.pending {
            writeln!(out, "purge pending: {obstacle} is in the way; it goes on when that ends")?;
        }
        for backup in &receipt.backups {
            writeln!(out, "a copy that may still hold them: {}", backup.display())?;
        }
        Ok(())
    })?;
    Ok(())
}

/// How many records, by collection.
fn counted(receipt: &Receipt) -> String {
    let counts: Vec<_> =
        receipt.collections.iter().map(|(name, count)| format!("{name}: {count}")).collect();
    match counts.is_empty() {
        true => "0 records".to_owned(),
        false => format!("{} records ({})", receipt.forgotten, counts.join(", ")),
    }
}
