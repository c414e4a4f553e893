#![doc = include_str!("../README.md")]
//! # How the parts relate
//!
//! - [`Longterm`] is the handle. It is cheap to clone; any number of processes may hold one on the
//!   same directory. It is the administrator's [`LongtermView`]; [`scoped`](Longterm::scoped)
//!   returns that of one owner.
//! - [`store`](LongtermView::store) takes [`Record`](aios_record::Record)s;
//!   [`get`](LongtermView::get), [`list`](LongtermView::list), [`update`](LongtermView::update),
//!   [`history`](LongtermView::history) and [`forget`](LongtermView::forget) work on stored ones.
//! - [`search`](LongtermView::search) fuses a vector leg and a BM25 leg, scores the neighbours of
//!   their results, and can [explain](Explain) each hit.
//! - The other operations are on *roles*, cheap views that a handle returns. The typed
//!   collections are [`notes`](LongtermView::notes), [`procedures`](LongtermView::procedures),
//!   [`incidents`](LongtermView::incidents), [`config_changes`](LongtermView::config_changes) and
//!   [`knowledge`](LongtermView::knowledge).
//! - [`records`](LongtermView::records) reads records of every kind by identity,
//!   [`sources`](LongtermView::sources) by their source, such as a file.
//!   [`tombstones`](LongtermView::tombstones) recognises forgotten records.
//! - [`feed`](Longterm::feed) takes pages of another tier's change feed and keeps its watermark.
//! - [`upkeep`](Longterm::upkeep) drains, verifies, copies and purges the whole memory.
//! - [`repair`], [`reindex`] and [`adopt`] rebuild the library of a data directory, whether or not
//!   it can be opened.
//!
//! # Invariants
//! - An acknowledged write is committed in `journal.db`. A record remains in the journal until
//!   LanceDB has it safely on disk.
//! - A search sees every write that was acknowledged before it began, by any process.
//! - One process at a time writes to LanceDB: the one that holds `owner.lock`.
//! - Every owner has an independent set of ids. A record of an owner is in one project, agent and
//!   session only; writing it in another fails with [`Error::Conflict`].
//! - A view shows, counts and changes only records that its gate sees, and reveals nothing about
//!   others.
//!
//! # What this crate does not do
//! It derives no facts and no summaries, renders nothing, and forgets only on request.

mod blocking;
mod collections;
mod config;
mod error;
mod forgetting;
mod intake;
mod journal;
mod library;
mod longterm;
mod owner;
mod parts;
mod records;
mod search;
mod shelf;
mod sync;
mod upkeep;
mod validity;
mod view;
mod write;

pub use aios_analysis::Language;
pub use aios_ledger::{Access, Durability, Error as LedgerError, is_disk_full, is_write_refusal};

pub use crate::{
    collections::{
        ConfigChange, ConfigChanges, Incident, Incidents, Knowledge, KnowledgeCollection,
        ListCursor, Listed, Meta, Note, NoteUpdate, Notes, Outcome, Procedure, Procedures,
    },
    config::Config,
    error::{Error, RecordProblem, VectorProblem},
    forgetting::{Purged, Sources, TextTombstones, Tombstones},
    intake::{Space, chunks},
    journal::{APPLICATION_ID, Obstacle, Refused, SCHEMA_VERSION, Standing},
    longterm::Longterm,
    records::Records,
    search::{
        Counted, Explain, Explanation, Fields, FormerFound, Found, Hit, LIMIT_MAX, QUERY_BYTES_MAX,
        SearchOptions, VERSIONS_SEARCHED_MAX, Weights, asks_for_time,
    },
    upkeep::{
        Decoder, Reindexed, Repaired, Stats, Upkeep, Verification, adopt, check_files, decode_rows,
        reindex, repair, repair_with_vectors, stored_model,
    },
    view::{LongtermView, StoreOutcome, Stored},
    write::{Applied, Feed, FeedPage, Version},
};
