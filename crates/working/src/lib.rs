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
//!   its worker; writes of many callers share a commit and never a fate.
//! - Records are plain structs ([`Goal`], [`Task`], [`ToolCall`], [`Decision`], [`Pattern`],
//!   [`AgentState`], [`Session`], [`Message`], [`Interaction`], [`Entry`], [`Event`]), each with
//!   its own operations; what they share is their [`Meta`]. [`Working::record`],
//!   [`Working::records`] and [`Working::remove`] treat all kinds alike.
//! - [`Working::bound_to`] gives a handle that sees, and writes for, one scope only.
//! - [`Working::feed_after`] tells a long-term memory what changed. It is off unless
//!   [`Config::feed_kinds`] names kinds.
//!
//! # Invariants
//! - What a call acknowledged survives as [`Durability`] says.
//! - A row, its words in the search index and its trace in the feed are written in one transaction.
//! - No statement is built from a caller's text, and no word of a query is an operator.
//! - An update never changes whose a record is, nor when it was created.
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
mod feed;
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
mod row;
mod search;
mod session;
mod summary;
mod task;
mod tool_call;
mod upkeep;

use std::{path::Path, sync::Arc};

use aios_ledger::{Ledger, Migration, Options};
use aios_record::ScopeFilter;

use crate::{access::Access, row::Row};
pub use crate::{
    age::{Aged, IMPORTANT, Retention},
    agent_state::AgentState,
    column::LABEL_BYTES_MAX,
    config::{Clock, Config, Durability, EventFeed, FEED_KINDS},
    decision::{Decision, IntelligenceLevel},
    doctor::{Check, Health},
    entry::{Entry, EntryFilter, EntryUpdate},
    entry_store::{Entries, EntriesBackend, EntryStore, JsonEntries},
    error::Error,
    event::{Event, EventFilter},
    goal::{Goal, GoalStatus},
    health::{Problem, Stats},
    interaction::{Interaction, RECENT_INTERACTIONS},
    message::{ChatMessage, Message, NewMessage, RECENT_MESSAGES, Receipt, Role},
    meta::Meta,
    metric::{Metric, MetricPoint},
    pattern::{Outcome, PATTERNS_MAX, Pattern},
    preference::{DEFAULT_USER, Preferences},
    records::{KINDS, RecordPage},
    search::{FIND_LIMIT, FindOptions, Found},
    session::{RecentSummary, SESSION_ACTIVE_HOURS, SESSION_IDLE_DAYS_MAX, Session},
    summary::Summary,
    task::{Task, TaskStatus, TaskUpdate},
    tool_call::{OUTPUT_CHARS_MAX, OUTPUT_CUT_MARK, ToolCall},
};

/// Marks a file as a working memory: "AIOW".
const APPLICATION_ID: i32 = 0x4149_4f57;

/// How many commands share one commit at most.
const BATCH_MAX: usize = 256;

const MIGRATIONS: &[Migration] = &[
    Migration { name: "schema", sql: include_str!("../migrations/0001_schema.sql") },
    Migration {
        name: "stubs and summaries",
        sql: include_str!("../migrations/0002_stubs_and_summaries.sql"),
    },
];

/// The handle to a working memory. Clones share everything.
#[derive(Debug, Clone)]
pub struct Working {
    ledger: Ledger,
    config: Arc<Config>,
    bound: Arc<ScopeFilter>,
}

impl Working {
    /// Opens the working memory at `path`, or creates it there; the folder must exist. Blocks.
    ///
    /// An older file is brought up to date, after a copy of it has gone to `backup/` beside it.
    ///
    /// # Errors
    /// - [`Error::Newer`] and [`Error::Foreign`] when the file is not for this program.
    /// - [`Error::Storage`] when it cannot be created, read or brought up to date.
    pub fn open(path: &Path, config: Config) -> Result<Working, Error> {
        let options = Options {
            durability: config.durability,
            busy_timeout: config.busy_timeout,
            queue: config.queue,
            batch_max: BATCH_MAX,
            readers: config.readers,
            file_bytes_max: config.file_bytes_max,
            ..Options::new(APPLICATION_ID, MIGRATIONS)
        };
        let ledger = Ledger::open(path, options)?;
        Ok(Working { ledger, config: Arc::new(config), bound: Arc::default() })
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

    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Access<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (config, bound) = (Arc::clone(&self.config), Arc::clone(&self.bound));
        self.ledger
            .write(move |connection| {
                let now = config.clock.now();
                work(&Access { connection, config: &config, bound: &bound, now })
            })
            .await
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Access<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (config, bound) = (Arc::clone(&self.config), Arc::clone(&self.bound));
        self.ledger
            .read(move |connection| {
                let now = config.clock.now();
                work(&Access { connection, config: &config, bound: &bound, now })
            })
            .await
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
