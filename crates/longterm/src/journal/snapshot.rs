//! Snapshots of the journal for a search, and for a comparison with the library.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

use rusqlite::Connection;

use super::{
    edition::{edition_of, state},
    handle::Journal,
    key::key_sql,
    meta::meta_number,
    pending::{Bounds, Pending, embedded, pending, waiting_seqs},
    statistics::{Corpus, Statistics, statistics},
};
use crate::{Error, library::Edition};

/// Parts of the journal that a search needs, from one snapshot.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    pub(crate) base: Base,
    pub(crate) edition: Edition,
    /// Every `seq` that waits, ascending.
    pub(crate) seqs: Vec<i64>,
    /// The highest `seq` ever assigned.
    pub(crate) newest: i64,
    /// The waiting rows above the given `seq`, or all of them if the base differs.
    pub(crate) fresh: Vec<Pending>,
    /// Rows that were known without their vector, and no longer wait for one.
    pub(crate) embedded: Vec<Pending>,
    pub(crate) statistics: Statistics,
}

/// State of the library beneath the waiting rows. While it is unchanged, the library still has the
/// row that the key of a waiting row had when the waiting row was written. It only grows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Base {
    table: u64,
    /// Number of drains that moved a row while a newer one with its key arrived.
    overtaken: u64,
}

#[cfg(test)]
impl Base {
    pub(crate) fn of(table: u64, overtaken: u64) -> Base {
        Base { table, overtaken }
    }
}

/// The part of the journal that a search already knows.
#[derive(Debug, Default)]
pub(crate) struct KnownWaiting {
    pub(crate) base: Base,
    /// The highest `seq` up to which the waiting rows are known.
    pub(crate) newest: i64,
    /// The known rows that had no vector yet.
    pub(crate) outstanding: Vec<i64>,
}

/// The content that the library should have, from one snapshot.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) edition: Edition,
    /// Every encoded identity that is neither deleted nor waiting.
    pub(crate) keys: BTreeSet<String>,
    pub(crate) pending: HashSet<String>,
}

impl Journal {
    /// Reads the journal for a search for `terms`, without the part that is `known`.
    pub(crate) async fn snapshot(
        &self,
        terms: Vec<String>,
        corpus: Corpus,
        known: KnownWaiting,
    ) -> Result<Snapshot, Error> {
        let model = Arc::clone(&self.model);
        self.ledger
            .read(move |db| {
                let base = base(db)?;
                let known = if known.base == base { known } else { KnownWaiting::default() };
                let seqs = waiting_seqs(db)?;
                let fresh = match seqs.last() {
                    Some(last) if known.newest < *last => {
                        let bounds = Bounds { after: known.newest, ..Bounds::NONE };
                        pending(db, &bounds)?.into_iter().flatten().collect()
                    }
                    _ => Vec::new(),
                };
                let newest = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence
                              WHERE name = 'pending'";
                let newest = db.prepare_cached(newest)?.query_row([], |row| row.get(0))?;
                Ok(Snapshot {
                    base,
                    edition: edition_of(db, &model)?,
                    seqs,
                    newest,
                    fresh,
                    embedded: embedded(db, &known.outstanding)?,
                    statistics: statistics(db, terms, &corpus)?,
                })
            })
            .await
    }

    /// Returns the content that the library should have.
    pub(crate) async fn held(&self) -> Result<Held, Error> {
        let model = Arc::clone(&self.model);
        self.ledger
            .read(move |db| {
                let mut pending = db.prepare_cached("SELECT key FROM pending")?;
                let pending = pending.query_map([], |row| row.get(0))?;
                let pending: HashSet<String> = pending.collect::<Result<_, _>>()?;
                let mut keys = db.prepare_cached(concat!(
                    "SELECT ",
                    key_sql!(),
                    " FROM ids WHERE state <> ?1"
                ))?;
                let keys = keys.query_map([state::DELETED], |row| row.get(0))?;
                let mut keys: BTreeSet<String> = keys.collect::<Result<_, _>>()?;
                keys.retain(|key| !pending.contains(key));
                Ok(Held { edition: edition_of(db, &model)?, keys, pending })
            })
            .await
    }
}

fn base(db: &Connection) -> Result<Base, Error> {
    let number = |name| meta_number(db, name);
    Ok(Base { table: number("library_table")?, overtaken: number("overtaken")? })
}
