//! What is to vanish without a trace: what the journal itself forgets of it, and how far the
//! owner's work on it has come.
//!
//! A purge is a number, and `meta` tells which is asked for, which is rewritten, which is done, and
//! which is held up. That is all: the keys are deleted by then, and the owner's work is to leave
//! nothing of whatever is deleted. So what is kept to finish an interrupted purge says nothing of
//! what was purged.

use aios_record::Scope;
use rusqlite::{Connection, params};

use super::{
    Contents, Journal, Known, Outcome, Safe, Term, delete, meta_number, set_meta, set_statistics,
    set_synced, sql_integer, state, tombstones,
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
    /// Deletes those of `keys` that are stored, leaves their tombstones, with those of `contents`,
    /// and says which those are.
    pub(crate) async fn forget(
        &self,
        keys: Vec<String>,
        contents: Contents,
    ) -> Result<Vec<String>, Error> {
        self.ledger.write(move |db| forget(db, &keys, &contents)).await
    }

    /// As [`forget`](Journal::forget), and asks for a purge, whose number comes with it. Of
    /// whatever was deleted, now or before, nothing is left here but that; of unknown `keys`
    /// nothing.
    pub(crate) async fn purge(
        &self,
        keys: Vec<String>,
        contents: Contents,
    ) -> Result<(Vec<String>, u64), Error> {
        self.ledger
            .write(move |db| {
                let forgotten = forget(db, &keys, &contents)?;
                let mut unlist = db.prepare_cached("DELETE FROM refused WHERE key = ?1")?;
                for key in &keys {
                    unlist.execute([key])?;
                }
                db.execute(
                    "DELETE FROM refused
                     WHERE key IN (SELECT key FROM ids WHERE state = ?1 AND content_hash <> '')",
                    [state::DELETED],
                )?;
                db.execute(
                    "UPDATE ids SET user = NULL, agent = NULL, session = NULL, external_id = NULL,
                                    content_hash = ''
                     WHERE state = ?1 AND content_hash <> ''",
                    [state::DELETED],
                )?;
                let number = meta_number(db, "purge_wanted")? + 1;
                set_meta(db, "purge_wanted", sql_integer(number))?;
                Ok((forgotten, number))
            })
            .await
    }

    /// The keys of all that is stored in `scope`: every part of it that is given is equal.
    pub(crate) async fn keys_in(&self, scope: Scope) -> Result<Vec<String>, Error> {
        self.ledger
            .read(move |db| {
                let mut find = db.prepare_cached(
                    "SELECT key FROM ids WHERE state <> ?1 AND (?2 IS NULL OR user = ?2)
                     AND (?3 IS NULL OR agent = ?3) AND (?4 IS NULL OR session = ?4)",
                )?;
                let params = params![state::DELETED, scope.user, scope.agent, scope.session];
                let keys = find.query_map(params, |row| row.get(0))?;
                Ok(keys.collect::<Result<_, _>>()?)
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
                set_synced(db, term, safe)?;
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

fn forget(db: &Connection, keys: &[String], contents: &Contents) -> Result<Vec<String>, Error> {
    let mut forgotten = Vec::new();
    for key in keys {
        // What was deleted before is forgotten from now on.
        let Some(known) = Known::find(db, key)? else { continue };
        tombstones::leave_of(db, key, &known.scope, contents)?;
        if delete(db, key, None)? == Outcome::Written {
            forgotten.push(key.clone());
        }
    }
    Ok(forgotten)
}
