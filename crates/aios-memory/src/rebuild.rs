//! Making the library anew: with the model of the settings or another, or to repair it with the
//! help of working memory. Not here: how it is done, see `aios_longterm`.

use std::{path::PathBuf, sync::Arc};

use aios_embedding::Embedder;
use aios_longterm::Longterm;
use aios_record::{Gate, Identity, Kind, Record};
use serde::Serialize;

use crate::{
    Administrator, AgentMemory, Config, Error, model::open_model, pump, together,
    together::Generations,
};

pub use aios_longterm::Progress as RebuildProgress;

/// Records that are looked at together.
const PAGE: usize = 500;

/// What a reindex did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reindexed {
    /// The fingerprint of the model.
    pub model: String,
    /// Records in the library now.
    pub records: u64,
    /// Those of them that were embedded by this call; the others had their vectors already.
    pub embedded: u64,
    /// What `embedding.model` must be set to before the memory is opened again; none where it is
    /// set already.
    pub setting: Option<String>,
}

/// What a repair did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Repaired {
    /// The library was found to be sound and no database older than another; nothing was done.
    pub was_sound: bool,
    /// Records in the library now.
    pub records: u64,
    /// Rows that were left out because their key was there already.
    pub repeated: u64,
    /// Keys that the journal does not know; their rows are in `unknown_rows`.
    pub unknown: Vec<Identity>,
    /// A file of JSON lines, a record each.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "crate::written_path::optional"
    )]
    pub unknown_rows: Option<PathBuf>,
    /// Keys that long-term memory did not know or could not read whole, and working memory had.
    pub recovered: Vec<Identity>,
    /// Keys of which an older version is there now, for nobody has the newest.
    pub outdated: Vec<Identity>,
    /// Keys of which nothing is left. They are listed among what was refused, too.
    pub lost: Vec<Identity>,
}

/// Makes the library of the memory that `config` describes anew with `model`, named as in
/// `embedding.model`, or with the one that is set there: with its vectors where they are that
/// model's already, else with new ones. Others may use the memory meanwhile; where the model
/// changes, they must open it again at the end. What was interrupted goes on when it is called
/// again.
///
/// # Errors
/// [`Error::Config`] when a setting is out of its bounds; [`Error::Embedding`] when the model
/// cannot be opened; what long-term memory reports.
pub async fn reindex(
    mut config: Config,
    model: Option<String>,
    progress: impl Fn(RebuildProgress) + Send + Sync + 'static,
) -> Result<Reindexed, Error> {
    let set = config.embedding.model.clone();
    let wanted = model.unwrap_or_else(|| set.clone());
    config.embedding.model.clone_from(&wanted);
    config.check()?;
    let embedder = open_model(&config).await?;
    let fingerprint = embedder.fingerprint().to_string();
    let dir = config.memory.data_dir.clone();
    let reached = Generations::noted(&dir).journal;
    let settings = aios_longterm::Config { reached, ..config.to_longterm() };
    let done = Longterm::reindex(&dir, settings, embedder, progress).await?;
    Ok(Reindexed {
        model: fingerprint,
        records: done.records,
        embedded: done.embedded,
        setting: (wanted != set).then_some(wanted),
    })
}

/// Repairs the library of the memory that `config` describes, where it is not sound: each record
/// that the journal knows is in it once, from what can be read of the library and from working
/// memory. What nobody has is named, and known no more. Others may use the memory meanwhile.
///
/// # Errors
/// [`Error::Config`] when a setting is out of its bounds; what working or long-term memory report.
pub async fn repair(
    config: Config,
    progress: impl Fn(RebuildProgress) + Send + Sync + 'static,
) -> Result<Repaired, Error> {
    config.check()?;
    let embedder = open_model(&config).await?;
    let recovered = accept_older(&config, &embedder).await?;
    if let Some(records) = sound(&config, &embedder).await? {
        let was_sound = recovered.is_none();
        let recovered = recovered.unwrap_or_default();
        return Ok(Repaired { was_sound, records, recovered, ..Repaired::default() });
    }
    let (dir, settings) = (config.memory.data_dir.clone(), config.to_longterm());
    let found = Longterm::repair(&dir, settings, Arc::clone(&embedder), progress).await?;
    let memory = AgentMemory::open_with(config, embedder).await?;
    let restored = restore(&memory.administrator(), found).await;
    let closed = memory.shutdown().await;
    let mut repaired = restored?;
    closed?;
    repaired.recovered.extend(recovered.into_iter().flatten());
    Ok(repaired)
}

