//! What an export holds, taken back.

use std::{collections::HashSet, path::Path};

use aios_longterm::{Longterm, Stored};
use aios_record::{Kind, Record, Scope, ScopeFilter};
use aios_working::Restored;
use serde::Serialize;
use tokio::{sync::mpsc, task};

use super::{
    RecordProgress,
    reading::{self, Line},
};
use crate::{AgentMemory, Error, ImportMode};

/// How many batches may have been read and not yet taken.
const BATCHES_AHEAD: usize = 2;

/// What was taken back from an export.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Restocked {
    /// Whether nothing was written; what is said to be added would be.
    pub dry_run: bool,
    /// Records that are new here.
    pub added: u64,
    /// Records that were here already, which stay as they are, and lines that repeat one.
    pub known: u64,
    /// Records that were forgotten here, which stay so.
    pub hidden: u64,
    /// Records among the added that were stored without what they refer to, for it is not here:
    /// line and reference.
    pub detached: Vec<(u64, String)>,
    /// Records that could not be stored: line and reason.
    pub failed: Vec<(u64, String)>,
}

impl AgentMemory {
    /// Takes back what [`export`](AgentMemory::export) wrote, each record where it was and with the
    /// times that it had. One that is here already stays as it is, in whichever tier that is, so an
    /// import that was interrupted is repeated as a whole; of two lines with one id the first
    /// counts; one that was forgotten here stays so. A record whose id is in use in another scope
    /// fails. One whose goal or task is not here, or another one here, is stored without that
    /// reference. A message whose place in its session another one has gets the next place, and a
    /// session that is here without a summary gets the one of the file. With
    /// [`ImportMode::DryRun`] nothing is stored, and what the tiers would refuse or detach is not
    /// found out.
    ///
    /// # Errors
    /// [`Error::Input`] when the file cannot be read, is none of these or is of another version;
    /// what working or long-term memory report, such as that a limit is reached: as
    /// [`Error::Unfinished`] where records were taken before, which stay.
    pub async fn import_export(
        &self,
        path: &Path,
        mode: ImportMode,
        progress: Option<RecordProgress>,
    ) -> Result<Restocked, Error> {
        let (sender, batches) = mpsc::channel(BATCHES_AHEAD);
        let opened = path.to_owned();
        let reading = task::spawn_blocking(move || reading::read(&opened, &sender));
        let mut stock = Stock::new(self, mode);
        let taken = stock.take_all(batches, progress).await;
        taken.map_err(|error| error.after(stock.done.added))?;
        reading.await.map_err(|_| Error::Interrupted)??;
        Ok(stock.done)
    }
}

/// A memory that takes records back.
struct Stock<'m> {
    memory: &'m AgentMemory,
    mode: ImportMode,
    done: Restocked,
    /// What is new and not stored yet, by name.
    seen: HashSet<String>,
    /// The keys of goals and tasks that others have here.
    strangers: HashSet<String>,
}

/// How a record stands to what is here.
enum Standing {
    New,
    Known,
    Hidden,
    /// Another scope has its id.
    Taken,
}

