//! What waits in the journal: rows as SQLite has them, and as the library takes them.

use aios_record::Record;
use rusqlite::{Connection, Row as SqlRow, params};

use super::sql_limit;
use crate::{Error, error::shown, library::Row};

/// A change that waits for the library.
#[derive(Debug, Clone)]
pub(crate) struct Pending {
    pub(crate) seq: i64,
    /// The encoded identity.
    pub(crate) key: String,
    /// None where the key is to be deleted.
    pub(crate) row: Option<Row>,
}

/// What is waiting, split by what the library must do with it.
#[derive(Debug, Default)]
pub(crate) struct Drain {
    pub(crate) appends: Vec<Row>,
    pub(crate) replacements: Vec<Row>,
    pub(crate) removals: Vec<String>,
    /// The journal rows that this covers.
    pub(super) seqs: Vec<(i64, String)>,
    /// Rows that cannot be read and are set aside.
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
}

/// How far pending rows are read.
pub(super) struct Bounds {
    pub(super) rows: usize,
    /// At least one row is read.
    pub(super) bytes: usize,
    pub(super) after: i64,
    pub(super) through: i64,
}

impl Bounds {
    pub(super) const NONE: Bounds =
        Bounds { rows: usize::MAX, bytes: usize::MAX, after: i64::MIN, through: i64::MAX };
}

/// The oldest rows within `bounds`. One that cannot be read holds up no other.
pub(super) fn pending(
    db: &Connection,
    bounds: &Bounds,
) -> Result<Vec<Result<Pending, Damage>>, Error> {
    let sql = "SELECT seq, key, record, terms, vector, content_hash
               FROM pending WHERE ?1 < seq AND seq <= ?2 ORDER BY seq LIMIT ?3";
    let mut read = db.prepare_cached(sql)?;
    let mut bytes = 0;
    let mut pending = Vec::new();
    let limits = params![bounds.after, bounds.through, sql_limit(bounds.rows)];
    for columns in read.query_map(limits, pending_row)? {
        let columns = columns?;
        bytes += columns.bytes();
        if bounds.bytes < bytes && !pending.is_empty() {
            break;
        }
        let (seq, key) = (columns.seq, columns.key.clone());
        pending.push(columns.decode().map_err(|error| Damage {
            seq,
            key,
            reason: error.to_string(),
        }));
    }
    Ok(pending)
}

/// A row of `pending` as SQLite has it.
pub(super) struct PendingColumns {
    seq: i64,
    key: String,
    record: Option<String>,
    terms: Option<String>,
    vector: Option<Vec<u8>>,
    content_hash: Option<String>,
}

pub(super) fn pending_row(row: &SqlRow<'_>) -> rusqlite::Result<PendingColumns> {
    Ok(PendingColumns {
        seq: row.get(0)?,
        key: row.get(1)?,
        record: row.get(2)?,
        terms: row.get(3)?,
        vector: row.get(4)?,
        content_hash: row.get(5)?,
    })
}

impl PendingColumns {
    fn bytes(&self) -> usize {
        let texts = [&self.record, &self.terms].into_iter().flatten().map(String::len);
        texts.sum::<usize>() + self.vector.as_ref().map_or(0, Vec::len)
    }

    pub(super) fn decode(self) -> Result<Pending, Error> {
        let Some(json) = self.record else {
            return Ok(Pending { seq: self.seq, key: self.key, row: None });
        };
        let record: Record = serde_json::from_str(&json)
            .map_err(|error| Error::Damaged { key: shown(&self.key), reason: error.to_string() })?;
        let row = Row {
            record,
            terms: self.terms.unwrap_or_default(),
            vector: self.vector.as_deref().map(vector_numbers),
            content_hash: self.content_hash.unwrap_or_default(),
        };
        Ok(Pending { seq: self.seq, key: self.key, row: Some(row) })
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
