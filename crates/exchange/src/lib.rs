#![doc = include_str!("../README.md")]
//! # How the parts relate
//!
//! - [`ingest`] reads conversations, documents and records in the formats of other programs, which
//!   it detects by content ([`Format`](ingest::Format)). [`walk`] lists the text files of a
//!   directory.
//! - [`import`] reads the whole store of another program once: a SQLite database or JSON.
//! - [`export`] writes all records as JSON lines and reads them back.
//! - [`labelled`] reads the conversations and questions of research datasets.
//!
//! Every function takes a [`MemoryView`](aios_memory::MemoryView) and reads and writes the records
//! of its owner, or of every owner for the administrator's view. All records pass through the
//! memory's [admission](aios_memory::admission).
//!
//! # Invariants
//! - When a call returns, the stored records are durable and found by every search.
//! - Reading the same file twice adds nothing, and a forgotten record stays forgotten.
//! - A part that cannot be read is reported with its line and does not affect the others.
//! - Files of other programs are never changed. An export appears only when it is complete.
//!
//! # What this crate does not do
//! It does not access the network or watch directories. `aios-draft` parses single records from
//! objects; `aios_memory` copies the database files.

mod error;
pub mod export;
pub mod import;
pub mod ingest;
pub mod labelled;
mod walk;

pub use aios_files::open_regular;

pub use self::{
    error::{Error, InputProblem},
    walk::{WALK_FILES_MAX, Walk, walk},
};
