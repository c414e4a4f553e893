//! The outcome of forgetting, without any of the forgotten text.

use std::{collections::BTreeMap, path::PathBuf};

use aios_record::{Identity, Key};
use serde::Serialize;

/// A list of forgotten records, without any of their text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// The number of records.
    pub forgotten: u64,
    /// The number of records per collection.
    pub collections: BTreeMap<&'static str, u64>,
    /// The keys of the records.
    pub keys: Vec<Key>,
    /// The records, each with its owner.
    pub records: Vec<Identity>,
    /// Those among them that were not selected, but depend on or derive from selected ones.
    pub related: Vec<Related>,
    /// Records that are kept and lose a part.
    pub remade: Vec<Remade>,
    /// The first 100 other records of the same owners, in the caller's project or in none, that
    /// contain the text of a selected one. They are kept. A purge removes no text that they
    /// contain.
    pub repeating: Vec<Identity>,
    /// True if the records were only listed, not forgotten.
    pub dry_run: bool,
    /// True if no file of the data directory keeps a byte of them, except `backups`.
    pub purged: bool,
    /// Obstacles that a purge is waiting for. It continues automatically when they are gone.
    pub pending: Vec<String>,
    /// Copies that may still contain the records, if a purge was requested: those of migrations in
    /// the data directory, and existing ones made by [`backup`](crate::upkeep::Upkeep::backup).
    /// They are left untouched; delete them yourself.
    #[serde(serialize_with = "crate::written_path::many")]
    pub backups: Vec<PathBuf>,
    /// Quarantined files that a [`repair`](crate::upkeep::repair) could not recover and that the
    /// purge deleted, because they may contain the records. With [`dry_run`](Receipt::dry_run),
    /// those that a purge would delete.
    #[serde(serialize_with = "crate::written_path::many")]
    pub discarded: Vec<PathBuf>,
}

/// A record that is forgotten because of its relation to a selected one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Related {
    /// The record.
    pub record: Identity,
    /// Its relation to the selected ones.
    pub relation: Relation,
}

/// The relation of a forgotten record to the selected ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Relation {
    /// It was selected itself.
    Meant,
    /// It belongs to one: a goal's task, a session's message.
    BelongsTo,
    /// It was derived from one: a summary, a fact.
    MadeFrom,
}

/// A record that is kept and loses a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remade {
    /// The record.
    pub record: Identity,
    /// The removed part.
    pub part: Part,
}

/// The part of a record that is forgotten while the record is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Part {
    /// The older versions in its history.
    Versions,
    /// The summary of a session, with its older versions.
    Summary,
}
