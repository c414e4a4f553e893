//! State of a rebuild: the progress of the new table, the content that it must have, and the switch
//! to it.
//!
//! Nothing else uses this state before the switch, except that the owner pauses drains near the
//! end, see [`Journal::pause_drains`].

use std::collections::{HashMap, HashSet, hash_map::Entry};

use aios_record::{Identity, Key, Kind, Owner, Scope, Timestamp};
use rusqlite::{Connection, params};

use super::{
    change::Refusal,
    checksums::{forget_other_tables, keep_checksums},
    edition::{edition, state},
    handle::Journal,
    history,
    key::{Parts, key_sql},
    known::Known,
    listing::all_owners,
    meta::{meta_number, meta_text, set_meta, sql_integer},
    pending::{Bounds, Pending, pending, vector_bytes, vector_state_of},
    refusal::refuse,
    statistics::{set_counted, set_statistics},
    term::Safe,
};
use crate::{
    Error,
    intake::Rules,
    library::{Edition, Row, TermCounts},
};

/// State from which a rebuild begins.
#[derive(Debug)]
pub(crate) struct Beginning {
    /// The edition to replace.
    pub(crate) edition: Edition,
    /// The model of the stored vectors. `None` if the store was never opened.
    pub(crate) model: Option<String>,
    /// The version that an earlier rebuild for the same purpose reached, or 0.
    pub(crate) built_version: u64,
    /// True if the former version wrote the table to replace, with keys without owners.
    pub(crate) is_former: bool,
    /// True if terms and vectors were made by another version of the analysis.
    pub(crate) is_analysed_otherwise: bool,
}

/// Content that a table must have to replace `edition`, from one snapshot.
#[derive(Debug)]
pub(crate) struct Expected {
    pub(crate) edition: Edition,
    /// Every key that is neither deleted nor waiting, with its content hash.
    pub(crate) keys: HashMap<String, u128>,
    /// Waiting keys, which no table must hold yet.
    pub(crate) pending: HashSet<String>,
}

/// The switch to a new table.
#[derive(Debug)]
pub(crate) struct Switch {
    /// The edition from which the table was built. If it has changed since, there is no switch.
    pub(crate) from: Edition,
    /// The synced version of the new table.
    pub(crate) safe: Safe,
    /// Name of its directory.
    pub(crate) table: String,
    pub(crate) counts: TermCounts,
    /// Model of its vectors.
    pub(crate) model: String,
    /// Keys whose records it should hold but could not be read.
    pub(crate) missing: Vec<String>,
    /// Keys whose row is not the expected version, each with the hash of that row.
    pub(crate) outdated: Vec<(String, u128)>,
    pub(crate) adopted: Vec<Adopted>,
    /// Keys of deleted records that the journal has as stored.
    pub(crate) gone: Vec<String>,
}

/// A record of the new table that the journal does not know before the switch.
#[derive(Debug, Clone)]
pub(crate) struct Adopted {
    /// The encoded identity.
    pub(crate) key: String,
    scope: Scope,
    external_id: Option<String>,
    content_hash: String,
    hash_version: u32,
}

impl Adopted {
    pub(crate) fn of(row: &Row, rules: Rules) -> Adopted {
        Adopted {
            key: row.record.encoded_identity(),
            scope: row.record.scope.clone(),
            external_id: row.record.external_id.clone(),
            content_hash: row.content_hash.clone(),
            hash_version: rules.version_of(row),
        }
    }
}

/// Recomputed terms and vector of a waiting row.
pub(crate) type Remade = (String, Option<Vec<f32>>);

impl Journal {
    /// Begins or continues a rebuild for `purpose`. A rebuild for another purpose, or of another
    /// table, is not continued.
    pub(crate) async fn begin_rebuild(&self, purpose: String) -> Result<Beginning, Error> {
        self.ledger
            .write(move |db| {
                let edition = edition(db)?;
                let purpose = format!("{} {purpose}", edition.table);
                let built_version = match meta_text(db, "rebuild_purpose")? {
                    Some(before) if before == purpose => meta_number(db, "rebuild_version")?,
                    _ => 0,
                };
                set_meta(db, "rebuild_purpose", purpose)?;
                set_meta(db, "rebuild_version", sql_integer(built_version))?;
                Ok(Beginning {
                    edition,
                    model: meta_text(db, "embedder")?,
                    built_version,
                    is_former: is_former(db)?,
                    is_analysed_otherwise: is_analysed_otherwise(db)?,
                })
            })
            .await
    }

