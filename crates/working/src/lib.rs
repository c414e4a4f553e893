//! Tier 1 of aios-memory: the current working state, in one SQLite file.
//!
//! ```
//! use aios_record::Id;
//! use aios_working::{Config, Decision, Error, Goal, NewMessage, Working};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Error> {
//! # let folder = tempfile::tempdir().expect("a temporary directory");
//! let working = Working::open(&folder.path().join("working.db"), Config::default())?;
//!
//! let goal = working.store_goal(Goal::new("move the blog to the new server")).await?;
//! working.update_goal(goal.id.as_str(), "active", None).await?;
//! working.log_decision(Decision::new("which web server", "nginx")).await?;
//!
//! let session = Id::new("monday")?;
//! working.add_message(NewMessage::new(session, "user", "use the small machine")).await?;
//!
//! let found = working.find_relevant("server", Default::default()).await?;
//! assert_eq!(found.len(), 2);
//! assert_eq!(working.recent_messages("monday", 12).await?.len(), 1);
//! # working.close().await;
//! # Ok(())
//! # }
//! ```
//!
//! - [`Working`] is the opened file, for administrators: it maintains the file and sees the records
//!   of every owner. It dereferences to a [`WorkingView`].
//! - [`WorkingView`] has the operations on records, through a [`Gate`]. [`Working::scoped`] returns
//!   one for a user or for shared records; it gives no access to [`Working`].
//! - Both are cheap to clone and safe to share. Every call is async and does not block its worker;
//!   concurrent writes share a commit, but the failure of one does not affect the others. A call
//!   waits while the queue ([`Config::queue`]) is full; the view of
//!   [`WorkingView::without_waiting`] returns an error instead.
//! - Records are plain structs ([`Goal`], [`Task`], [`ToolCall`], [`Decision`], [`Pattern`],
//!   [`AgentState`], [`Session`], [`Message`], [`Interaction`], [`Entry`], [`Event`], [`Summary`]),
//!   each with its own operations; all have a [`Meta`]. [`WorkingView::record`],
//!   [`WorkingView::records`], [`WorkingView::update`] and [`WorkingView::remove`] work on all
//!   [`KINDS`], including preferences and the persona.
//! - [`Working::feed_after`] delivers changes to a long-term memory. The feed is off unless
//!   [`Config::feed_kinds`] names kinds.
//! - [`Working::age`], called periodically, keeps the memory small: it summarises goals and
//!   sessions that ended, moves out old records, and compacts the file.
//! - [`Working::doctor`] checks the file and gives advice, [`Working::verify`] lists its problems,
//!   [`Working::stats`] returns its statistics.
//! - [`ForeignFile`] reads the SQLite files of other programs for import.
//!
//! # Owners
//! Every record belongs to an owner: a user, or shared. An id is unique among the records of its
//! owner, so two owners can store the same id independently. A bare id resolves to the owner's own
//! record, or else the shared one; if an administrator's view finds several, the call returns
//! [`Error::Ambiguous`]. A user's view shows shared records and refuses to change them with
//! [`Error::NotYours`]; the records of other users do not exist for it.
//!
//! ```
//! use aios_record::{Gate, Owner};
//! use aios_working::{Config, Error, Goal, Working};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Error> {
//! # let folder = tempfile::tempdir().expect("a temporary directory");
//! let working = Working::open(&folder.path().join("working.db"), Config::default())?;
//! let ada = working.scoped(Gate::owner(Owner::user("ada")?));
//! let bob = working.scoped(Gate::owner(Owner::user("bob")?));
//!
//! let goal = ada.store_goal(Goal::new("learn to sail")).await?;
//! assert!(ada.goal(goal.id.as_str()).await?.is_some());
//! assert!(bob.goal(goal.id.as_str()).await?.is_none());
//! # working.close().await;
//! # Ok(())
//! # }
//! ```
//!
//! # Durability of an acknowledged write
//! A write that returned `Ok` is visible to every later read of every process, and survives:
//!
//! | [`Config::durability`] | the process is killed | the machine loses power |
//! |---|---|---|
//! | [`Durability::Full`], the default | yes | yes: the log was synced before the reply |
//! | [`Durability::Normal`] | yes | the newest writes may be missing, the file is whole |
//!
//! A write that returned an error left no trace. A write whose caller was dropped, or whose process
//! was killed before the reply, is stored completely or not at all.
//!
//! # Invariants
//! - An acknowledged write survives as [`Durability`] says.
//! - A row, its entry in the search index and its change in the feed are written in one
//!   transaction.
//! - No SQL statement contains a caller's text, and no word of a query is an operator.
//! - Visibility is one SQL condition, built from the gate in one place.
//! - References lead to records of the same owner or to shared ones. They are row numbers, so that
//!   another owner's record with the same id is never used by mistake.
//! - An update never changes a record's owner or creation time.
//! - A record with an undelivered change in the feed is not moved out; moving out adds no change.
//!
//! # Out of scope
//! Vectors and the other tiers. A record that was moved out can no longer be read here.

