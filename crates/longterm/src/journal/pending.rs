//! Rows that wait in the journal, in the forms of SQLite and of the library.

use std::collections::HashSet;

use aios_record::Record;
use rusqlite::{Connection, OptionalExtension, Row as SqlRow, params};

use super::{
    edition::{check_model, state},
    handle::Journal,
    key::Parts,
    meta::{count, sql_limit},
};
use crate::{
    Error,
    error::shown,
    intake::Embedded,
    library::{Row, RowTerms},
};

/// SQL query for the columns of [`PendingColumns`].
macro_rules! pending_sql {
    () => {
        "SELECT seq, key, record, terms, vector, content_hash, vector_state FROM pending"
    };
}
pub(super) use pending_sql;

/// States of a vector.
mod vector_state {
    pub(super) const NONE: i64 = 0;
    pub(super) const THERE: i64 = 1;
    pub(super) const NOT_YET: i64 = 2;
}

/// A change that waits for the library.
#[derive(Debug, Clone)]
pub(crate) struct Pending {
    pub(crate) seq: i64,
    /// The encoded identity.
    pub(crate) key: String,
    /// `None` if the key is deleted.
    pub(crate) row: Option<Row>,
    /// True if the library has never held the key.
    pub(crate) is_new: bool,
}

/// A text that waits for its vector.
#[derive(Debug)]
pub(crate) struct Unembedded {
    pub(crate) seq: i64,
    pub(crate) text: String,
}

/// Waiting changes, grouped by their operation on the library.
#[derive(Debug, Default)]
pub(crate) struct Drain {
    pub(crate) appends: Vec<Row>,
    pub(crate) replacements: Vec<Row>,
    pub(crate) removals: Vec<String>,
    /// The journal rows of these changes.
    pub(super) seqs: Vec<(i64, String)>,
    /// Rows that cannot be read and are moved to `refused`.
    pub(super) damaged: Vec<Damage>,
}

/// A row of `pending` that cannot be read.
#[derive(Debug)]
pub(super) struct Damage {
    pub(super) seq: i64,
    pub(super) key: String,
    pub(super) reason: String,
}

impl Drain {
    pub(crate) fn is_empty(&self) -> bool {
        self.seqs.is_empty() && self.damaged.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.seqs.len() + self.damaged.len()
    }

    /// Returns the keys whose rows, if any, must leave the library.
    pub(crate) fn held_keys(&self) -> Vec<String> {
        let replaced = self.replacements.iter().map(|row| row.record.encoded_identity());
        replaced.chain(self.removals.iter().cloned()).collect()
    }
}

impl Drain {
    /// Returns the number of rows that a library of `rows` rows has after this drain, if it holds
    /// the rows `held` of the affected keys. `None` if it holds a key twice.
    pub(crate) fn rows_after(&self, rows: u64, held: &[RowTerms]) -> Option<u64> {
        let keys: HashSet<&str> = held.iter().map(|row| &*row.key).collect();
        if keys.len() != held.len() {
            return None;
        }
        let of_removals = self.removals.iter().filter(|key| keys.contains(&***key)).count() as u64;
        let changed = self.replacements.iter().map(|row| row.record.encoded_identity());
        let new = changed.filter(|key| !keys.contains(&**key)).count() + self.appends.len();
        Some(rows - of_removals + new as u64)
    }
}

/// Limits of a read of pending rows.
pub(super) struct Bounds {
    pub(super) rows: usize,
    /// At least one row is read, regardless of its size.
    pub(super) bytes: usize,
    pub(super) after: i64,
    pub(super) through: i64,
}

impl Bounds {
    pub(super) const NONE: Bounds =
        Bounds { rows: usize::MAX, bytes: usize::MAX, after: i64::MIN, through: i64::MAX };
}

