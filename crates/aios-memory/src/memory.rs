//! The handles: opening and closing the tiers together, and who may see and change what.

use std::{
    fs,
    ops::Deref,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use aios_embedding::Embedder;
use aios_files::Anchor;
use aios_longterm::{Access, Longterm, LongtermView};
use aios_operational::Operational;
use aios_record::{Gate, Generation, Owner, ScopeFilter};
use aios_working::{Working, WorkingView};
use serde::Serialize;

use crate::{
    Config, Error,
    directory::{check_restored, prepare},
    metrics::MetricHistory,
    model::open_model,
    pump::{Pump, Pumping},
    rerank::Reranker,
    spill::{Spill, Spilling},
    together::{self, Generations},
};

/// An open memory: all tiers of one data directory. Clones share everything.
///
/// It derefs to the [`MemoryView`] of the user that the setting `memory.user` names, or, by
/// default, of nobody in particular, which reads and writes what has no owner.
/// [`for_user`](AgentMemory::for_user) gives the view of a user,
/// [`administrator`](AgentMemory::administrator) the handle for upkeep.
///
/// [`shutdown`](AgentMemory::shutdown) writes out what waits. If the last clone is dropped without
/// it, background work ends by itself, and nothing that was acknowledged is lost: what has not
/// reached the library yet is in a SQLite file, and goes on its way when the directory is opened
/// again.
#[derive(Clone, Debug)]
pub struct AgentMemory {
    view: MemoryView,
}

/// The memory as one owner sees it: its own records and shared ones. It writes and changes its own
/// records only. Cheap to clone.
///
/// Neither the other owners nor the tiers as a whole can be reached from a view:
///
/// ```compile_fail,E0599
/// # async fn no_way_out(memory: aios_memory::AgentMemory) {
/// let ada = memory.for_user("ada").unwrap();
/// ada.administrator();
/// # }
/// ```
///
/// ```compile_fail,E0599
/// # async fn no_way_out(memory: aios_memory::AgentMemory) {
/// let ada = memory.for_user("ada").unwrap();
/// ada.working().feed_after(0, 1).await;
/// # }
/// ```
#[derive(Clone)]
pub struct MemoryView {
    shared: Arc<Shared>,
    gate: Gate,
    working: WorkingView,
    longterm: LongtermView,
}

/// The memory with the records of every owner, for upkeep, for exports of everything and for
/// moving records between owners. Clones share everything.
///
/// It derefs to a [`MemoryView`] that sees and changes all records. A bare id that several owners
/// have is refused there with the list of the owners; narrow it to one of them.
#[derive(Clone, Debug)]
pub struct Administrator {
    view: MemoryView,
}

pub(crate) struct Shared {
    pub(crate) config: Config,
    /// The data directory.
    pub(crate) anchor: Anchor,
    pub(crate) operational: Operational,
    pub(crate) working: Working,
    pub(crate) longterm: Longterm,
    pub(crate) embedder: Arc<dyn Embedder>,
    pub(crate) reranker: Option<Reranker>,
    pub(crate) pump: Pump,
    /// Held by whoever changes a record of working memory.
    pub(crate) updating: tokio::sync::Mutex<()>,
    pumping: Pumping,
    pub(crate) spill: Spill,
    pub(crate) spilling: Spilling,
    is_closed: AtomicBool,
}

impl Shared {
    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Acquire)
    }
}

impl Deref for AgentMemory {
    type Target = MemoryView;

    fn deref(&self) -> &MemoryView {
        &self.view
    }
}

impl Deref for Administrator {
    type Target = MemoryView;

    fn deref(&self) -> &MemoryView {
        &self.view
    }
}

impl AgentMemory {
    /// Opens the memory that `config` describes; what is not there yet is created, readable to its
    /// owner only. Background work runs on the tokio runtime that this is called on.
    ///
    /// With [`Access::ReadOnly`] nothing is created or written, and there is no background work:
    /// reading needs neither the right to write nor room on the disk. Each call that would write
    /// gives [`Error::ReadOnly`]. A search does not find what working memory has not handed on yet;
    /// results say how many records that are ([`Recalled::behind`](crate::Recalled::behind)).
    ///
    /// # Errors
    /// - [`Error::Config`] if a setting is out of its bounds.
    /// - [`Error::Directory`] if the data directory cannot be used, [`Error::ForeignDirectory`] if
    ///   it belongs to another user of the system, [`Error::Place`] if something in it does.
    /// - [`Error::Older`] if a database is older than what lies beside it.
    /// - [`Error::Embedding`] if the model, or the reranker, cannot be opened.
    /// - Errors of the tiers, such as for a file that a newer version wrote.
    pub async fn open(config: Config) -> Result<AgentMemory, Error> {
        let embedder = open_model(&config).await?;
        AgentMemory::open_with(config, embedder).await
    }

