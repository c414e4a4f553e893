//! Rebuilding the library, with the configured model or another one, and repairing it with the help
//! of working memory. The algorithms are in `aios_longterm`.

mod accepted;
mod databases;

use std::{collections::HashSet, path::PathBuf, sync::Arc};

use aios_embedding::Embedder;
use aios_files::Lock;
use aios_longterm::{Access, Repaired as Found};
use aios_record::{Gate, Identity, Kind, Progress, Record};
use aios_working::Problem;
use serde::Serialize;
use tokio::task;

use self::{
    accepted::{Accepted, PAGE},
    databases::{JOURNAL, bring_back, is_working_gone, kinds_of_working_alone, set_aside},
};
use crate::{
    Administrator, AgentMemory, Config, Error,
    directory::{lock_upkeep, prepare},
    model::{is_found_by, open_model, open_new_model},
    pump, together,
    together::{Generations, WORKING},
};

/// A callback for the progress of a repair.
type Watch = Arc<dyn Fn(Progress) + Send + Sync>;

/// The result of a reindex.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reindexed {
    /// The fingerprint of the model.
    pub model: String,
    /// Records in the library now.
    pub records: u64,
    /// Number of records embedded by this call. The others already had vectors.
    pub embedded: u64,
    /// The value that `embedding.model` needs before the memory is opened again; `None` if the
    /// setting already selects the model.
    pub setting: Option<String>,
}

/// The result of a repair.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Repaired {
    /// True if nothing was done, because the library was sound and no database older than another.
    pub was_sound: bool,
    /// Records in the library now.
    pub records: u64,
    /// Number of rows dropped because their key was already present.
    pub repeated: u64,
    /// Records that the journal does not know; their rows are in `unknown_rows`.
    pub unknown: Vec<Identity>,
    /// A file of JSON lines, one record per line.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "crate::written_path::optional"
    )]
    pub unknown_rows: Option<PathBuf>,
    /// Records that long-term memory did not know or could not read completely, restored from
    /// working memory.
    pub recovered: Vec<Identity>,
    /// Records missing from an older journal, adopted from the library beside it.
    pub adopted: Vec<Identity>,
    /// Records still in an older journal although they have since been deleted.
    pub gone: Vec<Identity>,
    /// Number of rows of the library that an older journal lists as deleted or forgotten. They
    /// remain deleted.
    pub kept_out: u64,
    /// Number of unreadable rows of the library beside an older journal. They are in `quarantined`.
    pub unreadable: u64,
    /// The former library, if not all of it could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quarantined: Option<PathBuf>,
    /// The damaged `journal.db`, moved to the quarantine. Unless a backup has them, these are lost
    /// with it: changes that had not reached the library, older versions, and the list of forgotten
    /// records.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "crate::written_path::optional"
    )]
    pub journal_aside: Option<PathBuf>,
    /// True if the journal was missing. The loss is the same as with a damaged one.
    pub has_lost_journal: bool,
    /// The damaged `working.db`, moved to the quarantine.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "crate::written_path::optional"
    )]
    pub working_aside: Option<PathBuf>,
    /// Records restored to working memory after its database was damaged or missing: from the
    /// damaged file and from the library.
    pub brought_back: u64,
    /// Kinds whose records may be lost with the database of working memory, because nothing else
    /// stores them. Empty if it was not lost.
    pub lost_with_working: Vec<Kind>,
    /// Remaining problems of working memory.
    pub working: Vec<Problem>,
    /// True if `generations.json` could not be read, so that an older database could not be
    /// detected; both were accepted as they are.
    pub has_lost_note: bool,
    /// Records that now have an older version, because the newest one is lost.
    pub outdated: Vec<Identity>,
    /// Unrecoverable records. They are also listed among the refused changes.
    pub lost: Vec<Identity>,
}

