//! The outcome of forgetting, without a word of what was forgotten.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use aios_record::{Identity, Key};
use serde::Serialize;

use super::family::Found;

/// The records that were forgotten, without a word of their texts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// The number of records.
    pub forgotten: u64,
    /// The number of records of each collection.
    pub collections: BTreeMap<&'static str, u64>,
    /// The keys of the records.
    pub keys: Vec<Key>,
    /// The records, each with its owner.
    pub records: Vec<Identity>,
    /// Those of them that were not meant themselves, and go along.
    pub related: Vec<Related>,
    /// Records that stay and lose a part.
    pub remade: Vec<Remade>,
    /// Other records of the same owners that contain the text of one that was meant, and stay: the
    /// first 100. A purge removes no text that they have.
    pub repeating: Vec<Identity>,
    /// Set if these are the records that would be forgotten.
    pub dry_run: bool,
    /// Set if no file of the data directory keeps a byte of them any more, `backups` left out.
    pub purged: bool,
    /// Obstacles that a purge still waits for. It goes on by itself when they have ended.
    pub pending: Vec<String>,
    /// Copies that may still hold them, if a purge was asked for: those that migrations left in
    /// the data directory, and those that [`backup`](crate::Administrator::backup) made and that
    /// are still there. They are not touched: remove them yourself.
    #[serde(serialize_with = "crate::written_path::many")]
    pub backups: Vec<PathBuf>,
    /// Files that a [`repair`](crate::repair) could not save and had put into the quarantine, and
    /// that a purge removes: nobody can tell if the records were in them. With
    /// [`dry_run`](Receipt::dry_run), those that a purge would remove.
    #[serde(serialize_with = "crate::written_path::many")]
    pub discarded: Vec<PathBuf>,
}

/// A record that goes along with those that are meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Related {
    /// The record.
    pub record: Identity,
    /// Its relation to them.
    pub relation: Relation,
}

/// The relation of a record to those that are forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Relation {
    /// It is meant itself.
    Meant,
    /// It belongs to one of them: a goal's task, a session's message.
    BelongsTo,
    /// It was made from one of them: a summary, a fact.
    MadeFrom,
}

/// A record that stays and loses a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remade {
    /// The record.
    pub record: Identity,
    /// The part that goes.
    pub part: Part,
}

/// The part of a record that is forgotten while the record stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Part {
    /// The older versions in its history.
    Versions,
    /// The summary of a session, with its older versions.
    Summary,
}

impl Receipt {
    /// The receipt for `records`, which are all or some of `found`.
    pub(super) fn of(records: BTreeSet<Identity>, found: &Found) -> Receipt {
        let mut receipt = Receipt { forgotten: records.len() as u64, ..Receipt::default() };
        for identity in &records {
            *receipt.collections.entry(identity.kind.collection()).or_default() += 1;
        }
        receipt.keys = records.iter().map(Identity::key).collect();
        let related = records.iter().filter_map(|record| {
            // A record that a removal took along unforeseen belonged to it.
            let relation = found.all.get(record).copied().unwrap_or(Relation::BelongsTo);
            (relation != Relation::Meant).then(|| Related { record: record.clone(), relation })
        });
        receipt.related = related.collect();
        let remade = found.remade.iter();
        receipt.remade =
            remade.map(|(record, part)| Remade { record: record.clone(), part: *part }).collect();
        receipt.records = records.into_iter().collect();
        receipt
    }
}
