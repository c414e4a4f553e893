//! What is to vanish without a trace: what the journal itself forgets of it, and how far the
//! owner's work on it has come.
//!
//! A purge is a number, and `meta` tells which is asked for, which is rewritten, which is done, and
//! which is held up. That is all: the keys are deleted by then, and the owner's work is to leave
//! nothing of whatever is deleted. So what is kept to finish an interrupted purge says nothing of
//! what was purged.

use aios_record::{Gate, Id, Identity, Kind, Scope};
use rusqlite::{Connection, params};

use super::{
    Contents, Journal, Known, Outcome, Parts, Safe, Term, delete, key_sql, meta_number, set_meta,
    set_statistics, set_synced, sql_integer, state, tombstones, write::scope_at,
};
use crate::{Error, library::TermCounts, purge::Obstacle};

/// How far purges have come, from one moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Purges {
    /// The newest that was asked for.
    pub(crate) wanted: u64,
    /// Up to here nothing is left in the library's newest version.
    pub(crate) rewritten: u64,
    /// Up to here nothing is left in any file.
    pub(crate) done: u64,
    /// The newest that something was found to be in the way of, and what.
    pub(crate) blocked: (u64, Option<Obstacle>),
    /// The newest change that waits: the deletions of all that is to be purged come no later.
    pub(crate) through: i64,
}

impl Journal {
    /// Deletes those of `identities` that are stored and that `gate` sees, leaves their tombstones,
    /// with those of `contents`, and returns them. None if `gate` may not change one of them.
    pub(crate) async fn forget(
        &self,
        gate: Gate,
        identities: Vec<Identity>,
        contents: Contents,
    ) -> Result<Vec<Identity>, Error> {
        self.ledger.write(move |db| forget(db, &gate, &identities, &contents)).await
    }

    /// As [`forget`](Journal::forget) for the administrator, and asks for a purge, whose number
    /// comes with it. Of whatever was deleted, now or before, nothing is left here but that; of
    /// unknown identities nothing.
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

    /// Which of `identities` are stored, or were deleted or forgotten before.
    pub(crate) async fn knew(&self, identities: Vec<Identity>) -> Result<Vec<bool>, Error> {
        self.ledger
            .read(move |db| {
                let mut purged = db.prepare_cached("SELECT 1 FROM purged_keys WHERE key = ?1")?;
                let mut knew = |identity: &Identity| -> Result<bool, Error> {
                    Ok(Known::find(db, Parts::of_identity(identity))?.is_some()
                        || purged.exists([identity.key().to_string()])?
                        || tombstones::has_identity(db, &identity.encode())?)
                };
                identities.iter().map(&mut knew).collect()
            })
            .await
    }

    /// Returns `true` if a record that `gate` sees is stored or was deleted, or the session that
    /// it is narrowed to.
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

    /// The identities of a kind that were deleted, each with what is known of its scope.
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

    /// How far purges have come.
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

    /// Notes that `safe` is on disk and has nothing any more of what purge `number` asked for, and
    /// takes its terms in the place of those that are counted.
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

    /// Notes that purge `number` is done, or what is in its way.
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

    /// Leaves nothing of what was deleted in the journal's file and its log, or says that a reader
    /// needs the log.
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
        // What was deleted before is forgotten from now on.
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
