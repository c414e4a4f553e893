//! Identities that a gate sees, looked up per owner.
//!
//! `ids` is ordered by kind, owner and id, so the records of one owner and kind are one range.
//! [`Gate::owners`] selects the ranges, [`Gate::sees`] the visible rows in them.

use std::{collections::BTreeMap, sync::Arc};

use aios_record::{Gate, Id, Identity, Kind, Owner, Owners, Scope, ScopeMatch};
use rusqlite::{Connection, params};

use super::{
    edition::{edition_of, state},
    handle::Journal,
    key::Parts,
    known::{Known, scope_at},
    meta::number,
    pending::{Pending, PendingColumns, pending_row, pending_sql},
};
use crate::{Error, library::Edition};

impl Journal {
    /// Returns the stored records of this kind and id that `gate` sees, a user's own before the
    /// shared one.
    pub(crate) async fn candidates(
        &self,
        gate: Gate,
        kind: Kind,
        id: Id,
    ) -> Result<Vec<Identity>, Error> {
        self.ledger
            .read(move |db| {
                let mut found = Vec::new();
                for owner in owners(db, &gate, kind)? {
                    let identity = Identity { owner, kind, id: id.clone() };
                    let known = Known::find(db, Parts::of_identity(&identity))?;
                    let is_there = |it: Known| it.state != state::DELETED && gate.sees(&it.scope);
                    if known.is_some_and(is_there) {
                        found.push(identity);
                    }
                }
                Ok(found)
            })
            .await
    }

    /// Returns the number of records that `gate` sees of each kind, waiting ones included. Kinds
    /// without records are left out.
    pub(crate) async fn counts(&self, gate: Gate) -> Result<BTreeMap<Kind, u64>, Error> {
        self.ledger
            .read(move |db| {
                let is_whole = gate.filter().scope == Scope::default();
                let mut count = db.prepare_cached(
                    "SELECT count(*) FROM ids WHERE kind = ?1 AND owner = ?2 AND state <> ?3",
                )?;
                let mut counts = BTreeMap::new();
                for &kind in Kind::ALL {
                    let mut records = 0;
                    for owner in owners(db, &gate, kind)? {
                        if is_whole {
                            let range = params![kind.as_str(), owner.as_str(), state::DELETED];
                            records += count.query_row(range, |row| row.get(0)).map(number)?;
                        } else {
                            records += ids(db, &gate, kind, &owner, "")?.len() as u64;
                        }
                    }
                    counts.insert(kind, records);
                }
                counts.retain(|_, records| 0 < *records);
                Ok(counts)
            })
            .await
    }

    /// Returns the identities of all records that `gate` sees.
    pub(crate) async fn identities(&self, gate: Gate) -> Result<Vec<Identity>, Error> {
        self.ledger
            .read(move |db| {
                let mut identities = Vec::new();
                for &kind in Kind::ALL {
                    for owner in owners(db, &gate, kind)? {
                        identities.extend(ids(db, &gate, kind, &owner, "")?);
                    }
                }
                Ok(identities)
            })
            .await
    }

    /// Returns the identities of a kind that `gate` sees and whose ids begin with `prefix`, by
    /// owner, then by id.
    pub(crate) async fn with_prefix(
        &self,
        gate: Gate,
        kind: Kind,
        prefix: String,
    ) -> Result<Vec<Identity>, Error> {
        self.ledger
            .read(move |db| {
                let mut found = Vec::new();
                for owner in owners(db, &gate, kind)? {
                    found.extend(ids(db, &gate, kind, &owner, &prefix)?);
                }
                Ok(found)
            })
            .await
    }

    /// Returns at most `limit` identities of a kind that `gate` sees, by owner, then by id,
    /// starting after `after` if it is given.
    pub(crate) async fn identities_after(
        &self,
        gate: Gate,
        kind: Kind,
        after: Option<Identity>,
        limit: usize,
    ) -> Result<Vec<Identity>, Error> {
        self.ledger
            .read(move |db| {
                let mut owners = owners(db, &gate, kind)?;
                if let Some(after) = &after {
                    let at = owners.iter().position(|owner| *owner == after.owner);
                    match at {
                        Some(at) => drop(owners.drain(..at)),
                        None => owners.retain(|owner| after.owner < *owner),
                    }
                }
                let mut found = Vec::new();
                for owner in owners {
                    let last = after.as_ref().filter(|after| after.owner == owner);
                    let last = last.map_or("", |after| after.id.as_str());
                    found.extend(ids_after(db, &gate, kind, &owner, last, limit - found.len())?);
                }
                Ok(found)
            })
            .await
    }

