//! Writes of acknowledged changes, in one transaction for each batch.

use std::sync::Arc;

use aios_record::{Key, Record, Timestamp};
use rusqlite::{Connection, params};

use super::{
    change::{FeedOutcome, Older, Outcome, Page, Refusal, Write, Written},
    edition::{check_model, state},
    handle::Journal,
    history,
    key::Parts,
    known::Known,
    listing::all_owners,
    meta::{meta_number, set_meta, sql_integer},
    pending::{vector_bytes, vector_state_of},
    refusal::{Limits, check_room, refuse},
    tombstones,
};
use crate::{
    Error,
    intake::{HASH_VERSION, Rules},
    library::Row,
};

impl Journal {
    /// Writes all changes, at the time `now`, or none if a version to replace is unread. Fails with
    /// [`Error::Conflict`], without effect, if a record is in another scope.
    pub(crate) async fn write(
        &self,
        writes: Vec<Write>,
        limits: Limits,
        now: Timestamp,
    ) -> Result<Written, Error> {
        let (model, rules) = (Arc::clone(&self.model), self.rules);
        self.ledger
            .write(move |db| {
                check_model(db, &model)?;
                if history::are_unread(db, &writes, rules)? {
                    return Ok(Written::Unread(writes));
                }
                check_room(db, &writes, limits)?;
                let mut outcomes = Vec::with_capacity(writes.len());
                for change in &writes {
                    let outcome = write(db, change, rules, now)?;
                    if let (Outcome::Conflict, Write::Upsert { row, .. }) = (&outcome, change) {
                        return Err(Error::Conflict { key: row.record.identity().to_string() });
                    }
                    outcomes.push(outcome);
                }
                Ok(Written::Yes(outcomes))
            })
            .await
    }

    /// Writes a page of the feed and moves the watermark from `after` to `through`. Does nothing if
    /// another process has moved it. Lists the refused changes, at the time `now`.
    pub(crate) async fn write_feed(
        &self,
        page: Page,
        limits: Limits,
        now: Timestamp,
    ) -> Result<FeedOutcome, Error> {
        let (model, rules) = (Arc::clone(&self.model), self.rules);
        self.ledger
            .write(move |db| {
                check_model(db, &model)?;
                let watermark = meta_number(db, "watermark")?;
                if watermark != page.after {
                    return Ok(FeedOutcome::Moved { watermark });
                }
                if history::are_unread(db, &page.writes, rules)? {
                    return Ok(FeedOutcome::Unread(page));
                }
                check_room(db, &page.writes, limits)?;
                let mut refusals = page.refusals;
                for change in &page.writes {
                    if write(db, change, rules, now)? == Outcome::Conflict {
                        refusals.extend(Refusal::conflict(change));
                    }
                }
                for refusal in &refusals {
                    refuse(db, refusal, None, now)?;
                }
                set_meta(db, "watermark", sql_integer(page.through))?;
                Ok(FeedOutcome::Written { refusals })
            })
            .await
    }

    /// Deletes the keys whose content still has the given hash, and returns their number.
    pub(crate) async fn remove_unchanged(
        &self,
        wanted: Vec<(String, String)>,
    ) -> Result<u64, Error> {
        self.ledger
            .write(move |db| {
                let mut removed = 0;
                for (key, content_hash) in &wanted {
                    let known = Known::find(db, Parts::of(key)?)?;
                    if known.is_some_and(|known| known.content_hash == *content_hash)
                        && delete(db, key, None)? == Outcome::Updated
                    {
                        removed += 1;
                    }
                }
                Ok(removed)
            })
            .await
    }

    pub(crate) async fn watermark(&self) -> Result<u64, Error> {
        self.ledger.read(|db| meta_number(db, "watermark")).await
    }
}

fn write(db: &Connection, change: &Write, rules: Rules, now: Timestamp) -> Result<Outcome, Error> {
    match change {
        Write::Upsert { row, feed_seq, older } => {
            let known = Known::find(db, Parts::of_record(&row.record))?;
            let settled = settled(db, row, known.as_ref(), rules, *feed_seq)?;
            let is_said_again = !matches!(older, Older::Counted(_));
            if is_said_again && (settled.is_none() || feed_seq.is_none()) {
                tombstones::lift_of(db, &row.record)?;
            }
            if let Some(outcome) = settled {
                return Ok(outcome);
            }
            let key = row.record.encoded_identity();
            let is_there = known.as_ref().is_some_and(|known| known.state != state::DELETED);
            if is_there {
                history::keep(db, &key, older, now)?;
            }
            upsert(db, &key, row, newest(known.as_ref(), *feed_seq))?;
            Ok(if is_there { Outcome::Updated } else { Outcome::Added })
        }
        Write::Delete { key, feed_seq } => delete(db, key, *feed_seq),
        Write::DeleteOfAny { key, feed_seq } => delete_of_any(db, key, *feed_seq),
    }
}

