//! Tier 1 of aios-memory: what is going on now, in one SQLite file.
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
//! - [`Working`] is the handle: cheap to clone, safe to share. Every call is async and none blocks
//!   its worker; writes of many callers share a commit and never a fate. A call waits while
//!   [`Config::queue`] others do; [`Working::without_waiting`] gives a handle that says so instead.
//! - Records are plain structs ([`Goal`], [`Task`], [`ToolCall`], [`Decision`], [`Pattern`],
//!   [`AgentState`], [`Session`], [`Message`], [`Interaction`], [`Entry`], [`Event`],
//!   [`Summary`]), each with its own operations; what they share is their [`Meta`].
//!   [`Working::record`], [`Working::records`] and [`Working::remove`] treat all [`KINDS`] alike,
//!   preferences and the persona included.
//! - [`Working::bound_to`] gives a handle that sees, and writes for, one scope only.
//! - [`Working::feed_after`] tells a long-term memory what changed. It is off unless
//!   [`Config::feed_kinds`] names kinds.
//! - [`Working::age`], called now and then, keeps the memory small: it sums up what ended, moves
//!   out what has been here long enough, and compacts the file.
//! - [`Working::doctor`] says what is well and what to do about the rest, [`Working::verify`] what
//!   exactly is wrong, [`Working::stats`] how much there is.
//! - [`ForeignFile`] reads the SQLite files of other programs, to take over what they hold.
//!
//! # What an acknowledgement promises
//! A write that returned `Ok` is seen by every later read of every process, and survives:
//!
//! | [`Config::durability`] | the process is killed | the machine loses power |
//! |---|---|---|
//! | [`Durability::Full`], the default | yes | yes: the log was synced before the reply |
//! | [`Durability::Normal`] | yes | the newest writes may be missing, the file is whole |
//!
//! A write that gave an error left no trace. One whose caller went away, or whose process was
//! killed before the reply, is there as a whole or not at all.
//!
//! # Invariants
//! - What a call acknowledged survives as [`Durability`] says.
//! - A row, its words in the search index and its trace in the feed are written in one transaction.
//! - No statement is built from a caller's text, and no word of a query is an operator.
//! - An update never changes whose a record is, nor when it was created.
//! - Nothing moves out of which the feed has still to tell; nothing is told when it does.
//!
//! # What this crate does not do
//! It has no vectors and knows no other tier. What is moved out of it is gone for it.

mod access;
mod age;
mod agent_state;
mod column;
mod config;
mod decision;
mod doctor;
mod entry;
mod entry_store;
mod error;
mod event;
mod extract;
mod feed;
mod foreign;
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
mod search;
mod session;
mod summary;
mod task;
mod tool_call;
mod upkeep;

use std::{cell::RefCell, path::Path, sync::Arc};

use aios_ledger::{Deferred, Ledger, Migration, Options};
use aios_record::ScopeFilter;
use rusqlite::Connection;

use crate::{access::Access, row::Row};
pub use crate::{
    age::{Aged, IMPORTANT, Retention},
    agent_state::AgentState,
    column::{JSON_DEPTH_MAX, LABEL_BYTES_MAX},
    config::{Clock, Config, Durability, EventFeed, FEED_KINDS},
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
    preference::{DEFAULT_USER, Preferences},
    records::{KINDS, RecordPage, record_of},
    restore::Restored,
    search::{FIND_LIMIT, FindOptions, Found},
    session::{
        RECENT_SUMMARIES, RECENT_SUMMARIES_TOKENS_MAX, RecentSummary, SESSION_ACTIVE_HOURS,
        SESSION_IDLE_DAYS_MAX, Session,
    },
    summary::{SUMMARY_CHARS_MAX, Summary},
    task::{Task, TaskStatus, TaskUpdate},
    tool_call::{OUTPUT_CHARS_MAX, OUTPUT_CUT_MARK, ToolCall},
};

/// Marks a file as a working memory: "AIOW".
pub const APPLICATION_ID: i32 = 0x4149_4f57;

/// The version of the schema that this program knows and brings a file to.
#[expect(clippy::cast_possible_truncation, reason = "a program has few migrations")]
pub const SCHEMA_VERSION: u32 = MIGRATIONS.len() as u32;

/// How many commands share one commit at most.
const BATCH_MAX: usize = 256;

const MIGRATIONS: &[Migration] = &[
    Migration { name: "schema", sql: include_str!("../migrations/0001_schema.sql") },
    Migration {
        name: "stubs and summaries",
        sql: include_str!("../migrations/0002_stubs_and_summaries.sql"),
    },
];

/// After the last migration: another version may cut words otherwise, so they are cut anew.
fn migrated(
    connection: &Connection,
    version: u32,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    if (version as usize) < MIGRATIONS.len() {
        return Ok(());
    }
    let (config, bound) = (Config::default(), ScopeFilter::default());
    let access = Access::new(connection, &config, &bound);
    upkeep::reindex(&access).map_err(Box::from)
}