    /// Returns the waiting changes of a kind and of the owners that `gate` selects, and the edition
    /// of the library that holds the other records. Unreadable rows are left out.
    pub(crate) async fn waiting_of(
        &self,
        gate: Gate,
        kind: Kind,
    ) -> Result<(Vec<Pending>, Edition), Error> {
        let model = Arc::clone(&self.model);
        self.ledger
            .read(move |db| {
                let mut read =
                    db.prepare_cached(concat!(pending_sql!(), " WHERE ?1 < key AND key < ?2"))?;
                let mut waiting = Vec::new();
                for owner in owners(db, &gate, kind)? {
                    // `0` is the character after `/`.
                    let range =
                        ["/", "0"].map(|end| format!("{}\u{1f}{kind}{end}", owner.as_str()));
                    for columns in read.query_map(range, pending_row)? {
                        waiting.extend(columns.map(PendingColumns::decode)?.ok());
                    }
                }
                Ok((waiting, edition_of(db, &model)?))
            })
            .await
    }
}

/// Returns the owners whose records of `kind` to read, a user before the shared owner.
fn owners(db: &Connection, gate: &Gate, kind: Kind) -> Result<Vec<Owner>, Error> {
    let filter = gate.filter();
    let chosen = filter.scope.user.as_ref().map(Owner::from_stored);
    Ok(match (gate.owners(), chosen) {
        (Owners::Only(owner), _) => vec![owner.clone()],
        (Owners::AndShared(owner), _) => vec![owner.clone(), Owner::SHARED],
        (Owners::All, Some(user)) => match filter.matching {
            ScopeMatch::Exact => vec![user],
            ScopeMatch::EqualOrShared => vec![user, Owner::SHARED],
        },
        (Owners::All, None) => all_owners(db, kind)?,
    })
}

/// Returns every owner that has or had records of `kind`, in order. Skips from one owner to the
/// next.
pub(super) fn all_owners(db: &Connection, kind: Kind) -> Result<Vec<Owner>, Error> {
    let mut read = db.prepare_cached(
        "WITH RECURSIVE owners (owner) AS (
             SELECT min(owner) FROM ids WHERE kind = ?1
             UNION ALL
             SELECT (SELECT min(owner) FROM ids WHERE kind = ?1 AND owners.owner < owner)
             FROM owners WHERE owner IS NOT NULL
         )
         SELECT owner FROM owners WHERE owner IS NOT NULL",
    )?;
    let owners =
        read.query_map([kind.as_str()], |row| Ok(Owner::from_stored(row.get::<_, String>(0)?)))?;
    Ok(owners.collect::<Result<_, _>>()?)
}

/// Returns the identities of one owner and kind that `gate` sees and whose ids begin with `prefix`.
fn ids(
    db: &Connection,
    gate: &Gate,
    kind: Kind,
    owner: &Owner,
    prefix: &str,
) -> Result<Vec<Identity>, Error> {
    let mut read = db.prepare_cached(
        "SELECT owner, project, agent, session, id FROM ids
         WHERE kind = ?1 AND owner = ?2 AND ?3 <= id AND state <> ?4 ORDER BY id",
    )?;
    let mut rows = read.query(params![kind.as_str(), owner.as_str(), prefix, state::DELETED])?;
    let mut identities = Vec::new();
    while let Some(row) = rows.next()? {
        let id: String = row.get(4)?;
        if !id.starts_with(prefix) {
            break;
        }
        if gate.sees(&scope_at(row, 0)?)
            && let Ok(id) = Id::new(id)
        {
            identities.push(Identity { owner: owner.clone(), kind, id });
        }
    }
    Ok(identities)
}

/// Returns at most `limit` identities of one owner and kind that `gate` sees, with ids after
/// `last`.
fn ids_after(
    db: &Connection,
    gate: &Gate,
    kind: Kind,
    owner: &Owner,
    last: &str,
    limit: usize,
) -> Result<Vec<Identity>, Error> {
    let mut read = db.prepare_cached(
        "SELECT owner, project, agent, session, id FROM ids
         WHERE kind = ?1 AND owner = ?2 AND ?3 < id AND state <> ?4 ORDER BY id",
    )?;
    let mut rows = read.query(params![kind.as_str(), owner.as_str(), last, state::DELETED])?;
    let mut identities = Vec::new();
    while identities.len() < limit
        && let Some(row) = rows.next()?
    {
        if gate.sees(&scope_at(row, 0)?)
            && let Ok(id) = Id::new(row.get::<_, String>(4)?)
        {
            identities.push(Identity { owner: owner.clone(), kind, id });
        }
    }
    Ok(identities)
}
