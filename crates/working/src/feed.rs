//! The change feed, from which a long-term memory learns of changes.
//!
//! A change is written in the same transaction as its row and names the record by its identity. The
//! content is read when the feed is read, so that a record that changed ten times is delivered
//! once.

pub(crate) mod trace;

use std::collections::HashSet;

use crate::{Error, WorkingView, access::Access, column::Column, kinds};
use aios_record::{Change, FeedItem, Id, Key, Owner};
use rusqlite::OptionalExtension;
use trace::signed;

/// The change feed of a memory, of every owner.
///
/// ```
/// # use aios_working::{Config, FEED_KINDS, Goal, Working};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// let config = Config { feed_kinds: FEED_KINDS.to_vec(), ..Config::default() };
/// let working = Working::open(&folder.path().join("working.db"), config)?;
/// working.goals().put(Goal::new("ship the parser")).await?;
///
/// let changes = working.feed().after(0, 100).await?;
/// let through = changes.last().expect("there is a change").seq;
/// assert_eq!(through, working.feed().head().await?);
/// working.feed().trim(through).await?;
/// # working.close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Feed<'a> {
    pub(crate) view: &'a WorkingView,
}

impl Feed<'_> {
    /// Returns the changes of records of every owner after `seq`, in order, from at most `limit`
    /// feed rows. A record that changed several times appears once, at its last position. Records
    /// that were moved out rather than removed are skipped. A record that has expired is included,
    /// so that the long-term memory learns of its end. An empty result means that no change after
    /// `seq` is left.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn after(self, seq: u64, limit: usize) -> Result<Vec<FeedItem>, Error> {
        self.view.with_expired().read(move |access| after(access, seq, limit)).await
    }

    /// Returns the position of the newest change in the feed, trimmed or not; 0 if there never was
    /// one.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn head(self) -> Result<u64, Error> {
        self.view
            .read(|access| {
                let sql = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'feed'";
                let head: i64 = access.connection.query_row(sql, [], |row| row.get(0))?;
                Ok(head.cast_unsigned())
            })
            .await
    }

    /// Returns the number of records of every owner with a change after `seq`.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn waiting(self, seq: u64) -> Result<u64, Error> {
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

    /// Returns the owners whose record of this key was removed or changed after `seq`, and is no
    /// longer shown: it was not stored again, or has expired.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn removed(self, seq: u64, key: &Key) -> Result<Vec<Owner>, Error> {
        let Key { kind, id } = key.clone();
        self.view
            .read(move |access| {
                // SQLite takes the other columns from the row with the greatest position.
                let sql = "SELECT max(seq), owner, op FROM feed
                           WHERE ?1 < seq AND kind = ?2 AND id = ?3 AND owner IS NOT NULL
                           GROUP BY owner";
                let mut statement = access.connection.prepare_cached(sql)?;
                let mut rows = statement.query((signed(seq), kind.as_str(), id.as_str()))?;
                let mut owners = Vec::new();
                while let Some(row) = rows.next()? {
                    let owner = Owner::from_stored(row.get::<_, String>(1)?);
                    let deleted =
                        row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)? == "delete";
                    if deleted || kinds::identified(access, kind, &owner, &id)?.is_none() {
                        owners.push(owner);
                    }
                }
                Ok(owners)
            })
            .await
    }

    /// Continues numbering after `seq` if the feed is behind it. For a copy of the file that is
    /// older than the long-term memory beside it.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be written.
    pub async fn advance(self, seq: u64) -> Result<(), Error> {
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

    /// Returns the position through which facts were learned from the feed; `None` before the
    /// first.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn learned(self) -> Result<Option<u64>, Error> {
        self.view
            .read(|access| {
                let sql = "SELECT through FROM learned";
                let mut statement = access.connection.prepare_cached(sql)?;
                let through: Option<i64> = statement.query_row([], |row| row.get(0)).optional()?;
                Ok(through.map(i64::cast_unsigned))
            })
            .await
    }

    /// Stores the position through which facts were learned from the feed. It never decreases.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be written.
    pub async fn set_learned(self, through: u64) -> Result<(), Error> {
        self.view
            .free_room(move |access| {
                let through = signed(through);
                let sql = "UPDATE learned SET through = max(through, ?1)";
                if access.connection.prepare_cached(sql)?.execute([through])? == 0 {
                    let sql = "INSERT INTO learned (through) VALUES (?1)";
                    access.connection.prepare_cached(sql)?.execute([through])?;
                }
                Ok(())
            })
            .await
    }

    /// Deletes the changes up to and including `up_to`, which the long-term memory has stored. Rows
    /// without a change in the feed may age.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be written.
    pub async fn trim(self, up_to: u64) -> Result<(), Error> {
        self.view
            .free_room(move |access| {
                let sql = "DELETE FROM feed WHERE seq <= ?1";
                access.connection.prepare_cached(sql)?.execute([signed(up_to)])?;
                Ok(())
            })
            .await
    }
}

struct Trace {
    seq: i64,
    /// `None` if the record was removed before the feed recorded owners.
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
        // If all records of a page were moved out, continue with the next page.
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

/// Returns the last change of each record of a page, with the current record.
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
                let record = kinds::identified(access, key.kind, owner, &key.id)?;
                record.map(Box::new).map(Change::Upsert)
            }
            None => None,
        };
        items.extend(change.map(|change| FeedItem { seq: seq.cast_unsigned(), change }));
    }
    items.reverse();
    Ok(items)
}
