//! The handle: opening and closing the tiers together, in the right order.

use std::{
    env,
    fs::DirBuilder,
    num::NonZeroUsize,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use aios_embedding::{Bert, Cached, Embedder, HubCache, ModelName, StaticModel};
use aios_longterm::Longterm;
use aios_operational::Operational;
use aios_working::Working;
use serde::Serialize;

use crate::{
    Config, Error,
    backup::check_restored,
    metrics::MetricHistory,
    pump::{Pump, Pumping},
    spill::{Spill, Spilling},
};

/// The name of the model that is part of the program.
const BUNDLED: &str = "bundled";

/// A file that makes a directory a static model's.
const STATIC_MODEL_FILE: &str = "static-model.bin";

/// A memory: all tiers of one data directory. Clones share everything.
///
/// [`shutdown`](AgentMemory::shutdown) writes out what waits. When the last clone is dropped
/// without it, background work ends by itself, and nothing that was acknowledged is lost: what has
/// not reached the library yet is in a SQLite file, and goes on its way when the directory is
/// opened again.
#[derive(Clone)]
pub struct AgentMemory {
    shared: Arc<Shared>,
}

struct Shared {
    config: Config,
    operational: Operational,
    working: Working,
    longterm: Longterm,
    embedder: Arc<dyn Embedder>,
    pump: Pump,
    pumping: Pumping,
    spill: Spill,
    spilling: Spilling,
    is_closed: AtomicBool,
}

impl AgentMemory {
    /// Opens the memory that `config` describes; what is not there yet is made, readable to its
    /// owner only. Background work runs on the tokio runtime that this is called on.
    ///
    /// # Errors
    /// - [`Error::Config`] when a setting is out of its bounds.
    /// - [`Error::Directory`] when the data directory cannot be used.
    /// - [`Error::Embedding`] when the model cannot be opened.
    /// - What the tiers report, such as a file that a newer version wrote.
    pub async fn open(config: Config) -> Result<AgentMemory, Error> {
        let embedder = open_model(&config).await?;
        AgentMemory::open_with(config, embedder).await
    }

    /// As [`open`](AgentMemory::open), with an embedder of the caller's own in the place of the
    /// one that the settings name.
    ///
    /// # Errors
    /// As [`open`](AgentMemory::open).
    pub async fn open_with(
        config: Config,
        embedder: Arc<dyn Embedder>,
    ) -> Result<AgentMemory, Error> {
        let data_dir = config.memory.data_dir.clone();
        if data_dir.as_os_str().is_empty() {
            return Err(Error::NoDirectory);
        }
        config.check()?;
        make_directory(&data_dir)?;
        check_restored(&data_dir)?;
        let longterm =
            Longterm::open(&data_dir, config.to_longterm(), Arc::clone(&embedder)).await?;
        let working = open_working(&config).await?;
        let pump = Pump::new(working.clone(), longterm.clone());
        let (spill, waiting) = Spill::new();
        let operational = Operational::open(config.to_operational(spill.sink()))?;
        let keeps_samples = 0 < config.operational.metric_sample_seconds;
        let metrics = MetricHistory::new(operational.clone(), working.clone(), keeps_samples);
        let spilling = Spilling::start(
            waiting,
            operational.clone(),
            working.clone(),
            pump.clone(),
            metrics,
            config.to_guard(),
        );
        let pumping = Pumping::start(pump.clone(), config.to_retention());
        let shared = Shared {
            config,
            operational,
            working,
            longterm,
            embedder,
            pump,
            pumping,
            spill,
            spilling,
            is_closed: AtomicBool::new(false),
        };
        let memory = AgentMemory { shared: Arc::new(shared) };
        memory.resume_purge().await;
        Ok(memory)
    }

    /// The settings that it was opened with.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.shared.config
    }

    /// Tier 0: recent events, metrics, active tasks, the state of the machine.
    #[must_use]
    pub fn operational(&self) -> &Operational {
        &self.shared.operational
    }

    /// Tier 1: goals, tasks, decisions, sessions, messages.
    #[must_use]
    pub fn working(&self) -> &Working {
        &self.shared.working
    }

    /// Tier 2: everything, searchable.
    #[must_use]
    pub fn longterm(&self) -> &Longterm {
        &self.shared.longterm
    }

    /// Text to vector, and the tokenizer that counts by default.
    #[must_use]
    pub fn embedder(&self) -> &Arc<dyn Embedder> {
        &self.shared.embedder
    }

    /// Returns when all that working memory acknowledged before the call is searchable. Searches
    /// do it by themselves; it happens in the background within milliseconds. While a limit of
    /// long-term memory is reached the rest waits, and so is not searched yet: what is stored can
    /// still be read, exported and forgotten.
    ///
    /// # Errors
    /// What working or long-term memory report.
    pub async fn catch_up(&self) -> Result<(), Error> {
        use aios_longterm::Error::{DiskFull, JournalFull};
        match self.shared.pump.catch_up().await {
            Err(Error::Longterm(error @ (DiskFull { .. } | JournalFull { .. }))) => {
                tracing::warn!(%error, "the newest records are not searched yet");
                Ok(())
            }
            caught_up => caught_up.map(|_| ()),
        }
    }

    /// How much there is.
    ///
    /// # Errors
    /// What working or long-term memory report.
    pub async fn stats(&self) -> Result<Stats, Error> {
        self.catch_up().await?;
        let working = self.shared.working.stats().await?;
        let longterm = self.shared.longterm.stats().await?;
        Ok(Stats {
            operational: self.shared.operational.counters(),
            events_unwritten: self.shared.spilling.unwritten(),
            disk_bytes: working.file_bytes + longterm.disk_bytes,
            working,
            longterm: LongtermStats {
                records: longterm.records,
                collections: longterm.collections,
                pending: longterm.pending,
                refused: longterm.refused,
            },
            model: self.shared.embedder.fingerprint().to_string(),
        })
    }

    /// Writes out what waits and ends the background work. Other clones get errors from then on;
    /// shutting down another one does nothing.
    ///
    /// # Errors
    /// What kept something from being written out; the rest is closed all the same, and what is
    /// in a SQLite file goes on its way when the directory is opened again.
    pub async fn shutdown(self) -> Result<(), Error> {
        let shared = &self.shared;
        if shared.is_closed.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        let spilled = shared.spilling.stop().await;
        shared.pumping.stop().await;
        let pumped = self.catch_up().await;
        let drained = shared.longterm.clone().close().await;
        shared.working.close().await;
        spilled?;
        pumped?;
        Ok(drained?)
    }

    pub(crate) fn spill(&self) -> &Spill {
        &self.shared.spill
    }

    pub(crate) fn pump(&self) -> &Pump {
        &self.shared.pump
    }

    /// Tells the background that something was written.
    pub(crate) fn wake_pump(&self) {
        self.shared.pump.wake();
    }
}

