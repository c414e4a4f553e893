//! Forgetting: records that no read shows any more, and purged ones, whose bytes no file keeps.

use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
};

use aios_record::{Identity, Kind, Owner, Record, Scope, Source};
use tokio::{task, time};

use crate::{
    Error, Longterm, LongtermView,
    journal::{Corpus, KnownWaiting},
    store::DRAIN_POLL,
};

/// The outcome of a purge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purged {
    /// The records that were stored until now. Those that were deleted before are purged as well
    /// and not among these.
    pub identities: Vec<Identity>,
    /// The obstacle that is still in the way; absent when the purge is done.
    pub pending: Option<Obstacle>,
    /// Files that a repair could not save and had put into the quarantine, and that this purge has
    /// removed: nobody can tell if the purged records were in them.
    pub discarded: Vec<PathBuf>,
}

/// Something that a purge waits for. The owner goes on by itself when it is out of the way.
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

impl LongtermView {
    /// Removes these records: from now on no read and no search shows them, and
    /// [`are_forgotten`](LongtermView::are_forgotten) tells them from others until they are stored
    /// again. Returns those that were stored; what this view does not see is not. Bytes of them
    /// stay in files until these are rewritten or pruned; [`purge`](Longterm::purge) sees to that.
    ///
    /// # Errors
    /// [`Error::NotYours`], and nothing is removed, when one is shared and the view acts for a
    /// user; [`Error::Journal`] when the disk refuses. No limit stands in the way.
    pub async fn forget(&self, identities: Vec<Identity>) -> Result<Vec<Identity>, Error> {
        let contents = self.contents(&identities).await?;
        let journal = &self.shared.journal;
        let forgotten = journal.forget(self.gate.clone(), identities, contents).await?;
        self.shared.wake.notify_one();
        Ok(forgotten)
    }

    /// Which of `identities`, of those that this view may change, are stored, or were deleted or
    /// forgotten before. Of others it says `false`.
    ///
    /// # Errors
    /// [`Error::Journal`] when the journal cannot be read.
    pub async fn knew(&self, identities: &[Identity]) -> Result<Vec<bool>, Error> {
        let knew = self.shared.journal.knew(identities.to_vec()).await?;
        let own = identities.iter().map(|identity| self.may_change(&identity.owner));
        Ok(knew.into_iter().zip(own).map(|(knew, own)| knew && own).collect())
    }

    /// Returns `true` if a record of the scope that this view is narrowed to is stored or was
    /// deleted. Of what was purged only the owner and the session itself are known.
    ///
    /// # Errors
    /// [`Error::Journal`] when the journal cannot be read.
    pub async fn knew_scope(&self) -> Result<bool, Error> {
        self.shared.journal.knew_scope(self.gate.clone()).await
    }

    /// The identities of a kind that were deleted, of those that this view could change, each with
    /// what is still known of its scope.
    ///
    /// # Errors
    /// [`Error::Journal`] when the journal cannot be read.
    pub async fn deleted_of(&self, kind: Kind) -> Result<Vec<(Identity, Scope)>, Error> {
        let mut deleted = self.shared.journal.deleted_of(kind).await?;
        deleted.retain(|(identity, _)| self.may_change(&identity.owner));
        Ok(deleted)
    }

    fn may_change(&self, owner: &Owner) -> bool {
        self.gate.may_change(&Scope::default().with_owner(owner))
    }

    /// The records of this view that were made from the records `of` or the `sources`, such as a
    /// file, and those made from these in turn: chunks of a document, a goal's tasks, a task's
    /// tool calls, summaries that name what they sum up, facts that name their evidence. Only an
    /// owner's own records count as made from that owner's; a user's are not made from shared ones
    /// here. Reads every record that may be one of these.
    ///
    /// # Errors
    /// [`Error::Journal`], [`Error::Library`] when a store cannot be read.
    pub async fn derived(
        &self,
        of: &[Identity],
        sources: &[Source],
    ) -> Result<Vec<Identity>, Error> {
        let mut made_from = MadeFrom { records: HashMap::new() };
        self.each_with_origin(|record| made_from.note(record)).await?;
        let mut queue: Vec<String> = of.iter().map(Identity::encode).collect();
        let mut seen: HashSet<String> = queue.iter().cloned().collect();
        queue.extend(sources.iter().map(of_source));
        let mut derived = Vec::new();
        while let Some(origin) = queue.pop() {
            for identity in made_from.records.remove(&origin).into_iter().flatten() {
                let key = identity.encode();
                if seen.insert(key.clone()) {
                    derived.push(identity);
                    queue.push(key);
                }
            }
        }
        Ok(derived)
    }

