//! The opened memory, and its view through a gate.

use std::{
    cell::RefCell,
    ops::Deref,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use aios_ledger::{Deferred, Ledger, Options};
use aios_record::{Gate, Id, ScopeFilter};
use rusqlite::Connection;

use crate::{
    AgentStates, AnyEntries, Config, Decisions, Entries, EntriesBackend, Error, Events, Facts,
    Feed, Files, Goals, Intake, Interactions, Messages, Metrics, Patterns, Persona, Preferences,
    Records, Sessions, Tasks, ToolCalls, Upkeep,
    access::Access,
    generation,
    row::Row,
    schema::{APPLICATION_ID, MIGRATIONS},
    upkeep,
    visible::Visible,
    writing::{self, Writable},
};

/// Maximum number of commands per commit.
const BATCH_MAX: usize = 256;

/// An opened working memory, for administrators: maintenance, and through [`WorkingView`] the
/// records of every owner. Clones share all state.
#[derive(Debug, Clone)]
pub struct Working {
    pub(crate) view: WorkingView,
}

impl Working {
    /// Opens the working memory at `path`, or creates it; the directory must exist. Blocks.
    ///
    /// An older file is migrated after a copy of it was saved to `backup/` beside it.
    ///
    /// # Errors
    /// - [`Error::Storage`] if the file is not for this program, or cannot be created, read or
    ///   migrated. If it can only be read, [`Error::is_read_only`] returns true; processes that
    ///   have it open are not affected.
    /// - [`Error::DiskFull`] if the disk is full.
    /// - [`Error::Older`] if it has not reached [`Config::reached`].
    pub fn open(path: &Path, config: Config) -> Result<Working, Error> {
        let options = Options {
            access: config.access,
            durability: config.durability,
            busy_timeout: config.busy_timeout,
            queue: config.queue,
            batch_max: BATCH_MAX,
            readers: config.readers,
            file_bytes_max: config.file_bytes_max.map(|limit| limit.saturating_mul(2)),
            ..Options::new(APPLICATION_ID, MIGRATIONS)
        };
        let ledger = Ledger::open(path, options)?;
        let (config, visible) = (Arc::new(config), Arc::new(Visible::administrator()));
        if let Some(reached) = config.reached {
            let (config, visible) = (Arc::clone(&config), Arc::clone(&visible));
            let found = ledger.read_blocking(move |connection| {
                generation::generation(&Access::new(connection, &config, &visible))
            })?;
            if !reached.is_reached_by(found) {
                return Err(Error::Older { path: path.to_owned() });
            }
        }
        let view = WorkingView {
            ledger,
            config,
            visible,
            is_counted: Arc::default(),
            waits: true,
            sees_expired: false,
        };
        // The ledger must not block a thread that drives an async runtime.
        let follows = thread::scope(|scope| scope.spawn(|| upkeep::follow_analysis(&view)).join());
        follows.unwrap_or(Err(aios_ledger::Error::Closed.into()))?;
        Ok(Working { view })
    }

    /// Returns the operations on records through `gate`.
    ///
    /// The view gives no access to the opened memory:
    ///
    /// ```compile_fail,E0599
    /// # async fn check(working: aios_working::Working) -> Result<(), aios_working::Error> {
    /// let view = working.scoped(aios_record::Gate::shared());
    /// view.feed().after(0, 1).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// ```compile_fail,E0599
    /// # fn check(working: aios_working::Working) {
    /// let view = working.scoped(aios_record::Gate::shared());
    /// view.upkeep();
    /// # }
    /// ```
    ///
    /// ```compile_fail,E0599
    /// # fn check(working: aios_working::Working) {
    /// let view = working.scoped(aios_record::Gate::shared());
    /// view.intake();
    /// # }
    /// ```
    ///
    /// ```compile_fail,E0599
    /// # fn check(working: aios_working::Working) {
    /// let view = working.scoped(aios_record::Gate::shared());
    /// view.scoped(aios_record::Gate::administrator());
    /// # }
    /// ```
    #[must_use]
    pub fn scoped(&self, gate: Gate) -> WorkingView {
        WorkingView { visible: Arc::new(Visible::new(gate)), ..self.view.clone() }
    }

    /// Returns the change feed.
    #[must_use]
    pub fn feed(&self) -> Feed<'_> {
        Feed { view: &self.view }
    }

    /// Returns the operations on the whole file.
    #[must_use]
    pub fn upkeep(&self) -> Upkeep<'_> {
        Upkeep { view: &self.view }
    }

    /// Returns the bulk writes under any owner.
    #[must_use]
    pub fn intake(&self) -> Intake<'_> {
        Intake { view: &self.view }
    }

    /// Returns the options with which the memory was opened.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.view.config
    }

    /// Returns the path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.view.ledger.path()
    }

    /// Writes the queued commands and closes the file. Later calls fail with an error for which
    /// [`Error::is_closed`] returns true.
    pub async fn close(&self) {
        self.view.ledger.close().await;
    }
}

