//! The handle of an open memory. It opens and closes the tiers together.

use std::{
    ops::Deref,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use aios_embedding::Embedder;
use aios_files::Anchor;
use aios_longterm::{Access, Longterm};
use aios_operational::Operational;
use aios_record::{Gate, Generation, Owner};
use aios_working::Working;
use futures::future::BoxFuture;

use crate::{
    Administrator, Config, Error, MemoryView,
    background::Background,
    backup,
    directory::{check_readable, check_restored, prepare},
    learning::{self, Learner},
    metrics::MetricHistory,
    model::open_model,
    pump::Pump,
    pumping,
    recalls::Recalls,
    rerank::Reranker,
    shared::Shared,
    spill::{Spill, Spilling},
    together::{self, Generations},
    turns::Turns,
    work::{self, Held},
};

/// An open memory: all tiers of one data directory. Clones share everything.
///
/// It derefs to the [`MemoryView`] of the user named by the setting `memory.user`. Without that
/// setting, the view reads and writes records without an owner. [`for_user`](AgentMemory::for_user)
/// returns the view of a user, [`administrator`](AgentMemory::administrator) the handle for
/// maintenance.
///
/// [`shutdown`](AgentMemory::shutdown) flushes pending writes. If the last clone is dropped without
/// it, background work stops and no acknowledged write is lost: changes that have not reached the
/// library are in a SQLite file, and are moved when the directory is opened again.
#[derive(Clone, Debug)]
pub struct AgentMemory {
    view: MemoryView,
}

impl Deref for AgentMemory {
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
    /// - [`Error::NoDirectory`] if the settings name no data directory; [`Error::NoMemory`] with
    ///   [`Access::ReadOnly`] if it does not exist.
    /// - [`Error::Directory`] if the data directory cannot be used, [`Error::ForeignDirectory`] if
    ///   it belongs to another user of the system, [`Error::Place`] if a file in it does.
    /// - [`Error::Older`] if a database is older than the other files of the directory.
    /// - [`Error::Embedding`] if the model or the reranker cannot be opened.
    /// - Errors of the tiers, for example if a newer version wrote a file.
    pub async fn open(config: Config) -> Result<AgentMemory, Error> {
        AgentMemory::opened(config, None).await
    }

    /// Opens the memory like [`open`](AgentMemory::open), but with the given embedder instead of
    /// the configured one.
    ///
    /// # Errors
    /// As [`open`](AgentMemory::open).
    pub async fn open_with(
        config: Config,
        embedder: Arc<dyn Embedder>,
    ) -> Result<AgentMemory, Error> {
        AgentMemory::opened(config, Some(embedder)).await
    }

    /// Opens the memory. Boxed, so that this crate compiles the future, and not each crate that
    /// awaits it.
    fn opened(
        config: Config,
        embedder: Option<Arc<dyn Embedder>>,
    ) -> BoxFuture<'static, Result<AgentMemory, Error>> {
        Box::pin(async move {
            let embedder = match embedder {
                Some(embedder) => embedder,
                None => open_model(&config).await?,
            };
            AgentMemory::open_tiers(config, embedder).await
        })
    }

    async fn open_tiers(
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
                check_readable(&data_dir)?;
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
        let pump = Pump::new(working.clone(), longterm.clone(), config.to_guard());
        let (spill, waiting) = Spill::new();
        let operational = Operational::open(config.to_operational(spill.sink()))?;
        let keeps_samples = 0 < config.operational.metric_sample_seconds;
        let metrics = MetricHistory::new(operational.clone(), working.clone(), keeps_samples);
        let learner = Learner::new(pump.clone(), &config);
        if config.memory.access == Access::ReadWrite {
            // Before the background learns, which stores its position.
            Box::pin(learner.adopt()).await?;
        }
        let (spilling, pumping, learning) = match config.memory.access {
            Access::ReadWrite => (
                Spilling::start(
                    waiting,
                    operational.clone(),
                    working.clone(),
                    pump.clone(),
                    metrics,
                    config.to_guard(),
                ),
                pumping::start(pump.clone(), learner.clone(), config.to_retention()),
                learning::background::start(learner.clone()),
            ),
            Access::ReadOnly => (Spilling::none(), pumping::idle(), learning::background::idle()),
        };
        let recalls = Recalls::new(&config);
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
            remembering: Turns::new(),
            pumping,
            learner,
            learning,
            backup_task: Background::idle("makes backups"),
            recalls,
            spill,
            spilling,
            work: Held::new(),
            is_closed: AtomicBool::new(false),
        });
        let memory = AgentMemory { view: MemoryView::new(shared, gate) };
        if memory.access() == Access::ReadWrite {
            together::note(memory.shared()).await;
            together::keep_noting(memory.shared());
            memory.administrator().resume_purge().await;
            work::keep_releasing(memory.shared());
            if let Err(error) = work::report_crashes(memory.shared()).await {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "failed to report a crash; the next open retries it");
            }
            if memory.config().backup.enabled {
                backup::check_schedule(memory.shared(), backup::FIRST);
            }
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
        Ok(MemoryView::new(Arc::clone(self.view.shared()), gate))
    }

    /// Returns the view without an owner: it reads and writes shared records.
    #[must_use]
    pub fn for_shared(&self) -> MemoryView {
        MemoryView::new(Arc::clone(self.view.shared()), Gate::shared())
    }

    /// Returns the handle that reads and changes the records of every owner.
    #[must_use]
    pub fn administrator(&self) -> Administrator {
        Administrator::new(Arc::clone(self.view.shared()))
    }

    /// Returns tier 0: recent events, metrics, active tasks, machine state. Its contents have no
    /// owner.
    #[must_use]
    pub fn operational(&self) -> &Operational {
        &self.view.shared().operational
    }

    /// Flushes pending writes and stops the background work. Afterwards other clones and views
    /// return errors, and shutting down another clone does nothing.
    ///
    /// # Errors
    /// The first error that prevented a write. The other tiers are closed nevertheless, and changes
    /// in a SQLite file are moved when the directory is opened again.
    pub async fn shutdown(self) -> Result<(), Error> {
        self.shut_down().await
    }

    /// As [`shutdown`](AgentMemory::shutdown). Boxed, so that this crate compiles the future, and
    /// not each crate that awaits it.
    fn shut_down(self) -> BoxFuture<'static, Result<(), Error>> {
        Box::pin(async move {
            let shared = self.view.shared();
            if shared.is_closed.swap(true, Ordering::AcqRel) {
                return Ok(());
            }
            work::end(shared).await;
            shared.backup_task.stop().await;
            let spilled = shared.spilling.stop().await;
            shared.learning.stop().await;
            shared.pumping.stop().await;
            let pumped = self.view.feed().catch_up().await;
            if self.access() == Access::ReadWrite {
                together::note(shared).await;
            }
            if shared.anchor.check().is_ok() {
                shared.recalls.write(&shared.longterm).await;
            }
            let drained = shared.longterm.clone().close().await;
            shared.working.close().await;
            spilled?;
            pumped?;
            Ok(drained?)
        })
    }
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
