//! The vocabulary of memory records: identity, owner, scope, provenance, time.
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
//! assert_eq!(record.key().to_string(), "decision/d-17");
//! assert_eq!(record.owner().name(), Some("ada"));
//! assert_eq!(record.kind.collection(), "decisions");
//! # Ok::<(), aios_record::Error>(())
//! ```
//!
//! - A [`Record`] is one stored item in the form in which it travels between tiers.
//! - Its [`Id`] is unique within its [`Kind`] and [`Owner`]. A [`Key`] (`kind/id`) is what a person
//!   types; an [`Identity`] adds the owner and is what stores use.
//! - Its [`Scope`] says where it belongs; a [`ScopeFilter`] narrows a read.
//! - A [`Gate`] decides what a handle sees, where what it writes belongs, and what it may change.
//! - [`forms`] has the normal forms by which texts are compared.
//! - Its [`Provenance`] says who wrote it and for which task.
//! - A [`FeedItem`] tells one tier what [changed](Change) in another.
//! - A [`Generation`] is how far a file has come; an older copy in its place shows by it.
//!
//! Not here: storage, search, rendering, validation of anything but these types.

mod export;
mod feed;
pub mod forms;
mod gate;
mod generation;
mod id;
mod key;
mod kind;
mod owner;
mod record;
mod scope;
mod tier;

pub use export::{EXPORT_FORMAT, ExportHeader};
pub use feed::{Change, FeedItem};
pub use gate::{Gate, Owners, Principal};
pub use generation::Generation;
pub use id::{ID_BYTES_MAX, Id};
pub use key::{Identity, Key, encode};
pub use kind::Kind;
pub use owner::{OWNER_BYTES_MAX, Owner};
pub use record::{Provenance, Record, Source, Trust};
pub use scope::{Scope, ScopeFilter, ScopeMatch};
pub use tier::Tier;

/// A moment in UTC. Stored as microseconds since 1970.
pub type Timestamp = jiff::Timestamp;

/// A value that does not fit this vocabulary.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An id is empty or longer than [`ID_BYTES_MAX`].
    #[error(
        "an id has 1 to {ID_BYTES_MAX} bytes, this one has {bytes}; give a shorter one or leave it out"
    )]
    IdLength {
        /// The length of the refused id.
        bytes: usize,
    },
    /// The name of a user is not one.
    #[error("the name of the user cannot be used: {problem}; a name has 1 to 128 bytes")]
    OwnerName {
        /// The rule that it breaks.
        problem: &'static str,
    },
    /// A handle is bound to one part of the scope, and another was given.
    #[error(
        "it names another {part} than this handle acts for; use a handle of that {part}, or of an \
         administrator"
    )]
    OutOfScope {
        /// `user`, `project`, `agent` or `session`.
        part: &'static str,
    },
    /// A text is not a key.
    #[error("expected KIND/ID, such as goal/g1, not `{text}`")]
    NotAKey {
        /// The text as given.
        text: String,
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