    /// Opens the memory as [`open`](AgentMemory::open) does, with an embedder of the caller's own
    /// in place of the one that the settings name.
    ///
    /// # Errors
    /// As [`open`](AgentMemory::open).
    pub async fn open_with(
        mut config: Config,
        embedder: Arc<dyn Embedder>,
    ) -> Result<AgentMemory, Error> {
        let data_dir = absolute(&config)?;
        config.memory.data_dir.clone_from(&data_dir);
        config.check()?;
        let gate = match config.memory.user.as_str() {
            "" => Gate::shared(),
            user => Gate::owner(Owner::user(user)?),
        };
        match config.memory.access {
            Access::ReadWrite => prepare(&data_dir)?,
            Access::ReadOnly => {
                fs::read_dir(&data_dir).map_err(Error::directory(&data_dir))?;
                check_restored(&data_dir)?;
            }
        }
        // Who only reads changes nothing to fit an older database, and may.
        let reached = match config.memory.access {
            Access::ReadWrite => Generations::noted(&data_dir)?,
            Access::ReadOnly => Generations::default(),
        };
        let reranker = Reranker::open(&config).await?;
        // First, for the library is made to fit the journal.
        let working = open_working(&config, reached.working).await?;
        let settings = aios_longterm::Config { reached: reached.journal, ..config.to_longterm() };
        let longterm = Longterm::open(&data_dir, settings, Arc::clone(&embedder)).await?;
        let pump = Pump::new(working.clone(), longterm.clone());
        let (spill, waiting) = Spill::new();
        let operational = Operational::open(config.to_operational(spill.sink()))?;
        let keeps_samples = 0 < config.operational.metric_sample_seconds;
        let metrics = MetricHistory::new(operational.clone(), working.clone(), keeps_samples);
        let (spilling, pumping) = match config.memory.access {
            Access::ReadWrite => (
                Spilling::start(
                    waiting,
                    operational.clone(),
                    working.clone(),
                    pump.clone(),
                    metrics,
                    config.to_guard(),
                ),
                Pumping::start(pump.clone(), config.to_retention()),
            ),
            Access::ReadOnly => (Spilling::none(), Pumping::none()),
        };
        let shared = Arc::new(Shared {
            anchor: Anchor::new([data_dir])?,
            config,
            operational,
            working,
            longterm,
            embedder,
            reranker,
            pump,
            updating: tokio::sync::Mutex::default(),
            pumping,
            spill,
            spilling,
            is_closed: AtomicBool::new(false),
        });
        let memory = AgentMemory { view: MemoryView::new(shared, gate) };
        if memory.access() == Access::ReadWrite {
            together::note(memory.shared()).await;
            together::keep_noting(memory.shared());
            memory.administrator().resume_purge().await;
        }
        Ok(memory)
    }

    /// The view of the user of this name.
    ///
    /// # Errors
    /// [`Error::Vocabulary`] if the name is empty, blank or longer than 128 bytes, or contains a
    /// control character.
    pub fn for_user(&self, name: &str) -> Result<MemoryView, Error> {
        let gate = Gate::owner(Owner::user(name)?);
        Ok(MemoryView::new(Arc::clone(&self.view.shared), gate))
    }

    /// The view of nobody in particular: it reads and writes what has no owner.
    #[must_use]
    pub fn for_shared(&self) -> MemoryView {
        MemoryView::new(Arc::clone(&self.view.shared), Gate::shared())
    }

    /// The handle that sees and changes the records of every owner.
    #[must_use]
    pub fn administrator(&self) -> Administrator {
        let shared = Arc::clone(&self.view.shared);
        Administrator { view: MemoryView::new(shared, Gate::administrator()) }
    }