    /// Returns `true` if a former version wrote the library: with keys without owners, or with
    /// terms of another version of the analysis.
    pub(crate) async fn has_former_library(&self) -> Result<bool, Error> {
        self.ledger.read(|db| Ok(is_former(db)? || is_analysed_otherwise(db)?)).await
    }

    /// Records the version of the new table that is on disk with all its files.
    pub(crate) async fn set_rebuilt(&self, safe: Safe) -> Result<(), Error> {
        self.ledger
            .write(move |db| {
                keep_checksums(db, &safe.checksums)?;
                set_meta(db, "rebuild_version", sql_integer(safe.version))
            })
            .await
    }

    /// Records that no part of the new table is on disk.
    pub(crate) async fn begin_again(&self) -> Result<(), Error> {
        self.ledger.write(move |db| set_meta(db, "rebuild_version", 0)).await
    }

    pub(crate) async fn expected(&self) -> Result<Expected, Error> {
        self.ledger
            .read(|db| {
                let mut pending = db.prepare_cached("SELECT key FROM pending")?;
                let pending = pending.query_map([], |row| row.get(0))?;
                let pending: HashSet<String> = pending.collect::<Result<_, _>>()?;
                let mut ids = db.prepare_cached(concat!(
                    "SELECT ",
                    key_sql!(),
                    ", content_hash FROM ids WHERE state <> ?1"
                ))?;
                let mut ids = ids.query([state::DELETED])?;
                let mut keys = HashMap::new();
                while let Some(row) = ids.next()? {
                    let (key, content_hash): (String, String) = (row.get(0)?, row.get(1)?);
                    if !pending.contains(&key) {
                        keys.insert(key, hash_number(&content_hash));
                    }
                }
                Ok(Expected { edition: edition(db)?, keys, pending })
            })
            .await
    }

    /// Keeps the owner, in any process, from changing the library until the time `until`. Writes
    /// wait in the meantime, and reads find them as usual.
    pub(crate) async fn pause_drains(&self, until: Timestamp) -> Result<(), Error> {
        let micros = sql_integer(u64::try_from(until.as_microsecond()).unwrap_or(0));
        self.ledger.write(move |db| set_meta(db, "drains_paused_until", micros)).await
    }

    /// Returns, for each of `keys`, whether it was deleted.
    pub(crate) async fn deleted(&self, keys: Vec<String>) -> Result<Vec<bool>, Error> {
        self.ledger
            .read(move |db| {
                let is_deleted = |key: &String| -> Result<bool, Error> {
                    let known = Known::find(db, Parts::of(key)?)?;
                    Ok(known.is_some_and(|known| known.state == state::DELETED))
                };
                keys.iter().map(is_deleted).collect()
            })
            .await
    }

    /// Returns the `keys` that were deleted and for which no change waits.
    pub(crate) async fn deleted_for_good(&self, keys: Vec<String>) -> Result<Vec<String>, Error> {
        self.ledger
            .read(move |db| {
                let mut waiting = db.prepare_cached("SELECT 1 FROM pending WHERE key = ?1")?;
                let mut deleted = Vec::new();
                for key in keys {
                    let known = Known::find(db, Parts::of(&key)?)?;
                    let is_deleted = known.is_some_and(|known| known.state == state::DELETED);
                    if is_deleted && !waiting.exists([&key])? {
                        deleted.push(key);
                    }
                }
                Ok(deleted)
            })
            .await
    }

