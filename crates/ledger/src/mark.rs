//! A mark by which a file and its write-ahead log know each other.
//!
//! SQLite takes any intact log that lies beside a file for its own. Where somebody restores a file
//! and leaves an old log there, or moves one along without the other, the log's pages replace the
//! file's in silence. So each file is marked with a random number in its first page, in the place
//! of the deprecated `default_cache_size`, which every connection here overrides: what the file
//! itself says must be what it says when it is read through the log. A log that does not hold the
//! first page, and a file that was copied by other means, go unnoticed.

use std::{
    hash::{BuildHasher, RandomState},
    path::Path,
    time::Duration,
};

use rusqlite::Connection;

use crate::{Error, busy, read_only};

/// Marks lie in this range, which other programs take for a sensible size of a cache in pages.
const MARKS: std::ops::Range<u64> = 2_000..60_000;

/// Refuses a file beside which another one's log lies.
pub(crate) fn check(path: &Path, connection: &Connection) -> Result<(), Error> {
    // Reading it by other means than SQLite would drop the locks of other connections when it is
    // closed.
    let file = read_only::immutable(path)?;
    match (read(&file), read(connection)?) {
        // Nothing is in the file itself yet, or another process is writing it just now.
        (Ok(0) | Err(_), _) => Ok(()),
        (Ok(own), seen) if own == seen => Ok(()),
        _ => {
            let reason = "the log beside it is another file's: move the file ending in -wal away";
            Err(Error::Foreign { path: path.to_owned(), reason: reason.to_owned() })
        }
    }
}

/// Marks a file that has none.
pub(crate) fn ensure(connection: &Connection, busy_timeout: Duration) -> Result<(), Error> {
    if read(connection)? != 0 {
        return Ok(());
    }
    busy::retry(busy_timeout, || connection.execute_batch("BEGIN IMMEDIATE"))?;
    // Another process may have been first.
    let marked =
        read(connection).and_then(|mark| if mark == 0 { renew(connection) } else { Ok(()) });
    let end = if marked.is_ok() { "COMMIT" } else { "ROLLBACK" };
    connection.execute_batch(end)?;
    Ok(marked?)
}

/// Gives a file another mark than it has, most probably.
pub(crate) fn renew(connection: &Connection) -> rusqlite::Result<()> {
    let random = RandomState::new().hash_one(std::process::id());
    let mark = MARKS.start + random % (MARKS.end - MARKS.start);
    connection.execute_batch(&format!("PRAGMA default_cache_size = {mark}"))
}

/// The mark; 0 where there is none.
fn read(connection: &Connection) -> rusqlite::Result<i64> {
    // Where nothing was set SQLite tells its own default, which is below 0.
    let sql = "SELECT max(cache_size, 0) FROM pragma_default_cache_size";
    connection.query_row(sql, [], |row| row.get(0))
}
