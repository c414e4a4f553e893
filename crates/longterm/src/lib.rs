//! Tier 2 of `aios-memory`: every record, searchable by meaning and by word, for ever.
//!
//! ```
//! use std::sync::Arc;
//!
//! use aios_embedding::StaticModel;
//! use aios_longterm::{Config, Longterm, SearchOptions};
//! use aios_record::{Gate, Id, Kind, Owner, Record, Scope};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let dir = tempfile::tempdir()?;
//! let model = StaticModel::bundled()?;
//! let longterm = Longterm::open(dir.path(), Config::default(), model).await?;
//!
//! let ada = longterm.scoped(Gate::owner(Owner::user("ada")?));
//! let text = "The staging database moved to port 5433.";
//! ada.store(vec![Record::new(Kind::Note, Id::generate(), text, Scope::default())]).await?;
//!
//! let found = ada.search("which port does staging use?", &SearchOptions::default()).await?;
//! assert_eq!(found.hits[0].record.text, text);
//! longterm.close().await?;
//! # Ok(())
//! # }
//! ```
//!
//! - [`Longterm`] is the handle. It is cheap to clone; any number of processes may hold one on the
//!   same directory. It is the administrator's [`LongtermView`]; [`scoped`](Longterm::scoped)
//!   returns that of one owner.
//! - [`store`](LongtermView::store) takes [`Record`](aios_record::Record)s directly;
//!   [`apply_feed`](Longterm::apply_feed) takes pages of another tier's change feed and keeps its
//!   watermark.
//! - [`Procedure`], [`Incident`], [`ConfigChange`], [`Knowledge`] and [`Note`] are the typed
//!   records of the collections that are given directly; [`update`](LongtermView::update) changes
//!   one, and [`history`](LongtermView::history) returns its older versions.
//! - [`search`](LongtermView::search) fuses a vector leg and a BM25 leg, scores the neighbours of
//!   their results, and can [explain](Explain) each hit.
//!
//! # Invariants
//! - Acknowledged means committed in `journal.db`, by SQLite's promise. A record stays in the
//!   journal until LanceDB holds it safely on disk.
//! - A search sees every write that was acknowledged before it began, by any process.
//! - One process at a time writes to LanceDB: the one that holds `owner.lock`.
//! - Every owner has ids of their own. A record of an owner is in one project, agent and session
//!   only; writing it in another fails with [`Error::Conflict`].
//! - A view shows, counts, changes and reveals nothing that its gate does not see.
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
        ConfigChange, Incident, Knowledge, ListCursor, Listed, Meta, Note, NoteUpdate, Outcome,
        Procedure,
    },
    config::Config,
    error::{Error, RecordProblem, VectorProblem},
    forgetting::{Purged, TextTombstones},
    intake::{Space, chunks},
    journal::{APPLICATION_ID, Obstacle, Refused, SCHEMA_VERSION, Standing},
    longterm::Longterm,
    search::{
        Counted, Explain, Explanation, Found, Hit, LIMIT_MAX, LIMIT_OF_CONFIG, QUERY_BYTES_MAX,
        SearchOptions, Weights,
    },
    upkeep::{
        Decoder, Progress, Reindexed, Repaired, Stats, Verification, check_files, decode_rows,
        stored_model,
    },
    view::{LongtermView, StoreOutcome, Stored},
    write::{Applied, FeedPage, Version},
};