impl Deref for Working {
    type Target = WorkingView;

    /// Returns the view of the administrator.
    fn deref(&self) -> &WorkingView {
        &self.view
    }
}

/// Operations on the records of a [`Working`] through a [`Gate`], which determines the visible
/// records, the owner of new records and the permitted changes. Clones share all state.
#[derive(Debug, Clone)]
pub struct WorkingView {
    pub(crate) ledger: Ledger,
    pub(crate) config: Arc<Config>,
    pub(crate) visible: Arc<Visible>,
    /// True after this handle has written and the file has counted it.
    is_counted: Arc<AtomicBool>,
    waits: bool,
    sees_expired: bool,
}

impl WorkingView {
    /// Returns the gate of this view.
    #[must_use]
    pub fn gate(&self) -> &Gate {
        self.visible.gate()
    }

    /// Returns this view, narrowed to the records that `filter` selects.
    ///
    /// # Errors
    /// [`Error::OutOfScope`] if `filter` names another user, project, agent or session than this
    /// view is bound to: a view can be narrowed, never widened.
    pub fn narrow(&self, filter: &ScopeFilter) -> Result<WorkingView, Error> {
        let gate = self.gate().narrow(filter)?;
        Ok(WorkingView { visible: Arc::new(Visible::new(gate)), ..self.clone() })
    }

    /// Returns this view with expired records that have not been moved out yet, for callers that
    /// must see everything stored, such as removal of a user's data.
    #[must_use]
    pub fn with_expired(&self) -> WorkingView {
        WorkingView { sees_expired: true, ..self.clone() }
    }

