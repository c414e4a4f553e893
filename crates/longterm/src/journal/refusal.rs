//! Refusals of the journal: writes beyond the limits, which fail, and changes that cannot be
//! stored, which are listed so that they do not stop the others.

use aios_record::{Identity, Owner, Timestamp};
use rusqlite::{Connection, params};

use super::{
    change::{Refusal, Write},
    handle::Journal,
    meta::{count, meta_number, sql_integer, sql_limit},
    pending::count_pending,
};
use crate::{Error, error::shown};

/// Maximum number of listed refusals. The oldest are deleted first.
const REFUSED_ROWS_MAX: u64 = 10_000;

/// Limits of the journal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Maximum number of rows of `pending`.
    pub(crate) rows_max: u64,
    /// Maximum number of bytes of the journal and the library together. `None`: only the disk
    /// limits them.
    pub(crate) disk_bytes_max: Option<u64>,
}

/// A change that could not be stored and was skipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The record.
    pub identity: Identity,
    /// The cause.
    pub reason: String,
    /// Time of the refusal.
    pub at: Timestamp,
}

impl Write {
    /// Returns the approximate bytes that a write takes on disk, 0 for a deletion.
    fn bytes(&self) -> u64 {
        let Write::Upsert { row, .. } = self else { return 0 };
        let vector = row.vector.as_ref().map_or(0, |vector| size_of_val(vector.as_slice()));
        (row.record.text.len() + row.terms.len() + vector) as u64
    }
}

impl Refusal {
    /// Builds the refusal of a conflicting change: the owner has the record in another scope, or
    /// several owners have one and the removal does not name the owner.
    pub(super) fn conflict(change: &Write) -> Option<Refusal> {
        match change {
            Write::Upsert { row, feed_seq, .. } => {
                let error = Error::Conflict { key: row.record.identity().to_string() };
                let (key, reason) = (row.record.encoded_identity(), error.to_string());
                Some(Refusal { key, feed_seq: *feed_seq, reason })
            }
            Write::DeleteOfAny { key, feed_seq } => {
                let reason =
                    format!("several owners have a record `{key}`, and its removal names none");
                let key = key.clone().of(Owner::SHARED).encode();
                Some(Refusal { key, feed_seq: Some(*feed_seq), reason })
            }
            Write::Delete { .. } => None,
        }
    }
}

impl Journal {
    /// Returns the refused changes, newest first, at most `limit`.
    pub(crate) async fn refused(&self, limit: usize) -> Result<Vec<Refused>, Error> {
        self.ledger
            .read(move |db| {
                let sql = "SELECT key, reason, refused_at FROM refused ORDER BY seq DESC LIMIT ?1";
                let mut read = db.prepare_cached(sql)?;
                let mut rows = read.query([sql_limit(limit)])?;
                let mut refused = Vec::new();
                while let Some(row) = rows.next()? {
                    let key: String = row.get(0)?;
                    let identity = Identity::decode(&key).map_err(|error| Error::Damaged {
                        key: shown(&key),
                        reason: error.to_string(),
                    })?;
                    let at = Timestamp::from_microsecond(row.get(2)?).unwrap_or_default();
                    refused.push(Refused { identity, reason: row.get(1)?, at });
                }
                Ok(refused)
            })
            .await
    }

    /// Returns the number of listed refusals.
    pub(crate) async fn refused_count(&self) -> Result<u64, Error> {
        self.ledger.read(|db| count(db, "SELECT count(*) FROM refused")).await
    }
}

/// Refuses writes beyond the limits. Deletions are accepted even if the disk is full.
pub(super) fn check_room(db: &Connection, writes: &[Write], limits: Limits) -> Result<(), Error> {
    let (count, rows_max) = (writes.len() as u64, limits.rows_max);
    // An upper bound, since changed rows leave gaps. It is cheaper than counting.
    let span = "SELECT coalesce(max(seq) - min(seq) + 1, 0) FROM pending";
    if rows_max < self::count(db, span)? + count {
        let rows = count_pending(db)?;
        // A batch that alone exceeds the limit is accepted if no row waits; otherwise it could
        // never be written.
        if rows_max < rows + count && 0 < rows {
            return Err(Error::JournalFull { rows, rows_max });
        }
    }
    let Some(bytes_max) = limits.disk_bytes_max else { return Ok(()) };
    let bytes = writes.iter().map(Write::bytes).sum::<u64>();
    if bytes == 0 {
        return Ok(());
    }
    let pages = "SELECT (page_count - freelist_count) * page_size
                 FROM pragma_page_count, pragma_freelist_count, pragma_page_size";
    let bytes = bytes + self::count(db, pages)? + meta_number(db, "library_bytes")?;
    if bytes_max < bytes { Err(Error::LimitReached { bytes, bytes_max }) } else { Ok(()) }
}

/// Lists a refusal, with the record of the pending row `seq` if there is one.
pub(super) fn refuse(
    db: &Connection,
    refusal: &Refusal,
    seq: Option<i64>,
    now: Timestamp,
) -> Result<(), Error> {
    db.prepare_cached(
        "INSERT INTO refused (key, feed_seq, reason, refused_at, record)
         VALUES (?1, ?2, ?3, ?4, (SELECT record FROM pending WHERE seq = ?5))",
    )?
    .execute(params![
        refusal.key,
        refusal.feed_seq.map(sql_integer),
        refusal.reason,
        now.as_microsecond(),
        seq,
    ])?;
    db.prepare_cached("DELETE FROM refused WHERE seq <= (SELECT max(seq) FROM refused) - ?1")?
        .execute([sql_integer(REFUSED_ROWS_MAX)])?;
    Ok(())
}