/// Returns the oldest rows within `bounds`. An unreadable row does not affect the others.
pub(super) fn pending(
    db: &Connection,
    bounds: &Bounds,
) -> Result<Vec<Result<Pending, Damage>>, Error> {
    let mut read = db.prepare_cached(concat!(
        pending_sql!(),
        " WHERE ?1 < seq AND seq <= ?2 ORDER BY seq LIMIT ?3"
    ))?;
    let mut bytes = 0;
    let mut pending = Vec::new();
    let limits = params![bounds.after, bounds.through, sql_limit(bounds.rows)];
    for columns in read.query_map(limits, pending_row)? {
        let columns = columns?;
        bytes += columns.bytes();
        if bounds.bytes < bytes && !pending.is_empty() {
            break;
        }
        pending.push(decoded(db, columns)?);
    }
    Ok(pending)
}

/// Returns the rows among `seqs` that have a vector now or need none. None of `seqs` had one
/// before.
pub(super) fn embedded(db: &Connection, seqs: &[i64]) -> Result<Vec<Pending>, Error> {
    let mut read =
        db.prepare_cached(concat!(pending_sql!(), " WHERE seq = ?1 AND vector_state <> ?2"))?;
    let mut embedded = Vec::new();
    for seq in seqs {
        let found = read.query_row([*seq, vector_state::NOT_YET], pending_row).optional()?;
        if let Some(columns) = found {
            embedded.extend(decoded(db, columns)?);
        }
    }
    Ok(embedded)
}

fn decoded(db: &Connection, columns: PendingColumns) -> Result<Result<Pending, Damage>, Error> {
    let (seq, key) = (columns.seq, columns.key.clone());
    let Parts { kind, owner, id } = Parts::of(&key)?;
    let mut held =
        db.prepare_cached("SELECT state FROM ids WHERE kind = ?1 AND owner = ?2 AND id = ?3")?;
    let held: Option<i64> = held.query_row([kind, owner, id], |row| row.get(0)).optional()?;
    let is_new = held == Some(state::NEW);
    let decoded = columns.decode().map(|pending| Pending { is_new, ..pending });
    Ok(decoded.map_err(|error| Damage { seq, key, reason: error.to_string() }))
}

impl Journal {
    /// Returns the `seq` of the newest waiting change, or 0 if none waits.
    pub(crate) async fn newest_pending(&self) -> Result<i64, Error> {
        self.ledger
            .read(|db| {
                let mut newest = db.prepare_cached("SELECT coalesce(max(seq), 0) FROM pending")?;
                Ok(newest.query_row([], |row| row.get(0))?)
            })
            .await
    }

    /// Returns `true` if a change up to sequence number `through` waits.
    pub(crate) async fn is_waiting(&self, through: i64) -> Result<bool, Error> {
        self.ledger
            .read(move |db| {
                let mut find =
                    db.prepare_cached("SELECT 1 FROM pending WHERE seq <= ?1 LIMIT 1")?;
                Ok(find.exists([through])?)
            })
            .await
    }

    /// Returns the number of waiting changes.
    pub(crate) async fn pending_count(&self) -> Result<u64, Error> {
        self.ledger.read(count_pending).await
    }

    /// Returns the oldest texts that wait for a vector, with sequence numbers up to `through`,
    /// within these limits of rows and bytes of text, but at least one.
    pub(crate) async fn unembedded(
        &self,
        through: i64,
        rows: usize,
        bytes_max: usize,
    ) -> Result<Vec<Unembedded>, Error> {
        self.ledger
            .read(move |db| {
                let mut read = db.prepare_cached(
                    "SELECT seq, json_extract(record, '$.text') FROM pending
                     WHERE vector_state = 2 AND seq <= ?1 ORDER BY seq LIMIT ?2",
                )?;
                let texts = read.query_map([through, sql_limit(rows)], |row| {
                    let text: Option<String> = row.get(1)?;
                    Ok(Unembedded { seq: row.get(0)?, text: text.unwrap_or_default() })
                })?;
                let mut unembedded = Vec::new();
                let mut bytes = 0;
                for text in texts {
                    let text = text?;
                    bytes += text.text.len();
                    if bytes_max < bytes && !unembedded.is_empty() {
                        break;
                    }
                    unembedded.push(text);
                }
                Ok(unembedded)
            })
            .await
    }

