//! What every memory record carries: id, kind, scope, provenance, time.
//!
//! This is the vocabulary that the tiers share. A type stands here only when at least two tiers
//! name it in their public API. There is no I/O here, and no clock except where a caller asks for
//! a new [`Id`].
//!
//! ```
//! use aios_record::{Id, Kind, Record, Scope};
//!
//! let id = Id::new("d-17")?;
//! let scope = Scope::default().with_user("ada");
//! let record = Record::new(Kind::Decision, id, "chose SQLite for the ledger", scope);
//! assert_eq!(record.key(), "decision/d-17");
//! assert_eq!(record.kind.collection(), "decisions");
//! # Ok::<(), aios_record::Error>(())
//! ```
//!
//! - A [`Record`] is one stored item in the form in which it travels between tiers.
//! - Its [`Id`] is unique within its [`Kind`]; `kind/id` is its key.
//! - Its [`Scope`] says whose it is; a [`ScopeFilter`] says whose records a read may see.
//! - Its [`Provenance`] says who wrote it and for which task.
//! - A [`FeedItem`] tells one tier what [changed](Change) in another.
//!
//! Not here: storage, search, rendering, validation of anything but these types.

mod feed;
mod id;
mod kind;
mod record;
mod scope;
pub mod terms;
mod tier;

pub use feed::{Change, FeedItem};
pub use id::{ID_BYTES_MAX, Id};
pub use kind::Kind;
pub use record::{Provenance, Record, Source, Trust};
pub use scope::{Scope, ScopeFilter, ScopeMatch};
pub use tier::Tier;

/// A moment in UTC. Stored as microseconds since 1970.
pub type Timestamp = jiff::Timestamp;

/// What can be wrong with a value of this vocabulary.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An id is empty or longer than [`ID_BYTES_MAX`].
    #[error(
        "an id has 1 to {ID_BYTES_MAX} bytes, this one has {bytes}; give a shorter one or leave it out"
    )]
    IdLength {
        /// How long the refused id is.
        bytes: usize,
    },
    /// No tier has this name.
    #[error("unknown tier `{name}`; known are operational, working, longterm, knowledge")]
    UnknownTier {
        /// The name as given.
        name: String,
    },
    /// No level of trust has this name.
    #[error("unknown trust `{name}`; known are low, normal, high")]
    UnknownTrust {
        /// The name as given.
        name: String,
    },
    /// No kind or collection has this name.
    #[error("unknown kind `{name}`; known are {}", Kind::names())]
    UnknownKind {
        /// The name as given.
        name: String,
    },
}
