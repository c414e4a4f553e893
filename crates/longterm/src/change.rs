//! Changes of stored records: no update is lost, and replaced versions stay reachable.
//!
//! A change reads the record, builds the new version, and writes it on condition that the version
//! read is still the newest; otherwise it reads again. Condition and write are one journal
//! transaction, so if two processes change one record at the same time, the second builds upon the
//! first.

use std::{
    collections::HashMap,
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher},
    sync::{Arc, atomic::Ordering},
};

use aios_record::{Change, Id, Identity, Kind, Record, Timestamp};
use tokio::sync::Mutex;

use crate::{
    Error, LongtermView,
    content::Rules,
    error::shown,
    intake::Embedding,
    journal::{FeedOutcome, Older, Outcome, Page, Replaced, Sought, Write, Written},
    library::Row,
    store::{Shared, Tries},
};

/// Attempts of a conditional write. Each failed attempt means that another process succeeded.
pub(crate) const CHANGE_TRIES: u32 = 100;
/// Attempts to find the row of a key that the journal has, before the row counts as lost.
const MISSES_MAX: u32 = 10;
/// Keys per library lookup.
const KEYS_AT_ONCE: usize = 500;
/// Number of lock stripes. Changes of records in different stripes do not wait for each other.
const TURNS: usize = 16;

/// A version of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    /// The record as it was. Its `provenance` names the writer.
    pub record: Record,
    /// Time at which it was written.
    pub written_at: Timestamp,
    /// Time at which a newer version replaced it. `None` for the newest.
    pub replaced_at: Option<Timestamp>,
}

/// Treatment of the version that a change replaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trace {
    Kept,
    /// Only counts change; the version is not kept.
    Counted,
}

/// Locks for changes, striped by key: callers in one process wait here for each other instead of
/// retrying.
#[derive(Default)]
pub(crate) struct Turns([Mutex<()>; TURNS]);

impl Turns {
    fn of(&self, key: &str) -> &Mutex<()> {
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(key);
        #[expect(clippy::cast_possible_truncation, reason = "any of its bits will do")]
        let turn = hash as usize % TURNS;
        &self.0[turn]
    }
}

impl LongtermView {
    /// Returns the versions of a record, newest first: the current one and up to 100 older ones. A
    /// change of counts alone makes no version. Empty if the record is not stored, is deleted or
    /// has expired.
    ///
    /// # Errors
    /// As [`record`](LongtermView::record), and [`Error::Contended`] if others keep changing the
    /// record.
    pub async fn history(&self, kind: Kind, id: &Id) -> Result<Vec<Version>, Error> {
        let Some(row) = self.find(kind, id).await? else { return Ok(Vec::new()) };
        let (shared, key) = (&self.shared, row.record.encoded_identity());
        for _ in 0..CHANGE_TRIES {
            let before = shared.journal.history(key.clone()).await?;
            let newest = shared.rows(vec![key.clone()]).await?.pop().map(|row| row.record);
            let newest = newest.filter(|newest| !is_past(newest, shared.now()));
            let Some(newest) = newest else { return Ok(Vec::new()) };
            let older = shared.journal.history(key.clone()).await?;
            if older == before {
                return Ok(versions(newest, older));
            }
        }
        Err(Error::Contended { key: shown(&key) })
    }

    /// Replaces a record with the first of the changes that `change` builds from it, and returns
    /// the new record. The other changes are written in the same transaction. `change` may be
    /// called several times, each time with the current record. The record stays in its scope.
    pub(crate) async fn change(
        &self,
        kind: Kind,
        id: &Id,
        trace: Trace,
        change: impl Fn(Record) -> Result<Vec<Change>, Error>,
    ) -> Result<Record, Error> {
        let shared = &self.shared;
        let key = format!("{kind}/{id}");
        let _turn = shared.turns.of(&key).lock().await;
        for _ in 0..CHANGE_TRIES {
            let row = self.find_own(kind, id).await?;
            let changes = change(row.record.clone())?;
            if let Some(Change::Upsert(changed)) = changes.first()
                && changed.scope != row.record.scope
            {
                return Err(Error::Conflict { key: row.record.identity().to_string() });
            }
            let (record, writes) = shared.writes_over(row, changes, trace).await?;
            let written = shared.journal.write(writes, shared.limits(), shared.now()).await?;
            if let Written::Yes(_) = written {
                shared.wake.notify_one();
                return Ok(record);
            }
        }
        Err(Error::Contended { key })
    }

