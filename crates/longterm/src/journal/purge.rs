//! State of purges: the parts that the journal deletes itself, and the progress of the owner's
//! work.
//!
//! A purge is a number. `meta` stores only the numbers of the newest requested, rewritten, finished
//! and blocked purges: the keys are deleted by then, and the owner removes all deleted data. The
//! state for finishing an interrupted purge therefore reveals nothing about the purged records.

use aios_record::{Gate, Id, Identity, Kind, Scope};
use rusqlite::{Connection, params};

use super::{
    change::Outcome,
    drain::set_synced,
    edition::state,
    handle::Journal,
    key::{Parts, key_sql},
    known::{Known, scope_at},
    meta::{meta_number, set_meta, sql_integer},
    statistics::set_statistics,
    term::{Safe, Term},
    tombstones::{self, Contents},
    write::delete,
};
use crate::{Error, library::TermCounts};

/// An obstacle that a purge waits for. The owner continues automatically when it is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Obstacle {
    /// A long read of the library, such as [`verify`](crate::Upkeep::verify), needs an older
    /// version.
    LibraryReader,
    /// A reader of `journal.db` needs its write-ahead log.
    JournalReader,
    /// A rebuild of the library is running, and its files may contain purged records.
    Rebuild,
}

impl Obstacle {
    pub(crate) fn number(self) -> u64 {
        match self {
            Obstacle::LibraryReader => 1,
            Obstacle::JournalReader => 2,
            Obstacle::Rebuild => 3,
        }
    }

    pub(crate) fn from_number(number: u64) -> Option<Obstacle> {
        match number {
            1 => Some(Obstacle::LibraryReader),
            2 => Some(Obstacle::JournalReader),
            3 => Some(Obstacle::Rebuild),
            _ => None,
        }
    }
}

impl std::fmt::Display for Obstacle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Obstacle::LibraryReader => "a long read of the library",
            Obstacle::JournalReader => "a reader of journal.db",
            Obstacle::Rebuild => "a rebuild of the library",
        })
    }
}

/// Progress of purges, from one snapshot.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Purges {
    /// The newest requested purge.
    pub(crate) wanted: u64,
    /// The newest purge whose records are gone from the library's newest version.
    pub(crate) rewritten: u64,
    /// The newest purge whose records are gone from all files.
    pub(crate) done: u64,
    /// The newest blocked purge, and its obstacle.
    pub(crate) blocked: (u64, Option<Obstacle>),
    /// The newest waiting `seq`. The deletions of all requested purges are at or below it.
    pub(crate) through: i64,
}

impl Journal {
    /// Deletes the `identities` that are stored and that `gate` sees, stores their tombstones,
    /// including the hashes in `contents`, and returns the deleted ones. Fails without effect with
    /// [`Error::NotYours`] if `gate` may not change one of them.
    pub(crate) async fn forget(
        &self,
        gate: Gate,
        identities: Vec<Identity>,
        contents: Contents,
    ) -> Result<Vec<Identity>, Error> {
        self.ledger.write(move |db| forget(db, &gate, &identities, &contents)).await
    }

    /// As [`forget`](Journal::forget) for the administrator, and requests a purge, whose number it
    /// returns as well. The journal keeps only the identities and tombstones of all records deleted
    /// so far.
    pub(crate) async fn purge(
        &self,
        identities: Vec<Identity>,
        contents: Contents,
    ) -> Result<(Vec<Identity>, u64), Error> {
        self.ledger
            .write(move |db| {
                let forgotten = forget(db, &Gate::administrator(), &identities, &contents)?;
                let mut unlist = db.prepare_cached("DELETE FROM refused WHERE key = ?1")?;
                for identity in &identities {
                    unlist.execute([identity.encode()])?;
                }
                db.execute(
                    concat!(
                        "DELETE FROM refused WHERE key IN (SELECT ",
                        key_sql!(),
                        " FROM ids WHERE state = ?1 AND content_hash <> '')"
                    ),
                    [state::DELETED],
                )?;
                db.execute(
                    "UPDATE ids SET project = NULL, agent = NULL, session = NULL,
                                    external_id = NULL, content_hash = ''
                     WHERE state = ?1 AND content_hash <> ''",
                    [state::DELETED],
                )?;
                let number = meta_number(db, "purge_wanted")? + 1;
                set_meta(db, "purge_wanted", sql_integer(number))?;
                Ok((forgotten, number))
            })
            .await
    }

    /// Returns, for each of `identities`, whether it is stored, or was deleted or forgotten before.
    pub(crate) async fn knew(
        &self,
        gate: Gate,
        identities: Vec<Identity>,
    ) -> Result<Vec<bool>, Error> {
        self.ledger
            .read(move |db| {
                let mut purged = db.prepare_cached("SELECT 1 FROM purged_keys WHERE key = ?1")?;
                let mut knew = |identity: &Identity| -> Result<bool, Error> {
                    if let Some(known) = Known::find(db, Parts::of_identity(identity))? {
                        return Ok(gate.sees(&known.scope));
                    }
                    Ok(purged.exists([identity.key().to_string()])?
                        || tombstones::has_identity(db, &identity.encode())?)
                };
                identities.iter().map(&mut knew).collect()
            })
            .await
    }

