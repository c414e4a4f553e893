//! What the owner of the library writes down: that its term begins, which version is safe, and
//! which rows that version holds.

use std::sync::Arc;

use aios_record::Timestamp;
use rusqlite::{Connection, params};

use super::{
    Journal, Parts, Pending, Refusal, change_statistics, edition, edition_of,
    generation::name_store,
    keep_checksums, meta_number,
    pending::{Bounds, Damage, Drain, pending},
    rebuild::REST,
    refuse, set_counted, set_meta, sql_integer, state,
};
use crate::{
    Error,
    checksums::Taken,
    error::shown,
    library::{Edition, RowTerms},
};

/// How much moves to the library at once, beside the limit in rows: Arrow's text columns end at
/// 2 GiB, and RAM ends earlier.
const DRAIN_BYTES_MAX: usize = 64 << 20;

/// The time during which one process owns the library.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Term {
    number: u64,
    /// What of the library was trusted when it began.
    pub(crate) edition: Edition,
}

/// A version of the library that is on disk.
#[derive(Debug, Clone)]
pub(crate) struct Safe {
    pub(crate) version: u64,
    /// What the library's files take, older versions included.
    pub(crate) library_bytes: u64,
    /// Of files that were not known before.
    pub(crate) checksums: Taken,
}

impl Journal {
    /// Whether there was ever an owner.
    pub(crate) async fn had_owner(&self) -> Result<bool, Error> {
        self.ledger.read(|db| Ok(0 < meta_number(db, "owner_term")?)).await
    }

    /// Starts the term of a new owner. What an earlier one still tries to note is refused from
    /// then on.
    pub(crate) async fn begin_term(&self) -> Result<Term, Error> {
        let model = Arc::clone(&self.model);
        self.ledger
            .write(move |db| {
                let edition = edition_of(db, &model)?;
                name_store(db)?;
                Ok(Term { number: next_term(db)?, edition })
            })
            .await
    }

    /// Ends the term of the last owner, for who holds the lock and is none, whatever its model.
    /// Returns what of the library is trusted.
    pub(crate) async fn end_term(&self) -> Result<Edition, Error> {
        self.ledger
            .write(|db| {
                next_term(db)?;
                edition(db)
            })
            .await
    }

    /// Notes that `version`, with all its files, is on disk.
    pub(crate) async fn set_synced(&self, term: Term, safe: Safe) -> Result<(), Error> {
        self.ledger.write(move |db| set_synced(db, term, &safe)).await
    }

    /// The oldest changes that wait, at most `limit`, of those that came no later than `through`;
    /// those before the first that waits for its vector. None while a rebuild wants the library to
    /// rest as of `now`, or where the oldest waits for its vector.
    pub(crate) async fn drain(
        &self,
        term: Term,
        limit: usize,
        through: i64,
        now: Timestamp,
    ) -> Result<Option<Drain>, Error> {
        self.ledger
            .read(move |db| {
                check_term(db, term)?;
                let until = sql_integer(meta_number(db, "drains_paused_until")?);
                let left = until - now.as_microsecond();
                // One that ends later was asked for by a clock that has been set back since.
                if 0 < left && u128::from(left.unsigned_abs()) <= REST.as_micros() {
                    return Ok(None);
                }
                let mut drain = Drain::default();
                let bounds =
                    Bounds { rows: limit, bytes: DRAIN_BYTES_MAX, through, ..Bounds::NONE };
                for change in pending(db, &bounds)? {
                    let Pending { seq, key, row, is_new } = match change {
                        Ok(change) => change,
                        Err(damage) => {
                            drain.damaged.push(damage);
                            continue;
                        }
                    };
                    if row.as_ref().is_some_and(|row| row.is_outstanding) {
                        // The library takes no row whose vector may still come.
                        if drain.is_empty() {
                            return Ok(None);
                        }
                        break;
                    }
                    match row {
                        Some(row) if is_new => drain.appends.push(row),
                        Some(row) => drain.replacements.push(row),
                        None => drain.removals.push(key.clone()),
                    }
                    drain.seqs.push((seq, key));
                }
                Ok(Some(drain))
            })
            .await
    }

    /// Notes that `version` is on disk, takes `library_bytes` there and holds `drain` in the place
    /// of the rows `held`, and drops the rows that it holds; a row that was written again meanwhile
    /// stays.
    pub(crate) async fn applied(
        &self,
        term: Term,
        drain: Drain,
        held: Vec<RowTerms>,
        safe: Safe,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.ledger
            .write(move |db| {
                set_synced(db, term, &safe)?;
                let rows = drain.appends.iter().chain(&drain.replacements);
                change_statistics(db, rows, &held)?;
                let mut drop = db.prepare_cached("DELETE FROM pending WHERE seq = ?1")?;
                let mut hold = db.prepare_cached(
                    "UPDATE ids SET state = ?4
                     WHERE kind = ?1 AND owner = ?2 AND id = ?3 AND state = ?5",
                )?;
                let mut is_overtaken = false;
                for (seq, key) in &drain.seqs {
                    is_overtaken |= drop.execute([seq])? == 0;
                    let Parts { kind, owner, id } = Parts::of(key)?;
                    hold.execute(params![kind, owner, id, state::HELD, state::NEW])?;
                }
                if is_overtaken {
                    set_meta(db, "overtaken", sql_integer(meta_number(db, "overtaken")? + 1))?;
                }
                for damage in drain.damaged {
                    let Damage { seq, key, reason } = damage;
                    tracing::error!(
                        key = shown(&key),
                        reason,
                        "a row of the journal was set aside"
                    );
                    let refusal = Refusal { key, feed_seq: None, reason };
                    refuse(db, &refusal, Some(seq), now)?;
                    drop.execute([seq])?;
                }
                Ok(())
            })
            .await
    }
}

fn next_term(db: &Connection) -> Result<u64, Error> {
    let number = meta_number(db, "owner_term")? + 1;
    set_meta(db, "owner_term", sql_integer(number))?;
    Ok(number)
}

pub(super) fn set_synced(db: &Connection, term: Term, safe: &Safe) -> Result<(), Error> {
    check_term(db, term)?;
    set_meta(db, "library_bytes", sql_integer(safe.library_bytes))?;
    set_counted(db, safe.version)?;
    keep_checksums(db, &safe.checksums)?;
    set_meta(db, "synced_version", sql_integer(safe.version))
}

/// Refuses who is not the owner any more.
pub(super) fn check_term(db: &Connection, term: Term) -> Result<(), Error> {
    match meta_number(db, "owner_term")? == term.number {
        true => Ok(()),
        false => Err(Error::Ousted),
    }
}
