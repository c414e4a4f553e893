//! Forgetting, after which no read returns the records, and purging, after which no file contains
//! their bytes.

use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
};

use aios_record::{Identity, Key, Kind, Record, Source, ValueType};
use tokio::time;

use crate::{
    Error, LongtermView, Sources, Upkeep,
    config::DRAIN_POLL,
    journal::{Corpus, KnownWaiting, Obstacle},
};

/// The outcome of a purge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purged {
    /// The records that were stored until now. Records deleted earlier are also purged, but not
    /// listed.
    pub identities: Vec<Identity>,
    /// The obstacle that the purge waits for. `None` if the purge is done.
    pub pending: Option<Obstacle>,
    /// Quarantined files of an earlier repair that this purge has removed, since they may have
    /// contained purged records.
    pub discarded: Vec<PathBuf>,
}

impl LongtermView {
    /// Removes these records and returns those that were stored and visible to this view. No read
    /// or search shows them any more, and [`are_forgotten`](crate::Tombstones::are_forgotten)
    /// recognises them until they are stored again. Their bytes remain in files until these are
    /// rewritten or pruned; [`purge`](Upkeep::purge) does that.
    ///
    /// # Errors
    /// - [`Error::NotYours`] if one is shared and the view acts for a user; in that case nothing is
    ///   removed.
    /// - [`Error::Journal`] if the journal cannot be written. The limits on rows and bytes do not
    ///   apply.
    pub async fn forget(&self, identities: Vec<Identity>) -> Result<Vec<Identity>, Error> {
        let contents = self.contents(&identities).await?;
        let journal = &self.parts.journal;
        let forgotten = journal.forget(self.gate.clone(), identities, contents).await?;
        self.parts.wake.notify_one();
        Ok(forgotten)
    }

    /// Calls `look` with every record of this view that may be derived from others or have a
    /// source. Records from the library have only the fields that name their origin.
    pub(crate) async fn each_with_origin(
        &self,
        mut look: impl FnMut(&Record),
    ) -> Result<(), Error> {
        let _pin = self.parts.shelf.pin().await?;
        let snapshot =
            self.parts.journal.snapshot(Vec::new(), Corpus::All, KnownWaiting::default()).await?;
        let mut show = |record: &Record| {
            if self.gate.sees(&record.scope) {
                look(record);
            }
        };
        let waiting: HashSet<&str> =
            snapshot.fresh.iter().map(|change| change.key.as_str()).collect();
        if let Some(library) = self.parts.shelf.library(snapshot.edition).await? {
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

impl Sources<'_> {
    /// Returns the records of this view that were made from the records `of` or from `sources`,
    /// such as a file, directly or indirectly: chunks of a document, tasks of a goal, tool calls of
    /// a task, summaries that name their originals, facts that name their evidence. Only records of
    /// the same owner count: a user's records are never derived from shared ones here. Reads every
    /// record that may be derived.
    ///
    /// # Errors
    /// [`Error::Journal`], [`Error::Library`] if a store cannot be read.
    pub async fn derived(
        self,
        of: &[Identity],
        sources: &[Source],
    ) -> Result<Vec<Identity>, Error> {
        let mut made_from = MadeFrom { records: HashMap::new() };
        self.view.each_with_origin(|record| made_from.note(record)).await?;
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
}

impl Upkeep<'_> {
    /// As [`forget`](LongtermView::forget), and waits until no file of the data directory keeps a
    /// byte of the records, whether they were stored until now or deleted before. Tables, indexes,
    /// older versions, the journal with its write-ahead log and its list of refused changes, and
    /// the quarantine are rewritten or removed. The journal permanently keeps the deleted key and
    /// the record's tombstone. Copies in `backup/` and elsewhere are not touched. Copies that
    /// searches keep in RAM end with the process at the latest.
    ///
    /// Takes as long as rebuilding the indexes. The process that owns the library finishes a
    /// requested purge, even after a crash. If a reader blocks it, [`Purged::pending`] names the
    /// obstacle, and the owner finishes the purge when the obstacle is gone.
    ///
    /// # Errors
    /// [`Error::Journal`], and [`Error::Library`], [`Error::Io`] if this process is the owner. The
    /// purge continues after an error.
    pub async fn purge(self, identities: Vec<Identity>) -> Result<Purged, Error> {
        let contents = self.longterm.contents(&identities).await?;
        let unsaved = self.unsaved()?;
        let (identities, number) = self.longterm.parts.journal.purge(identities, contents).await?;
        self.longterm.parts.wake.notify_one();
        let pending = self.settle(number).await?;
        let discarded = unsaved.into_iter().filter(|path| !path.exists()).collect();
        Ok(Purged { identities, pending, discarded })
    }

    /// Returns the files that a repair could not save: libraries that could not be read completely,
    /// and rows unknown to the journal. A purge removes them, so save what you need before.
    ///
    /// # Errors
    /// [`Error::Io`] if the quarantine cannot be listed.
    pub fn unsaved(self) -> Result<Vec<PathBuf>, Error> {
        self.longterm.parts.places.unsaved()
    }

    /// Waits until all requested purges are done, or blocked by the returned obstacle.
    ///
    /// # Errors
    /// As [`purge`](Upkeep::purge).
    pub async fn finish_purges(self) -> Result<Option<Obstacle>, Error> {
        let purges = self.longterm.parts.journal.purges().await?;
        self.settle(purges.wanted).await
    }

    async fn settle(self, number: u64) -> Result<Option<Obstacle>, Error> {
        loop {
            self.longterm.parts.ownership.own().await?;
            let is_owner = self.longterm.parts.ownership.drain_now().await?;
            let purges = self.longterm.parts.journal.purges().await?;
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

/// Origins of records, each with the records made from it. An origin is an encoded identity, or
/// `kind/id` of a source that is not a record.
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

/// Returns the records of the same owner that a record belongs to or was made from, and its source
/// if that is not a record. A key without an owner means the record's own owner.
fn origins(record: &Record) -> Vec<String> {
    let own = record.owner();
    let of_own = |kind: Kind, id: &str| aios_record::encode(own.as_str(), kind, id);
    let references = record.references.iter().filter(|it| it.owner == own);
    let mut origins: Vec<String> = references.map(Identity::encode).collect();
    if let Some(source) = &record.source {
        origins.push(match source.kind.parse() {
            // A document is not the record of kind `file` that may have its name for an id.
            Ok(kind) if !source.is_file() => of_own(kind, &source.id),
            _ => of_source(source),
        });
    }
    if record.references.is_empty() {
        let payload = &record.payload;
        // A record of any kind may have these fields.
        for parent in Kind::ALL.iter().flat_map(|kind| kind.parents()) {
            let id = parent.field.and_then(|field| payload[field].as_str());
            origins.extend(id.map(|id| of_own(parent.kind, id)));
        }
        let fields = Kind::ALL.iter().flat_map(|kind| kind.fields());
        let originals = fields.filter(|field| field.value_type == ValueType::Keys);
        let originals = originals.filter_map(|field| payload[field.name].as_array());
        let keys = originals.flatten().filter_map(|key| key.as_str());
        for key in keys {
            let parsed = key.parse::<Key>().ok();
            // A key of kind `file` may mean a document.
            if parsed.as_ref().is_none_or(|it| it.kind == Kind::File) {
                origins.push(key.to_owned());
            }
            origins.extend(parsed.map(|it| it.of(own.clone()).encode()));
        }
    }
    origins.sort_unstable();
    origins.dedup();
    origins
}

/// Returns the origin of a source that is not a record.
fn of_source(source: &Source) -> String {
    format!("{}/{}", source.kind, source.id)
}
