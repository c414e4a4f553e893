//! The change feed: what a long-term memory has still to hear of.
//!
//! A trace is written in the same transaction as the row that it tells of. It names the record; its
//! content is read when the feed is read, so that a record that changed ten times is sent once.

use std::collections::HashSet;

use aios_record::{Change, FeedItem, Id, Kind};
use rusqlite::Connection;

use crate::{Error, Working, access::Access, column::Column, records};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    Upsert,
    Delete,
}

impl Working {
    /// What became of records after `seq`, in order, at most `limit` of them. A record that changed
    /// several times is named once, at its last place. What was moved away rather than removed is
    /// passed over in silence. An empty answer means that nothing after `seq` is left to tell.
    ///
    /// The feed tells of every scope, whatever this handle is bound to.
    ///
    /// # Errors
    /// [`Error::Storage`] when the file cannot be read.
    pub async fn feed_after(&self, seq: u64, limit: usize) -> Result<Vec<FeedItem>, Error> {
        self.unbound().read(move |access| after(access, seq, limit)).await
    }

    /// The place of the newest trace in the feed, trimmed or not; 0 if there never was one.
    ///
    /// # Errors
    /// [`Error::Storage`] when the file cannot be read.
    pub async fn feed_head(&self) -> Result<u64, Error> {
        self.read(|access| {
            let sql = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'feed'";
            let head: i64 = access.connection.query_row(sql, [], |row| row.get(0))?;
            Ok(head.cast_unsigned())
        })
        .await
    }

    /// Goes on after `seq` where the feed stands before it. For a copy of the file that is older
    /// than the long-term memory beside it.
    ///
    /// # Errors
    /// [`Error::Storage`] when the file cannot be written.
    pub async fn advance_feed(&self, seq: u64) -> Result<(), Error> {
        self.free_room(move |access| {
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
        self.free_room(move |access| {
            let sql = "DELETE FROM feed WHERE seq <= ?1";
            access.connection.prepare_cached(sql)?.execute([signed(up_to)])?;
            Ok(())
        })
        .await
    }
}

pub(crate) fn push(connection: &Connection, kind: Kind, id: &Id, op: Op) -> Result<(), Error> {
    let op = if op == Op::Upsert { "upsert" } else { "delete" };
    connection.prepare_cached("INSERT INTO feed (kind, id, op) VALUES (?1, ?2, ?3)")?.execute((
        kind.as_str(),
        id.as_str(),
        op,
    ))?;
    Ok(())
}

struct Trace {
    seq: i64,
    kind: Kind,
    id: Id,
    deleted: bool,
}

fn after(access: &Access<'_>, seq: u64, limit: usize) -> Result<Vec<FeedItem>, Error> {
    let mut from = signed(seq);
    loop {
        let page = page(access, from, limit)?;
        let Some(last) = page.last() else { return Ok(Vec::new()) };
        from = last.seq;
        let items = fold(access, page)?;
        // Where every record of a page is gone the next page has the answer.
        if !items.is_empty() {
            return Ok(items);
        }
    }
}

fn page(access: &Access<'_>, from: i64, limit: usize) -> Result<Vec<Trace>, Error> {
    let mut statement = access.connection.prepare_cached(
        "SELECT seq, kind, id, op FROM feed WHERE ?1 < seq ORDER BY seq LIMIT ?2",
    )?;
    let mut rows = statement.query((from, i64::try_from(limit).unwrap_or(i64::MAX)))?;
    let mut page = Vec::new();
    while let Some(row) = rows.next()? {
        page.push(Trace {
            seq: row.get(0)?,
            kind: row.get::<_, String>(1)?.parse()?,
            id: Id::decode(row.get_ref(2)?).map_err(rusqlite::Error::from)?,
            deleted: row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)? == "delete",
        });
    }
    Ok(page)
}

/// The last trace of each record of a page, with the record as it is now.
fn fold(access: &Access<'_>, page: Vec<Trace>) -> Result<Vec<FeedItem>, Error> {
    let mut told = HashSet::new();
    let mut items = Vec::with_capacity(page.len());
    for Trace { seq, kind, id, deleted } in page.into_iter().rev() {
        if !told.insert((kind, id.clone())) {
            continue;
        }
        let change = if deleted {
            Some(Change::Delete { kind, id })
        } else {
            records::by_id(access, kind, id.as_str())?.map(Box::new).map(Change::Upsert)
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