    /// Returns, for each of `keys`, whether any owner has or had its kind and id. Such rows are
    /// leftovers in a table of the former version, which had one owner at a time for a kind and id.
    pub(crate) async fn are_left_over(&self, keys: Vec<String>) -> Result<Vec<bool>, Error> {
        self.ledger
            .read(move |db| {
                let mut purged = db.prepare_cached("SELECT 1 FROM purged_keys WHERE key = ?1")?;
                let mut owners: HashMap<Kind, Vec<Owner>> = HashMap::new();
                let mut is_left_over = |key: &String| -> Result<bool, Error> {
                    let Ok(Identity { kind, id, .. }) = Identity::decode(key) else {
                        return Ok(false);
                    };
                    if purged.exists([Key::new(kind, id.clone()).to_string()])? {
                        return Ok(true);
                    }
                    let owners = match owners.entry(kind) {
                        Entry::Occupied(known) => known.into_mut(),
                        Entry::Vacant(new) => new.insert(all_owners(db, kind)?),
                    };
                    for owner in owners {
                        let identity = Identity::new(owner.clone(), kind, id.clone());
                        if Known::find(db, Parts::of_identity(&identity))?.is_some() {
                            return Ok(true);
                        }
                    }
                    Ok(false)
                };
                keys.iter().map(&mut is_left_over).collect()
            })
            .await
    }

    /// Returns the changes that wait above `after`, oldest first. Unreadable ones are left out.
    pub(crate) async fn pending_after(&self, after: i64) -> Result<Vec<Pending>, Error> {
        self.ledger
            .read(move |db| {
                let bounds = Bounds { after, ..Bounds::NONE };
                Ok(pending(db, &bounds)?.into_iter().flatten().collect())
            })
            .await
    }

    /// Switches to the new table and returns `true`. If the old table has changed, does nothing and
    /// returns `false`. The switch ends every owner's term, and gives the waiting rows the terms
    /// and vectors that `remake` computes.
    pub(crate) async fn switch(
        &self,
        switch: Switch,
        mut remake: impl FnMut(i64, Row) -> Remade + Send + 'static,
    ) -> Result<bool, Error> {
        self.ledger
            .write_alone(move |db| {
                if edition(db)? != switch.from {
                    return Ok(false);
                }
                for row in pending(db, &Bounds::NONE)?.into_iter().flatten() {
                    if let Some(stored) = row.row {
                        let (terms, vector) = remake(row.seq, stored);
                        set_remade(db, row.seq, &terms, vector.as_deref())?;
                    }
                }
                set_meta(db, "embedder", &switch.model)?;
                set_meta(db, "analysis", aios_analysis::VERSION)?;
                set_meta(db, "owner_term", sql_integer(meta_number(db, "owner_term")? + 1))?;
                set_meta(db, "library_table", sql_integer(switch.from.table + 1))?;
                set_meta(db, "library_bytes", sql_integer(switch.safe.library_bytes))?;
                set_meta(db, "synced_version", sql_integer(switch.safe.version))?;
                set_statistics(db, &switch.counts)?;
                set_counted(db, switch.safe.version)?;
                keep_checksums(db, &switch.safe.checksums)?;
                forget_other_tables(db, &switch.table)?;
                // Records purged during the rebuild may be in the new table's files.
                let purged = meta_number(db, "purge_done")?;
                set_meta(db, "purge_rewritten", sql_integer(purged))?;
                for key in &switch.missing {
                    release(db, key)?;
                }
                for (key, hash) in &switch.outdated {
                    set_content_hash(db, key, *hash)?;
                }
                for adopted in &switch.adopted {
                    adopt(db, adopted)?;
                }
                for key in &switch.gone {
                    note_deleted(db, key)?;
                }
                let end = "DELETE FROM meta
                           WHERE name IN ('rebuild_purpose', 'rebuild_version',
                                          'drains_paused_until', 'library_is_former',
                                          'files_compared_until')";
                db.execute(end, [])?;
                Ok(true)
            })
            .await
    }

