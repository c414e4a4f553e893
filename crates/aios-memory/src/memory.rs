//! The handles. They open and close the tiers together and define which records a caller may read
//! and change.

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
/// It derefs to the [`MemoryView`] of the user named by the setting `memory.user`. Without that
/// setting, the view reads and writes records without an owner. [`for_user`](AgentMemory::for_user)
/// returns the view of a user, [`administrator`](AgentMemory::administrator) the handle for
/// maintenance.
///
/// [`shutdown`](AgentMemory::shutdown) flushes pending writes. If the last clone is dropped without
/// it, background work stops by itself and no acknowledged write is lost: changes that have not
/// reached the library are in a SQLite file, and are moved when the directory is opened again.
#[derive(Clone, Debug)]
pub struct AgentMemory {
    view: MemoryView,
}

/// The memory as one owner sees it: the owner's records and shared ones. It writes and changes only
/// the owner's records. Cheap to clone.
///
/// A view gives no access to other owners or to whole tiers:
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
/// ada.working().feed().after(0, 1).await;
/// # }
/// ```
#[derive(Clone)]
pub struct MemoryView {
    shared: Arc<Shared>,
    gate: Gate,
    working: WorkingView,
    longterm: LongtermView,
}

/// The memory with the records of every owner: for maintenance, for complete exports and for moving
/// records between owners. Clones share everything.
///
/// It derefs to a [`MemoryView`] that reads and changes all records. A bare id that several owners
/// have is refused with the list of the owners; narrow the view to one of them.
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
    /// Held while a record of working memory is changed.
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
    /// Opens the memory that `config` describes. Missing files are created, readable only by their
    /// owner. Background work runs on the calling tokio runtime.
    ///
    /// With [`Access::ReadOnly`] nothing is created or written, and there is no background work:
    /// reading needs neither write permission nor free disk space. Calls that would write return
    /// [`Error::ReadOnly`]. A search does not find changes that working memory has not yet moved to
    /// long-term memory; results report the number of such records
    /// ([`Recalled::behind`](crate::Recalled::behind)).
    ///
    /// # Errors
    /// - [`Error::Config`] if a setting is out of its bounds.
    /// - [`Error::NoDirectory`] if the settings name no data directory.
    /// - [`Error::Directory`] if the data directory cannot be used, [`Error::ForeignDirectory`] if
    ///   it belongs to another user of the system, [`Error::Place`] if a file in it does.
    /// - [`Error::Older`] if a database is older than the other files of the directory.
    /// - [`Error::Embedding`] if the model or the reranker cannot be opened.
    /// - Errors of the tiers, for example if a newer version wrote a file.
    pub async fn open(config: Config) -> Result<AgentMemory, Error> {
        let embedder = open_model(&config).await?;
        AgentMemory::open_with(config, embedder).await
    }

    /// Opens the memory like [`open`](AgentMemory::open), but with the given embedder instead of
    /// the configured one.
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
        // Read-only access migrates nothing, so an older database is acceptable.
        let reached = match config.memory.access {
            Access::ReadWrite => Generations::noted(&data_dir)?,
            Access::ReadOnly => Generations::default(),
        };
        let reranker = Reranker::open(&config).await?;
        // Working memory comes first: opening the library reconciles it with the journal.
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

    /// Returns the view of the named user.
    ///
    /// # Errors
    /// [`Error::Vocabulary`] if the name is empty, blank or longer than 128 bytes, or contains a
    /// control character.
    pub fn for_user(&self, name: &str) -> Result<MemoryView, Error> {
        let gate = Gate::owner(Owner::user(name)?);
        Ok(MemoryView::new(Arc::clone(&self.view.shared), gate))
    }

    /// Returns the view without an owner: it reads and writes shared records.
    #[must_use]
    pub fn for_shared(&self) -> MemoryView {
        MemoryView::new(Arc::clone(&self.view.shared), Gate::shared())
    }

    /// Returns the handle that reads and changes the records of every owner.
    #[must_use]
    pub fn administrator(&self) -> Administrator {
        let shared = Arc::clone(&self.view.shared);
        Administrator { view: MemoryView::new(shared, Gate::administrator()) }
    }

    /// Returns tier 0: recent events, metrics, active tasks, machine state. Its contents have no
    /// owner.
    #[must_use]
    pub fn operational(&self) -> &Operational {
        &self.view.shared.operational
    }

    /// Flushes pending writes and stops the background work. Afterwards other clones and views
    /// return errors, and shutting down another clone does nothing.
    ///
    /// # Errors
    /// The first error that prevented a write. The other tiers are closed nevertheless, and changes
    /// in a SQLite file are moved when the directory is opened again.
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
    /// Returns tier 0: recent events, metrics, active tasks, machine state.
    #[must_use]
    pub fn operational(&self) -> &Operational {
        &self.view.shared.operational
    }

    /// Returns the whole of tier 1, including its maintenance.
    #[must_use]
    pub fn working(&self) -> &Working {
        &self.view.shared.working
    }

    /// Returns the whole of tier 2, including its maintenance.
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

    /// Returns this view narrowed to the part that `filter` selects: a project, an agent, a
    /// session. Records written through it get that scope.
    ///
    /// # Errors
    /// [`Error::Vocabulary`] if the view is bound to another part, such as another user.
    pub fn narrow(&self, filter: &ScopeFilter) -> Result<MemoryView, Error> {
        let gate = self.gate.narrow(filter)?;
        Ok(MemoryView::new(Arc::clone(&self.shared), gate))
    }

    /// Returns the gate: the owner this view acts for, and the scope it is narrowed to.
    #[must_use]
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    /// Returns the access mode of the data directory.
    #[must_use]
    pub fn access(&self) -> Access {
        self.shared.config.memory.access
    }

    /// Returns the number of records, of all owners, with changes that working memory has not yet
    /// moved to long-term memory, so that no search finds them. A memory open for writing moves
    /// them within milliseconds.
    ///
    /// # Errors
    /// Errors of working or long-term memory.
    pub async fn behind(&self) -> Result<u64, Error> {
        self.shared.pump.behind().await
    }

    /// Returns [`Error::ReadOnly`] if the memory was opened read-only.
    pub(crate) fn check_writable(&self) -> Result<(), Error> {
        match self.access() {
            Access::ReadWrite => Ok(()),
            Access::ReadOnly => Err(Error::ReadOnly),
        }
    }

    /// Returns the settings that the memory was opened with.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.shared.config
    }

    /// Returns tier 1 as this view sees it: goals, tasks, decisions, sessions, messages.
    #[must_use]
    pub fn working(&self) -> &WorkingView {
        &self.working
    }

    /// Returns tier 2 as this view sees it: all searchable records.
    #[must_use]
    pub fn longterm(&self) -> &LongtermView {
        &self.longterm
    }

    /// Returns the embedding model, whose tokenizer is the default token counter.
    #[must_use]
    pub fn embedder(&self) -> &Arc<dyn Embedder> {
        &self.shared.embedder
    }

    /// Counts the records that this view sees.
    ///
    /// # Errors
    /// Errors of working or long-term memory.
    pub async fn stats(&self) -> Result<Stats, Error> {
        let behind = self.catch_up().await?;
        let (working, longterm) =
            (self.working.records().counts().await?, self.longterm.counts().await?);
        let upkeep = self.shared.working.upkeep().stats().await?;
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

    /// Counts the refused changes of `owner` and of shared records.
    async fn refusals_of(&self, owner: &Owner) -> Result<u64, Error> {
        let refused = self.shared.longterm.refused(usize::MAX).await?;
        let of = |it: &&aios_longterm::Refused| {
            it.identity.owner == *owner || it.identity.owner.is_shared()
        };
        Ok(refused.iter().filter(of).count() as u64)
    }

    /// Waits until everything that working memory acknowledged before the call is searchable, and
    /// returns the number of records, of all owners, that are not searchable yet. Searches do this
    /// themselves, and the background does it within milliseconds. While a limit of long-term
    /// memory is reached, the remaining changes wait and are not searched; they can still be read,
    /// exported and forgotten.
    ///
    /// # Errors
    /// Errors of working or long-term memory.
    pub async fn catch_up(&self) -> Result<u64, Error> {
        use aios_longterm::Error::{JournalFull, LimitReached};
        let pump = &self.shared.pump;
        if self.access() == Access::ReadOnly {
            return pump.behind().await;
        }
        match pump.catch_up().await {
            Err(error)
                if error.is_unwritable()
                    || matches!(
                        error,
                        Error::Longterm(LimitReached { .. } | JournalFull { .. })
                    ) =>
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

    /// Wakes the background task after a write.
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

/// Counts of the records that a view sees. Serializes to the output of `aios-memory stats --json`.
#[derive(Debug, Clone, Serialize)]
pub struct Stats {
    /// Event counters of this process.
    pub operational: aios_operational::Counters,
    /// Events that working memory could not store; the log has the reasons.
    pub events_unwritten: u64,
    /// Records of working memory, by collection.
    pub working: std::collections::BTreeMap<&'static str, u64>,
    /// Records of long-term memory.
    pub longterm: LongtermStats,
    /// Records of all owners with changes that long-term memory has not received, so that no search
    /// finds them. 0 unless writing is impossible.
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
    /// Changes of all owners that are not in the library yet.
    pub pending: u64,
    /// Changes of all owners that could not be stored; [`Longterm::refused`] lists them with their
    /// reasons.
    pub refused: u64,
}

/// Returns the data directory as an absolute path, independent of later changes of the working
/// directory.
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
