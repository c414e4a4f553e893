#![doc = include_str!("../README.md")]
//! # How the parts relate
//!
//! - [`shape`] normalises an object to a message; [`content`] reads its parts: texts, tool calls,
//!   results, thinking, attachments.
//! - [`spellings`] is the table of the names that a field may have; [`place`] reads the scope with
//!   it, [`said`] the utterance. [`repeated`] parses JSON in which a field is given twice.
//! - [`moment`] parses points in time. [`identity`] derives ids from content.
//! - An [`Unnamed`] provides the session of a conversation without a name.
//!
//! # Invariants
//! - No field is lost: an unrecognised one is kept as metadata and listed in [`Draft::unknown`].
//! - A field that only looks like an owner is refused, never ignored.
//! - The same content has the same id in every process and version.
//!
//! # What this crate does not do
//! It stores nothing and reads no files; only [`Unnamed::of`] resolves a path. `aios-exchange`
//! reads files, and formats in which a message depends on its context. The admission of
//! `aios-memory` decides whether a record is stored or was forgotten.

pub mod content;
mod draft;
pub mod identity;
pub mod moment;
pub mod place;
pub mod repeated;
pub mod said;
pub mod shape;
pub mod spellings;
mod unnamed;

pub use self::{
    draft::{Defaults, Draft, Part, TEXT_BYTES_MAX},
    said::{Mend, Unfit},
    unnamed::{STREAM, Unnamed, stream_names},
};