impl std::fmt::Debug for AgentMemory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AgentMemory").field("config", &self.shared.config).finish_non_exhaustive()
    }
}

/// How much there is. It serialises to what `aios-memory stats --json` prints.
#[derive(Debug, Clone, Serialize)]
pub struct Stats {
    /// What has become of the events of this process.
    pub operational: aios_operational::Counters,
    /// Events that were handed on and that working memory cannot store; the log says why.
    pub events_unwritten: u64,
    /// Rows of working memory.
    pub working: aios_working::Stats,
    /// Records of long-term memory.
    pub longterm: LongtermStats,
    /// Bytes on disk, of all tiers.
    pub disk_bytes: u64,
    /// The fingerprint of the embedding model.
    pub model: String,
}

/// How much long-term memory holds.
#[derive(Debug, Clone, Serialize)]
pub struct LongtermStats {
    /// Records acknowledged, pending ones included.
    pub records: u64,
    /// Records of each collection.
    pub collections: std::collections::BTreeMap<&'static str, u64>,
    /// Changes that wait for the library.
    pub pending: u64,
    /// Changes that could not be stored; [`Longterm::refused`] lists them with their reasons.
    pub refused: u64,
}

/// Opens the model that the settings name, off the async workers.
pub(crate) async fn open_model(config: &Config) -> Result<Arc<dyn Embedder>, Error> {
    let (name, options) = (config.embedding.model.clone(), config.to_bert());
    let cache_entries = config.embedding.cache_entries;
    let opening = tokio::task::spawn_blocking(move || -> Result<Arc<dyn Embedder>, Error> {
        if name == BUNDLED {
            return Ok(StaticModel::bundled()?);
        }
        let dir = model_dir(&name)?;
        if dir.join(STATIC_MODEL_FILE).exists() {
            return Ok(Arc::new(StaticModel::open(dir)?));
        }
        Ok(cached(Bert::open(dir, options)?, cache_entries))
    });
    opening.await.map_err(|_| Error::Interrupted)?
}

/// `embedder` behind a cache of so many vectors; 0 is none.
fn cached(embedder: impl Embedder + 'static, entries: usize) -> Arc<dyn Embedder> {
    match NonZeroUsize::new(entries) {
        Some(entries) => Arc::new(Cached::new(embedder, entries)),
        None => Arc::new(embedder),
    }
}

/// The directory of a model: `name` itself, or the one of this name in the hub's cache.
fn model_dir(name: &str) -> Result<PathBuf, Error> {
    let path = PathBuf::from(name);
    match name.parse::<ModelName>() {
        Ok(model) if !path.exists() => {
            Ok(HubCache::locate(|variable| env::var_os(variable))?.resolve(&model)?)
        }
        _ => Ok(path),
    }
}

async fn open_working(config: &Config) -> Result<Working, Error> {
    let (path, config) = (config.working_path(), config.to_working());
    let opening = tokio::task::spawn_blocking(move || Working::open(&path, config));
    Ok(opening.await.map_err(|_| Error::Interrupted)??)
}

fn make_directory(dir: &Path) -> Result<(), Error> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.map_err(Error::directory(dir))
}

#[cfg(test)]
mod tests;
