//! The change feed, from which a long-term memory learns of changes.
//!
//! A trace is written in the same transaction as the row that it tells of. It names the record by
//! its identity. The content is read when the feed is read, so that a record that changed ten times
//! is sent once.

use std::collections::HashSet;

use aios_record::{Change, FeedItem, Id, Identity, Key, Kind, Owner};
use rusqlite::Connection;

use crate::{Error, Working, access::Access, column::Column, records};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    Upsert,
    Delete,
}

impl Working {
    /// The changes of records of every owner after `seq`, in order, at most `limit` of them. A
    /// record that changed several times is named once, at its last place. Records that were moved
    /// out rather than removed are passed over in silence. An empty answer means that nothing after
    /// `seq` is left to tell.
    ///
    /// # Errors
    /// [`Error::Storage`] when the file cannot be read.
    pub async fn feed_after(&self, seq: u64, limit: usize) -> Result<Vec<FeedItem>, Error> {
        self.view.read(move |access| after(access, seq, limit)).await
    }

    /// The place of the newest trace in the feed, trimmed or not; 0 if there never was one.
    ///
    /// # Errors
    /// [`Error::Storage`] when the file cannot be read.
    pub async fn feed_head(&self) -> Result<u64, Error> {
        self.view
            .read(|access| {
                let sql = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'feed'";
                let head: i64 = access.connection.query_row(sql, [], |row| row.get(0))?;
                Ok(head.cast_unsigned())
            })
            .await
    }

    /// The number of records of every owner with a change after `seq` that the feed has to tell.
    ///
    /// # Errors
    /// [`Error::Storage`] when the file cannot be read.
    pub async fn feed_waiting(&self, seq: u64) -> Result<u64, Error> {
        self.view
            .read(move |access| {
                let sql = "SELECT count(*) FROM
                           (SELECT DISTINCT kind, owner, id FROM feed WHERE ?1 < seq)";
                let waiting: i64 =
                    access.connection.query_row(sql, [signed(seq)], |row| row.get(0))?;
                Ok(waiting.cast_unsigned())
            })
            .await
    }

    /// Goes on after `seq` where the feed stands before it. For a copy of the file that is older
    /// than the long-term memory beside it.
    ///
    /// # Errors
    /// [`Error::Storage`] when the file cannot be written.
    pub async fn advance_feed(&self, seq: u64) -> Result<(), Error> {
        self.view
            .free_room(move |access| {
                let update = "UPDATE sqlite_sequence SET seq = max(seq, ?1) WHERE name = 'feed'";
                if access.connection.execute(update, [signed(seq)])? == 0 {
                    let insert = "INSERT INTO sqlite_sequence (name, seq) VALUES ('feed', ?1)";
                    access.connection.execute(insert, [signed(seq)])?;
                }
                Ok(())
            })
            .await
    }

    /// Drops the traces up to and including `up_to`: the long-term memory has them safely. Rows
    /// without a trace may age.
    ///
    /// # Errors
    /// [`Error::Storage`] when the file cannot be written.
    pub async fn trim_feed(&self, up_to: u64) -> Result<(), Error> {
        self.view
            .free_room(move |access| {
                let sql = "DELETE FROM feed WHERE seq <= ?1";
                access.connection.prepare_cached(sql)?.execute([signed(up_to)])?;
                Ok(())
            })
            .await
    }
}

pub(crate) fn push(connection: &Connection, record: &Identity, op: Op) -> Result<(), Error> {
    let op = if op == Op::Upsert { "upsert" } else { "delete" };
    let sql = "INSERT INTO feed (kind, id, op, owner) VALUES (?1, ?2, ?3, ?4)";
    let params = (record.kind.as_str(), record.id.as_str(), op, record.owner.as_str());
    connection.prepare_cached(sql)?.execute(params)?;
    Ok(())
}

/// Returns `true` if the feed has a trace of a record after `seq`.
pub(crate) fn has_trace(
    connection: &Connection,
    record: &Identity,
    seq: u64,
) -> Result<bool, Error> {
    let sql = "SELECT 1 FROM feed WHERE ?1 < seq AND kind = ?2 AND id = ?3 AND owner = ?4 LIMIT 1";
    let (kind, id, owner) = (record.kind.as_str(), record.id.as_str(), record.owner.as_str());
    Ok(connection.prepare_cached(sql)?.exists((signed(seq), kind, id, owner))?)
}

/// The condition that the feed has nothing to tell of a row of this kind's table.
pub(crate) fn is_told(kind: Kind) -> String {
    format!(
        "(owner, id) NOT IN (
             SELECT owner, id FROM feed WHERE kind = '{kind}' AND owner IS NOT NULL
         )"
    )
}

struct Trace {
    seq: i64,
    /// `None` if the record was removed before the feed noted owners.
    owner: Option<Owner>,
    key: Key,
    deleted: bool,
}

fn after(access: &Access<'_>, seq: u64, limit: usize) -> Result<Vec<FeedItem>, Error> {
    let mut from = signed(seq);
    loop {
        let page = page(access, from, limit)?;
        let Some(last) = page.last() else { return Ok(Vec::new()) };
        from = last.seq;
        let items = fold(access, &page)?;
        // Where every record of a page is gone the next page has the answer.
        if !items.is_empty() {
            return Ok(items);
        }
    }
}

fn page(access: &Access<'_>, from: i64, limit: usize) -> Result<Vec<Trace>, Error> {
    let mut statement = access.connection.prepare_cached(
        "SELECT seq, kind, id, op, owner FROM feed WHERE ?1 < seq ORDER BY seq LIMIT ?2",
    )?;
    let mut rows = statement.query((from, i64::try_from(limit).unwrap_or(i64::MAX)))?;
    let mut page = Vec::new();
    while let Some(row) = rows.next()? {
        let kind = row.get::<_, String>(1)?.parse()?;
        let id = Id::decode(row.get_ref(2)?).map_err(rusqlite::Error::from)?;
        page.push(Trace {
            seq: row.get(0)?,
            key: Key::new(kind, id),
            deleted: row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)? == "delete",
            owner: row.get::<_, Option<String>>(4)?.map(Owner::from_stored),
        });
    }
    Ok(page)
}

/// The last trace of each record of a page, with the record as it is now.
fn fold(access: &Access<'_>, page: &[Trace]) -> Result<Vec<FeedItem>, Error> {
    let mut told = HashSet::new();
    let mut items = Vec::with_capacity(page.len());
    for Trace { seq, owner, key, deleted } in page.iter().rev() {
        if !told.insert((owner, key)) {
            continue;
        }
        let change = match owner {
            owner if *deleted => Some(Change::Delete { owner: owner.clone(), key: key.clone() }),
            Some(owner) => {
                let record = records::identified(access, key.kind, owner, &key.id)?;
                record.map(Box::new).map(Change::Upsert)
            }
            None => None,
        };
        items.extend(change.map(|change| FeedItem { seq: seq.cast_unsigned(), change }));
    }
    items.reverse();
    Ok(items)
}

/// SQLite counts to `i64::MAX`; nothing lies beyond.
fn signed(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}