mod access;
mod age;
mod agent_state;
mod column;
mod config;
mod cursor;
mod decision;
mod doctor;
mod entry;
mod entry_store;
mod error;
mod event;
mod extract;
mod feed;
mod foreign;
mod generation;
mod goal;
mod health;
mod interaction;
mod message;
mod meta;
mod metric;
mod pattern;
mod preference;
mod records;
mod removal;
mod restore;
mod row;
mod salvage;
mod schema;
mod search;
mod session;
mod summary;
mod task;
mod tool_call;
mod update;
mod upkeep;
mod visible;

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
use aios_record::{Gate, ScopeFilter};
use rusqlite::Connection;

pub use crate::{
    age::{Aged, IMPORTANT, Retention},
    agent_state::AgentState,
    column::{JSON_DEPTH_MAX, LABEL_BYTES_MAX},
    config::{Access, Clock, Config, Durability, EventFeed, FEED_KINDS, Language},
    decision::{Decision, IntelligenceLevel},
    doctor::{Check, Health},
    entry::{Entry, EntryFilter, EntryUpdate},
    entry_store::{Entries, EntriesBackend, EntryStore, JsonEntries},
    error::Error,
    event::{Event, EventFilter},
    foreign::{ForeignError, ForeignFile, ForeignRow, ForeignTable},
    goal::{Goal, GoalStatus},
    health::{Problem, Stats},
    interaction::{Interaction, RECENT_INTERACTIONS},
    message::{ChatMessage, Message, NewMessage, RECENT_MESSAGES, Receipt, Role},
    meta::Meta,
    metric::{HourlyMetric, Metric, MetricPoint},
    pattern::{Outcome, PATTERNS_MAX, Pattern},
    preference::Preferences,
    records::{KINDS, RecordPage, TimeCursor, TimePage, record_of},
    restore::Restored,
    salvage::{is_damaged, salvage},
    schema::{APPLICATION_ID, SCHEMA_VERSION},
    search::{FIND_LIMIT, FindOptions, Found},
    session::{
        RECENT_SUMMARIES, RECENT_SUMMARIES_TOKENS_MAX, RecentSummary, SESSION_ACTIVE_HOURS,
        SESSION_IDLE_DAYS_MAX, Session,
    },
    summary::{SUMMARY_CHARS_MAX, Summary},
    task::{Task, TaskStatus, TaskUpdate},
    tool_call::{OUTPUT_CHARS_MAX, OUTPUT_CUT_MARK, ToolCall},
};
use crate::{row::Row, schema::MIGRATIONS, visible::Visible};

/// Maximum number of commands per commit.
const BATCH_MAX: usize = 256;

/// An opened working memory, for administrators: maintenance, and through [`WorkingView`] the
/// records of every owner. Clones share all state.
#[derive(Debug, Clone)]
pub struct Working {
    view: WorkingView,
}