/// Goes on with a database that is older than what lies beside it: what working memory has and
/// long-term memory does not know is stored there again. Returns what that was; `None` if no
/// database is older.
async fn accept_older(
    config: &Config,
    embedder: &Arc<dyn Embedder>,
) -> Result<Option<Vec<Identity>>, Error> {
    let open = || AgentMemory::open_with(config.clone(), Arc::clone(embedder));
    let (memory, is_older) = match open().await {
        Err(Error::Older { path }) => {
            tracing::warn!(path = %path.display(), "an older database is taken as it is");
            together::forget(&config.memory.data_dir)?;
            (open().await, true)
        }
        opened => (opened, false),
    };
    // The repair sees to every other reason for which it does not open.
    let Ok(memory) = memory else { return Ok(is_older.then(Vec::new)) };
    let done = async {
        let memory = memory.administrator();
        let (head, told) =
            (memory.working().feed_head().await?, memory.longterm().watermark().await?);
        if told <= head && !is_older {
            return Ok(None);
        }
        memory.working().advance_feed(told).await?;
        store_unknown(&memory).await.map(Some)
    };
    let done: Result<_, Error> = done.await;
    // And to every reason for which it does not close.
    let _ = memory.shutdown().await;
    done
}

/// Stores in long-term memory what working memory has of the kinds that feed it, and it does not
/// know.
async fn store_unknown(memory: &Administrator) -> Result<Vec<Identity>, Error> {
    let mut stored = Vec::new();
    // Of events only some are fed, and which is known no more.
    let fed = &memory.config().longterm.feed_kinds;
    for &kind in fed.iter().filter(|kind| **kind != Kind::Event) {
        let mut after = None;
        loop {
            let page = memory.working().records(kind, after, PAGE).await?;
            let identities: Vec<Identity> = page.records.iter().map(Record::identity).collect();
            let known = memory.longterm().known(&identities).await?;
            for (record, _) in page.records.into_iter().zip(known).filter(|(_, known)| !known) {
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

/// How many records a sound library has; none of one that is not sound.
async fn sound(config: &Config, embedder: &Arc<dyn Embedder>) -> Result<Option<u64>, Error> {
    let opened = AgentMemory::open_with(config.clone(), Arc::clone(embedder)).await;
    let memory = match opened {
        Ok(memory) => memory,
        Err(Error::Longterm(error)) => {
            tracing::info!(%error, "long-term memory cannot be opened");
            return Ok(None);
        }
        Err(other) => return Err(other),
    };
    let verified = async {
        let memory = memory.administrator();
        memory.longterm().drain().await?;
        memory.longterm().verify_rows(|_| {}).await
    };
    let verified = verified.await;
    // What it cannot move into a damaged library waits in the journal.
    let _ = memory.shutdown().await;
    match verified {
        Ok(report) => Ok(report.is_clean().then_some(report.checked)),
        Err(error) => {
            tracing::info!(%error, "long-term memory cannot be verified");
            Ok(None)
        }
    }
}

/// Stores again what working memory has of what is missing, and gives up the rest.
async fn restore(
    memory: &Administrator,
    found: aios_longterm::Repaired,
) -> Result<Repaired, Error> {
    let mut repaired = Repaired {
        was_sound: false,
        records: found.records,
        repeated: found.repeated,
        unknown: found.unknown,
        unknown_rows: found.unknown_rows,
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
    memory.longterm().give_up(&repaired.lost).await?;
    memory.longterm().drain().await?;
    Ok(repaired)
}

/// Stores a record again that working memory has; returns `false` if it has not.
async fn store_again(memory: &Administrator, identity: &Identity) -> Result<bool, Error> {
    let owner = memory.working().scoped(Gate::owner(identity.owner.clone()));
    let record = owner.record(identity.kind, identity.id.as_str()).await?;
    let Some(record) = record.filter(|record| record.owner() == identity.owner) else {
        return Ok(false);
    };
    memory.longterm().store(vec![pump::with_tags(record)]).await?;
    Ok(true)
}