    /// Tier 0: recent events, metrics, active tasks, the state of the machine. They have no owner.
    #[must_use]
    pub fn operational(&self) -> &Operational {
        &self.view.shared.operational
    }

    /// Returns when all that working memory acknowledged before the call is searchable. Searches
    /// do it by themselves; it happens in the background within milliseconds. While a limit of
    /// long-term memory is reached the rest waits, and is not searched yet: what is stored can
    /// still be read, exported and forgotten.
    ///
    /// # Errors
    /// Errors of working or long-term memory.
    pub async fn catch_up(&self) -> Result<(), Error> {
        self.view.catch_up().await.map(drop)
    }

    /// Writes out what waits and ends the background work. Other clones and views get errors from
    /// then on; shutting down another one does nothing.
    ///
    /// # Errors
    /// The first error that kept something from being written out; the rest is closed all the
    /// same, and what is in a SQLite file goes on its way when the directory is opened again.
    pub async fn shutdown(self) -> Result<(), Error> {
        let shared = &self.view.shared;
        if shared.is_closed.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        let spilled = shared.spilling.stop().await;
        shared.pumping.stop().await;
        let pumped = self.view.catch_up().await;
        if self.access() == Access::ReadWrite {
            together::note(shared).await;
        }
        let drained = shared.longterm.clone().close().await;
        shared.working.close().await;
        spilled?;
        pumped?;
        Ok(drained?)
    }
}

impl Administrator {
    /// Tier 0: recent events, metrics, active tasks, the state of the machine.
    #[must_use]
    pub fn operational(&self) -> &Operational {
        &self.view.shared.operational
    }

    /// Tier 1 as a whole, with its upkeep.
    #[must_use]
    pub fn working(&self) -> &Working {
        &self.view.shared.working
    }

    /// Tier 2 as a whole, with its upkeep.
    #[must_use]
    pub fn longterm(&self) -> &Longterm {
        &self.view.shared.longterm
    }
}

impl MemoryView {
    pub(crate) fn new(shared: Arc<Shared>, gate: Gate) -> MemoryView {
        let working = shared.working.scoped(gate.clone());
        let longterm = shared.longterm.scoped(gate.clone());
        MemoryView { shared, gate, working, longterm }
    }

    /// This view, narrowed to what `filter` selects: a project, an agent, a session. What is
    /// written through it belongs there.
    ///
    /// # Errors
    /// [`Error::Vocabulary`] if the view is bound to another part, such as another user.
    pub fn narrow(&self, filter: &ScopeFilter) -> Result<MemoryView, Error> {
        let gate = self.gate.narrow(filter)?;
        Ok(MemoryView::new(Arc::clone(&self.shared), gate))
    }

    /// Who acts through this view, and what it is narrowed to.
    #[must_use]
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    /// The use that is made of the data directory.
    #[must_use]
    pub fn access(&self) -> Access {
        self.shared.config.memory.access
    }

    /// The number of records of all owners with changes that working memory has not handed on, so
    /// that no search finds them. A memory that may write hands them on within milliseconds.
    ///
    /// # Errors
    /// Errors of working or long-term memory.
    pub async fn behind(&self) -> Result<u64, Error> {
        self.shared.pump.behind().await
    }

    /// Refuses to write into a memory that was opened only to be read.
    pub(crate) fn check_writable(&self) -> Result<(), Error> {
        match self.access() {
            Access::ReadWrite => Ok(()),
            Access::ReadOnly => Err(Error::ReadOnly),
        }
    }

