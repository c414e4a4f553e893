//! Statistics of the memory, and problems of its file. Advice is in `doctor`.

use std::collections::BTreeMap;

use aios_record::Kind;
use serde::Serialize;

use crate::{
    Error,
    access::Access,
    config::SESSION_ACTIVE_HOURS,
    file::{beside, size},
    kinds::for_kind,
    message,
    row::Row,
    search::documents::{CODE_BITS, CODES, ROW_BITS},
    tables::{self, KINDS},
    upkeep::Upkeep,
};

/// Statistics of a working memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Number of records of each kind, by the name of its collection.
    pub records: BTreeMap<&'static str, u64>,
    /// Number of sessions that were active within [`SESSION_ACTIVE_HOURS`].
    pub sessions_active: u64,
    /// Number of changes in the feed.
    pub feed_pending: u64,
    /// Size of the file and its log, in bytes.
    pub file_bytes: u64,
}

/// Problem of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "problem", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Problem {
    /// SQLite finds the file damaged. Restore a backup, or export what can be read.
    Damaged {
        /// SQLite's report.
        report: String,
    },
    /// Some records of a kind cannot be read because of damage. The
    /// [`first`](Problem::Unreadable::first) oldest and the [`last`](Problem::Unreadable::last)
    /// newest records are readable. Kinds that are not reported are readable completely.
    Unreadable {
        /// Kind of the records.
        kind: Kind,
        /// Number of readable records, counted from the oldest.
        first: u64,
        /// Number of readable records, counted from the newest.
        last: u64,
        /// SQLite's report.
        report: String,
    },
    /// A row refers to a missing row.
    Dangling {
        /// Table of the row.
        table: String,
        /// Table that it refers to.
        parent: String,
    },
    /// The search index does not match the rows.
    IndexOutOfStep {
        /// Kind of the records.
        kind: Kind,
        /// Number of rows missing from the index.
        missing: u64,
        /// Number of index entries without a row.
        orphaned: u64,
    },
    /// The message counts of some sessions are too low. [`optimize`](Upkeep::optimize), and the
    /// next message of each session, correct them.
    Miscounted {
        /// Number of sessions.
        sessions: u64,
    },
}

impl Upkeep<'_> {
    /// Returns the statistics of the whole memory, of every owner.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn stats(self) -> Result<Stats, Error> {
        let (path, log) =
            (self.view.ledger.path().to_owned(), beside(self.view.ledger.path(), "-wal"));
        self.view
            .read(move |access| {
                let mut records = BTreeMap::new();
                for &kind in KINDS {
                    let table = kind.collection();
                    let whole = tables::whole(kind);
                    let sql = format!("SELECT count(*) FROM {table} WHERE {whole}");
                    records.insert(table, access.count(&sql, [])?);
                }
                let since =
                    access.now.as_microsecond() - i64::from(SESSION_ACTIVE_HOURS) * 3_600_000_000;
                Ok(Stats {
                    records,
                    sessions_active: access
                        .count("SELECT count(*) FROM sessions WHERE ?1 <= last_active", [since])?,
                    feed_pending: access.count("SELECT count(*) FROM feed", [])?,
                    file_bytes: size(&path) + size(&log),
                })
            })
            .await
    }

    /// Checks every page, reference, index entry and message count, and returns the problems. For a
    /// damaged file, reports which records can still be read. Takes as long as reading the whole
    /// file.
    ///
    /// # Errors
    /// [`Error::Storage`] if an undamaged file cannot be read.
    pub async fn verify(self) -> Result<Vec<Problem>, Error> {
        self.view
            .read(|access| {
                let mut problems = damage(access)?;
                if problems.is_empty() {
                    problems.extend(dangling(access)?);
                    problems.extend(out_of_step_all(access)?);
                    problems.extend(miscounted(access)?);
                } else {
                    for &kind in KINDS {
                        problems.extend(for_kind!(kind, unreadable(access), None));
                    }
                }
                Ok(problems)
            })
            .await
    }
}

