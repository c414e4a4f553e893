//! `forget`: records that nothing shows any more; with `--purge` no file keeps a byte of them.

use std::io::{self, Write};

use aios_memory::{AgentMemory, ForgetOptions, Forgotten, Id, Kind, Receipt, SearchOptions};

use super::{delete::confirm, records::find_key};
use crate::{
    args::{Forget, Global},
    failure::Failure,
    output::{Output, one_line},
};

/// What names a document in the place of a kind.
const DOCUMENT: &str = "file";
/// How much of a text is shown before it is forgotten.
const CHARS_SHOWN: usize = 100;

pub(crate) async fn forget(
    memory: &AgentMemory,
    arguments: Forget,
    global: &Global,
    output: Output,
) -> Result<(), Failure> {
    let what = what(memory, &arguments, global, output).await?;
    let options = ForgetOptions {
        scope: global.filter(),
        purge: arguments.purge,
        ..ForgetOptions::new(what)
    };
    let planned = memory.forget(options.clone().with_dry_run()).await?;
    if arguments.dry_run {
        return told(&planned, output);
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
    told(&memory.forget(options).await?, output)
}

/// What the arguments name. The hits of a query are shown, and are settled from then on.
async fn what(
    memory: &AgentMemory,
    arguments: &Forget,
    global: &Global,
    output: Output,
) -> Result<Forgotten, Failure> {
    if let Some(key) = &arguments.record {
        if let Some((DOCUMENT, name)) = key.split_once('/') {
            return Ok(Forgotten::Document(name.to_owned()));
        }
        let key = match (find_key(memory, key, global).await, parsed(key)) {
            // What has expired can be forgotten, and what was forgotten before can be purged.
            (Err(Failure::NotFound { .. }), Some(named)) => named,
            (found, _) => found?,
        };
        return Ok(Forgotten::Records(vec![key]));
    }
    if let Some(query) = &arguments.query {
        let search = SearchOptions {
            scope: global.filter(),
            limit: arguments.limit,
            min_relevance: Some(arguments.min_relevance),
            ..SearchOptions::default()
        };
        let hits = memory.recall(query, &search).await?.hits;
        if !output.json && !output.quiet {
            let mut err = io::stderr();
            for hit in &hits {
                let text = one_line(&hit.text, CHARS_SHOWN);
                // Nobody can be told that stderr is gone.
                let _ = writeln!(err, "{:.2}  {text}  [{}]", hit.relevance, hit.key());
            }
        }
        // Those that say the same are not shown one by one, and are meant as well.
        let folded = hits.iter().flat_map(|hit| &hit.folded).filter_map(|key| parsed(key));
        let mut records: Vec<(Kind, Id)> = folded.collect();
        records.extend(hits.into_iter().map(|hit| (hit.kind, hit.id)));
        return Ok(Forgotten::Records(records));
    }
    let scope = global.scope();
    if scope.parts().iter().all(|(_, part)| part.is_none()) {
        return Err(Failure::Usage {
            message: "nothing says what to forget".to_owned(),
            hint: "name a record (KIND/ID), a document (file/NAME), --query TEXT, or a scope with \
                   --user, --agent or --session",
        });
    }
    Ok(Forgotten::Scope(scope))
}

/// The kind and the id of a key.
fn parsed(key: &str) -> Option<(Kind, Id)> {
    let (kind, id) = key.split_once('/')?;
    Some((Kind::meant_by(kind).ok()?, Id::new(id).ok()?))
}

fn told(receipt: &Receipt, output: Output) -> Result<(), Failure> {
    let shown = serde_json::to_value(receipt).expect("a receipt is plain data");
    output.result(&shown, |out| {
        let verb = if receipt.dry_run { "would be forgotten" } else { "forgotten" };
        writeln!(out, "{verb}: {}", counted(receipt))?;
        if receipt.dry_run {
            receipt.keys.iter().try_for_each(|key| writeln!(out, "  {key}"))?;
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