impl<'m> Stock<'m> {
    fn new(memory: &'m AgentMemory, mode: ImportMode) -> Stock<'m> {
        Stock {
            memory,
            mode,
            done: Restocked { dry_run: mode == ImportMode::DryRun, ..Restocked::default() },
            seen: HashSet::new(),
            strangers: HashSet::new(),
        }
    }

    async fn take_all(
        &mut self,
        mut batches: mpsc::Receiver<Vec<Line>>,
        progress: Option<RecordProgress>,
    ) -> Result<(), Error> {
        // What working memory was told is to be known as well.
        self.memory.catch_up().await?;
        while let Some(batch) = batches.recv().await {
            self.take(batch).await?;
            if let Some(progress) = &progress {
                let Restocked { added, known, hidden, failed, .. } = &self.done;
                progress(added + known + hidden + failed.len() as u64);
            }
        }
        self.memory.catch_up().await
    }

    async fn take(&mut self, batch: Vec<Line>) -> Result<(), Error> {
        let mut records = Vec::with_capacity(batch.len());
        for (line, record) in batch {
            match record {
                Ok(record) => records.push((line, record)),
                Err(problem) => self.fail(line, problem),
            }
        }
        let new = self.new_of(records).await?;
        if self.mode == ImportMode::DryRun {
            self.done.added += new.len() as u64;
            return Ok(());
        }
        self.seen.clear();
        let others = self.store_in_working(new).await?;
        self.store_in_longterm(others).await
    }

    /// The records that are neither here nor forgotten; the others are counted.
    async fn new_of(&mut self, records: Vec<(u64, Record)>) -> Result<Vec<(u64, Record)>, Error> {
        let longterm = self.memory.longterm();
        let given: Vec<Record> = records.iter().map(|(_, record)| record.clone()).collect();
        let forgotten = longterm.are_forgotten(&given).await?;
        let scopes = longterm.scopes(given.iter().map(Record::key).collect()).await?;
        let mut new = Vec::with_capacity(records.len());
        let states = scopes.into_iter().zip(forgotten);
        for ((line, record), (in_longterm, is_forgotten)) in records.into_iter().zip(states) {
            match self.standing(&record, in_longterm, is_forgotten).await? {
                Standing::New if self.seen.insert(name(&record)) => new.push((line, record)),
                Standing::New | Standing::Known => self.done.known += 1,
                Standing::Hidden => self.done.hidden += 1,
                Standing::Taken => {
                    let Record { kind, id, .. } = &record;
                    self.strangers.insert(record.key());
                    let taken = aios_working::Error::Conflict { kind: *kind, id: id.clone() };
                    self.fail(line, taken.to_string());
                }
            }
        }
        Ok(new)
    }

    async fn standing(
        &self,
        record: &Record,
        in_longterm: Option<Scope>,
        is_forgotten: bool,
    ) -> Result<Standing, Error> {
        let here = self.in_working(record).await?;
        // Users have preferences of the same keys.
        let in_longterm =
            in_longterm.filter(|of| record.kind != Kind::Preference || *of == record.scope);
        Ok(match here.as_ref().map(|here| &here.scope).or(in_longterm.as_ref()) {
            Some(of) if !is_same(record.kind, of, &record.scope) => Standing::Taken,
            Some(_) if here.as_ref().is_some_and(|here| lacks(here, record)) => Standing::New,
            Some(_) => Standing::Known,
            None if is_forgotten => Standing::Hidden,
            None => Standing::New,
        })
    }

    async fn in_working(&self, record: &Record) -> Result<Option<Record>, Error> {
        let working = match record.kind {
            Kind::Preference => {
                self.memory.working().bound_to(ScopeFilter::exact(record.scope.clone()))?
            }
            _ => self.memory.working().clone(),
        };
        Ok(working.record(record.kind, record.id.as_str()).await?)
    }

    /// Stores what belongs to working memory and returns the others.
    async fn store_in_working(
        &mut self,
        records: Vec<(u64, Record)>,
    ) -> Result<Vec<(u64, Record)>, Error> {
        let given = records.iter().map(|(_, record)| record.clone()).collect();
        let restored = self.memory.working().restore(given, self.strangers.clone()).await?;
        let mut others = Vec::new();
        for ((line, record), restored) in records.into_iter().zip(restored) {
            match restored {
                Ok(Restored::Added) => self.done.added += 1,
                Ok(Restored::Detached { kind, id }) => {
                    self.done.added += 1;
                    self.done.detached.push((line, format!("{kind}/{id}")));
                }
                Ok(Restored::Known) => self.done.known += 1,
                Ok(Restored::Elsewhere) => others.push((line, record)),
                Err(error) => self.fail(line, error.to_string()),
            }
        }
        Ok(others)
    }

    /// Stores records all at once; those that cannot be are found in halves.
    async fn store_in_longterm(&mut self, records: Vec<(u64, Record)>) -> Result<(), Error> {
        let mut batches = vec![records];
        while let Some(mut batch) = batches.pop() {
            let given = batch.iter().map(|(_, record)| record.clone()).collect();
            match store(self.memory.longterm(), given).await {
                Ok(stored) => {
                    let known = stored.iter().filter(|stored| stored.known).count();
                    self.done.known += known as u64;
                    self.done.added += (stored.len() - known) as u64;
                }
                Err(error) if 1 < batch.len() && is_of_batch(&error) => {
                    let rest = batch.split_off(batch.len() / 2);
                    batches.extend([rest, batch]);
                }
                Err(error) if is_of_record(&error) => self.fail(batch[0].0, error.to_string()),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn fail(&mut self, line: u64, problem: String) {
        self.done.failed.push((line, problem));
    }
}

/// What tells a record from all others; a preference is one of its user's.
fn name(record: &Record) -> String {
    match (record.kind, &record.scope.user) {
        (Kind::Preference, Some(user)) => format!("{} of {user}", record.key()),
        _ => record.key(),
    }
}

/// Whether what is here in scope `here` may be what was in scope `given`. A session is one of its
/// user's, whichever agent began it.
fn is_same(kind: Kind, here: &Scope, given: &Scope) -> bool {
    match (kind, &here.user, &given.user) {
        (Kind::Session, Some(here), Some(given)) => here == given,
        (Kind::Session, ..) => true,
        _ => here == given,
    }
}

/// Whether `given` has a summary that the same session is here without, for its messages made it.
fn lacks(here: &Record, given: &Record) -> bool {
    here.kind == Kind::Session && here.text.is_empty() && !given.text.is_empty()
}

/// Stores records, all or none. A full journal is emptied first.
async fn store(
    longterm: &Longterm,
    records: Vec<Record>,
) -> Result<Vec<Stored>, aios_longterm::Error> {
    match longterm.store(records.clone()).await {
        Err(aios_longterm::Error::JournalFull { .. }) => {
            longterm.drain().await?;
            longterm.store(records).await
        }
        other => other,
    }
}

/// Whether fewer records might be stored.
fn is_of_batch(error: &aios_longterm::Error) -> bool {
    is_of_record(error) || matches!(error, aios_longterm::Error::JournalFull { .. })
}

/// Whether an error is about a record, so that the others can go in.
fn is_of_record(error: &aios_longterm::Error) -> bool {
    use aios_longterm::Error;
    matches!(
        error,
        Error::Conflict { .. }
            | Error::TextTooLong { .. }
            | Error::Unstorable { .. }
            | Error::VectorMissing { .. }
    )
}
