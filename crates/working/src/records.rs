//! Records of any kind in exchange form: for lists, display, export and the feed.

use std::collections::BTreeMap;

use aios_record::{Identity, Key, Kind, Mode, Record};
use serde_json::{Map, Value};

use crate::{
    Error, FindOptions, Hit, WorkingView,
    access::{Access, Read},
    cursor::Cursors,
    kinds::{by_id, for_kind, identified},
    page::{Place, RecordPage, TimeCursor, TimePage},
    preference, removal,
    row::Row,
    search::{self, documents},
    tables::{self, KINDS},
    update,
    visible::ALIVE,
};

/// The records of every kind in exchange form, as a view shows them.
///
/// ```
/// # use aios_working::{Config, Goal, Working};
/// # use aios_record::{Key, Kind};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let working = Working::open(&folder.path().join("working.db"), Config::default())?;
/// let goal = working.goals().put(Goal::new("ship the parser")).await?;
/// let key = Key::new(Kind::Goal, goal.id);
/// let record = working.records().get(&key).await?.expect("it is stored");
/// assert_eq!(record.text, "ship the parser");
/// assert_eq!(working.records().remove(&key).await?.len(), 1);
/// # working.close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Records<'a> {
    pub(crate) view: &'a WorkingView,
}

impl Records<'_> {
    /// Returns the record of this key: the owner's own, or else the shared one. `None` if
    /// it does not exist or its kind is not stored here.
    ///
    /// The id of an agent's state is the agent's name; the id of a preference or persona trait is
    /// its key.
    ///
    /// # Errors
    /// [`Error::Ambiguous`] if the view is an administrator's and several owners have the id;
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn get(self, key: &Key) -> Result<Option<Record>, Error> {
        let Key { kind, id } = key.clone();
        self.view.read(move |access| by_id(access, kind, id.as_str())).await
    }

    /// Returns the record of this identity, if it is visible.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn get_exactly(self, identity: &Identity) -> Result<Option<Record>, Error> {
        let Identity { owner, kind, id } = identity.clone();
        self.view.read(move |access| identified(access, kind, &owner, &id)).await
    }

    /// Returns the visible records of these identities, in their order, in one read; missing ones
    /// are omitted.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn get_all(self, identities: Vec<Identity>) -> Result<Vec<Record>, Error> {
        self.view
            .read(move |access| {
                let mut records = Vec::with_capacity(identities.len());
                for Identity { owner, kind, id } in &identities {
                    records.extend(identified(access, *kind, owner, id)?);
                }
                Ok(records)
            })
            .await
    }

    /// Returns at most `limit` visible records of `kind`, in the order in which they were first
    /// stored, starting after the cursor `after` ([`RecordPage::next`]) if it is given. Concurrent
    /// writes do not make a listing skip records. Empty if the kind is not one of
    /// [`KINDS`](crate::KINDS).
    ///
    /// # Errors
    /// [`Error::Cursor`] if `after` is not a [`RecordPage::next`] of this file; [`Error::Storage`]
    /// if the file cannot be read.
    pub async fn list(
        self,
        kind: Kind,
        after: Option<u64>,
        limit: usize,
    ) -> Result<RecordPage, Error> {
        self.view
            .read(move |access| {
                let cursors = Cursors::of(access.connection, kind)?;
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
    /// first, then in the order in which they were stored, starting after the cursor `after`
    /// ([`TimePage::next`]) if it is given. Empty if the kind is not one of
    /// [`KINDS`](crate::KINDS).
    ///
    /// # Errors
    /// [`Error::Cursor`] if `after` is not a [`TimePage::next`] of this file; [`Error::Storage`]
    /// if the file cannot be read.
    pub async fn list_by_time(
        self,
        kind: Kind,
        after: Option<TimeCursor>,
        limit: usize,
    ) -> Result<TimePage, Error> {
        self.view
            .read(move |access| {
                let cursors = Cursors::of(access.connection, kind)?;
                let after = match after {
                    None => Place { time: i64::MIN, row: 0 },
                    Some(TimeCursor { time, row }) => Place { time, row: cursors.row(row)? },
                };
                time_page(access, kind, &cursors, after, limit)
            })
            .await
    }

    /// Like [`list_by_time`](Records::list_by_time), starting with the first record whose time is
    /// `from` or later, in microseconds since 1970.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn list_from(self, kind: Kind, from: i64, limit: usize) -> Result<TimePage, Error> {
        self.view
            .read(move |access| {
                let cursors = Cursors::of(access.connection, kind)?;
                time_page(access, kind, &cursors, Place { time: from, row: 0 }, limit)
            })
            .await
    }

    /// Returns the `limit` visible records of any searchable kind that have a text and were stored
    /// last, newest first.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn latest(self, limit: usize) -> Result<Vec<Record>, Error> {
        self.view
            .read(move |access| {
                let mut latest = Vec::new();
                for &(kind, _) in documents::CODES {
                    for_kind!(kind, newest(access, limit, &mut latest), Ok(()))?;
                }
                latest.sort_by_key(|record: &Record| std::cmp::Reverse(record.recorded_at));
                latest.truncate(limit);
                Ok(latest)
            })
            .await
    }

    /// Returns the records that match the words of `text` best, newest first for equal scores
    /// within a kind. Any word of `text` may match; nothing in it is an operator. Word statistics
    /// include only owners whose records are visible.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn find(
        self,
        text: impl Into<String>,
        options: FindOptions,
    ) -> Result<Vec<Hit>, Error> {
        let text = text.into();
        self.view.read(move |access| search::find(access, &text, &options)).await
    }

    /// Changes the fields of a record that `changes` names, and returns the changed record. A field
    /// that is null gets its default. Reading, merging and storing are one transaction, so no
    /// change of another caller is lost.
    ///
    /// # Errors
    /// - [`Error::NotFound`] if the record does not exist, [`Error::Ambiguous`] if several owners
    ///   have the id.
    /// - [`Error::NotYours`] and [`Error::MachineWide`] if the view must not change it.
    /// - [`Error::Fixed`] if records of this kind cannot be updated: events, messages, summaries,
    ///   and sessions except for their summary.
    /// - [`Error::Fields`] if a change does not fit a field, or changes the id.
    /// - [`Error::Conflict`] if a change would move the record to another scope.
    pub async fn update(self, key: &Key, changes: Map<String, Value>) -> Result<Record, Error> {
        let Key { kind, id } = key.clone();
        self.view.write(move |access| update::update(access, kind, id.as_str(), changes)).await
    }

    /// Applies `change` to the fields of a record, and returns the changed record. A field that
    /// becomes null, or is removed, gets its default. Reading, changing and storing are one
    /// transaction, so no change of another caller is lost.
    ///
    /// # Errors
    /// As [`update`](Records::update).
    pub async fn change(
        self,
        key: &Key,
        change: impl FnOnce(&mut Map<String, Value>) + Send + 'static,
    ) -> Result<Record, Error> {
        let Key { kind, id } = key.clone();
        self.view.write(move |access| update::change(access, kind, id.as_str(), change)).await
    }

    /// Like [`update`](Records::update), for a caller that must have read all changes of the
    /// record: if the feed has a change of it after `told`, nothing changes and the result is
    /// `None`. For consumers that keep every version of a record in the feed.
    ///
    /// # Errors
    /// As [`update`](Records::update).
    pub async fn update_told(
        self,
        key: &Key,
        changes: Map<String, Value>,
        told: u64,
    ) -> Result<Option<Record>, Error> {
        let Key { kind, id } = key.clone();
        self.view
            .write(move |access| update::update_told(access, kind, id.as_str(), changes, told))
            .await
    }

    /// Removes a record permanently, with the records that belong to it: a goal with its tasks, a
    /// task with its tool calls, a session with its messages and tasks, even if it was moved out.
    /// Returns the removed records, the one of this id last; empty if it does not exist.
    ///
    /// Records of other owners are kept: removing a shared goal leaves users' tasks, which then
    /// have no goal. An administrator's removal includes them.
    ///
    /// # Errors
    /// [`Error::NotYours`] and [`Error::MachineWide`] if the view must not remove it;
    /// [`Error::Ambiguous`] if several owners have the id; [`Error::Storage`] if the file cannot be
    /// written.
    pub async fn remove(self, key: &Key) -> Result<Vec<Identity>, Error> {
        self.remove_with(key, Mode::Apply).await
    }

    /// Like [`remove`](Records::remove), in the given mode. With [`Mode::DryRun`] nothing is
    /// removed, and the result is the same.
    ///
    /// # Errors
    /// As [`remove`](Records::remove).
    pub async fn remove_with(self, key: &Key, mode: Mode) -> Result<Vec<Identity>, Error> {
        let Key { kind, id } = key.clone();
        match mode {
            Mode::Apply => {
                self.view.free_room(move |access| removal::remove(access, kind, id.as_str())).await
            }
            Mode::DryRun => {
                self.view.read(move |access| removal::preview(access, kind, id.as_str())).await
            }
        }
    }

    /// Removes the record of this identity as [`remove`](Records::remove) does, if it is
    /// visible.
    ///
    /// # Errors
    /// As [`remove`](Records::remove), without [`Error::Ambiguous`].
    pub async fn remove_exactly(self, identity: &Identity) -> Result<Vec<Identity>, Error> {
        let identity = identity.clone();
        self.view.free_room(move |access| removal::remove_exactly(access, &identity)).await
    }

    /// Returns the number of visible records of each kind, by the name of its collection.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn counts(self) -> Result<BTreeMap<&'static str, u64>, Error> {
        self.view
            .read(|access| {
                let [owner, project, agent, session] = access.visible.params();
                let scope = access.visible.scope();
                let mut counts = BTreeMap::new();
                for &kind in KINDS {
                    let table = kind.collection();
                    let whole = tables::whole(kind);
                    // These kinds do not expire, but every statement binds `?5`.
                    let (source, which) = match kind {
                        Kind::Persona => (preference::PERSONA, "?5 IS NOT NULL".to_owned()),
                        Kind::Preference => {
                            (preference::PREFERENCES, format!("{scope} AND ?5 IS NOT NULL"))
                        }
                        _ => (table, format!("{whole} AND {scope} AND {ALIVE}")),
                    };
                    let sql = format!("SELECT count(*) FROM {source} WHERE {which}");
                    let params = (owner, project, agent, session, access.alive_at());
                    counts.insert(table, access.count(&sql, params)?);
                }
                Ok(counts)
            })
            .await
    }
}

fn page<T: Row>(access: &Access<'_>, after: i64, limit: usize) -> Result<RecordPage, Error> {
    let count = i64::try_from(limit).unwrap_or(i64::MAX);
    let items = access.read::<T>("AND ?6 < row ORDER BY row LIMIT ?7", &[&after, &count])?;
    let last = items.last().map(|read| read.row);
    Ok(RecordPage::new(items.iter().map(Read::record).collect(), last, limit))
}

fn time_page(
    access: &Access<'_>,
    kind: Kind,
    cursors: &Cursors,
    after: Place,
    limit: usize,
) -> Result<TimePage, Error> {
    let rows = match kind {
        Kind::Preference => preference::page_by_time(access, after, limit)?,
        Kind::Persona => preference::persona_page_by_time(access, after, limit)?,
        _ => for_kind!(kind, page_by_time(access, after, limit), Ok(Vec::new()))?,
    };
    let mut page = TimePage::default();
    for (record, row) in rows {
        let time = record.time().as_microsecond();
        page.cursors.push(TimeCursor { time, row: cursors.at(row.cast_unsigned()) });
        page.records.push(record);
    }
    page.next = page.cursors.last().copied().filter(|_| limit <= page.records.len());
    Ok(page)
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
