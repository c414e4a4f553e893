//! `journal.db`: the state that an acknowledgement makes durable, and everything that must outlive
//! the library's indexes.
//!
//! It holds the rows that are not yet safely in LanceDB, the identity of every record ever
//! acknowledged, the feed's watermark, the number of the last synced version of the library, and
//! the word statistics of its content. One read is one snapshot of all of these.
//!
//! Not here: moving rows to the library, see `owner`.

mod change;
mod checksums;
mod drain;
mod edition;
mod generation;
mod handle;
mod history;
mod key;
mod known;
mod listing;
mod meta;
mod pending;
mod purge;
mod rebuild;
mod refusal;
mod snapshot;
mod standing;
mod statistics;
mod term;
mod tombstones;
mod write;

pub(crate) use self::{
    change::{FeedOutcome, Older, Outcome, Page, Refusal, Replaced, Write, Written},
    handle::Journal,
    history::Sought,
    pending::{Drain, Pending, Unembedded},
    rebuild::{Adopted, Expected, Remade, Switch, hash_number},
    refusal::Limits,
    snapshot::{Base, KnownWaiting, Snapshot},
    statistics::{Corpus, Statistics},
    term::{REST, Safe, Term},
    tombstones::{Contents, Hash, Secret, Tombstone},
};
pub use self::{
    handle::{APPLICATION_ID, SCHEMA_VERSION},
    purge::Obstacle,
    refusal::Refused,
    standing::Standing,
};
