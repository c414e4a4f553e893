//! Records of any kind in exchange form: for lists, display, export and the feed.

use aios_record::{Id, Identity, Kind, Owner, Record};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    Error, WorkingView,
    access::{Access, Read},
    cursor::Cursors,
    preference,
    row::{self, Row},
    search,
};

/// The kinds stored here.
pub const KINDS: &[Kind] = &[
    Kind::Goal,
    Kind::Task,
    Kind::ToolCall,
    Kind::Decision,
    Kind::Pattern,
    Kind::AgentState,
    Kind::Session,
    Kind::Message,
    Kind::Interaction,
    Kind::Entry,
    Kind::Event,
    Kind::Summary,
    Kind::Preference,
    Kind::Persona,
];

/// Calls a generic function for the type of a kind; `$absent` for a kind that has no type here.
macro_rules! for_kind {
    ($kind:expr, $call:ident ( $($argument:expr),* ), $absent:expr) => {
        match $kind {
            aios_record::Kind::Goal => $call::<$crate::Goal>($($argument),*),
            aios_record::Kind::Task => $call::<$crate::Task>($($argument),*),
            aios_record::Kind::ToolCall => $call::<$crate::ToolCall>($($argument),*),
            aios_record::Kind::Decision => $call::<$crate::Decision>($($argument),*),
            aios_record::Kind::Pattern => $call::<$crate::Pattern>($($argument),*),
            aios_record::Kind::AgentState => $call::<$crate::AgentState>($($argument),*),
            aios_record::Kind::Session => $call::<$crate::Session>($($argument),*),
            aios_record::Kind::Message => $call::<$crate::Message>($($argument),*),
            aios_record::Kind::Interaction => $call::<$crate::Interaction>($($argument),*),
            aios_record::Kind::Entry => $call::<$crate::Entry>($($argument),*),
            aios_record::Kind::Event => $call::<$crate::Event>($($argument),*),
            aios_record::Kind::Summary => $call::<$crate::Summary>($($argument),*),
            _ => $absent,
        }
    };
}

pub(crate) use for_kind;

/// A page of records of one kind, in the order in which they were first stored.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RecordPage {
    /// The records.
    pub records: Vec<Record>,
    /// The cursor of the next page, an opaque number; `None` if this is the last page.
    pub next: Option<u64>,
}

/// A page of records of one kind, by their time.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TimePage {
    /// The records.
    pub records: Vec<Record>,
    /// The cursor of the next page; `None` if this is the last page.
    pub next: Option<TimeCursor>,
}

/// Cursor of a list by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeCursor {
    /// Time of the last record before the cursor, in microseconds since 1970.
    pub time: i64,
    /// An opaque number.
    pub row: u64,
}

/// Position in a table, by time and then by row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) time: i64,
    pub(crate) row: i64,
}

impl WorkingView {
    /// Returns the record of this kind and id: the owner's own, or else the shared one. `None` if
    /// it does not exist or its kind is not stored here.
    ///
    /// The id of an agent's state is the agent's name; the id of a preference or persona trait is
    /// its key.
    ///
    /// # Errors
    /// [`Error::Ambiguous`] if the view is an administrator's and several owners have the id;
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn record(&self, kind: Kind, id: &str) -> Result<Option<Record>, Error> {
        let id = id.to_owned();
        self.read(move |access| by_id(access, kind, &id)).await
    }

    /// Returns the record of this identity, if it is visible.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn record_by_identity(&self, identity: &Identity) -> Result<Option<Record>, Error> {
        let Identity { owner, kind, id } = identity.clone();
        self.read(move |access| identified(access, kind, &owner, &id)).await
    }

    /// Returns the visible records of these identities, in their order, in one read; missing ones
    /// are omitted.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn records_of(&self, identities: Vec<Identity>) -> Result<Vec<Record>, Error> {
        self.read(move |access| {
            let mut records = Vec::with_capacity(identities.len());
            for Identity { owner, kind, id } in &identities {
                records.extend(identified(access, *kind, owner, id)?);
            }
            Ok(records)
        })
        .await
    }

    /// Returns at most `limit` visible records of `kind`, in the order in which they were first
    /// stored, from the beginning or from [`RecordPage::next`] on. Concurrent writes do not make a
    /// listing skip records. Empty if the kind is not one of [`KINDS`].
    ///
    /// # Errors
    /// [`Error::Cursor`] if `after` is not a [`RecordPage::next`] of this file; [`Error::Storage`]
    /// if the file cannot be read.
    pub async fn records(
        &self,
        kind: Kind,
        after: Option<u64>,
        limit: usize,
    ) -> Result<RecordPage, Error> {
        self.read(move |access| {
            let cursors = Cursors::of(access.connection)?;
            let after = after.map_or(Ok(0), |after| cursors.row(after))?;
            let page = match kind {
                Kind::Preference => preference::page(access, after, limit)?,
                Kind::Persona => preference::persona_page(access, after, limit)?,
                _ => for_kind!(kind, page(access, after, limit), Ok(RecordPage::default()))?,
            };
            Ok(RecordPage { next: page.next.map(|row| cursors.at(row)), ..page })
        })
        .await
    }

    /// Returns at most `limit` visible records of `kind` by their [time](Record::time), oldest
    /// first, then in the order in which they were stored, from the beginning or from
    /// [`TimePage::next`] on. Empty if the kind is not one of [`KINDS`].
    ///
    /// # Errors
    /// [`Error::Cursor`] if `after` is not a [`TimePage::next`] of this file; [`Error::Storage`]
    /// if the file cannot be read.
    pub async fn records_by_time(
        &self,
        kind: Kind,
        after: Option<TimeCursor>,
        limit: usize,
    ) -> Result<TimePage, Error> {
        self.read(move |access| {
            let cursors = Cursors::of(access.connection)?;
            let after = match after {
                None => Place { time: i64::MIN, row: 0 },
                Some(TimeCursor { time, row }) => Place { time, row: cursors.row(row)? },
            };
            let rows = match kind {
                Kind::Preference => preference::page_by_time(access, after, limit)?,
                Kind::Persona => preference::persona_page_by_time(access, after, limit)?,
                _ => for_kind!(kind, page_by_time(access, after, limit), Ok(Vec::new()))?,
            };
            let last = rows.last().filter(|_| limit <= rows.len());
            let next = last.map(|(record, row)| TimeCursor {
                time: record.time().as_microsecond(),
                row: cursors.at(row.cast_unsigned()),
            });
            Ok(TimePage { records: rows.into_iter().map(|(record, _)| record).collect(), next })
        })
        .await
    }

    /// Returns the `limit` visible records of any searchable kind that have a text and were stored
    /// last, newest first.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn latest_records(&self, limit: usize) -> Result<Vec<Record>, Error> {
        self.read(move |access| {
            let mut latest = Vec::new();
            for &(kind, _) in search::documents::CODES {
                for_kind!(kind, newest(access, limit, &mut latest), Ok(()))?;
            }
            latest.sort_by_key(|record: &Record| std::cmp::Reverse(record.recorded_at));
            latest.truncate(limit);
            Ok(latest)
        })
        .await
    }
}

