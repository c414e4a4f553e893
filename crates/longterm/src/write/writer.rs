//! The only write path to the journal: no update is lost, and replaced versions stay reachable.

use std::{
    collections::HashMap,
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher},
    sync::Arc,
};

use aios_record::{Change, Record, Timestamp};
use futures::future::BoxFuture;
use tokio::sync::{Mutex, MutexGuard, Notify};

use crate::{
    Error,
    intake::{Embedding, Intake},
    journal::{FeedOutcome, Journal, Older, Outcome, Page, Write, Written},
    library::Row,
    shelf::Shelf,
};

/// Attempts of a conditional write. Each failed attempt means that another process succeeded.
pub(crate) const CHANGE_TRIES: u32 = 100;

/// Number of lock stripes. Changes of records in different stripes do not wait for each other.
const TURNS: usize = 16;

/// Treatment of the version that a change replaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trace {
    Kept,
    /// Only counts change; the version is not kept.
    Counted,
}

/// Writes prepared records, each on condition that the version it replaces was read.
pub(crate) struct Writer {
    journal: Journal,
    shelf: Arc<Shelf>,
    intake: Intake,
    turns: Turns,
    /// Wakes the worker.
    wake: Arc<Notify>,
}

/// Locks for changes, striped by key: callers in one process wait here for each other instead of
/// retrying.
#[derive(Default)]
struct Turns([Mutex<()>; TURNS]);

impl Turns {
    fn of(&self, key: &str) -> &Mutex<()> {
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(key);
        #[expect(clippy::cast_possible_truncation, reason = "any of its bits will do")]
        let turn = hash as usize % TURNS;
        &self.0[turn]
    }
}

impl Writer {
    pub(crate) fn new(
        journal: &Journal,
        shelf: &Arc<Shelf>,
        intake: &Intake,
        wake: &Arc<Notify>,
    ) -> Writer {
        Writer {
            journal: journal.clone(),
            shelf: Arc::clone(shelf),
            intake: intake.clone(),
            turns: Turns::default(),
            wake: Arc::clone(wake),
        }
    }

    /// Locks `key`, in the form `kind/id`, for a change.
    pub(super) async fn turn(&self, key: &str) -> MutexGuard<'_, ()> {
        self.turns.of(key).lock().await
    }

    /// Writes all changes. Returns `false`, without effect, if a version to replace has changed
    /// since it was read.
    pub(crate) fn try_write(&self, writes: Vec<Write>) -> BoxFuture<'_, Result<bool, Error>> {
        Box::pin(async move {
            let written = self.journal.write(writes, self.intake.limits, self.intake.now()).await?;
            let is_written = matches!(written, Written::Yes(_));
            if is_written {
                self.wake.notify_one();
            }
            Ok(is_written)
        })
    }

    /// Writes all changes or none, and keeps the versions that they replace.
    pub(crate) fn write(
        &self,
        mut writes: Vec<Write>,
    ) -> BoxFuture<'_, Result<Vec<Outcome>, Error>> {
        Box::pin(async move {
            for _ in 0..CHANGE_TRIES {
                match self.journal.write(writes, self.intake.limits, self.intake.now()).await? {
                    Written::Yes(outcomes) => {
                        self.wake.notify_one();
                        return Ok(outcomes);
                    }
                    Written::Unread(unread) => writes = unread,
                }
                self.read_replaced(&mut writes).await?;
            }
            Err(Error::Contended { key: "a record of the batch".to_owned() })
        })
    }

    /// Writes a page of the feed, and keeps the versions that it replaces.
    pub(crate) fn write_page(&self, mut page: Page) -> BoxFuture<'_, Result<FeedOutcome, Error>> {
        Box::pin(async move {
            for _ in 0..CHANGE_TRIES {
                match self.journal.write_feed(page, self.intake.limits, self.intake.now()).await? {
                    FeedOutcome::Unread(unread) => page = unread,
                    outcome => {
                        self.wake.notify_one();
                        return Ok(outcome);
                    }
                }
                self.read_replaced(&mut page.writes).await?;
            }
            Err(Error::Contended { key: "a record of the feed".to_owned() })
        })
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
        let rows = self.shelf.rows_left(changed).await?.0.into_iter();
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
    pub(super) async fn writes_of_new(
        &self,
        changes: Vec<Change>,
        of_first: Older,
    ) -> Result<Vec<Write>, Error> {
        let changes = changes.into_iter().map(|change| (None, change)).collect();
        let writes: Result<Vec<Write>, Error> =
            self.intake.prepare(changes, Embedding::Now).await?.into_iter().collect();
        let mut writes = writes?;
        if let Some((Write::Upsert { older, .. }, rest)) = writes.split_first_mut() {
            *older = of_first;
            self.read_replaced(rest).await?;
        }
        Ok(writes)
    }

    /// Builds the new version of `row`, and the writes of all changes with that version first.
    pub(super) async fn writes_over(
        &self,
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
            true => self.intake.with_vector_of(&row, *record)?,
            false => {
                let change = vec![(None, Change::Upsert(record))];
                self.intake
                    .prepare(change, Embedding::Now)
                    .await?
                    .pop()
                    .expect("one change was given")?
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
            self.intake.prepare(rest, Embedding::Now).await?.into_iter().collect();
        let mut rest = rest?;
        self.read_replaced(&mut rest).await?;
        let record = new.record.clone();
        rest.insert(0, Write::Upsert { row: new, feed_seq, older });
        Ok((record, rest))
    }
}
