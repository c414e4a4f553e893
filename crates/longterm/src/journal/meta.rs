//! Single values of the journal, and conversions of its numbers from and to SQLite.

use rusqlite::{Connection, OptionalExtension, params};

use crate::Error;

pub(super) fn meta_number(db: &Connection, name: &str) -> Result<u64, Error> {
    let mut find = db.prepare_cached("SELECT value FROM meta WHERE name = ?1")?;
    let found: Option<i64> = find.query_row([name], |row| row.get(0)).optional()?;
    Ok(number(found.unwrap_or(0)))
}

pub(super) fn meta_text(db: &Connection, name: &str) -> Result<Option<String>, Error> {
    let mut find = db.prepare_cached("SELECT value FROM meta WHERE name = ?1")?;
    Ok(find.query_row([name], |row| row.get(0)).optional()?)
}

pub(super) fn set_meta(
    db: &Connection,
    name: &str,
    value: impl rusqlite::ToSql,
) -> Result<(), Error> {
    db.prepare_cached("INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)")?
        .execute(params![name, value])?;
    Ok(())
}

/// Returns the number that a query without parameters selects.
pub(super) fn count(db: &Connection, sql: &'static str) -> Result<u64, Error> {
    Ok(db.prepare_cached(sql)?.query_row([], |row| row.get(0)).map(number)?)
}

/// Converts a counter from the file, where it is never negative.
pub(super) fn number(stored: i64) -> u64 {
    u64::try_from(stored).unwrap_or(0)
}

/// Converts a counter for SQLite, whose integers end at 2^63 - 1. No counter here reaches that.
pub(super) fn sql_integer(counter: u64) -> i64 {
    i64::try_from(counter).unwrap_or(i64::MAX)
}

pub(super) fn sql_limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
