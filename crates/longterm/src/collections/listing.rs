//! Reads of a collection: page by page, or by a filter.

use std::collections::{HashMap, HashSet};

use aios_record::{Identity, Kind, Record};
use lancedb::expr::{DfExpr, col, lit};

use crate::{Error, LIMIT_MAX, LongtermView, search::visible, shelf::retried, validity::is_past};

/// A page of records of one collection.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Listed {
    /// The records.
    pub records: Vec<Record>,
    /// The position after which the next page begins. `None` if this page is the last.
    pub next: Option<ListCursor>,
}

/// A position in a listing: after a record, ordered by its time, then by the time at which it was
/// recorded, then by its identity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListCursor {
    /// Time of the record, in microseconds since 1970.
    pub time: i64,
    /// Time at which it was recorded, in microseconds since 1970.
    pub recorded_at: i64,
    /// Identity of the record.
    pub identity: Identity,
}

impl ListCursor {
    fn of(record: &Record) -> ListCursor {
        ListCursor {
            time: record.time().as_microsecond(),
            recorded_at: record.recorded_at.as_microsecond(),
            identity: record.identity(),
        }
    }
}

impl LongtermView {
    /// Returns at most `limit` records of a kind, by [time](Record::time), oldest first, from the
    /// beginning or after the position `after`. Expired records are left out.
    ///
    /// # Errors
    /// [`Error::TooMany`] if `limit` exceeds [`LIMIT_MAX`]; [`Error::Journal`], [`Error::Library`]
    /// if a store cannot be read.
    pub async fn list(
        &self,
        kind: Kind,
        after: Option<&ListCursor>,
        limit: usize,
    ) -> Result<Listed, Error> {
        if LIMIT_MAX < limit {
            return Err(Error::TooMany { what: "records", count: limit, count_max: LIMIT_MAX });
        }
        let mut page = self.places(kind).await?;
        page.retain(|place| after.is_none_or(|after| after < place));
        let has_more = limit < page.len();
        page.truncate(limit);
        let keys = page.iter().map(|place| place.identity.encode()).collect();
        let rows = self.parts.shelf.rows(keys).await?;
        let mut records: HashMap<Identity, Record> =
            rows.into_iter().map(|row| (row.record.identity(), row.record)).collect();
        let records = page.iter().filter_map(|place| records.remove(&place.identity)).collect();
        Ok(Listed { records, next: page.pop().filter(|_| has_more) })
    }

    /// Returns the positions of all records of a kind, in the order of [`list`](Self::list).
    /// Expired records are left out.
    ///
    /// # Errors
    /// [`Error::Journal`], [`Error::Library`] if a store cannot be read.
    pub async fn places(&self, kind: Kind) -> Result<Vec<ListCursor>, Error> {
        let times = retried(|| self.times(kind)).await?;
        let now = self.parts.intake.now();
        let found = times.iter().filter(|it| self.gate.sees(&it.scope) && !is_past(it, now));
        let mut places: Vec<ListCursor> = found.map(ListCursor::of).collect();
        places.sort_unstable();
        Ok(places)
    }

    /// Returns records of a kind with their identities, times and scopes only. Records that wait in
    /// the journal are complete.
    async fn times(&self, kind: Kind) -> Result<Vec<Record>, Error> {
        let filter = visible(&self.gate).into_iter().fold(of_kind(kind), DfExpr::and);
        let (waiting, edition) = self.parts.journal.waiting_of(self.gate.clone(), kind).await?;
        let mut records = match self.parts.shelf.library(edition).await? {
            Some(library) => library.scan_times(filter).await?,
            None => Vec::new(),
        };
        let hidden: HashSet<&str> = waiting.iter().map(|pending| pending.key.as_str()).collect();
        records.retain(|record| !hidden.contains(&*record.encoded_identity()));
        records.extend(waiting.into_iter().filter_map(|pending| Some(pending.row?.record)));
        Ok(records)
    }

    /// Returns the whole records of a kind that `is_wanted` accepts, in no order. `filter` is the
    /// library's form of the same condition, or a wider one.
    pub(super) async fn matching(
        &self,
        kind: Kind,
        filter: DfExpr,
        is_wanted: impl Fn(&Record) -> bool,
    ) -> Result<Vec<Record>, Error> {
        let filter = of_kind(kind).and(filter);
        let filter = visible(&self.gate).into_iter().fold(filter, DfExpr::and);
        let mut found = retried(|| self.matching_once(kind, filter.clone())).await?;
        let now = self.parts.intake.now();
        found.retain(|record| {
            self.gate.sees(&record.scope) && !is_past(record, now) && is_wanted(record)
        });
        Ok(found)
    }

    async fn matching_once(&self, kind: Kind, filter: DfExpr) -> Result<Vec<Record>, Error> {
        let (waiting, edition) = self.parts.journal.waiting_of(self.gate.clone(), kind).await?;
        let mut rows = match self.parts.shelf.library(edition).await? {
            Some(library) => library.scan_whole(filter).await?,
            None => Vec::new(),
        };
        let hidden: HashSet<&str> = waiting.iter().map(|pending| pending.key.as_str()).collect();
        rows.retain(|row| !hidden.contains(&*row.record.encoded_identity()));
        rows.extend(waiting.into_iter().filter_map(|pending| pending.row));
        Ok(rows.into_iter().map(|row| row.record).collect())
    }
}

fn of_kind(kind: Kind) -> DfExpr {
    col("collection").eq(lit(kind.collection()))
}
