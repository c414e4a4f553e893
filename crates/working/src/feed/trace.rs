//! Adding changes to the feed, and checking if it has one.

use aios_record::{Identity, Kind};
use rusqlite::Connection;

use crate::{Error, access::Access};

/// Kind of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    Upsert,
    Delete,
}

/// Adds a change of a record, if the feed includes its kind.
pub(crate) fn add(access: &Access<'_>, record: &Identity, op: Op) -> Result<(), Error> {
    if !access.config.feeds(record.kind) {
        return Ok(());
    }
    let op = if op == Op::Upsert { "upsert" } else { "delete" };
    let sql = "INSERT INTO feed (kind, id, op, owner) VALUES (?1, ?2, ?3, ?4)";
    let params = (record.kind.as_str(), record.id.as_str(), op, record.owner.as_str());
    access.connection.prepare_cached(sql)?.execute(params)?;
    Ok(())
}

/// Returns true if the feed has a change of a record after `seq`.
pub(crate) fn has_trace(
    connection: &Connection,
    record: &Identity,
    seq: u64,
) -> Result<bool, Error> {
    let sql = "SELECT 1 FROM feed WHERE ?1 < seq AND kind = ?2 AND id = ?3 AND owner = ?4 LIMIT 1";
    let (kind, id, owner) = (record.kind.as_str(), record.id.as_str(), record.owner.as_str());
    Ok(connection.prepare_cached(sql)?.exists((signed(seq), kind, id, owner))?)
}

/// Builds the condition that the feed has no change of a row of this kind's table.
pub(crate) fn is_told(kind: Kind) -> String {
    format!(
        "(owner, id) NOT IN (
             SELECT owner, id FROM feed WHERE kind = '{kind}' AND owner IS NOT NULL
         )"
    )
}

/// Converts a sequence number. SQLite counts to `i64::MAX`; larger numbers never occur.
pub(crate) fn signed(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}