    /// Shows `look` every record of this view that may be made of others or have a source. Those of
    /// the library have no more than the fields that say so.
    pub(crate) async fn each_with_origin(
        &self,
        mut look: impl FnMut(&Record),
    ) -> Result<(), Error> {
        let places = self.shared.places.clone();
        let access = self.shared.config.access;
        let pin = task::spawn_blocking(move || places.pin(access));
        let _pin = pin.await.map_err(|_| Error::Closed)??;
        let snapshot =
            self.shared.journal.snapshot(Vec::new(), Corpus::All, KnownWaiting::default()).await?;
        let mut show = |record: &Record| {
            if self.gate.sees(&record.scope) {
                look(record);
            }
        };
        let waiting: HashSet<&str> =
            snapshot.fresh.iter().map(|change| change.key.as_str()).collect();
        if let Some(library) = self.shared.library(snapshot.edition).await? {
            let held = |record: Record| {
                if !waiting.contains(&*record.encoded_identity()) {
                    show(&record);
                }
            };
            library.each_with_origin(held).await?;
        }
        let rows = snapshot.fresh.iter().filter_map(|change| change.row.as_ref());
        rows.for_each(|row| show(&row.record));
        Ok(())
    }
}

impl Longterm {
    /// As [`forget`](LongtermView::forget), and returns when no file of the data directory keeps a
    /// byte of the records, whether they were stored until now or deleted before: tables, indexes,
    /// older versions, the journal, its log and its list of what was refused, and the quarantine
    /// are rewritten or removed. The journal keeps for ever that the key was deleted, and the
    /// record's tombstone. Copies in `backup/` and elsewhere are not touched. Copies that searches
    /// keep in RAM go with the process at the latest.
    ///
    /// Takes as long as building the indexes again. Once this has begun it is finished by whichever
    /// process owns the library, also after a crash. Where somebody still reads what must go,
    /// [`Purged::pending`] says so, and the owner does the rest when they have ended.
    ///
    /// # Errors
    /// [`Error::Journal`], and [`Error::Library`], [`Error::Io`] where this process is the owner;
    /// the purge goes on.
    pub async fn purge(&self, identities: Vec<Identity>) -> Result<Purged, Error> {
        let contents = self.contents(&identities).await?;
        let unsaved = self.unsaved()?;
        let (identities, number) = self.shared.journal.purge(identities, contents).await?;
        self.shared.wake.notify_one();
        let pending = self.settle(number).await?;
        let discarded = unsaved.into_iter().filter(|path| !path.exists()).collect();
        Ok(Purged { identities, pending, discarded })
    }

    /// Files that a repair could not save: libraries that could not be read whole, and rows unknown
    /// to the journal. A purge removes them, so save what is wanted of them before.
    ///
    /// # Errors
    /// [`Error::Io`] when the quarantine cannot be listed.
    pub fn unsaved(&self) -> Result<Vec<PathBuf>, Error> {
        self.shared.places.unsaved()
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
}

/// Origins of records: encoded identities, and `kind/id` of sources that are not records, each with
/// the records made from it.
struct MadeFrom {
    records: HashMap<String, Vec<Identity>>,
}

impl MadeFrom {
    fn note(&mut self, record: &Record) {
        let identity = record.identity();
        for origin in origins(record) {
            self.records.entry(origin).or_default().push(identity.clone());
        }
    }
}

/// The records of the same owner that a record belongs to or was made from, and its source if that
/// is not a record. A key without an owner means the record's own owner.
fn origins(record: &Record) -> Vec<String> {
    let own = record.owner();
    let of_own = |kind: Kind, id: &str| aios_record::encode(own.as_str(), kind, id);
    let references = record.references.iter().filter(|it| it.owner == own);
    let mut origins: Vec<String> = references.map(Identity::encode).collect();
    if let Some(source) = &record.source {
        origins.push(match source.kind.parse() {
            Ok(kind) => of_own(kind, &source.id),
            Err(_) => of_source(source),
        });
    }
    if record.references.is_empty() {
        let payload = &record.payload;
        let parents = [("goal_id", Kind::Goal), ("task_id", Kind::Task)];
        for (field, kind) in parents {
            origins.extend(payload[field].as_str().map(|id| of_own(kind, id)));
        }
        let originals = ["originals", "evidence"].map(|field| payload[field].as_array());
        let keys = originals.into_iter().flatten().flatten().filter_map(|key| key.as_str());
        for key in keys {
            let parsed = key.split_once('/').and_then(|(kind, id)| Some((kind.parse().ok()?, id)));
            origins.push(parsed.map_or_else(|| key.to_owned(), |(kind, id)| of_own(kind, id)));
        }
    }
    origins.sort_unstable();
    origins.dedup();
    origins
}

/// A source that is not a record.
fn of_source(source: &Source) -> String {
    format!("{}/{}", source.kind, source.id)
}