    /// Writes the changes that `changes` builds from the stored record, or from `None` if there is
    /// none. The record itself comes first. An expired record counts as stored. `changes` may be
    /// called several times.
    pub(crate) async fn put(
        &self,
        identity: &Identity,
        changes: impl Fn(Option<&Record>) -> Result<Vec<Change>, Error>,
    ) -> Result<(), Error> {
        let shared = &self.shared;
        let key = identity.encode();
        let _turn = shared.turns.of(&identity.key().to_string()).lock().await;
        for tries in 0..CHANGE_TRIES {
            let found = shared.rows_left(vec![key.clone()]).await?.0.pop();
            let changes = changes(found.as_ref().map(|row| &row.record))?;
            let writes = match found {
                Some(row) => shared.writes_over(row, changes, Trace::Kept).await?.1,
                // A damaged library may lack the row for good, so waiting for it is in vain.
                None if MISSES_MAX <= tries => {
                    shared.writes_of_new(changes, Older::Seen(None)).await?
                }
                None => shared.writes_of_new(changes, Older::Absent).await?,
            };
            let written = shared.journal.write(writes, shared.limits(), shared.now()).await?;
            if let Written::Yes(_) = written {
                shared.wake.notify_one();
                return Ok(());
            }
        }
        Err(Error::Contended { key: identity.to_string() })
    }
}

/// Joins the newest version and the older ones, newest first.
fn versions(newest: Record, older: Vec<Replaced>) -> Vec<Version> {
    let mut versions: Vec<Version> = older
        .into_iter()
        .map(|(record, at)| Version {
            written_at: record.recorded_at,
            record,
            replaced_at: Some(at),
        })
        .collect();
    versions
        .insert(0, Version { written_at: newest.recorded_at, record: newest, replaced_at: None });
    // Records from working memory have the time of the first version in every version.
    for at in 1..versions.len() {
        versions[at - 1].written_at = versions[at].replaced_at.unwrap_or_default();
    }
    versions
}

/// Returns `true` if the record has expired, so that no read shows it.
pub(crate) fn is_past(record: &Record, now: Timestamp) -> bool {
    record.expires_at.is_some_and(|end| end <= now)
}

impl Shared {
    /// Writes all changes or none, and keeps the versions that they replace.
    pub(crate) async fn write(
        self: &Arc<Shared>,
        mut writes: Vec<Write>,
    ) -> Result<Vec<Outcome>, Error> {
        for _ in 0..CHANGE_TRIES {
            match self.journal.write(writes, self.limits(), self.now()).await? {
                Written::Yes(outcomes) => {
                    self.wake.notify_one();
                    return Ok(outcomes);
                }
                Written::Unread(unread) => writes = unread,
            }
            self.read_replaced(&mut writes).await?;
        }
        Err(Error::Contended { key: "a record of the batch".to_owned() })
    }

    /// Writes a page of the feed, and keeps the versions that it replaces.
    pub(crate) async fn write_page(&self, mut page: Page) -> Result<FeedOutcome, Error> {
        for _ in 0..CHANGE_TRIES {
            match self.journal.write_feed(page, self.limits(), self.now()).await? {
                FeedOutcome::Unread(unread) => page = unread,
                outcome => {
                    self.wake.notify_one();
                    return Ok(outcome);
                }
            }
            self.read_replaced(&mut page.writes).await?;
        }
        Err(Error::Contended { key: "a record of the feed".to_owned() })
    }

    /// Returns the newest rows of encoded identities, in no order, without those that are not
    /// stored. Fails with [`Error::Damaged`] if a stored record cannot be read as it was written.
    pub(crate) async fn rows(&self, keys: Vec<String>) -> Result<Vec<Row>, Error> {
        let (rows, mut damaged) = self.rows_left(keys).await?;
        match damaged.pop() {
            None => Ok(rows),
            Some(key) => Err(Error::Damaged {
                key: shown(&key),
                reason: "the library does not hold it as it was written; save what can be saved \
                         with `aios-memory repair`"
                    .to_owned(),
            }),
        }
    }

    /// As [`rows`](Shared::rows), but returns the readable rows and the keys of the unreadable
    /// ones.
    pub(crate) async fn rows_left(
        &self,
        keys: Vec<String>,
    ) -> Result<(Vec<Row>, Vec<String>), Error> {
        let mut tries = Tries::default();
        loop {
            match Box::pin(self.rows_once(&keys)).await {
                Err(error) if tries.are_left(&error) => {}
                // The library may have advanced since the journal was read, and hold other rows.
                Ok((_, damaged)) if !damaged.is_empty() && tries.is_left() => {}
                outcome => return outcome,
            }
        }
    }

