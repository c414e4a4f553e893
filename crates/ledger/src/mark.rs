//! A mark that ties a file to its write-ahead log.
//!
//! SQLite accepts any intact log beside a file as its own. If a file is restored beside an old log,
//! or a log is moved without its file, the log's pages silently replace the file's. Each file is
//! therefore marked with a random number in its first page, in the field of the deprecated
//! `default_cache_size`, which every connection here overrides: the mark in the file must equal the
//! mark read through the log. This does not detect a log without the first page, or a file that was
//! copied by other means.

use std::{
    hash::{BuildHasher, RandomState},
    path::Path,
    time::Duration,
};

use rusqlite::Connection;

use crate::{Error, busy, read_only};

/// Range of the marks. Other programs read a mark as a sensible cache size in pages.
const MARKS: std::ops::Range<u64> = 2_000..60_000;

/// Refuses a file that has another file's log beside it.
pub(crate) fn check(path: &Path, connection: &Connection) -> Result<(), Error> {
    // Reading the file by other means than SQLite would, on close, drop the locks of this process's
    // other connections.
    let file = read_only::immutable(path)?;
    match (read(&file), read(connection)?) {
        // The file has no mark yet, or another process is writing it.
        (Ok(0) | Err(_), _) => Ok(()),
        (Ok(own), seen) if own == seen => Ok(()),
        _ => Err(Error::ForeignLog { path: path.to_owned() }),
    }
}

/// Marks a file that has no mark.
pub(crate) fn ensure(connection: &Connection, busy_timeout: Duration) -> Result<(), Error> {
    if read(connection)? != 0 {
        return Ok(());
    }
    busy::retry(busy_timeout, || connection.execute_batch("BEGIN IMMEDIATE"))?;
    // Another process may have marked it first.
    let marked =
        read(connection).and_then(|mark| if mark == 0 { renew(connection) } else { Ok(()) });
    let end = if marked.is_ok() { "COMMIT" } else { "ROLLBACK" };
    connection.execute_batch(end)?;
    Ok(marked?)
}

/// Writes a new random mark, which most probably differs from the old one.
pub(crate) fn renew(connection: &Connection) -> rusqlite::Result<()> {
    let random = RandomState::new().hash_one(std::process::id());
    let mark = MARKS.start + random % (MARKS.end - MARKS.start);
    connection.execute_batch(&format!("PRAGMA default_cache_size = {mark}"))
}

/// Returns the mark, or 0 if it is missing.
fn read(connection: &Connection) -> rusqlite::Result<i64> {
    // If nothing was set, SQLite returns its own default, which is below 0.
    let sql = "SELECT max(cache_size, 0) FROM pragma_default_cache_size";
    connection.query_row(sql, [], |row| row.get(0))
}
