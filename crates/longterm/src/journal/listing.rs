//! What the journal knows of one kind of record.

use std::{collections::BTreeMap, sync::Arc};

use aios_record::{Id, Kind, Scope, ScopeFilter};
use rusqlite::params;

use super::{Journal, Pending, PendingColumns, edition_of, number, pending_row, state};
use crate::{Error, library::Edition};

impl Journal {
    /// How many keys are known of each kind that has any, pending ones included.
    pub(crate) async fn counts(&self) -> Result<BTreeMap<Kind, u64>, Error> {
        self.ledger
            .read(|db| {
                // In the order of the keys; grouped by kind, SQLite would keep all of them in RAM.
                let sql = "SELECT count(*) FROM ids WHERE ?1 < key AND key < ?2 AND state <> ?3";
                let mut count = db.prepare_cached(sql)?;
                let mut counts = BTreeMap::new();
                for &kind in Kind::ALL {
                    let range = params![format!("{kind}/"), beyond(kind), state::DELETED];
                    let keys = count.query_row(range, |row| row.get(0)).map(number)?;
                    counts.insert(kind, keys);
                }
                counts.retain(|_, keys| 0 < *keys);
                Ok(counts)
            })
            .await
    }

    /// The ids of a kind that `scope` admits and that come after `after`, in their order, at most
    /// `limit`.
    pub(crate) async fn ids(
        &self,
        kind: Kind,
        scope: ScopeFilter,
        after: String,
        limit: usize,
    ) -> Result<Vec<Id>, Error> {
        self.ledger
            .read(move |db| {
                let sql = "SELECT key, user, agent, session FROM ids
                           WHERE ?1 < key AND key < ?2 AND state <> ?3 ORDER BY key";
                let mut read = db.prepare_cached(sql)?;
                let (first, end) = (format!("{kind}/{after}"), beyond(kind));
                let mut rows = read.query(params![first, end, state::DELETED])?;
                let mut ids = Vec::new();
                while let Some(row) = rows.next()?
                    && ids.len() < limit
                {
                    let of = Scope { user: row.get(1)?, agent: row.get(2)?, session: row.get(3)? };
                    let key: String = row.get(0)?;
                    if scope.admits(&of)
                        && let Some(id) = key.get(kind.as_str().len() + 1..)
                    {
                        ids.extend(Id::new(id));
                    }
                }
                Ok(ids)
            })
            .await
    }

    /// What waits of a kind, and the edition of the library that holds what does not.
    pub(crate) async fn waiting_of(&self, kind: Kind) -> Result<(Vec<Pending>, Edition), Error> {
        let model = Arc::clone(&self.model);
        self.ledger
            .read(move |db| {
                let sql = "SELECT seq, key, record, terms, vector, content_hash
                           FROM pending WHERE ?1 < key AND key < ?2";
                let mut read = db.prepare_cached(sql)?;
                let rows =
                    read.query_map(params![format!("{kind}/"), beyond(kind)], pending_row)?;
                let mut waiting = Vec::new();
                for columns in rows {
                    waiting.extend(columns.map(PendingColumns::decode)?.ok());
                }
                Ok((waiting, edition_of(db, &model)?))
            })
            .await
    }
}

/// What follows every key of a kind: `0` is the character after `/`.
fn beyond(kind: Kind) -> String {
    format!("{kind}0")
}
