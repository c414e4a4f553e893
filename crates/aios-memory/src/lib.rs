#![doc = include_str!("../README.md")]
//! # How the parts relate
//!
//! - [`AgentMemory`] is the open memory of one data directory. It is cheap to clone. Any number of
//!   processes may open the same directory.
//! - By default it acts for shared records, or for the user named by the setting `memory.user`.
//!   [`for_user`](AgentMemory::for_user) returns the [`MemoryView`] of a user, which reads the
//!   user's own and shared records and changes only the user's own.
//!   [`administrator`](AgentMemory::administrator) returns the handle for all records and for
//!   maintenance.
//! - [`observe`](MemoryView::observe) stores events, [`remember`](MemoryView::remember) texts,
//!   [`record`](MemoryView::record) goals, tasks, decisions and other records. [`admission`] stores
//!   the records of files, which `aios-exchange` reads.
//! - [`work`](MemoryView::work) begins and resumes units of work: tasks that survive a crash and
//!   from which the memory learns.
//! - [`recall`](MemoryView::recall) searches. [`assemble_context`](MemoryView::assemble_context)
//!   packs the knowledge of all tiers about a task into a token budget.
//! - The other operations are on *roles*, cheap views that a handle returns:
//!   [`contexts`](MemoryView::contexts), [`events`](MemoryView::events),
//!   [`facts`](MemoryView::facts), [`feed`](MemoryView::feed), [`files`](MemoryView::files),
//!   [`forgetting`](MemoryView::forgetting),
//!   [`graph`](MemoryView::graph), and [`upkeep`](Administrator::upkeep) of the administrator.
//! - [`working`](MemoryView::working) and [`longterm`](MemoryView::longterm) are the tiers as a
//!   view sees them. Tier 0 is [`operational`](AgentMemory::operational).
//! - [`Config`] holds the settings, [`config::Effective`] the origin of each.
//! - The module [`upkeep`] restores, repairs and reindexes a data directory. The other modules have
//!   the types of their topics: [`forget`] the parts of a [`Proposal`] and of a [`Receipt`],
//!   [`admission`] the parts of a report, [`graph`] entities and relations.
//!
//! # Invariants
//! - An acknowledged write is committed in SQLite, and every search that starts afterwards finds
//!   it.
//! - A row leaves working memory only after long-term memory has stored it: the change feed is
//!   trimmed behind the watermark, never ahead of it.
//! - Admitting the same input twice adds nothing: ids are derived from the record's content.
//! - A context never exceeds the requested number of tokens.
//! - Each record has an owner, and the ids of one owner are independent of those of others. A view
//!   does not return, change, remove or count records of another owner, and no error reveals them.
//!
//! # What this crate does not do
//! It does not access the network, and it runs no models except the embedder and the reranker,
//! unless the settings name a chat model that extracts facts.
//!
//! Separate crates read and write the files of other programs (`aios-exchange`), measure retrieval
//! (`aios-eval`), download models (`aios-hub`), serve a memory to other programs
//! (`aios-memory-server`), and implement the command line (`aios-memory-cli`).
//!
//! # Features
//! - `chat`, `local`: a chat model behind an endpoint, or from disk, as the extractor of facts.
//! - `minilm`: bundles a transformer of 17 MB, which is then the default model.
//! - `families`: opens transformers beyond BERT and XLM-RoBERTa, and rerankers.

mod administrator;
pub mod admission;
mod ageing;
mod agent_memory;
pub mod assemble;
mod background;
mod backup;
pub mod config;
mod directory;
mod doctor;
mod document;
mod error;
mod events;
mod facts;
mod feed;
pub mod fields;
mod files;
pub mod forget;
pub mod graph;
mod guarding;
mod learning;
mod limits;
mod listing;
mod maintenance;
mod memory_view;
mod metrics;
pub mod migrate;
pub mod model;
mod parts;
pub mod period;
pub mod project;
mod pump;
mod pumping;
mod rebuild;
mod recall;
mod recalls;
mod records;
mod remember;
pub mod report;
mod rerank;
pub mod roles;
mod shared;
mod shown;
mod spill;
mod stats;
mod together;
pub mod tokens;
mod turns;
pub mod upkeep;
pub mod work;
pub mod written_path;

pub use aios_context::Context;
pub use aios_longterm::{Access, SearchOptions};
pub use aios_operational::Event;
pub use aios_record::{
    Id, Identity, Key, Kind, Mode, Owner, Progress, Record, Remedy, Scope, ScopeFilter, Tier,
    Timestamp,
};
pub use aios_working::{Fact, FactPage, FactQuery, FileCommand, FileReply};
/// The rules and fields of kinds.
pub mod kinds {
    pub use aios_record::{
        Feeding, Field, FreeFields, Home, Mutability, Need, Parent, SetBy, ValueType,
    };
}
/// The crates of the tiers, of their vocabulary and of drafts, for the types in public signatures.
pub use {
    aios_context as context, aios_draft as draft, aios_guard as guard, aios_longterm as longterm,
    aios_operational as operational, aios_record as record, aios_working as working,
};

pub use crate::{
    administrator::Administrator,
    agent_memory::AgentMemory,
    assemble::ContextOptions,
    config::Config,
    error::{Error, InputProblem, RecordProblem},
    facts::{Facts, LEARN_MESSAGES_MAX},
    forget::{ForgetOptions, ForgetQuery, ForgetTarget, Proposal, Receipt},
    learning::{FailedMessage, LearnReport, LearnStats},
    listing::Page,
    memory_view::MemoryView,
    recall::{Recalled, Recollection},
    remember::{RefusedText, RememberOptions, Remembered},
    report::{Report, ReportOptions},
    shown::Shown,
    stats::{LongtermStats, Stats},
    tokens::Tokenizer,
    turns::{Turn, Turns},
};

/// The README's example, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
