//! Reads a record in the notation of any program into one form: the draft of a record.
//!
//! Programs write a message in many ways: its text is `content`, `text` or a list of parts, its
//! speaker `role`, `from` or `author`, its owner `user`, `userId` or `customer_name`. A [`Draft`]
//! has the same facts in one form, and derives from them the id under which a second reading finds
//! the record again.
//!
//! ```
//! use aios_draft::{Defaults, Draft};
//! use serde_json::{Map, Value};
//!
//! let object: Map<String, Value> = serde_json::from_str(
//!     r#"{"from": "human", "value": "Which port does staging use?", "userId": "ada"}"#,
//! )?;
//! let draft = Draft::from_chat(object, &Defaults::default()).map_err(|it| it.into_reason())?;
//! assert_eq!(draft.text, "Which port does staging use?");
//! assert_eq!(draft.role.as_deref(), Some("user"));
//! assert_eq!(draft.scope.user.as_deref(), Some("ada"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - [`shape`] normalises an object to a message; [`content`] reads its parts: texts, tool calls,
//!   results, thinking, attachments.
//! - [`spellings`] is the table of the names that a field may have; [`place`] reads the scope with
//!   it, [`said`] the utterance. [`repeated`] parses JSON in which a field is given twice.
//! - [`moment`] parses points in time. [`identity`] derives ids from content.
//! - An [`Unnamed`] names the session of a conversation that has no name.
//!
//! # Invariants
//! - No field is lost: one without a meaning is kept as metadata, and listed in
//!   [`Draft::unknown`].
//! - A field that only looks like an owner is refused, never ignored.
//! - The same content gives the same id, in every process and version.
//!
//! # What this crate does not do
//! It stores nothing and reads no files; only [`Unnamed::of`] resolves a path. Files, and formats
//! whose messages need more than the message itself, are the work of `aios-exchange`. The admission
//! of `aios-memory` decides whether a record is stored or was forgotten.

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
    unnamed::{STREAM, StreamNames, Unnamed},
};