/// The handle to a working memory. Clones share everything.
#[derive(Debug, Clone)]
pub struct Working {
    ledger: Ledger,
    config: Arc<Config>,
    bound: Arc<ScopeFilter>,
    waits: bool,
    sees_expired: bool,
}

impl Working {
    /// Opens the working memory at `path`, or creates it there; the folder must exist. Blocks.
    ///
    /// An older file is brought up to date, after a copy of it has gone to `backup/` beside it.
    ///
    /// # Errors
    /// - [`Error::Newer`] and [`Error::Foreign`] when the file is not for this program.
    /// - [`Error::ReadOnly`] when it may not be written. Who has it open already is not affected.
    /// - [`Error::Storage`] when it cannot be created, read or brought up to date.
    pub fn open(path: &Path, config: Config) -> Result<Working, Error> {
        let options = Options {
            durability: config.durability,
            busy_timeout: config.busy_timeout,
            queue: config.queue,
            batch_max: BATCH_MAX,
            readers: config.readers,
            file_bytes_max: config.file_bytes_max.map(|limit| limit.saturating_mul(2)),
            migrated,
            ..Options::new(APPLICATION_ID, MIGRATIONS)
        };
        let ledger = Ledger::open(path, options)?;
        Ok(Working {
            ledger,
            config: Arc::new(config),
            bound: Arc::default(),
            waits: true,
            sees_expired: false,
        })
    }

    /// A handle that sees only what `filter` admits, and that fills its scope into whatever is
    /// written through it.
    ///
    /// # Errors
    /// [`Error::OutOfScope`] when this handle is bound to another scope already: a binding can be
    /// narrowed and never widened.
    pub fn bound_to(&self, filter: ScopeFilter) -> Result<Working, Error> {
        let mut filter = filter;
        access::fill(&self.bound.scope, &mut filter.scope)?;
        if self.bound.matching == aios_record::ScopeMatch::Exact {
            filter.matching = self.bound.matching;
        }
        Ok(Working { bound: Arc::new(filter), ..self.clone() })
    }

    /// A handle that sees what has expired and has not been moved out yet, too: for whoever must
    /// overlook nothing that is stored, such as who forgets.
    #[must_use]
    pub fn with_expired(&self) -> Working {
        Working { sees_expired: true, ..self.clone() }
    }

    /// A handle whose calls never wait in line: while [`Config::queue`] calls wait already, one
    /// more gives [`Error::QueueFull`] at once and does nothing. It still waits for the commit of
    /// what was taken. With every other handle a full queue is back-pressure: the call waits its
    /// turn.
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
    pub fn without_waiting(&self) -> Working {
        Working { waits: false, ..self.clone() }
    }

    /// What this handle is bound to; by default nothing.
    #[must_use]
    pub fn bound(&self) -> &ScopeFilter {
        &self.bound
    }

    /// How it was opened.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.ledger.path()
    }

    /// Writes what is queued and closes the file. Calls after this give [`Error::Closed`].
    pub async fn close(&self) {
        self.ledger.close().await;
    }

    /// The same without a binding, for what concerns the file as a whole.
    fn unbound(&self) -> Working {
        Working { bound: Arc::default(), ..self.clone() }
    }

    /// For what adds to the file or changes it: undone where that makes it too large.
    async fn write<T: Send + 'static>(
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

    /// For what takes away from the file, which needs room itself for as long as it does.
    async fn free_room<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Access<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (config, bound) = (Arc::clone(&self.config), Arc::clone(&self.bound));
        let sees_expired = self.sees_expired;
        let work = move |connection: &Connection, deferred: &mut Deferred| {
            let access = Access::new(connection, &config, &bound);
            work(&Access { sees_expired, deferred: Some(RefCell::new(deferred)), ..access })
        };
        if self.waits {
            self.ledger.write_deferring(work).await
        } else {
            self.ledger.try_write_deferring(work).await
        }
    }

    /// In a transaction that no other call shares; nothing is left for its end.
    async fn write_alone<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Access<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.ledger.write_alone(self.with_access(work)).await
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Access<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let work = self.with_access(work);
        if self.waits { self.ledger.read(work).await } else { self.ledger.try_read(work).await }
    }

    /// `work` as the ledger runs it.
    fn with_access<T, W>(
        &self,
        work: W,
    ) -> impl FnOnce(&Connection) -> Result<T, Error> + Send + use<T, W>
    where
        W: FnOnce(&Access<'_>) -> Result<T, Error> + Send,
    {
        let (config, bound) = (Arc::clone(&self.config), Arc::clone(&self.bound));
        let sees_expired = self.sees_expired;
        move |connection| work(&Access { sees_expired, ..Access::new(connection, &config, &bound) })
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