/// Returns the record that an object with the fields of a kind would be stored as, without the
/// parts that storing adds. `None` if the fields do not form a record of that kind.
#[must_use]
pub fn record_of(kind: Kind, fields: Value) -> Option<Record> {
    fn made<T: Row + DeserializeOwned>(fields: Value) -> Option<Record> {
        let item = serde_json::from_value::<T>(fields).ok()?;
        Some(row::record(&item, None))
    }
    for_kind!(kind, made(fields), None)
}

/// Returns the record that a bare id resolves to, if it is visible.
fn by_id(access: &Access<'_>, kind: Kind, id: &str) -> Result<Option<Record>, Error> {
    fn get<T: Row>(access: &Access<'_>, id: &str) -> Result<Option<Record>, Error> {
        Ok(access.find::<T>(id)?.as_ref().map(Read::record))
    }
    match kind {
        Kind::Preference => preference::by_key(access, id),
        Kind::Persona => preference::persona_by_key(access, id),
        _ => for_kind!(kind, get(access, id), Ok(None)),
    }
}

/// Returns the record of this identity, if it is visible.
pub(crate) fn identified(
    access: &Access<'_>,
    kind: Kind,
    owner: &Owner,
    id: &Id,
) -> Result<Option<Record>, Error> {
    fn get<T: Row>(access: &Access<'_>, owner: &Owner, id: &Id) -> Result<Option<Record>, Error> {
        Ok(access.identified::<T>(owner, id.as_str())?.as_ref().map(Read::record))
    }
    match kind {
        Kind::Preference => preference::identified(access, owner, id.as_str()),
        Kind::Persona => preference::persona_by_key(access, id.as_str()),
        kind => for_kind!(kind, get(access, owner, id), Ok(None)),
    }
}

/// Returns true if rows of this kind stay as stubs for the rows that refer to them.
pub(crate) fn leaves_stub(kind: Kind) -> bool {
    fn leaves<T: Row>() -> bool {
        T::LEAVES_STUB
    }
    for_kind!(kind, leaves(), false)
}

/// Returns the record in this row of the kind's table, if it is visible.
pub(crate) fn by_row(access: &Access<'_>, kind: Kind, row: i64) -> Result<Option<Record>, Error> {
    fn get<T: Row>(access: &Access<'_>, row: i64) -> Result<Option<Record>, Error> {
        Ok(access.by_row::<T>(row)?.as_ref().map(Read::record))
    }
    for_kind!(kind, get(access, row), Ok(None))
}

impl RecordPage {
    /// Returns a page that was read with `limit` and ends at row `last`.
    pub(crate) fn new(records: Vec<Record>, last: Option<i64>, limit: usize) -> RecordPage {
        let next = if records.len() < limit { None } else { last.map(i64::cast_unsigned) };
        RecordPage { records, next }
    }
}

fn page<T: Row>(access: &Access<'_>, after: i64, limit: usize) -> Result<RecordPage, Error> {
    let count = i64::try_from(limit).unwrap_or(i64::MAX);
    let items = access.read::<T>("AND ?6 < row ORDER BY row LIMIT ?7", &[&after, &count])?;
    let last = items.last().map(|read| read.row);
    Ok(RecordPage::new(items.iter().map(Read::record).collect(), last, limit))
}

fn page_by_time<T: Row>(
    access: &Access<'_>,
    after: Place,
    limit: usize,
) -> Result<Vec<(Record, i64)>, Error> {
    let time = format!("coalesce({}, recorded_at, 0)", T::HAPPENED);
    let tail = format!("AND (?6, ?7) < ({time}, row) ORDER BY {time}, row LIMIT ?8");
    let count = i64::try_from(limit).unwrap_or(i64::MAX);
    let items = access.read::<T>(&tail, &[&after.time, &after.row, &count])?;
    Ok(items.iter().map(|read| (read.record(), read.row)).collect())
}

fn newest<T: Row>(
    access: &Access<'_>,
    limit: usize,
    latest: &mut Vec<Record>,
) -> Result<(), Error> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let items = access.read::<T>("ORDER BY row DESC LIMIT ?6", &[&limit])?;
    latest.extend(items.iter().map(Read::record).filter(|record| !record.text.is_empty()));
    Ok(())
}