/// Returns the damage that SQLite finds. If the damage makes the check itself fail, that error is
/// the finding. Fails if the disk has no room for the check.
pub(crate) fn damage(access: &Access<'_>) -> Result<Vec<Problem>, Error> {
    // A search makes FTS5 discard what it cached before another connection wrote; its integrity
    // check does not. Without this, an intact index is reported as damaged.
    let searched = access.connection.prepare("SELECT rowid FROM search WHERE search MATCH 'x'");
    let reports = match searched.and_then(|mut search| search.exists([])) {
        Ok(_) => aios_ledger::damage(access.connection)?,
        Err(error) if aios_ledger::is_disk_full(&error) => return Err(error.into()),
        Err(error) => vec![error.to_string()],
    };
    Ok(reports.into_iter().map(|report| Problem::Damaged { report }).collect())
}

/// Reports the records that are readable from either end, if reading stops before the other end.
fn unreadable<T: Row>(access: &Access<'_>) -> Option<Problem> {
    let (first, stopped) = read_until(access, T::KIND, "ASC");
    let error = stopped?;
    let (last, _) = read_until(access, T::KIND, "DESC");
    Some(Problem::Unreadable { kind: T::KIND, first, last, report: error.to_string() })
}

/// Counts the rows that can be read in this order; returns the error that stopped it, if any.
fn read_until(access: &Access<'_>, kind: Kind, order: &str) -> (u64, Option<rusqlite::Error>) {
    let mut readable = 0;
    let sql = format!("SELECT * FROM {} ORDER BY row {order}", kind.collection());
    let mut read = || -> rusqlite::Result<()> {
        let mut statement = access.connection.prepare(&sql)?;
        let columns = statement.column_count();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            (0..columns).try_for_each(|column| row.get_ref(column).map(drop))?;
            readable += 1;
        }
        Ok(())
    };
    let stopped = read().err();
    (readable, stopped)
}

pub(crate) fn dangling(access: &Access<'_>) -> Result<Vec<Problem>, Error> {
    let mut statement = access.connection.prepare("PRAGMA foreign_key_check")?;
    let dangling = statement
        .query_map([], |row| Ok(Problem::Dangling { table: row.get(0)?, parent: row.get(2)? }))?;
    Ok(dangling.collect::<Result<_, _>>()?)
}

/// Returns the kinds whose rows and index entries do not match.
pub(crate) fn out_of_step_all(access: &Access<'_>) -> Result<Vec<Problem>, Error> {
    let mut problems = Vec::new();
    for &(kind, code) in CODES {
        problems.extend(for_kind!(kind, out_of_step(access, code), Ok(None))?);
    }
    Ok(problems)
}

fn miscounted(access: &Access<'_>) -> Result<Option<Problem>, Error> {
    let sessions = message::miscounted(access)?;
    Ok((0 < sessions).then_some(Problem::Miscounted { sessions }))
}

fn out_of_step<T: Row>(access: &Access<'_>, code: i64) -> Result<Option<Problem>, Error> {
    let (table, whole) = (T::table().name(), tables::whole(T::KIND));
    // The documents that must exist. A document of an unknown kind counts with the first kind.
    let documents = format!(
        "SELECT (number << ?2 | ?1) << ?3 | row FROM {table} JOIN word_owners USING (owner)
         WHERE {whole}"
    );
    let missing = format!(
        "SELECT (SELECT count(*) FROM {table} WHERE {whole})
             - (SELECT count(*) FROM ({documents} INTERSECT SELECT id FROM search_docsize))"
    );
    let orphaned = format!(
        "SELECT count(*) FROM search_docsize
         WHERE ((id >> ?3) & ((1 << ?2) - 1) = ?1
             OR (?1 = 1 AND (id >> ?3) & ((1 << ?2) - 1) NOT BETWEEN 1 AND ?4))
         AND id NOT IN ({documents})"
    );
    let missing = access.count(&missing, (code, CODE_BITS, ROW_BITS))?;
    let orphaned = access.count(&orphaned, (code, CODE_BITS, ROW_BITS, CODES.len() as i64))?;
    let kind = T::KIND;
    let wrong = 0 < missing || 0 < orphaned;
    Ok(wrong.then_some(Problem::IndexOutOfStep { kind, missing, orphaned }))
}
