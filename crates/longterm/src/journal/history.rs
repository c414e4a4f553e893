//! Older versions of records: kept when a newer version replaces them, deleted with the record.
//!
//! A version in the library is not in the journal, so a writer that replaces it must have read it.
//! If it has not, the write is refused (`Unread`) without effect; the writer reads the version and
//! retries. New records need no such read.

use std::{collections::HashSet, sync::Arc};

use aios_record::{Record, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use super::{
    change::{Older, Replaced, Write},
    edition::{edition_of, state},
    handle::Journal,
    key::Parts,
    known::Known,
    pending::{Pending, pending_row, pending_sql},
};
use crate::{
    Error,
    error::shown,
    intake::Rules,
    library::{Edition, Row},
};

/// Maximum number of older versions of one record. The oldest are deleted first.
const VERSIONS_MAX: i64 = 100;

/// Locations of keys, from one snapshot.
#[derive(Debug)]
pub(crate) struct Sought {
    pub(crate) edition: Edition,
    pub(crate) waiting: Vec<Pending>,
    /// Keys that do not wait, and that this edition of the library holds.
    pub(crate) held: HashSet<String>,
}

/// An older version of a record.
#[derive(Debug)]
pub(crate) struct Former {
    pub(crate) record: Record,
    /// Time at which it was written, if the version before it is kept.
    pub(crate) written_at: Option<Timestamp>,
    /// True if the record had more versions than are kept.
    pub(crate) is_cut: bool,
}

impl Journal {
    /// Returns the older versions of `key`, newest first.
    pub(crate) async fn history(&self, key: String) -> Result<Vec<Replaced>, Error> {
        self.ledger
            .read(move |db| {
                let sql = "SELECT record, replaced_at FROM history WHERE key = ?1
                           ORDER BY seq DESC";
                let mut read = db.prepare_cached(sql)?;
                let rows = read.query_map([&key], |row| Ok((row.get(0)?, row.get(1)?)))?;
                let versions = rows.map(|row| {
                    let (json, at): (String, i64) = row?;
                    let damaged = |reason: String| Error::Damaged { key: shown(&key), reason };
                    let record =
                        serde_json::from_str(&json).map_err(|error| damaged(error.to_string()))?;
                    let at = Timestamp::from_microsecond(at)
                        .map_err(|error| damaged(error.to_string()))?;
                    Ok((record, at))
                });
                versions.collect()
            })
            .await
    }

    /// Returns at most `limit` older versions with numbers above `after`, each with its number. The
    /// record is `None` if it cannot be read.
    pub(crate) async fn versions(
        &self,
        after: i64,
        limit: usize,
    ) -> Result<Vec<(i64, Option<Record>)>, Error> {
        self.ledger
            .read(move |db| {
                let sql = "SELECT seq, record FROM history WHERE ?1 < seq ORDER BY seq LIMIT ?2";
                let mut read = db.prepare_cached(sql)?;
                let limit = i64::try_from(limit).unwrap_or(i64::MAX);
                let rows = read.query_map([after, limit], |row| Ok((row.get(0)?, row.get(1)?)))?;
                let versions = rows.map(|row| {
                    let (seq, json): (i64, String) = row?;
                    Ok((seq, serde_json::from_str(&json).ok()))
                });
                versions.collect()
            })
            .await
    }

    /// Returns the first version of each key that was replaced after `moment`; at most `limit`.
    pub(crate) async fn versions_at(
        &self,
        moment: Timestamp,
        limit: usize,
    ) -> Result<Vec<Former>, Error> {
        self.ledger
            .read(move |db| {
                let sql = "SELECT h.record,
                     (SELECT max(b.replaced_at) FROM history AS b
                      WHERE b.key = h.key AND b.seq < h.seq),
                     (SELECT count(*) FROM history AS c WHERE c.key = h.key)
                 FROM (SELECT min(seq) AS seq FROM history WHERE ?1 < replaced_at GROUP BY key)
                     AS first
                 JOIN history AS h ON h.seq = first.seq
                 ORDER BY h.seq DESC LIMIT ?2";
                let limit = i64::try_from(limit).unwrap_or(i64::MAX);
                let mut read = db.prepare_cached(sql)?;
                let mut rows = read.query([moment.as_microsecond(), limit])?;
                let mut found = Vec::new();
                while let Some(row) = rows.next()? {
                    let json: String = row.get(0)?;
                    let time = |micros: Option<i64>| {
                        micros.and_then(|micros| Timestamp::from_microsecond(micros).ok())
                    };
                    // An unreadable version is reported by `verify`.
                    let Ok(record) = serde_json::from_str(&json) else { continue };
                    let written_at = time(row.get(1)?);
                    let is_cut = VERSIONS_MAX <= row.get::<_, i64>(2)?;
                    found.push(Former { record, written_at, is_cut });
                }
                Ok(found)
            })
            .await
    }

    /// Deletes every older version of `keys`.
    pub(crate) async fn forget_versions(&self, keys: Vec<String>) -> Result<(), Error> {
        self.ledger.write(move |db| keys.iter().try_for_each(|key| forget(db, key))).await
    }

    /// Returns the keys that are stored with a content hash other than the given one. A hash by
    /// former rules always differs.
    pub(crate) async fn changed(
        &self,
        wanted: Vec<(String, String)>,
    ) -> Result<Vec<String>, Error> {
        self.ledger
            .read(move |db| {
                let mut changed = Vec::new();
                for (key, content_hash) in wanted {
                    let known = Known::find(db, Parts::of(&key)?)?;
                    let known = known.filter(|it| it.state != state::DELETED);
                    if known.is_some_and(|known| known.content_hash != content_hash) {
                        changed.push(key);
                    }
                }
                Ok(changed)
            })
            .await
    }

    /// Returns the waiting rows of `keys`, and the edition of the library that holds the others.
    pub(crate) async fn waiting(&self, keys: Vec<String>) -> Result<Sought, Error> {
        let model = Arc::clone(&self.model);
        self.ledger
            .read(move |db| {
                let mut find = db.prepare_cached(concat!(pending_sql!(), " WHERE key = ?1"))?;
                let edition = edition_of(db, &model)?;
                let mut sought = Sought { edition, waiting: Vec::new(), held: HashSet::new() };
                for key in keys {
                    let found = find.query_row([&key], pending_row).optional()?;
                    if let Some(found) = found {
                        sought.waiting.push(found.decode()?);
                        continue;
                    }
                    let known = Known::find(db, Parts::of(&key)?)?;
                    if known.is_some_and(|known| known.state == state::HELD) {
                        sought.held.insert(key);
                    }
                }
                Ok(sought)
            })
            .await
    }
}

/// Returns `true` if one of `writes` would replace a version that its writer has not read.
pub(super) fn are_unread(db: &Connection, writes: &[Write], rules: Rules) -> Result<bool, Error> {
    for write in writes {
        if let Write::Upsert { row, older, feed_seq, .. } = write
            && is_unread(db, row, older, *feed_seq, rules)?
        {
            return Ok(true);
        }
    }
    Ok(false)
}

fn is_unread(
    db: &Connection,
    row: &Row,
    older: &Older,
    feed_seq: Option<u64>,
    rules: Rules,
) -> Result<bool, Error> {
    let known = Known::find(db, Parts::of_record(&row.record))?;
    let known = known.filter(|known| known.state != state::DELETED);
    let Some(known) = known else {
        return Ok(matches!(older, Older::Exactly(_) | Older::Counted(_)));
    };
    match older {
        Older::Exactly(older) | Older::Counted(older) => {
            return Ok(older.content_hash != known.content_hash);
        }
        Older::Absent => return Ok(true),
        Older::Seen(None) => return Ok(false),
        Older::Seen(Some(older)) if older.content_hash == known.content_hash => return Ok(false),
        Older::Seen(_) | Older::Unread => {}
    }
    if known.is_after(feed_seq) || known.scope != row.record.scope || known.is_same(rules, row) {
        return Ok(false);
    }
    let mut waits = db.prepare_cached("SELECT 1 FROM pending WHERE key = ?1")?;
    Ok(!waits.exists([row.record.encoded_identity()])?)
}

/// Stores the version of `key` that is about to be replaced.
pub(super) fn keep(db: &Connection, key: &str, older: &Older, now: Timestamp) -> Result<(), Error> {
    let read = match older {
        Older::Counted(_) => return Ok(()),
        Older::Exactly(row) | Older::Seen(Some(row)) => Some(&row.record),
        Older::Absent | Older::Seen(None) | Older::Unread => None,
    };
    let read = read.map(|read| serde_json::to_string(read).expect("a record is plain data"));
    db.prepare_cached(
        "INSERT INTO history (key, record, replaced_at)
         SELECT ?1, version, ?3
         FROM (SELECT coalesce((SELECT record FROM pending WHERE key = ?1), ?2) AS version)
         WHERE version IS NOT NULL",
    )?
    .execute(params![key, read, now.as_microsecond()])?;
    db.prepare_cached(
        "DELETE FROM history
         WHERE key = ?1 AND seq <= (SELECT seq FROM history WHERE key = ?1
                                    ORDER BY seq DESC LIMIT 1 OFFSET ?2)",
    )?
    .execute(params![key, VERSIONS_MAX])?;
    Ok(())
}

/// Deletes every older version of `key`.
pub(super) fn forget(db: &Connection, key: &str) -> Result<(), Error> {
    db.prepare_cached("DELETE FROM history WHERE key = ?1")?.execute([key])?;
    Ok(())
}