    /// Deletes keys whose records are lost, and lists them as refused at the time `now`. Keys that
    /// were stored again in the meantime are kept.
    pub(crate) async fn give_up(&self, keys: Vec<String>, now: Timestamp) -> Result<(), Error> {
        self.ledger
            .write(move |db| {
                let mut unknow = db.prepare_cached(
                    "DELETE FROM ids WHERE kind = ?1 AND owner = ?2 AND id = ?3 AND state = ?4
                     AND content_hash = ''",
                )?;
                for key in keys {
                    let Parts { kind, owner, id } = Parts::of(&key)?;
                    if unknow.execute(params![kind, owner, id, state::NEW])? == 1 {
                        let reason = "the library was damaged, and no copy of the record was found";
                        let reason = reason.to_owned();
                        refuse(db, &Refusal { key, feed_seq: None, reason }, None, now)?;
                    }
                }
                Ok(())
            })
            .await
    }
}

fn is_former(db: &Connection) -> Result<bool, Error> {
    Ok(0 < meta_number(db, "library_is_former")?)
}

fn is_analysed_otherwise(db: &Connection) -> Result<bool, Error> {
    let is_used = meta_text(db, "embedder")?.is_some();
    Ok(is_used && meta_number(db, "analysis")? != u64::from(aios_analysis::VERSION))
}

/// Marks the record of a key as not in the library and without known content, so that a caller that
/// has it may store it again.
fn release(db: &Connection, key: &str) -> Result<(), Error> {
    let Parts { kind, owner, id } = Parts::of(key)?;
    db.prepare_cached(
        "UPDATE ids SET state = ?5, content_hash = ''
         WHERE kind = ?2 AND owner = ?3 AND id = ?4
           AND NOT EXISTS (SELECT 1 FROM pending WHERE key = ?1)",
    )?
    .execute(params![key, kind, owner, id, state::NEW])?;
    Ok(())
}

/// Marks a record as held by the library, unless its key is known.
fn adopt(db: &Connection, adopted: &Adopted) -> Result<(), Error> {
    let Adopted { key, scope, external_id, content_hash, hash_version } = adopted;
    let Parts { kind, owner, id } = Parts::of(key)?;
    db.prepare_cached(
        "INSERT OR IGNORE INTO ids (kind, owner, id, project, agent, session, external_id,
                                    content_hash, hash_version, state, feed_seq)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0)",
    )?
    .execute(params![
        kind,
        owner,
        id,
        scope.project,
        scope.agent,
        scope.session,
        external_id,
        content_hash,
        hash_version,
        state::HELD,
    ])?;
    Ok(())
}

/// Marks a record that the new table lacks as deleted.
fn note_deleted(db: &Connection, key: &str) -> Result<(), Error> {
    let Parts { kind, owner, id } = Parts::of(key)?;
    let changed = db
        .prepare_cached(
            "UPDATE ids SET state = ?5
             WHERE kind = ?2 AND owner = ?3 AND id = ?4
               AND NOT EXISTS (SELECT 1 FROM pending WHERE key = ?1)",
        )?
        .execute(params![key, kind, owner, id, state::DELETED])?;
    if 0 < changed {
        history::forget(db, key)?;
    }
    Ok(())
}

/// Sets the content hash of a key to that of the library's row, so that the right content counts as
/// a change.
fn set_content_hash(db: &Connection, key: &str, hash: u128) -> Result<(), Error> {
    let Parts { kind, owner, id } = Parts::of(key)?;
    db.prepare_cached(
        "UPDATE ids SET content_hash = ?5
         WHERE kind = ?2 AND owner = ?3 AND id = ?4
           AND NOT EXISTS (SELECT 1 FROM pending WHERE key = ?1)",
    )?
    .execute(params![key, kind, owner, id, format!("{hash:032x}")])?;
    Ok(())
}

fn set_remade(db: &Connection, seq: i64, terms: &str, vector: Option<&[f32]>) -> Result<(), Error> {
    db.prepare_cached(
        "UPDATE pending SET terms = ?2, vector = ?3, vector_state = ?4 WHERE seq = ?1",
    )?
    .execute(params![
        seq,
        terms,
        vector.map(vector_bytes),
        vector_state_of(vector.is_some(), false)
    ])?;
    Ok(())
}

/// Converts a content hash to a number, 0 for none.
pub(crate) fn hash_number(content_hash: &str) -> u128 {
    u128::from_str_radix(content_hash, 16).unwrap_or(0)
}
