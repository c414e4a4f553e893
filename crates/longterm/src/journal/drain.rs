//! Drains: the start of an owner's term, the rows that it moves, and the synced version that holds
//! them.

use std::sync::Arc;

use aios_record::Timestamp;
use rusqlite::{Connection, params};

use super::{
    change::Refusal,
    checksums::keep_checksums,
    edition::{edition, edition_of, state},
    generation::name_store,
    handle::Journal,
    key::Parts,
    meta::{meta_number, set_meta, sql_integer},
    pending::{Bounds, Damage, Drain, Pending, pending},
    refusal::refuse,
    statistics::{change_statistics, set_counted},
    term::{REST, Safe, Term, check_term, next_term},
};
use crate::{
    Error,
    error::shown,
    library::{Edition, RowTerms},
};

/// Maximum bytes per drain, beside the limit in rows. Arrow's text columns are limited to 2 GiB,
/// and RAM usually to less.
const DRAIN_BYTES_MAX: usize = 64 << 20;

impl Journal {
    /// Returns `true` if there was ever an owner.
    pub(crate) async fn had_owner(&self) -> Result<bool, Error> {
        self.ledger.read(|db| Ok(0 < meta_number(db, "owner_term")?)).await
    }

    /// Starts the term of a new owner. Writes of earlier owners are refused from then on.
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

    /// Ends the term of the last owner. For a process that holds the lock without being the owner,
    /// with any model. Returns the synced edition.
    pub(crate) async fn end_term(&self) -> Result<Edition, Error> {
        self.ledger
            .write(|db| {
                next_term(db)?;
                edition(db)
            })
            .await
    }

    /// Records that version `safe`, with all its files, is on disk.
    pub(crate) async fn set_synced(&self, term: Term, safe: Safe) -> Result<(), Error> {
        self.ledger.write(move |db| set_synced(db, term, &safe)).await
    }

    /// Returns the oldest waiting changes with sequence numbers up to `through`, at most `limit`,
    /// up to the first row that waits for its vector. `None` if a rebuild has paused drains at the
    /// time `now`, or if the oldest row waits for its vector.
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
                // A later end was set by a clock that has been set back since.
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
                        // A row whose vector is outstanding must not enter the library.
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

    /// Records that version `safe` is on disk and holds `drain`, which replaced the rows `held`,
    /// and deletes the drained rows. A row that was written again in the meantime is kept.
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
                        "a damaged row of the journal was set aside"
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

pub(super) fn set_synced(db: &Connection, term: Term, safe: &Safe) -> Result<(), Error> {
    check_term(db, term)?;
    set_meta(db, "library_bytes", sql_integer(safe.library_bytes))?;
    set_counted(db, safe.version)?;
    keep_checksums(db, &safe.checksums)?;
    set_meta(db, "synced_version", sql_integer(safe.version))
}
