//! How much there is, and whether it is whole.

use std::collections::BTreeMap;

use aios_record::Kind;
use serde::Serialize;

use crate::{
    AgentState, Decision, Entry, Error, Event, Goal, Interaction, Message, Pattern, Session, Task,
    ToolCall, Working,
    access::{Access, Stored},
    records::{KINDS, for_kind},
    row::Row,
    search::{self, CODE_BITS, CODES},
    session::SESSION_ACTIVE_HOURS,
};

/// So many lines of SQLite's own report of damage are kept.
const DAMAGE_LINES_MAX: usize = 100;

/// How much there is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// How many records of each kind are kept, by the name of their collection.
    pub records: BTreeMap<&'static str, u64>,
    /// How many sessions were active within [`SESSION_ACTIVE_HOURS`].
    pub sessions_active: u64,
    /// How many traces the change feed holds.
    pub feed_pending: u64,
    /// How large the file is, its log included.
    pub file_bytes: u64,
}

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "problem", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Problem {
    /// SQLite finds the file damaged. Restore a backup, or export what can be read.
    Damaged {
        /// What SQLite says.
        report: String,
    },
    /// A row refers to one that does not exist.
    Dangling {
        /// The table of the row.
        table: String,
        /// The table that it refers to.
        parent: String,
    },
    /// The word index does not agree with the rows.
    IndexOutOfStep {
        /// The kind of record.
        kind: Kind,
        /// How many rows cannot be found.
        missing: u64,
        /// How many entries of the index have no row.
        orphaned: u64,
    },
}

impl Working {
    /// How much there is, of every scope.
    ///
    /// # Errors
    /// [`Error::Storage`] when the file cannot be read.
    pub async fn stats(&self) -> Result<Stats, Error> {
        let path = self.path().to_owned();
        let mut log = path.clone().into_os_string();
        log.push("-wal");
        let log = std::path::PathBuf::from(log);
        self.unbound()
            .read(move |access| {
                let mut records = BTreeMap::new();
                for &kind in KINDS {
                    records.insert(kind.collection(), for_kind!(kind, count_of(access), Ok(0))?);
                }
                let since =
                    access.now.as_microsecond() - i64::from(SESSION_ACTIVE_HOURS) * 3_600_000_000;
                Ok(Stats {
                    records,
                    sessions_active: count(
                        access,
                        "SELECT count(*) FROM sessions WHERE ?1 <= last_active",
                        [since],
                    )?,
                    feed_pending: count(access, "SELECT count(*) FROM feed", [])?,
                    file_bytes: size(&path) + size(&log),
                })
            })
            .await
    }

    /// Looks at every page, reference and word; what it finds wrong, nothing if all is well. Takes
    /// as long as reading the whole file.
    ///
    /// # Errors
    /// [`Error::Storage`] when the file cannot be read at all.
    pub async fn verify(&self) -> Result<Vec<Problem>, Error> {
        self.unbound()
            .read(|access| {
                let mut problems = damage(access)?;
                if problems.is_empty() {
                    problems.extend(dangling(access)?);
                    for &(kind, code) in CODES {
                        problems.extend(for_kind!(kind, out_of_step(access, code), Ok(None))?);
                    }
                }
                Ok(problems)
            })
            .await
    }

    /// Makes the word index anew from the rows.
    ///
    /// # Errors
    /// [`Error::Storage`] when the file cannot be written.
    pub async fn reindex(&self) -> Result<(), Error> {
        self.unbound()
            .write(|access| {
                access
                    .connection
                    .execute("INSERT INTO search (search) VALUES ('delete-all')", [])?;
                for &(kind, _) in CODES {
                    for_kind!(kind, index_all(access), Ok(()))?;
                }
                Ok(())
            })
            .await
    }

    /// Rewrites the file without what was deleted.
    ///
    /// # Errors
    /// [`Error::Storage`] when the disk has no room for the copy.
    pub async fn vacuum(&self) -> Result<(), Error> {
        Ok(self.ledger.vacuum().await?)
    }

    /// Copies the file as it is now to `target`, which must not exist.
    ///
    /// # Errors
    /// [`Error::Storage`] when `target` cannot be written.
    pub async fn backup(&self, target: &std::path::Path) -> Result<(), Error> {
        Ok(self.ledger.backup(target).await?)
    }
}

fn count_of<T: Row>(access: &Access<'_>) -> Result<u64, Error> {
    count(access, &format!("SELECT count(*) FROM {}", T::TABLE), [])
}

fn count(access: &Access<'_>, sql: &str, params: impl rusqlite::Params) -> Result<u64, Error> {
    let count: i64 = access.connection.prepare_cached(sql)?.query_row(params, |row| row.get(0))?;
    Ok(count.cast_unsigned())
}

fn size(path: &std::path::Path) -> u64 {
    std::fs::metadata(path).map_or(0, |file| file.len())
}

fn damage(access: &Access<'_>) -> Result<Vec<Problem>, Error> {
    // FTS5 forgets what it cached before another connection wrote when it is searched, and does not
    // when it is checked: without this a sound index is reported as damaged.
    access.connection.prepare("SELECT rowid FROM search WHERE search MATCH 'x'")?.exists([])?;
    let sql = format!("PRAGMA integrity_check({DAMAGE_LINES_MAX})");
    let mut statement = access.connection.prepare(&sql)?;
    let mut rows = statement.query([])?;
    let mut problems = Vec::new();
    loop {
        match rows.next() {
            Ok(Some(row)) => {
                let report: String = row.get(0)?;
                if report != "ok" {
                    problems.push(Problem::Damaged { report });
                }
            }
            Ok(None) => return Ok(problems),
            // Where the damage stops even the check, that is the finding.
            Err(error) => {
                problems.push(Problem::Damaged { report: error.to_string() });
                return Ok(problems);
            }
        }
    }
}

fn dangling(access: &Access<'_>) -> Result<Vec<Problem>, Error> {
    let mut statement = access.connection.prepare("PRAGMA foreign_key_check")?;
    let dangling = statement
        .query_map([], |row| Ok(Problem::Dangling { table: row.get(0)?, parent: row.get(2)? }))?;
    Ok(dangling.collect::<Result<_, _>>()?)
}

fn out_of_step<T: Row>(access: &Access<'_>, code: i64) -> Result<Option<Problem>, Error> {
    let table = T::TABLE;
    let missing = format!(
        "SELECT count(*) FROM {table} WHERE (row << ?2 | ?1) NOT IN (SELECT id FROM search_docsize)"
    );
    let orphaned = format!(
        "SELECT count(*) FROM search_docsize
         WHERE (id & ((1 << ?2) - 1)) = ?1 AND (id >> ?2) NOT IN (SELECT row FROM {table})"
    );
    let missing = count(access, &missing, (code, CODE_BITS))?;
    let orphaned = count(access, &orphaned, (code, CODE_BITS))?;
    let kind = T::KIND;
    let wrong = 0 < missing || 0 < orphaned;
    Ok(wrong.then_some(Problem::IndexOutOfStep { kind, missing, orphaned }))
}

fn index_all<T: Row>(access: &Access<'_>) -> Result<(), Error> {
    let mut after = 0;
    loop {
        let items = access.rows::<T>(after)?;
        let Some((_, last)) = items.last() else { return Ok(()) };
        after = *last;
        for (item, row) in items {
            search::index(access.connection, T::KIND, row, &item.text(), Stored::Inserted)?;
        }
    }
}