    /// Writes vectors to the rows `seq` that still wait for them. A row that was written again in
    /// the meantime has another `seq` and is not changed.
    pub(crate) async fn set_vectors(&self, vectors: Vec<(i64, Embedded)>) -> Result<(), Error> {
        let model = std::sync::Arc::clone(&self.model);
        self.ledger
            .write(move |db| {
                check_model(db, &model)?;
                let mut set = db.prepare_cached(
                    "UPDATE pending SET vector = ?2, vector_state = ?3
                     WHERE seq = ?1 AND vector_state = ?4",
                )?;
                for (seq, vector) in vectors {
                    let bytes = vector.numbers().as_deref().map(vector_bytes);
                    let state = vector_state_of(bytes.is_some(), false);
                    set.execute(params![seq, bytes, state, vector_state::NOT_YET])?;
                }
                Ok(())
            })
            .await
    }
}

/// Returns the stored state of a vector.
pub(super) fn vector_state_of(is_there: bool, is_outstanding: bool) -> i64 {
    match (is_there, is_outstanding) {
        (true, _) => vector_state::THERE,
        (false, true) => vector_state::NOT_YET,
        (false, false) => vector_state::NONE,
    }
}

/// A row of `pending` as SQLite stores it.
pub(super) struct PendingColumns {
    seq: i64,
    key: String,
    record: Option<String>,
    terms: Option<String>,
    vector: Option<Vec<u8>>,
    content_hash: Option<String>,
    vector_state: i64,
}

pub(super) fn pending_row(row: &SqlRow<'_>) -> rusqlite::Result<PendingColumns> {
    Ok(PendingColumns {
        seq: row.get(0)?,
        key: row.get(1)?,
        record: row.get(2)?,
        terms: row.get(3)?,
        vector: row.get(4)?,
        content_hash: row.get(5)?,
        vector_state: row.get(6)?,
    })
}

impl PendingColumns {
    fn bytes(&self) -> usize {
        let texts = [&self.record, &self.terms].into_iter().flatten().map(String::len);
        texts.sum::<usize>() + self.vector.as_ref().map_or(0, Vec::len)
    }

    pub(super) fn decode(self) -> Result<Pending, Error> {
        let Some(json) = self.record else {
            return Ok(Pending { seq: self.seq, key: self.key, row: None, is_new: false });
        };
        let record: Record = serde_json::from_str(&json)
            .map_err(|error| Error::Damaged { key: shown(&self.key), reason: error.to_string() })?;
        let row = Row {
            record,
            terms: self.terms.unwrap_or_default(),
            vector: self.vector.as_deref().map(vector_numbers),
            content_hash: self.content_hash.unwrap_or_default(),
            is_outstanding: self.vector_state == vector_state::NOT_YET,
        };
        Ok(Pending { seq: self.seq, key: self.key, row: Some(row), is_new: false })
    }
}

pub(super) fn vector_bytes(vector: &[f32]) -> Vec<u8> {
    vector.iter().flat_map(|number| number.to_le_bytes()).collect()
}

fn vector_numbers(bytes: &[u8]) -> Vec<f32> {
    bytes
        .chunks_exact(size_of::<f32>())
        .map(|bytes| f32::from_le_bytes(bytes.try_into().expect("chunks have that size")))
        .collect()
}

/// Returns every `seq` that waits, ascending.
pub(super) fn waiting_seqs(db: &Connection) -> Result<Vec<i64>, Error> {
    // SQLite reads the index of keys, which is small.
    let mut seqs = db.prepare_cached("SELECT seq FROM pending")?;
    let seqs = seqs.query_map([], |row| row.get(0))?;
    let mut seqs: Vec<i64> = seqs.collect::<Result<_, _>>()?;
    seqs.sort_unstable();
    Ok(seqs)
}

pub(super) fn count_pending(db: &Connection) -> Result<u64, Error> {
    count(db, "SELECT count(*) FROM pending")
}