/// Rebuilds the library of the memory that `config` describes with `model`, named as in
/// `embedding.model`. Default: the configured model; for `auto`, the current default model,
/// regardless of the model of the stored vectors. Vectors of that model are kept, all others are
/// computed again. The memory may be in use during the call; if the model changes, other processes
/// must open it again afterwards. An interrupted reindex continues with the next call.
///
/// # Errors
/// - [`Error::Config`] if a setting is out of its bounds.
/// - [`Error::ReadOnly`] with [`Access::ReadOnly`].
/// - [`Error::Embedding`] if the model cannot be opened.
/// - [`Error::Place`] while another process reindexes or repairs the memory.
/// - Errors of long-term memory.
pub async fn reindex(
    mut config: Config,
    model: Option<String>,
    progress: impl Fn(Progress) + Send + Sync + 'static,
) -> Result<Reindexed, Error> {
    let set = config.embedding.model.clone();
    let wanted = model.unwrap_or_else(|| set.clone());
    config.embedding.model.clone_from(&wanted);
    config.check()?;
    let embedder = open_new_model(&config).await?;
    let fingerprint = embedder.fingerprint().to_string();
    let dir = config.memory.data_dir.clone();
    let _alone = alone(&config)?;
    let reached = Generations::noted(&dir)?.journal;
    let settings = aios_longterm::Config { reached, ..config.to_longterm() };
    let done = aios_longterm::reindex(&dir, settings, embedder, progress).await?;
    Ok(Reindexed {
        model: fingerprint,
        records: done.records,
        embedded: done.embedded,
        setting: (!is_found_by(&set, &wanted)).then_some(wanted),
    })
}

/// Repairs the library of the memory that `config` describes, if it is not sound: afterwards it
/// contains each record of the journal once, recovered from the readable part of the library and
/// from working memory. Unrecoverable records are listed and dropped from the journal. The memory
/// may be in use during the call.
///
/// Accepts a database that is older than the others. A damaged `journal.db` is quarantined and
/// treated as an older, empty one. With an older journal, the library determines which records were
/// stored and deleted since. Records of working memory that long-term memory lacks are stored there
/// again, except those forgotten since.
///
/// # Errors
/// - [`Error::Config`] if a setting is out of its bounds.
/// - [`Error::ReadOnly`] with [`Access::ReadOnly`].
/// - [`Error::Place`] while another process repairs or reindexes the memory.
/// - Errors of working or long-term memory.
pub async fn repair(
    config: Config,
    progress: impl Fn(Progress) + Send + Sync + 'static,
) -> Result<Repaired, Error> {
    config.check()?;
    let embedder = open_model(&config).await?;
    let progress: Watch = Arc::new(progress);
    let _alone = alone(&config)?;
    let accepted = accept_older(&config, &embedder, &progress).await?;
    let records = sound(&config, &embedder).await?;
    let found = match records {
        Some(records) => Found { records, ..accepted.found.clone() },
        None => {
            let (dir, settings) = (config.memory.data_dir.clone(), config.to_longterm());
            let model = Arc::clone(&embedder);
            let repaired =
                aios_longterm::repair(&dir, settings, model, move |at| progress(at)).await?;
            merged(repaired, &accepted.found)
        }
    };
    let memory = AgentMemory::open_with(config, embedder).await?;
    let restored = go_on(&memory.administrator(), found, &accepted, records.is_some()).await;
    let closed = memory.shutdown().await;
    let repaired = restored?;
    closed?;
    Ok(repaired)
}

/// Locks the data directory for a rebuild, for the lifetime of the returned lock.
fn alone(config: &Config) -> Result<Lock, Error> {
    if config.memory.access == Access::ReadOnly {
        return Err(Error::ReadOnly);
    }
    prepare(&config.memory.data_dir)?;
    lock_upkeep(&config.memory.data_dir)
}

/// The database that prevents the repair from continuing.
enum Problematic {
    Nothing,
    Older(PathBuf),
    Working,
    Journal,
}

/// Returns the damaged database of an open memory.
async fn damaged(memory: &Administrator) -> Problematic {
    let is_damage =
        |problem: &Problem| matches!(problem, Problem::Damaged { .. } | Problem::Unreadable { .. });
    match memory.working().upkeep().verify().await {
        Ok(problems) if !problems.iter().any(is_damage) => {}
        Err(error) if !error.is_corrupt() => {}
        _ => return Problematic::Working,
    }
    match memory.longterm().upkeep().journal_damage().await {
        Ok(damage) if damage.is_empty() => Problematic::Nothing,
        _ => Problematic::Journal,
    }
}

/// Returns `true` if SQLite finds the file damaged or not a database.
async fn is_damaged(path: PathBuf) -> Result<bool, Error> {
    let looking = task::spawn_blocking(move || aios_working::is_damaged(&path));
    looking.await.map_err(|_| Error::Interrupted)
}