impl Working {
    /// Opens the working memory at `path`, or creates it; the directory must exist. Blocks.
    ///
    /// An older file is migrated after a copy of it was saved to `backup/` beside it.
    ///
    /// # Errors
    /// - [`Error::Newer`] and [`Error::Foreign`] if the file is not for this program.
    /// - [`Error::Older`] if it has not reached [`Config::reached`].
    /// - [`Error::ReadOnly`] if it cannot be written. Processes that have it open are not affected.
    /// - [`Error::Storage`] if it cannot be created, read or migrated.
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
                generation::generation(&access::Access::new(connection, &config, &visible))
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
        // The ledger must not be waited for on a thread that drives an async runtime.
        let follows = thread::scope(|scope| scope.spawn(|| view.follow_analysis()).join());
        follows.unwrap_or(Err(Error::Closed))?;
        Ok(Working { view })
    }

    /// Returns the operations on records through `gate`.
    ///
    /// The view gives no access to the opened memory:
    ///
    /// ```compile_fail,E0599
    /// # async fn check(working: aios_working::Working) -> Result<(), aios_working::Error> {
    /// let view = working.scoped(aios_record::Gate::shared());
    /// view.feed_after(0, 1).await?;
    /// # Ok(())
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

    /// Writes the queued commands and closes the file. Later calls return [`Error::Closed`].
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
    ledger: Ledger,
    config: Arc<Config>,
    visible: Arc<Visible>,
    /// True once this handle has written and the file has counted it.
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
    /// calls are waiting, another one returns [`Error::QueueFull`] at once and does nothing. An
    /// accepted call still waits for its commit. With any other view a full queue is back-pressure:
    /// the call waits.
    ///
    /// ```
    /// # use aios_working::{Config, Error, Goal, Working};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Error> {
    /// # let folder = tempfile::tempdir().expect("a temporary directory");
    /// # let working = Working::open(&folder.path().join("working.db"), Config::default())?;
    /// match working.without_waiting().store_goal(Goal::new("keep up")).await {
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

    /// Runs a change that may grow the file; fails and rolls back if the file exceeds its limit.
    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&access::Access<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.free_room(move |access| {
            let done = work(access)?;
            access.check_room()?;
            Ok(done)
        })
        .await
    }

    /// Runs a change that frees space; it may need some itself and does not check the limit.
    async fn free_room<T: Send + 'static>(
        &self,
        work: impl FnOnce(&access::Access<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (config, visible) = (Arc::clone(&self.config), Arc::clone(&self.visible));
        let (sees_expired, is_counted) = (self.sees_expired, Arc::clone(&self.is_counted));
        let work = move |connection: &Connection, deferred: &mut Deferred| {
            let access = access::Access::new(connection, &config, &visible);
            let deferred = Some(RefCell::new(deferred));
            let done = work(&access::Access { sees_expired, deferred, ..access })?;
            // ORDERING: counting two writes is as good as counting one.
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
    async fn write_alone<T: Send + 'static>(
        &self,
        work: impl FnOnce(&access::Access<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.ledger.write_alone(self.with_access(work)).await
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&access::Access<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let work = self.with_access(work);
        if self.waits { self.ledger.read(work).await } else { self.ledger.try_read(work).await }
    }

    /// Adapts `work` to the signature of the ledger.
    fn with_access<T, W>(
        &self,
        work: W,
    ) -> impl FnOnce(&Connection) -> Result<T, Error> + Send + use<T, W>
    where
        W: FnOnce(&access::Access<'_>) -> Result<T, Error> + Send,
    {
        let (config, visible) = (Arc::clone(&self.config), Arc::clone(&self.visible));
        let sees_expired = self.sees_expired;
        move |connection| {
            work(&access::Access {
                sees_expired,
                ..access::Access::new(connection, &config, &visible)
            })
        }
    }

    async fn store<T: Row>(&self, item: T) -> Result<T, Error> {
        self.write(move |access| {
            let mut item = item;
            access.store(&mut item)?;
            Ok(item)
        })
        .await
    }

    async fn get<T: Row>(&self, id: &str) -> Result<Option<T>, Error> {
        let id = id.to_owned();
        self.read(move |access| access.get(&id)).await
    }
}
