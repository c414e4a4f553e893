//! Records of any kind in the form in which they travel: to list, show, export and feed.

use aios_record::{Id, Kind, Record};

use crate::{
    AgentState, Decision, Entry, Error, Event, Goal, Interaction, Message, Pattern, Session, Task,
    ToolCall, Working,
    access::Access,
    row::{self, Row},
    search,
};

/// The kinds that are kept here.
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
];

/// Calls a generic function for the type of a kind; `$absent` for a kind that is not kept here.
macro_rules! for_kind {
    ($kind:expr, $call:ident ( $($argument:expr),* ), $absent:expr) => {
        match $kind {
            Kind::Goal => $call::<Goal>($($argument),*),
            Kind::Task => $call::<Task>($($argument),*),
            Kind::ToolCall => $call::<ToolCall>($($argument),*),
            Kind::Decision => $call::<Decision>($($argument),*),
            Kind::Pattern => $call::<Pattern>($($argument),*),
            Kind::AgentState => $call::<AgentState>($($argument),*),
            Kind::Session => $call::<Session>($($argument),*),
            Kind::Message => $call::<Message>($($argument),*),
            Kind::Interaction => $call::<Interaction>($($argument),*),
            Kind::Entry => $call::<Entry>($($argument),*),
            Kind::Event => $call::<Event>($($argument),*),
            _ => $absent,
        }
    };
}

pub(crate) use for_kind;

/// Some records of one kind, in the order in which they were stored first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RecordPage {
    /// The records.
    pub records: Vec<Record>,
    /// Where the next page begins; none if this is the last one.
    pub next: Option<u64>,
}

impl Working {
    /// The record of this kind and id; none if there is none, or none of this kind is kept here.
    ///
    /// # Errors
    /// [`Error::Storage`] when the file cannot be read.
    pub async fn record(&self, kind: Kind, id: &str) -> Result<Option<Record>, Error> {
        let id = id.to_owned();
        self.read(move |access| by_id(access, kind, &id)).await
    }

    /// At most `limit` records of `kind`, oldest first, from the beginning or from
    /// [`RecordPage::next`] on.
    ///
    /// # Errors
    /// [`Error::Storage`] when the file cannot be read.
    pub async fn records(
        &self,
        kind: Kind,
        after: Option<u64>,
        limit: usize,
    ) -> Result<RecordPage, Error> {
        self.read(move |access| {
            for_kind!(kind, page(access, after, limit), Ok(RecordPage::default()))
        })
        .await
    }

    /// The `limit` records of any searchable kind that were stored last and have a text, newest
    /// first.
    ///
    /// # Errors
    /// [`Error::Storage`] when the file cannot be read.
    pub async fn latest_records(&self, limit: usize) -> Result<Vec<Record>, Error> {
        self.read(move |access| {
            let mut latest = Vec::new();
            for &(kind, _) in search::CODES {
                for_kind!(kind, newest(access, limit, &mut latest), Ok(()))?;
            }
            latest.sort_by_key(|record: &Record| std::cmp::Reverse(record.recorded_at));
            latest.truncate(limit);
            Ok(latest)
        })
        .await
    }
}

/// The record of this kind and id, if it is visible.
pub(crate) fn by_id(access: &Access<'_>, kind: Kind, id: &str) -> Result<Option<Record>, Error> {
    fn get<T: Row>(access: &Access<'_>, id: &str) -> Result<Option<Record>, Error> {
        Ok(access.get::<T>(id)?.as_ref().map(row::record))
    }
    for_kind!(kind, get(access, id), Ok(None))
}

/// Whether there is a record of this kind and id, visible or not.
pub(crate) fn exists(access: &Access<'_>, kind: Kind, id: &Id) -> Result<bool, Error> {
    fn exists<T: Row>(access: &Access<'_>, id: &Id) -> Result<bool, Error> {
        access.exists::<T>(id)
    }
    for_kind!(kind, exists(access, id), Ok(false))
}

/// The record in this row of the kind's table, if it is visible.
pub(crate) fn by_row(access: &Access<'_>, kind: Kind, row: i64) -> Result<Option<Record>, Error> {
    fn get<T: Row>(access: &Access<'_>, row: i64) -> Result<Option<Record>, Error> {
        Ok(access.select::<T>("AND row = ?6", &[&row])?.first().map(row::record))
    }
    for_kind!(kind, get(access, row), Ok(None))
}

fn page<T: Row>(
    access: &Access<'_>,
    after: Option<u64>,
    limit: usize,
) -> Result<RecordPage, Error> {
    let after = after.map_or(0, |after| i64::try_from(after).unwrap_or(i64::MAX));
    let wanted = i64::try_from(limit).unwrap_or(i64::MAX);
    let (items, last) = access.page::<T>(after, wanted)?;
    let next = if items.len() < limit { None } else { last.map(i64::cast_unsigned) };
    Ok(RecordPage { records: items.iter().map(row::record).collect(), next })
}

fn newest<T: Row>(
    access: &Access<'_>,
    limit: usize,
    latest: &mut Vec<Record>,
) -> Result<(), Error> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let items = access.select::<T>("ORDER BY row DESC LIMIT ?6", &[&limit])?;
    latest.extend(items.iter().map(row::record).filter(|record| !record.text.is_empty()));
    Ok(())
}
