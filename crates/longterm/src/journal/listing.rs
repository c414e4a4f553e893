//! The identities that a gate sees, looked up owner by owner.
//!
//! `ids` is ordered by kind, owner and id, so that what one owner has of a kind is one range. Whose
//! ranges are read follows from [`Gate::owners`]; which of their rows are visible, [`Gate::sees`]
//! says.

use std::{collections::BTreeMap, sync::Arc};

use aios_record::{Gate, Id, Identity, Kind, Owner, Owners, Scope, ScopeMatch};
use rusqlite::{Connection, params};

use super::{
    Journal, Known, Parts, Pending, PendingColumns, edition_of, number, pending_row, pending_sql,
    state, write::scope_at,
};
use crate::{Error, library::Edition};

impl Journal {
    /// The stored records of this kind and id that `gate` sees: a user's own before the shared one.
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

    /// How many records `gate` sees of each kind that has any, pending ones included.
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
                            records += ids(db, &gate, kind, &owner)?.len() as u64;
                        }
                    }
                    counts.insert(kind, records);
                }
                counts.retain(|_, records| 0 < *records);
                Ok(counts)
            })
            .await
    }

    /// The identities of all records that `gate` sees.
    pub(crate) async fn identities(&self, gate: Gate) -> Result<Vec<Identity>, Error> {
        self.ledger
            .read(move |db| {
                let mut identities = Vec::new();
                for &kind in Kind::ALL {
                    for owner in owners(db, &gate, kind)? {
                        identities.extend(ids(db, &gate, kind, &owner)?);
                    }
                }
                Ok(identities)
            })
            .await
    }

    /// What waits of a kind and an owner that `gate` looks at, and the edition of the library that
    /// holds what does not.
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

/// Whose records of `kind` are to be looked at: a user before the shared owner.
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

/// Everybody who has or had records of `kind`, in order. Skips from one owner to the next.
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

/// The identities of one owner and kind that `gate` sees.
fn ids(db: &Connection, gate: &Gate, kind: Kind, owner: &Owner) -> Result<Vec<Identity>, Error> {
    let mut read = db.prepare_cached(
        "SELECT owner, project, agent, session, id FROM ids
         WHERE kind = ?1 AND owner = ?2 AND state <> ?3 ORDER BY id",
    )?;
    let mut rows = read.query(params![kind.as_str(), owner.as_str(), state::DELETED])?;
    let mut identities = Vec::new();
    while let Some(row) = rows.next()? {
        let id: String = row.get(4)?;
        if gate.sees(&scope_at(row, 0)?)
            && let Ok(id) = Id::new(id)
        {
            identities.push(Identity { owner: owner.clone(), kind, id });
        }
    }
    Ok(identities)
}
