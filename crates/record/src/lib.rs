#![doc = include_str!("../README.md")]
//! # How the parts relate
//!
//! - A [`Record`] is one stored item in the form exchanged between tiers.
//! - Its [`Id`] is unique within its [`Kind`] and [`Owner`]. Users type a [`Key`] (`kind/id`);
//!   stores use an [`Identity`], which adds the owner.
//! - A [`Kind`] has one description: its [home](Home), its [parents](Parent), its [`Field`]s, its
//!   [mutability](Mutability). Lists of kinds and fields elsewhere are derived from it.
//! - Its [`Scope`] is the user, project, agent and session that it belongs to; a [`ScopeFilter`]
//!   narrows a read.
//! - A [`Gate`] decides which records a handle sees and may change, and the scope of those it
//!   writes.
//! - [`forms`] has the normal forms by which texts are compared.
//! - Its [`Provenance`] names the writer and the task.
//! - A [`FeedItem`] carries a [change](Change) from one tier to another.
//! - [`Mode`] turns a call that changes something into a dry run; [`Progress`] is the progress of a
//!   long one.
//! - A [`Generation`] identifies the state of a file, so that a replacement by an older copy is
//!   detected.
//! - A [`Remedy`] is the next step after an error; each front end has its own words for it.
//!
//! A type belongs here only if at least two tiers name it in their public API. Each type is checked
//! here; other types are not.

mod export;
mod feed;
pub mod forms;
mod gate;
mod generation;
mod id;
mod key;
mod kind;
mod mode;
mod owner;
mod progress;
mod record;
mod remedy;
mod scope;
mod tier;

pub use export::{EXPORT_FORMAT, ExportHeader};
pub use feed::{Change, FeedItem};
pub use gate::{Gate, Owners, Principal};
pub use generation::Generation;
pub use id::{ID_BYTES_MAX, Id};
pub use key::{Identity, Key, encode, split};
pub use kind::{
    Feeding, Field, FreeFields, Home, Kind, LABEL_BYTES_MAX, Mutability, Need, Parent, Recognition,
    SetBy, ValueType,
};
pub use mode::Mode;
pub use owner::{OWNER_BYTES_MAX, Owner};
pub use progress::Progress;
pub use record::{Provenance, Record, Source, Trust};
pub use remedy::Remedy;
pub use scope::{Scope, ScopeFilter, ScopeMatch};
pub use tier::Tier;

/// A point in time in UTC, stored as microseconds since 1970.
pub type Timestamp = jiff::Timestamp;

/// A value that does not fit this vocabulary.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An id is empty or longer than [`ID_BYTES_MAX`].
    #[error("an id has 1 to {ID_BYTES_MAX} bytes, this one has {bytes}")]
    IdLength {
        /// The length of the refused id.
        bytes: usize,
    },
    /// A user name is invalid.
    #[error("the name of the user cannot be used: {problem}; a name has 1 to 128 bytes")]
    OwnerName {
        /// The violated rule.
        problem: &'static str,
    },
    /// A handle is bound to one part of the scope, and a different one was given.
    #[error("it names another {part} than this handle acts for")]
    OutOfScope {
        /// `user`, `project`, `agent` or `session`.
        part: &'static str,
    },
    /// A text is not a key.
    #[error("expected KIND/ID, such as goal/g1, not `{text}`")]
    NotAKey {
        /// The given text.
        text: String,
    },
    /// No tier has this name.
    #[error("unknown tier `{name}`; known are operational, working, longterm, knowledge")]
    UnknownTier {
        /// The given name.
        name: String,
    },
    /// No level of trust has this name.
    #[error("unknown trust `{name}`; known are low, normal, high")]
    UnknownTrust {
        /// The given name.
        name: String,
    },
    /// No kind or collection has this name.
    #[error("unknown kind `{name}`; known are {}", Kind::names())]
    UnknownKind {
        /// The given name.
        name: String,
    },
}

impl Error {
    /// Returns the next step, if the message alone does not show it.
    #[must_use]
    pub fn remedy(&self) -> Option<Remedy> {
        match self {
            Error::IdLength { .. } => Some(Remedy::Correct),
            Error::OutOfScope { .. } => Some(Remedy::WidenScope),
            _ => None,
        }
    }
}