    /// Returns `true` if `gate` sees a record that is stored or was deleted. A session counts as a
    /// record of itself.
    pub(crate) async fn knew_scope(&self, gate: Gate) -> Result<bool, Error> {
        self.ledger
            .read(move |db| {
                let mut read =
                    db.prepare_cached("SELECT owner, project, agent, session, kind, id FROM ids")?;
                let mut rows = read.query([])?;
                while let Some(row) = rows.next()? {
                    let mut scope = scope_at(row, 0)?;
                    if row.get::<_, String>(4)? == Kind::Session.as_str() {
                        scope.session.get_or_insert(row.get(5)?);
                    }
                    if gate.sees(&scope) {
                        return Ok(true);
                    }
                }
                Ok(false)
            })
            .await
    }

    /// Returns the deleted identities of a kind, each with the known part of its scope.
    pub(crate) async fn deleted_of(&self, kind: Kind) -> Result<Vec<(Identity, Scope)>, Error> {
        self.ledger
            .read(move |db| {
                let mut read = db.prepare_cached(
                    "SELECT owner, project, agent, session, id FROM ids
                     WHERE kind = ?1 AND state = ?2",
                )?;
                let mut rows = read.query(params![kind.as_str(), state::DELETED])?;
                let mut deleted = Vec::new();
                while let Some(row) = rows.next()? {
                    let scope = scope_at(row, 0)?;
                    if let Ok(id) = Id::new(row.get::<_, String>(4)?) {
                        deleted.push((Identity::new(scope.owner(), kind, id), scope));
                    }
                }
                Ok(deleted)
            })
            .await
    }

    /// Returns the progress of purges.
    pub(crate) async fn purges(&self) -> Result<Purges, Error> {
        self.ledger
            .read(|db| {
                let mut newest = db.prepare_cached("SELECT coalesce(max(seq), 0) FROM pending")?;
                let obstacle = Obstacle::from_number(meta_number(db, "purge_obstacle")?);
                Ok(Purges {
                    wanted: meta_number(db, "purge_wanted")?,
                    rewritten: meta_number(db, "purge_rewritten")?,
                    done: meta_number(db, "purge_done")?,
                    blocked: (meta_number(db, "purge_blocked")?, obstacle),
                    through: newest.query_row([], |row| row.get(0))?,
                })
            })
            .await
    }

    /// Records that `safe`, which has none of the records of purge `number`, is on disk, and
    /// replaces the word statistics with `counts`.
    pub(crate) async fn purge_rewritten(
        &self,
        term: Term,
        safe: Safe,
        counts: TermCounts,
        number: u64,
    ) -> Result<(), Error> {
        self.ledger
            .write_alone(move |db| {
                set_synced(db, term, &safe)?;
                set_statistics(db, &counts)?;
                set_meta(db, "purge_rewritten", sql_integer(number))
            })
            .await
    }

    /// Records that purge `number` is done, or its obstacle.
    pub(crate) async fn purge_swept(
        &self,
        number: u64,
        obstacle: Option<Obstacle>,
    ) -> Result<(), Error> {
        self.ledger
            .write(move |db| {
                let Some(obstacle) = obstacle else {
                    return set_meta(db, "purge_done", sql_integer(number));
                };
                set_meta(db, "purge_obstacle", sql_integer(obstacle.number()))?;
                set_meta(db, "purge_blocked", sql_integer(number))
            })
            .await
    }

    /// Removes all deleted data from the journal's file and its write-ahead log. Returns an
    /// obstacle if a reader needs the log.
    pub(crate) async fn scrub(&self) -> Result<Option<Obstacle>, Error> {
        match self.ledger.scrub().await {
            Ok(()) => Ok(None),
            Err(error) if error.is_retryable() => Ok(Some(Obstacle::JournalReader)),
            Err(error) => Err(error.into()),
        }
    }
}

fn forget(
    db: &Connection,
    gate: &Gate,
    identities: &[Identity],
    contents: &Contents,
) -> Result<Vec<Identity>, Error> {
    let mut forgotten = Vec::new();
    for identity in identities {
        // A record that was deleted earlier also gets a tombstone.
        let known = Known::find(db, Parts::of_identity(identity))?;
        let Some(known) = known.filter(|known| gate.sees(&known.scope)) else { continue };
        if !gate.may_change(&known.scope) {
            return Err(Error::NotYours { kind: identity.kind, id: identity.id.clone() });
        }
        let key = identity.encode();
        tombstones::leave_of(db, &key, contents)?;
        if delete(db, &key, None)? == Outcome::Updated {
            forgotten.push(identity.clone());
        }
    }
    Ok(forgotten)
}
