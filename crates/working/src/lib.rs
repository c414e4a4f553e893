#![doc = include_str!("../README.md")]
//! # How the parts relate
//!
//! - [`Working`] is the opened file, for administrators: it maintains the file and sees the records
//!   of every owner. It dereferences to a [`WorkingView`].
//! - [`WorkingView`] has the operations on records, through a [`Gate`](aios_record::Gate).
//!   [`Working::scoped`] returns one for a user or for shared records; it gives no access to
//!   [`Working`].
//! - Both are cheap to clone and safe to share. Every call is async and does not block its worker;
//!   concurrent writes share a commit, but the failure of one does not affect the others. A call
//!   waits while the queue ([`Config::queue`]) is full; the view of
//!   [`WorkingView::without_waiting`] returns an error instead.
//! - Operations are on *roles*, cheap views that a handle returns: [`goals`](WorkingView::goals),
//!   [`tasks`](WorkingView::tasks), [`tool_calls`](WorkingView::tool_calls),
//!   [`decisions`](WorkingView::decisions), [`patterns`](WorkingView::patterns),
//!   [`agent_states`](WorkingView::agent_states), [`sessions`](WorkingView::sessions),
//!   [`messages`](WorkingView::messages), [`interactions`](WorkingView::interactions),
//!   [`entries`](WorkingView::entries), [`files`](WorkingView::files),
//!   [`facts`](WorkingView::facts), [`events`](WorkingView::events),
//!   [`preferences`](WorkingView::preferences), [`persona`](WorkingView::persona) and
//!   [`metrics`](WorkingView::metrics). The same verbs mean the same everywhere: `put` stores and
//!   replaces, `add` stores something new, `get` reads one, `list` several, `update` changes one in
//!   one transaction, `remove` removes it permanently.
//! - [`WorkingView::records`] reads, searches, changes and removes records of all [`KINDS`] in
//!   exchange form.
//! - Records are plain structs ([`Goal`], [`Task`], [`ToolCall`], [`Decision`], [`Pattern`],
//!   [`AgentState`], [`Session`], [`Message`], [`Interaction`], [`Entry`], [`File`], [`Fact`],
//!   [`Event`], [`Summary`]); all have a [`Meta`].
//! - [`Working::feed`] delivers changes to a long-term memory. The feed is off unless
//!   [`Config::feed_kinds`] names kinds. [`Working::intake`] stores records of other memories,
//!   events and metrics.
//! - [`Working::upkeep`] maintains the file: [`Upkeep::age`], called periodically, summarises goals
//!   and sessions that ended, moves out old records, and compacts the file; [`Upkeep::doctor`]
//!   gives advice, [`Upkeep::verify`] lists problems, [`Upkeep::stats`] returns statistics.
//! - [`ForeignFile`] reads the SQLite files of other programs for import.
//!
//! # Owners
//! Every record belongs to an owner: a user, or shared. An id is unique among the records of its
//! owner, so two owners can store the same id independently. A bare id resolves to the owner's own
//! record, or else the shared one; if an administrator's view finds several, the call returns
//! [`Error::Ambiguous`]. A user's view shows shared records and refuses to change them with
//! [`Error::NotYours`]; it does not see the records of other users.
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
//! let goal = ada.goals().put(Goal::new("learn to sail")).await?;
//! assert!(ada.goals().get(&goal.id).await?.is_some());
//! assert!(bob.goals().get(&goal.id).await?.is_none());
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
//! | [`Durability::Normal`] | yes | the newest writes may be missing, the file is intact |
//!
//! A write that returned an error changed nothing. A write whose caller was dropped, or whose
//! process was killed before the reply, is stored completely or not at all.
//!
//! # Invariants
//! - An acknowledged write survives as [`Durability`] guarantees.
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
mod entry_backend;
mod entry_store;
mod error;
mod event;
mod extract;
mod facts;
mod feed;
mod file;
mod files;
mod foreign;
mod generation;
mod goal;
mod health;
mod intake;
mod interaction;
mod json_entries;
mod kinds;
mod limits;
mod message;
mod messages;
mod meta;
mod metric;
mod new_message;
mod page;
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
mod sessions;
mod summary;
mod tables;
mod task;
mod tool_call;
mod update;
mod upkeep;
mod visible;
mod working;
mod writing;

pub use aios_ledger::Error as LedgerError;

pub use crate::{
    age::{AgeReport, Retention},
    agent_state::{AgentState, AgentStates},
    config::{
        Access, Clock, Config, Durability, EventFeed, FEED_KINDS, Language, PATTERNS_MAX,
        SESSION_ACTIVE_HOURS,
    },
    decision::{Decision, Decisions, IntelligenceLevel},
    doctor::{Check, Health},
    entry::{Entries, Entry, EntryFilter, EntryUpdate},
    entry_backend::{AnyEntries, EntriesBackend, SqliteEntries},
    entry_store::EntryStore,
    error::{Error, FieldProblem},
    event::{Event, EventFilter, Events},
    facts::{
        EVIDENCE_MAX, Fact, FactEnd, FactOrigin, FactPage, FactQuery, FactReport, FactRevisions,
        FactStep, Facts, OwnFacts, Withdrawn,
    },
    feed::Feed,
    files::{
        FILE_BYTES_MAX, FILE_DEPTH_MAX, FILE_PATH_BYTES_MAX, FILES_MAX, FILES_ROOT, File,
        FileCommand, FileEntry, FilePath, FileProblem, FileReply, Files, RENAME_BYTES_MAX,
    },
    foreign::{ForeignError, ForeignFile, ForeignRow, ForeignTable},
    goal::{Goal, GoalStatus, Goals},
    health::{Problem, Stats},
    intake::Intake,
    interaction::{Interaction, Interactions, RECENT_INTERACTIONS},
    json_entries::JsonEntries,
    kinds::record_of,
    limits::{JSON_DEPTH_MAX, LABEL_BYTES_MAX},
    message::{Message, Role},
    messages::{ChatMessage, Messages, RECENT_MESSAGES},
    meta::{IMPORTANT, Meta},
    metric::{HourlyMetric, Metric, MetricPoint, Metrics},
    new_message::{MessageReceipt, NewMessage},
    page::{RecordPage, TimeCursor, TimePage},
    pattern::{Outcome, Pattern, Patterns, success_bound},
    preference::{Persona, PreferenceValues, Preferences},
    records::Records,
    restore::RestoreOutcome,
    salvage::{is_damaged, salvage},
    schema::{APPLICATION_ID, SCHEMA_VERSION},
    search::{FIND_LIMIT, FindOptions, Hit},
    session::Session,
    sessions::{
        RECENT_SUMMARIES, RECENT_SUMMARIES_TOKENS_MAX, RecentSummary, SESSION_IDLE_DAYS_MAX,
        Sessions,
    },
    summary::{SUMMARY_CHARS_MAX, Summary},
    tables::KINDS,
    task::{Task, TaskStatus, TaskUpdate, Tasks},
    tool_call::{OUTPUT_CHARS_MAX, OUTPUT_CUT_MARK, ToolCall, ToolCalls},
    upkeep::Upkeep,
    working::{Working, WorkingView},
};
