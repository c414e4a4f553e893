//! Reading a collection as it is: page by page, or what of it matches.

use std::collections::{HashMap, HashSet};

use aios_record::{Id, Kind, Record, ScopeFilter};
use lancedb::expr::{DfExpr, col, lit};

use crate::{Error, LIMIT_MAX, Longterm, change::is_past, store::Tries};

/// Some records of one collection.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Listed {
    /// The records.
    pub records: Vec<Record>,
    /// After which id the next page begins; none if this is the last one.
    pub next: Option<Id>,
}

impl Longterm {
    /// At most `limit` records of a kind that `scope` admits, in the order of their ids, from the
    /// beginning or after the id that is given. Generated ids sort by the time of their making.
    /// Records that have expired are left out, so that a page may be short of `limit`.
    ///
    /// # Errors
    /// [`Error::TooMany`] above [`LIMIT_MAX`]; [`Error::Journal`], [`Error::Library`].
    pub async fn list(
        &self,
        kind: Kind,
        scope: &ScopeFilter,
        after: Option<&Id>,
        limit: usize,
    ) -> Result<Listed, Error> {
        if LIMIT_MAX < limit {
            return Err(Error::TooMany { what: "records", count: limit, count_max: LIMIT_MAX });
        }
        let after = after.map_or_else(String::new, Id::to_string);
        let mut ids = self.shared.journal.ids(kind, scope.clone(), after, limit + 1).await?;
        let has_more = limit < ids.len();
        ids.truncate(limit);
        let keys = ids.iter().map(|id| format!("{kind}/{id}")).collect();
        let rows = self.shared.rows(keys).await?;
        let mut records: HashMap<Id, Record> =
            rows.into_iter().map(|row| (row.record.id.clone(), row.record)).collect();
        let now = self.shared.now();
        let found = ids.iter().filter_map(|id| records.remove(id));
        let records = found.filter(|record| !is_past(record, now)).collect();
        Ok(Listed { records, next: ids.pop().filter(|_| has_more) })
    }

    /// The whole records of a kind that `scope` and `is_wanted` admit, in no order; `filter` says
    /// the same to the library, or admits more.
    pub(super) async fn matching(
        &self,
        kind: Kind,
        scope: &ScopeFilter,
        filter: DfExpr,
        is_wanted: impl Fn(&Record) -> bool,
    ) -> Result<Vec<Record>, Error> {
        let filter = col("collection").eq(lit(kind.collection())).and(filter);
        let mut tries = Tries::default();
        let mut found = loop {
            match self.matching_once(kind, filter.clone()).await {
                Err(error) if tries.are_left(&error) => {}
                outcome => break outcome?,
            }
        };
        let now = self.shared.now();
        found.retain(|record| {
            scope.admits(&record.scope) && !is_past(record, now) && is_wanted(record)
        });
        Ok(found)
    }

    async fn matching_once(&self, kind: Kind, filter: DfExpr) -> Result<Vec<Record>, Error> {
        let (waiting, edition) = self.shared.journal.waiting_of(kind).await?;
        let mut rows = match self.shared.library(edition).await? {
            Some(library) => library.scan_whole(filter).await?,
            None => Vec::new(),
        };
        let hidden: HashSet<&str> = waiting.iter().map(|pending| pending.key.as_str()).collect();
        rows.retain(|row| !hidden.contains(row.record.key().as_str()));
        rows.extend(waiting.into_iter().filter_map(|pending| pending.row));
        Ok(rows.into_iter().map(|row| row.record).collect())
    }
}