/// Accepts older, missing and damaged databases, until the memory opens or fails for another
/// reason.
async fn accept_older(
    config: &Config,
    embedder: &Arc<dyn Embedder>,
    progress: &Watch,
) -> Result<Accepted, Error> {
    let dir = &config.memory.data_dir;
    let mut accepted = Accepted { has_lost_working: is_working_gone(dir), ..Accepted::default() };
    // Each database is reported at most once, because accepting it removes its note.
    loop {
        let opened = AgentMemory::open_with(config.clone(), Arc::clone(embedder)).await;
        let found = match opened {
            Err(Error::Older { path }) => Problematic::Older(path),
            Err(Error::Note { .. }) => {
                together::forget(dir)?;
                accepted.has_lost_note = true;
                continue;
            }
            Ok(memory) => {
                let found = damaged(&memory.administrator()).await;
                // The repair handles every reason for which opening or closing fails.
                let _ = memory.shutdown().await;
                found
            }
            Err(Error::Working(_)) if is_damaged(config.working_path()).await? => {
                Problematic::Working
            }
            Err(Error::Longterm(aios_longterm::Error::UnknownLibrary { .. }))
                if !accepted.has_lost_journal =>
            {
                accepted.has_lost_journal = true;
                Problematic::Older(dir.join(JOURNAL))
            }
            Err(Error::Longterm(error)) if error.is_corrupt() => Problematic::Journal,
            Err(Error::Longterm(_)) if is_damaged(dir.join(JOURNAL)).await? => Problematic::Journal,
            Err(_) => Problematic::Nothing,
        };
        let path = match found {
            Problematic::Older(path) => path,
            Problematic::Working if accepted.working_aside.is_none() => {
                let aside = set_aside(dir, WORKING)?;
                let (file, settings) = (aside.clone(), config.to_working());
                let salvage = move || aios_working::salvage(&file, &settings);
                let salvaged = task::spawn_blocking(salvage).await;
                accepted.salvaged = salvaged.map_err(|_| Error::Interrupted)?;
                accepted.working_aside = Some(aside);
                config.working_path()
            }
            Problematic::Journal if accepted.journal_aside.is_none() => {
                accepted.journal_aside = Some(set_aside(dir, JOURNAL)?);
                dir.join(JOURNAL)
            }
            _ => return Ok(accepted),
        };
        tracing::warn!(path = %path.display(), "accepting an older database as it is");
        accepted.has_older = true;
        if path == config.working_path() {
            accepted.has_older_working = true;
            together::forget_working(dir)?;
        } else {
            let (settings, model, watch) =
                (config.to_longterm(), Arc::clone(embedder), Arc::clone(progress));
            accepted.found =
                aios_longterm::adopt(dir, settings, model, move |at| watch(at)).await?;
            together::forget(dir)?;
        }
    }
}

/// Merges the findings of a repair with `before`, the findings of accepting an older journal.
fn merged(repaired: Found, before: &Found) -> Found {
    let mut unknown = before.unknown.clone();
    unknown.extend(repaired.unknown.iter().cloned());
    Found {
        unknown,
        unknown_rows: repaired.unknown_rows.clone().or(before.unknown_rows.clone()),
        adopted: before.adopted.clone(),
        gone: before.gone.clone(),
        kept_out: before.kept_out,
        unreadable: before.unreadable,
        quarantined: repaired.quarantined.clone().or(before.quarantined.clone()),
        ..repaired
    }
}

/// Restores lost working memory, and stores again the records that long-term memory lacks.
async fn go_on(
    memory: &Administrator,
    found: Found,
    accepted: &Accepted,
    is_sound: bool,
) -> Result<Repaired, Error> {
    let (head, told) =
        (memory.working().feed().head().await?, memory.longterm().feed().watermark().await?);
    let is_behind = accepted.has_older || head < told;
    let gone: HashSet<Identity> = found.gone.iter().cloned().collect();
    let is_empty =
        memory.working().upkeep().stats().await?.records.values().all(|count| *count == 0);
    let is_lost =
        accepted.has_lost_working || (is_behind && is_empty && accepted.working_aside.is_none());
    let mut brought_back = 0;
    if is_lost || accepted.working_aside.is_some() {
        // The feed must number restored records after all changes that long-term memory has
        // received.
        memory.working().feed().advance(told).await?;
        brought_back = bring_back(memory, accepted).await?;
    }
    let mut repaired = restore(memory, found, accepted).await?;
    repaired.brought_back = brought_back;
    if is_lost || accepted.working_aside.is_some() {
        repaired.lost_with_working = kinds_of_working_alone(memory);
        repaired.working_aside.clone_from(&accepted.working_aside);
    }
    repaired.working = databases::with_word_index(memory).await?;
    repaired.was_sound = is_sound
        && !is_behind
        && !accepted.has_lost_note
        && !is_lost
        && repaired.working.is_empty();
    if is_behind {
        memory.working().feed().advance(told).await?;
        let left_out = accepted.has_older_working.then_some(&gone);
        let stored = store_unknown(memory, left_out).await?;
        repaired.records += stored.len() as u64;
        repaired.recovered.extend(stored);
    }
    Ok(repaired)
}