    /// The settings that the memory was opened with.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.shared.config
    }

    /// Tier 1 as this view sees it: goals, tasks, decisions, sessions, messages.
    #[must_use]
    pub fn working(&self) -> &WorkingView {
        &self.working
    }

    /// Tier 2 as this view sees it: everything, searchable.
    #[must_use]
    pub fn longterm(&self) -> &LongtermView {
        &self.longterm
    }

    /// Text to vector, and the tokenizer that counts by default.
    #[must_use]
    pub fn embedder(&self) -> &Arc<dyn Embedder> {
        &self.shared.embedder
    }

    /// Counts what this view sees.
    ///
    /// # Errors
    /// Errors of working or long-term memory.
    pub async fn stats(&self) -> Result<Stats, Error> {
        let behind = self.catch_up().await?;
        let (working, longterm) = (self.working.counts().await?, self.longterm.counts().await?);
        let upkeep = self.shared.working.stats().await?;
        let library = self.shared.longterm.stats().await?;
        let refused = match self.gate().acts_for() {
            None => library.refused,
            Some(owner) => self.refusals_of(owner).await?,
        };
        Ok(Stats {
            operational: self.shared.operational.counters(),
            events_unwritten: self.shared.spilling.unwritten(),
            behind,
            disk_bytes: upkeep.file_bytes + library.disk_bytes,
            working,
            longterm: LongtermStats {
                records: longterm.values().sum(),
                collections: longterm,
                pending: library.pending,
                refused,
            },
            model: self.shared.embedder.fingerprint().to_string(),
        })
    }

    /// The number of listed refusals of records of `owner` and of shared ones.
    async fn refusals_of(&self, owner: &Owner) -> Result<u64, Error> {
        let refused = self.shared.longterm.refused(usize::MAX).await?;
        let of = |it: &&aios_longterm::Refused| {
            it.identity.owner == *owner || it.identity.owner.is_shared()
        };
        Ok(refused.iter().filter(of).count() as u64)
    }

    /// Hands on what working memory acknowledged, as far as there is room for it, and returns how
    /// many records are not searched yet.
    pub(crate) async fn catch_up(&self) -> Result<u64, Error> {
        use aios_longterm::Error::{DiskFull, JournalFull};
        let pump = &self.shared.pump;
        if self.access() == Access::ReadOnly {
            return pump.behind().await;
        }
        match pump.catch_up().await {
            Err(error)
                if error.is_unwritable()
                    || matches!(error, Error::Longterm(DiskFull { .. } | JournalFull { .. })) =>
            {
                tracing::warn!(%error, "the newest records are not searched yet");
                pump.behind().await
            }
            caught_up => caught_up.map(|_| 0),
        }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Tells the background that something was written.
    pub(crate) fn wake_pump(&self) {
        self.shared.pump.wake();
    }
}

impl std::fmt::Debug for MemoryView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryView")
            .field("gate", &self.gate)
            .field("config", &self.shared.config)
            .finish_non_exhaustive()
    }
}

/// Counts of what a view sees. It serializes to what `aios-memory stats --json` prints.
#[derive(Debug, Clone, Serialize)]
pub struct Stats {
    /// What has become of the events of this process.
    pub operational: aios_operational::Counters,
    /// Events that were handed on and that working memory cannot store; the log says why.
    pub events_unwritten: u64,
    /// Records of working memory, by collection.
    pub working: std::collections::BTreeMap<&'static str, u64>,
    /// Records of long-term memory.
    pub longterm: LongtermStats,
    /// Records of all owners with changes that long-term memory has not heard of, so that no
    /// search finds them; 0 unless nothing can be written.
    pub behind: u64,
    /// Bytes on disk, of all tiers and owners.
    pub disk_bytes: u64,
    /// The fingerprint of the embedding model.
    pub model: String,
}

/// Counts of long-term memory.
#[derive(Debug, Clone, Serialize)]
pub struct LongtermStats {
    /// Records acknowledged, pending ones included.
    pub records: u64,
    /// Records of each collection.
    pub collections: std::collections::BTreeMap<&'static str, u64>,
    /// Changes that wait for the library, of all owners.
    pub pending: u64,
    /// Changes that could not be stored, of all owners; [`Longterm::refused`] lists them with
    /// their reasons.
    pub refused: u64,
}

/// The data directory as a path that leads there from wherever the process goes.
fn absolute(config: &Config) -> Result<PathBuf, Error> {
    let dir = &config.memory.data_dir;
    match dir.as_os_str().is_empty() {
        true => Err(Error::NoDirectory),
        false => std::path::absolute(dir).map_err(Error::directory(dir)),
    }
}

async fn open_working(config: &Config, reached: Option<Generation>) -> Result<Working, Error> {
    let settings = aios_working::Config { reached, ..config.to_working() };
    let (path, config) = (config.working_path(), settings);
    let opening = tokio::task::spawn_blocking(move || Working::open(&path, config));
    Ok(opening.await.map_err(|_| Error::Interrupted)??)
}