    async fn rows_once(&self, keys: &[String]) -> Result<(Vec<Row>, Vec<String>), Error> {
        let Sought { edition, waiting, held } = self.journal.waiting(keys.to_vec()).await?;
        let mut rows: Vec<Row> = waiting.into_iter().filter_map(|pending| pending.row).collect();
        if held.is_empty() {
            return Ok((rows, Vec::new()));
        }
        let keys: Vec<String> = held.into_iter().collect();
        let Some(library) = self.library(edition).await? else { return Ok((rows, keys)) };
        let mut damaged = Vec::new();
        for keys in keys.chunks(KEYS_AT_ONCE) {
            let (found, missing) = self.intact(library.whole(keys).await.unwrap_or_default(), keys);
            rows.extend(found);
            if missing.is_empty() {
                continue;
            }
            let (found, missing) = self.intact(library.whole_by_scan(&missing).await?, &missing);
            if !found.is_empty() {
                tracing::warn!(records = found.len(), "the index of keys misses records");
                self.has_missed.store(true, Ordering::Relaxed);
                self.wake.notify_one();
            }
            rows.extend(found);
            damaged.extend(missing);
        }
        Ok((rows, damaged))
    }

    /// Returns the intact row of each key, and the keys without one.
    fn intact(&self, rows: Vec<Row>, keys: &[String]) -> (Vec<Row>, Vec<String>) {
        let rules = Rules::of(&self.vectors);
        let mut found: HashMap<String, Row> = HashMap::new();
        for row in rows.into_iter().filter(|row| rules.is_intact(row)) {
            found.insert(row.record.encoded_identity(), row);
        }
        let missing = keys.iter().filter(|key| !found.contains_key(*key)).cloned().collect();
        (found.into_values().collect(), missing)
    }

    /// Reads the versions that `writes` replace.
    async fn read_replaced(&self, writes: &mut [Write]) -> Result<(), Error> {
        let wanted = writes.iter().filter_map(|write| match write {
            Write::Upsert { row, .. } => {
                Some((row.record.encoded_identity(), row.content_hash.clone()))
            }
            Write::Delete { .. } | Write::DeleteOfAny { .. } => None,
        });
        let changed = self.journal.changed(wanted.collect()).await?;
        // A version that cannot be read is not kept, but is replaced all the same.
        let rows = self.rows_left(changed).await?.0.into_iter();
        let mut rows: HashMap<String, Row> =
            rows.map(|row| (row.record.encoded_identity(), row)).collect();
        for write in writes {
            if let Write::Upsert { row, older, .. } = write {
                *older = Older::Seen(rows.remove(&row.record.encoded_identity()).map(Box::new));
            }
        }
        Ok(())
    }

    /// Builds the writes for a new record (first) and its pieces. `of_first` is the version it
    /// replaces.
    async fn writes_of_new(
        self: &Arc<Shared>,
        changes: Vec<Change>,
        of_first: Older,
    ) -> Result<Vec<Write>, Error> {
        let changes = changes.into_iter().map(|change| (None, change)).collect();
        let writes: Result<Vec<Write>, Error> =
            self.prepare(changes, Embedding::Now).await?.into_iter().collect();
        let mut writes = writes?;
        if let Some((Write::Upsert { older, .. }, rest)) = writes.split_first_mut() {
            *older = of_first;
            self.read_replaced(rest).await?;
        }
        Ok(writes)
    }

    /// Builds the new version of `row`, and the writes of all changes with that version first.
    async fn writes_over(
        self: &Arc<Shared>,
        row: Row,
        mut changes: Vec<Change>,
        trace: Trace,
    ) -> Result<(Record, Vec<Write>), Error> {
        let Change::Upsert(mut record) = changes.remove(0) else {
            unreachable!("a change of a record begins with the record")
        };
        record.recorded_at = match trace {
            Trace::Kept => Timestamp::UNIX_EPOCH,
            Trace::Counted => row.record.recorded_at,
        };
        let first = match record.text == row.record.text && !row.is_outstanding {
            true => self.with_vector_of(&row, *record)?,
            false => {
                let change = vec![(None, Change::Upsert(record))];
                self.prepare(change, Embedding::Now).await?.pop().expect("one change was given")?
            }
        };
        let Write::Upsert { row: new, feed_seq, .. } = first else {
            unreachable!("an upsert was prepared")
        };
        let older = match trace {
            Trace::Kept => Older::Exactly(Box::new(row)),
            Trace::Counted => Older::Counted(Box::new(row)),
        };
        let rest = changes.into_iter().map(|change| (None, change)).collect();
        let rest: Result<Vec<Write>, Error> =
            self.prepare(rest, Embedding::Now).await?.into_iter().collect();
        let mut rest = rest?;
        self.read_replaced(&mut rest).await?;
        let record = new.record.clone();
        rest.insert(0, Write::Upsert { row: new, feed_seq, older });
        Ok((record, rest))
    }
}
