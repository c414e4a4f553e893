//! The rows of `ids`: the state of each key.

use aios_record::{Record, Scope};
use rusqlite::{Connection, OptionalExtension, Row as SqlRow, params};

use super::{key::Parts, meta::number};
use crate::{Error, intake::Rules, library::Row};

/// The row of `ids` for a key.
pub(super) struct Known {
    pub(super) scope: Scope,
    pub(super) content_hash: String,
    pub(super) hash_version: u32,
    pub(super) state: i64,
    pub(super) feed_seq: u64,
}

impl Known {
    /// Returns `true` if the stored version is from a later position in the feed.
    pub(super) fn is_after(&self, feed_seq: Option<u64>) -> bool {
        feed_seq.is_some_and(|feed_seq| feed_seq < self.feed_seq)
    }

    /// Returns `true` if the content is that of `row`.
    pub(super) fn is_same(&self, rules: Rules, row: &Row) -> bool {
        rules.is_same(&self.content_hash, self.hash_version, row)
    }

    /// Returns `true` if the content is that of `record`, which has no vector.
    pub(super) fn says(&self, rules: Rules, record: &Record) -> bool {
        rules.says(&self.content_hash, self.hash_version, record, None)
    }

    pub(super) fn find(db: &Connection, parts: Parts<'_>) -> Result<Option<Known>, Error> {
        let mut find = db.prepare_cached(
            "SELECT owner, project, agent, session, content_hash, hash_version, state, feed_seq
             FROM ids
             WHERE kind = ?1 AND owner = ?2 AND id = ?3",
        )?;
        let known = find.query_row(params![parts.kind, parts.owner, parts.id], |row| {
            Ok(Known {
                scope: scope_at(row, 0)?,
                content_hash: row.get(4)?,
                hash_version: row.get(5)?,
                state: row.get(6)?,
                feed_seq: number(row.get(7)?),
            })
        });
        Ok(known.optional()?)
    }
}

/// Reads the scope from the columns `owner, project, agent, session`, starting at `first`.
pub(super) fn scope_at(row: &SqlRow<'_>, first: usize) -> rusqlite::Result<Scope> {
    let owner: String = row.get(first)?;
    Ok(Scope {
        user: Some(owner).filter(|owner| !owner.is_empty()),
        project: row.get(first + 1)?,
        agent: row.get(first + 2)?,
        session: row.get(first + 3)?,
    })
}