/// Returns the outcome of a row that must not be written, or `None` if it must.
fn settled(
    db: &Connection,
    row: &Row,
    known: Option<&Known>,
    rules: Rules,
    feed_seq: Option<u64>,
) -> Result<Option<Outcome>, Error> {
    Ok(match known {
        None if purged_after(db, &row.record, feed_seq)? => Some(Outcome::Known),
        Some(known) if known.is_after(feed_seq) => Some(Outcome::Known),
        Some(known) if known.state == state::DELETED => None,
        Some(known) if known.scope != row.record.scope => Some(Outcome::Conflict),
        Some(known) if known.is_same(rules, row) => {
            let parts = Parts::of_record(&row.record);
            set_feed_seq(db, parts, newest(Some(known), feed_seq))?;
            Some(Outcome::Known)
        }
        _ => None,
    })
}

fn upsert(db: &Connection, key: &str, row: &Row, newest: i64) -> Result<(), Error> {
    let record = &row.record;
    let Parts { kind, owner, id } = Parts::of_record(record);
    // The library may still hold a deleted key whose deletion has not reached it. Such a key counts
    // as held, so that its row is replaced; replacing also works if the library does not hold it.
    db.prepare_cached(
        "INSERT INTO ids (kind, owner, id, project, agent, session, external_id, content_hash,
                          hash_version, state, feed_seq)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
         ON CONFLICT (kind, owner, id) DO UPDATE SET
             project = excluded.project, agent = excluded.agent, session = excluded.session,
             external_id = excluded.external_id, content_hash = excluded.content_hash,
             hash_version = excluded.hash_version, state = iif(state = 2, 1, state),
             feed_seq = excluded.feed_seq",
    )?
    .execute(params![
        kind,
        owner,
        id,
        record.scope.project,
        record.scope.agent,
        record.scope.session,
        record.external_id,
        row.content_hash,
        HASH_VERSION,
        state::NEW,
        newest,
    ])?;
    let json = serde_json::to_string(record).expect("a record is plain data");
    let vector = row.vector.as_deref().map(vector_bytes);
    let vector_state = vector_state_of(vector.is_some(), row.is_outstanding);
    db.prepare_cached(
        "INSERT OR REPLACE INTO pending (key, record, terms, vector, content_hash, vector_state)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![key, json, row.terms, vector, row.content_hash, vector_state])?;
    Ok(())
}

/// Deletes a key. Returns [`Outcome::Updated`] if it was stored.
pub(super) fn delete(db: &Connection, key: &str, feed_seq: Option<u64>) -> Result<Outcome, Error> {
    let parts = Parts::of(key)?;
    let Some(known) = Known::find(db, parts)? else { return Ok(Outcome::Known) };
    if known.state == state::DELETED || known.is_after(feed_seq) {
        return Ok(Outcome::Known);
    }
    set_feed_seq(db, parts, newest(Some(&known), feed_seq))?;
    let Parts { kind, owner, id } = parts;
    db.prepare_cached("UPDATE ids SET state = ?4 WHERE kind = ?1 AND owner = ?2 AND id = ?3")?
        .execute(params![kind, owner, id, state::DELETED])?;
    history::forget(db, key)?;
    db.prepare_cached("INSERT OR REPLACE INTO pending (key) VALUES (?1)")?.execute([key])?;
    Ok(Outcome::Updated)
}

/// Deletes the record of the only owner that has the key. Returns [`Outcome::Conflict`] if several
/// owners have it, since the deletion does not name the owner.
fn delete_of_any(db: &Connection, key: &Key, feed_seq: u64) -> Result<Outcome, Error> {
    let mut there = Vec::new();
    for owner in all_owners(db, key.kind)? {
        let identity = key.clone().of(owner);
        let known = Known::find(db, Parts::of_identity(&identity))?;
        if known.is_some_and(|known| known.state != state::DELETED) {
            there.push(identity);
        }
    }
    match &there[..] {
        [] => Ok(Outcome::Known),
        [only] => delete(db, &only.encode(), Some(feed_seq)),
        _ => Ok(Outcome::Conflict),
    }
}

/// Returns `true` if a key whose owner is no longer known was purged at a later position in the
/// feed.
fn purged_after(db: &Connection, record: &Record, feed_seq: Option<u64>) -> Result<bool, Error> {
    let Some(feed_seq) = feed_seq else { return Ok(false) };
    let mut find =
        db.prepare_cached("SELECT 1 FROM purged_keys WHERE key = ?1 AND ?2 < feed_seq")?;
    Ok(find.exists(params![record.key().to_string(), sql_integer(feed_seq)])?)
}

/// Returns the highest known position of a key in the feed.
fn newest(known: Option<&Known>, feed_seq: Option<u64>) -> i64 {
    sql_integer(known.map_or(0, |known| known.feed_seq).max(feed_seq.unwrap_or(0)))
}

fn set_feed_seq(db: &Connection, parts: Parts<'_>, feed_seq: i64) -> Result<(), Error> {
    let sql = "UPDATE ids SET feed_seq = ?4 WHERE kind = ?1 AND owner = ?2 AND id = ?3";
    db.prepare_cached(sql)?.execute(params![parts.kind, parts.owner, parts.id, feed_seq])?;
    Ok(())
}
