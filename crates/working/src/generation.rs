//! The generation of the file: the number of write sessions plus the position of its feed.

use rusqlite::{Connection, OptionalExtension};

use aios_record::Generation;

use crate::{Error, SCHEMA_VERSION, access::Access};

pub(crate) fn generation(access: &Access<'_>) -> Result<Generation, Error> {
    let number = |work: &str| -> Result<Option<i64>, Error> {
        let mut find =
            access.connection.prepare_cached("SELECT done_at FROM upkeep WHERE work = ?1")?;
        Ok(find.query_row([work], |row| row.get(0)).optional()?)
    };
    let told = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'feed'";
    let told: i64 = access.connection.query_row(told, [], |row| row.get(0))?;
    let sessions = number("write sessions")?.unwrap_or(0);
    Ok(Generation {
        store: number("store")?,
        schema: SCHEMA_VERSION,
        number: sessions.saturating_add(told).cast_unsigned(),
    })
}

/// Counts one more handle that has written.
pub(crate) fn count_session(connection: &Connection) -> Result<(), Error> {
    connection
        .prepare_cached("INSERT OR IGNORE INTO upkeep (work, done_at) VALUES ('store', random())")?
        .execute([])?;
    connection
        .prepare_cached(
            "INSERT INTO upkeep (work, done_at) VALUES ('write sessions', 1)
             ON CONFLICT DO UPDATE SET done_at = done_at + 1",
        )?
        .execute([])?;
    Ok(())
}
