//! Forgetting: records that no read shows any more, and those of which no file keeps a byte.

use std::collections::{HashMap, HashSet};

use aios_record::{Record, Scope};
use tokio::{task, time};

use crate::{Error, Longterm, store::DRAIN_POLL};

/// What became of a purge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purged {
    /// The keys (`kind/id`) that were stored until now. Those that were deleted before are purged
    /// as well and not among these.
    pub keys: Vec<String>,
    /// What is still in the way; none when the purge is done.
    pub pending: Option<Obstacle>,
}

/// What a purge waits for. The owner goes on by itself when it is out of the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Obstacle {
    /// A long read of the library, such as [`Longterm::verify`], needs an older version.
    LibraryReader,
    /// A reader of `journal.db` needs what is in its log.
    JournalReader,
    /// A rebuild of the library is under way, and what it reads may be in its files.
    Rebuild,
}

impl Obstacle {
    pub(crate) fn number(self) -> u64 {
        match self {
            Obstacle::LibraryReader => 1,
            Obstacle::JournalReader => 2,
            Obstacle::Rebuild => 3,
        }
    }

    pub(crate) fn from_number(number: u64) -> Option<Obstacle> {
        match number {
            1 => Some(Obstacle::LibraryReader),
            2 => Some(Obstacle::JournalReader),
            3 => Some(Obstacle::Rebuild),
            _ => None,
        }
    }
}

impl std::fmt::Display for Obstacle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Obstacle::LibraryReader => "a long read of the library",
            Obstacle::JournalReader => "a reader of journal.db",
            Obstacle::Rebuild => "a rebuild of the library",
        })
    }
}

impl Longterm {
    /// Removes the records of these keys (`kind/id`): from now on no read and no search shows
    /// them, and [`are_forgotten`](Longterm::are_forgotten) tells them from others until they are
    /// stored again. Returns those that were stored. Bytes of them stay in files until these are
    /// rewritten or pruned; [`purge`](Longterm::purge) sees to that.
    ///
    /// # Errors
    /// [`Error::Journal`] when the disk refuses. No limit stands in the way.
    pub async fn forget(&self, keys: Vec<String>) -> Result<Vec<String>, Error> {
        let contents = self.contents(&keys).await?;
        let forgotten = self.shared.journal.forget(keys, contents).await?;
        self.shared.wake.notify_one();
        Ok(forgotten)
    }

    /// As [`forget`](Longterm::forget), and returns when no file of the data directory keeps a
    /// byte of the records, whether they were stored until now or deleted before: tables, indexes,
    /// older versions, the journal, its log and its list of what was refused, and the quarantine
    /// are rewritten or removed. What the journal keeps for ever is that the key was deleted, and
    /// the record's tombstone.
    /// Copies in `backup/` and elsewhere are not touched. What searches keep in RAM goes with the
    /// process at the latest.
    ///
    /// Takes as long as building the indexes anew. Once this has begun it is finished by whichever
    /// process owns the library, also after a crash. Where somebody still reads what must go,
    /// [`Purged::pending`] says so, and the owner does the rest when they have ended.
    ///
    /// # Errors
    /// [`Error::Journal`], and [`Error::Library`], [`Error::Io`] where this process is the owner;
    /// the purge goes on.
    pub async fn purge(&self, keys: Vec<String>) -> Result<Purged, Error> {
        let contents = self.contents(&keys).await?;
        let (keys, number) = self.shared.journal.purge(keys, contents).await?;
        self.shared.wake.notify_one();
        Ok(Purged { keys, pending: self.settle(number).await? })
    }

    /// Returns when all that was to be purged is gone, or what is in the way.
    ///
    /// # Errors
    /// As [`purge`](Longterm::purge).
    pub async fn finish_purges(&self) -> Result<Option<Obstacle>, Error> {
        let purges = self.shared.journal.purges().await?;
        self.settle(purges.wanted).await
    }

    async fn settle(&self, number: u64) -> Result<Option<Obstacle>, Error> {
        loop {
            self.shared.own().await?;
            let is_owner = self.shared.drain_now().await?;
            let purges = self.shared.journal.purges().await?;
            if number <= purges.done {
                return Ok(None);
            }
            let (blocked, obstacle) = purges.blocked;
            if number <= blocked {
                return Ok(obstacle);
            }
            if !is_owner {
                time::sleep(DRAIN_POLL).await;
            }
        }
    }

    /// The keys of all records whose scope has every part that `scope` has; those shared with
    /// others are not among them. All keys where it has none.
    ///
    /// # Errors
    /// [`Error::Journal`] when the journal cannot be read.
    pub async fn keys_in(&self, scope: Scope) -> Result<Vec<String>, Error> {
        self.shared.journal.keys_in(scope).await
    }

    /// The keys of what was made from the things named in `of` (`kind/id`, a source that is no
    /// record included, such as `file/notes.md`), and of what was made from that in turn: chunks of
    /// a document, a goal's tasks, a task's tool calls, summaries that name what they sum up, facts
    /// that name their evidence.
    /// Reads every record that may be one of these.
    ///
    /// # Errors
    /// [`Error::Journal`], [`Error::Library`] when a store cannot be read.
    pub async fn derived(&self, of: &[String]) -> Result<Vec<String>, Error> {
        let places = self.shared.places.clone();
        let pin = task::spawn_blocking(move || places.pin());
        let _pin = pin.await.map_err(|_| Error::Closed)??;
        let snapshot = self.shared.journal.snapshot(Vec::new(), 0).await?;
        let mut made_from: HashMap<String, Vec<String>> = HashMap::new();
        let mut note = |record: &Record| {
            for origin in origins(record) {
                made_from.entry(origin).or_default().push(record.key());
            }
        };
        let waiting: HashSet<&str> =
            snapshot.fresh.iter().map(|change| change.key.as_str()).collect();
        if let Some(library) = self.shared.library(snapshot.edition).await? {
            let records = library.with_origins().await?;
            records.iter().filter(|it| !waiting.contains(it.key().as_str())).for_each(&mut note);
        }
        let rows = snapshot.fresh.iter().filter_map(|change| change.row.as_ref());
        rows.for_each(|row| note(&row.record));
        let mut seen: HashSet<String> = of.iter().cloned().collect();
        let mut queue = of.to_vec();
        let mut derived = Vec::new();
        while let Some(origin) = queue.pop() {
            for key in made_from.remove(&origin).into_iter().flatten() {
                if seen.insert(key.clone()) {
                    derived.push(key.clone());
                    queue.push(key);
                }
            }
        }
        Ok(derived)
    }
}

/// The keys of what a record belongs to or was made from.
fn origins(record: &Record) -> Vec<String> {
    let source = record.source.as_ref().map(|source| format!("{}/{}", source.kind, source.id));
    let payload = &record.payload;
    let parent = |field: &str, kind: &str| Some(format!("{kind}/{}", payload[field].as_str()?));
    let originals = ["originals", "evidence"].map(|field| payload[field].as_array());
    let originals = originals.into_iter().flatten().flatten();
    let originals = originals.filter_map(|key| key.as_str()).map(str::to_owned);
    let parents = [source, parent("goal_id", "goal"), parent("task_id", "task")];
    parents.into_iter().flatten().chain(originals).collect()
}