/// Stores in long-term memory the records of fed kinds that it does not know. If working memory is
/// the older database, records in `gone` and forgotten ones are skipped.
async fn store_unknown(
    memory: &Administrator,
    gone: Option<&HashSet<Identity>>,
) -> Result<Vec<Identity>, Error> {
    let mut stored = Vec::new();
    // Only some events are fed, and the selection is no longer known.
    let fed = &memory.config().longterm.feed_kinds;
    for &kind in fed.iter().filter(|kind| **kind != Kind::Event) {
        let mut after = None;
        loop {
            let page = memory.working().records().list(kind, after, PAGE).await?;
            let identities: Vec<Identity> = page.records.iter().map(Record::identity).collect();
            let known = memory.longterm().records().known(&identities).await?;
            let left_out: Vec<bool> = match gone {
                Some(gone) => {
                    let forgotten =
                        memory.longterm().tombstones().are_forgotten(&page.records).await?;
                    let each = identities.iter().zip(forgotten);
                    each.map(|(it, is_forgotten)| is_forgotten || gone.contains(it)).collect()
                }
                None => vec![false; identities.len()],
            };
            let records = page.records.into_iter().zip(known).zip(left_out);
            for ((record, _), _) in records.filter(|((_, known), left_out)| !known && !left_out) {
                let identity = record.identity();
                memory.longterm().store(vec![pump::with_tags(record)]).await?;
                stored.push(identity);
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    Ok(stored)
}

/// Returns the number of records of a sound library, or `None` if it is not sound.
async fn sound(config: &Config, embedder: &Arc<dyn Embedder>) -> Result<Option<u64>, Error> {
    let opened = AgentMemory::open_with(config.clone(), Arc::clone(embedder)).await;
    let memory = match opened {
        Ok(memory) => memory,
        Err(Error::Longterm(error)) => {
            tracing::info!(%error, "failed to open long-term memory");
            return Ok(None);
        }
        Err(other) => return Err(other),
    };
    let verified = async {
        let memory = memory.administrator();
        memory.longterm().upkeep().drain().await?;
        memory.longterm().upkeep().verify_rows(|_| {}).await
    };
    let verified = verified.await;
    // Changes that cannot be moved into a damaged library remain in the journal.
    let _ = memory.shutdown().await;
    match verified {
        Ok(report) => Ok(report.is_clean().then_some(report.checked)),
        Err(error) => {
            tracing::info!(%error, "failed to verify long-term memory");
            Ok(None)
        }
    }
}

/// Stores the missing records that working memory has, and drops the others.
async fn restore(
    memory: &Administrator,
    found: Found,
    accepted: &Accepted,
) -> Result<Repaired, Error> {
    let mut repaired = Repaired {
        was_sound: false,
        records: found.records,
        repeated: found.repeated,
        unknown: found.unknown,
        unknown_rows: found.unknown_rows,
        adopted: found.adopted,
        gone: found.gone,
        kept_out: found.kept_out,
        // Unreadable rows of the repaired library were among the missing ones.
        unreadable: accepted.found.unreadable,
        quarantined: found.quarantined,
        journal_aside: accepted.journal_aside.clone(),
        has_lost_journal: accepted.has_lost_journal,
        has_lost_note: accepted.has_lost_note,
        ..Repaired::default()
    };
    for identity in found.missing {
        match store_again(memory, &identity).await? {
            true => {
                repaired.records += 1;
                repaired.recovered.push(identity);
            }
            false => repaired.lost.push(identity),
        }
    }
    for identity in found.outdated {
        match store_again(memory, &identity).await? {
            true => repaired.recovered.push(identity),
            false => repaired.outdated.push(identity),
        }
    }
    memory.longterm().upkeep().give_up(&repaired.lost).await?;
    memory.longterm().upkeep().drain().await?;
    Ok(repaired)
}

/// Stores a record again from working memory. Returns `false` if working memory lacks it.
async fn store_again(memory: &Administrator, identity: &Identity) -> Result<bool, Error> {
    let owner = memory.working().scoped(Gate::owner(identity.owner.clone()));
    let record = owner.records().get(&identity.key()).await?;
    let Some(record) = record.filter(|record| record.owner() == identity.owner) else {
        return Ok(false);
    };
    memory.longterm().store(vec![pump::with_tags(record)]).await?;
    Ok(true)
}