    /// Returns this view with calls that never wait for room in the queue: while [`Config::queue`]
    /// calls are waiting, another one returns [`Error::Storage`] at once and does nothing. An
    /// accepted call still waits for its commit. With any other view a full queue is back-pressure:
    /// the call waits.
    ///
    /// ```
    /// # use aios_working::{Config, Error, Goal, Working};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Error> {
    /// # let folder = tempfile::tempdir().expect("a temporary directory");
    /// # let working = Working::open(&folder.path().join("working.db"), Config::default())?;
    /// match working.without_waiting().goals().put(Goal::new("keep up")).await {
    ///     Err(error) if error.is_retryable() => println!("busy: {error}"),
    ///     other => println!("stored {}", other?.id),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn without_waiting(&self) -> WorkingView {
        WorkingView { waits: false, ..self.clone() }
    }

    /// Returns the goals.
    #[must_use]
    pub fn goals(&self) -> Goals<'_> {
        Goals { view: self }
    }

    /// Returns the tasks.
    #[must_use]
    pub fn tasks(&self) -> Tasks<'_> {
        Tasks { view: self }
    }

    /// Returns the tool calls.
    #[must_use]
    pub fn tool_calls(&self) -> ToolCalls<'_> {
        ToolCalls { view: self }
    }

    /// Returns the decisions.
    #[must_use]
    pub fn decisions(&self) -> Decisions<'_> {
        Decisions { view: self }
    }

    /// Returns the patterns.
    #[must_use]
    pub fn patterns(&self) -> Patterns<'_> {
        Patterns { view: self }
    }

    /// Returns the saved states of agents.
    #[must_use]
    pub fn agent_states(&self) -> AgentStates<'_> {
        AgentStates { view: self }
    }

    /// Returns the sessions.
    #[must_use]
    pub fn sessions(&self) -> Sessions<'_> {
        Sessions { view: self }
    }

    /// Returns the messages.
    #[must_use]
    pub fn messages(&self) -> Messages<'_> {
        Messages { view: self }
    }

    /// Returns the interactions.
    #[must_use]
    pub fn interactions(&self) -> Interactions<'_> {
        Interactions { view: self }
    }

    /// Returns the entries in this file.
    #[must_use]
    pub fn entries(&self) -> Entries<'_> {
        Entries { view: self }
    }

    /// Returns the entries in `backend`, through this view's gate.
    #[must_use]
    pub fn entry_store(&self, backend: EntriesBackend) -> AnyEntries {
        AnyEntries::new(backend, self)
    }

    /// Returns the files.
    #[must_use]
    pub fn files(&self) -> Files<'_> {
        Files { view: self }
    }

    /// Returns the facts.
    #[must_use]
    pub fn facts(&self) -> Facts<'_> {
        Facts { view: self }
    }

    /// Returns the persisted events.
    #[must_use]
    pub fn events(&self) -> Events<'_> {
        Events { view: self }
    }

    /// Returns the preferences of the owner.
    #[must_use]
    pub fn preferences(&self) -> Preferences<'_> {
        Preferences { view: self }
    }

    /// Returns the persona of the machine.
    #[must_use]
    pub fn persona(&self) -> Persona<'_> {
        Persona { view: self }
    }

    /// Returns the history of metrics.
    #[must_use]
    pub fn metrics(&self) -> Metrics<'_> {
        Metrics { view: self }
    }

    /// Returns the records of every kind in exchange form.
    #[must_use]
    pub fn records(&self) -> Records<'_> {
        Records { view: self }
    }

    /// Runs a change that may grow the file; fails and rolls back if the file exceeds its limit.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Access<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.free_room(move |access| {
            let done = work(access)?;
            access.check_room()?;
            Ok(done)
        })
        .await
    }

    /// Runs a change that frees space; it may need some itself and does not check the limit.
    pub(crate) async fn free_room<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Access<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (config, visible) = (Arc::clone(&self.config), Arc::clone(&self.visible));
        let (sees_expired, is_counted) = (self.sees_expired, Arc::clone(&self.is_counted));
        let work = move |connection: &Connection, deferred: &mut Deferred| {
            let access = Access::new(connection, &config, &visible);
            let deferred = Some(RefCell::new(deferred));
            let done = work(&Access { sees_expired, deferred, ..access })?;
            // ORDERING: counting two writes instead of one is harmless.
            if !is_counted.load(Ordering::Relaxed) {
                generation::count_session(connection)?;
                is_counted.store(true, Ordering::Relaxed);
            }
            Ok(done)
        };
        if self.waits {
            self.ledger.write_deferring(work).await
        } else {
            self.ledger.try_write_deferring(work).await
        }
    }

    /// Runs `work` in its own transaction, without deferred work.
    pub(crate) async fn write_alone<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Access<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.ledger.write_alone(self.with_access(work)).await
    }

    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Access<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let work = self.with_access(work);
        if self.waits { self.ledger.read(work).await } else { self.ledger.try_read(work).await }
    }

    /// Adapts `work` to the signature of the ledger.
    pub(crate) fn with_access<T, W>(
        &self,
        work: W,
    ) -> impl FnOnce(&Connection) -> Result<T, Error> + Send + use<T, W>
    where
        W: FnOnce(&Access<'_>) -> Result<T, Error> + Send,
    {
        let (config, visible) = (Arc::clone(&self.config), Arc::clone(&self.visible));
        let sees_expired = self.sees_expired;
        move |connection| {
            work(&Access { sees_expired, ..Access::new(connection, &config, &visible) })
        }
    }

    pub(crate) async fn store<T: Writable>(&self, item: T) -> Result<T, Error> {
        self.write(move |access| {
            let mut item = item;
            writing::store(access, &mut item)?;
            Ok(item)
        })
        .await
    }

    pub(crate) async fn change<T: Writable>(
        &self,
        id: &Id,
        change: impl FnOnce(&mut T) + Send + 'static,
    ) -> Result<T, Error> {
        let id = id.clone();
        self.write(move |access| writing::change(access, id.as_str(), change)).await
    }

    pub(crate) async fn get<T: Row>(&self, id: &Id) -> Result<Option<T>, Error> {
        let id = id.clone();
        self.read(move |access| access.get(id.as_str())).await
    }
}
