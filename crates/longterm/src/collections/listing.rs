//! Reading a collection as it is: page by page, or what of it matches.

use std::collections::{HashMap, HashSet};

use aios_record::{Identity, Kind, Record};
use lancedb::expr::{DfExpr, col, lit};

use crate::{Error, LIMIT_MAX, LongtermView, change::is_past, search::visible, store::Tries};

/// Some records of one collection.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Listed {
    /// The records.
    pub records: Vec<Record>,
    /// The record after which the next page begins; none if this is the last one.
    pub next: Option<Identity>,
}

impl LongtermView {
    /// At most `limit` records of a kind, from the beginning or after the one that is given, in the
    /// order of their ids, for the administrator owner by owner. Generated ids sort by the time of
    /// their making. Records that have expired are left out, so a page may be short of `limit`.
    ///
    /// # Errors
    /// [`Error::TooMany`] above [`LIMIT_MAX`]; [`Error::Journal`], [`Error::Library`].
    pub async fn list(
        &self,
        kind: Kind,
        after: Option<&Identity>,
        limit: usize,
    ) -> Result<Listed, Error> {
        if LIMIT_MAX < limit {
            return Err(Error::TooMany { what: "records", count: limit, count_max: LIMIT_MAX });
        }
        let journal = &self.shared.journal;
        let after = after.cloned();
        let mut page = journal.page(self.gate.clone(), kind, after, limit + 1).await?;
        let has_more = limit < page.len();
        page.truncate(limit);
        let rows = self.shared.rows(page.iter().map(Identity::encode).collect()).await?;
        let mut records: HashMap<Identity, Record> =
            rows.into_iter().map(|row| (row.record.identity(), row.record)).collect();
        let now = self.shared.now();
        let found = page.iter().filter_map(|identity| records.remove(identity));
        let records = found.filter(|record| !is_past(record, now)).collect();
        Ok(Listed { records, next: page.pop().filter(|_| has_more) })
    }

    /// The whole records of a kind that `is_wanted` admits, in no order; `filter` says
    /// the same to the library, or admits more.
    pub(super) async fn matching(
        &self,
        kind: Kind,
        filter: DfExpr,
        is_wanted: impl Fn(&Record) -> bool,
    ) -> Result<Vec<Record>, Error> {
        let filter = col("collection").eq(lit(kind.collection())).and(filter);
        let filter = visible(&self.gate).into_iter().fold(filter, DfExpr::and);
        let mut tries = Tries::default();
        let mut found = loop {
            match self.matching_once(kind, filter.clone()).await {
                Err(error) if tries.are_left(&error) => {}
                outcome => break outcome?,
            }
        };
        let now = self.shared.now();
        found.retain(|record| {
            self.gate.sees(&record.scope) && !is_past(record, now) && is_wanted(record)
        });
        Ok(found)
    }

    async fn matching_once(&self, kind: Kind, filter: DfExpr) -> Result<Vec<Record>, Error> {
        let (waiting, edition) = self.shared.journal.waiting_of(self.gate.clone(), kind).await?;
        let mut rows = match self.shared.library(edition).await? {
            Some(library) => library.scan_whole(filter).await?,
            None => Vec::new(),
        };
        let hidden: HashSet<&str> = waiting.iter().map(|pending| pending.key.as_str()).collect();
        rows.retain(|row| !hidden.contains(&*row.record.encoded_identity()));
        rows.extend(waiting.into_iter().filter_map(|pending| pending.row));
        Ok(rows.into_iter().map(|row| row.record).collect())
    }
}
