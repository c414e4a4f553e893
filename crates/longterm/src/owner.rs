//! The one process that writes to the library: it moves the journal's rows into it, maintains it,
//! and heals it after a crash.
//!
//! The protocol, for each batch:
//! 1. read the oldest pending rows, and the terms of the library's rows that they replace or
//!    remove;
//! 2. append the rows to the table (or replace, or remove), which makes new versions;
//! 3. sync every new file and directory of the table;
//! 4. in one journal transaction, record the version's number, delete the rows it holds, and
//!    replace the counted terms of step 1 by theirs.
//!
//! A crash before step 4 leaves the rows in the journal and, above the recorded version, versions
//! that nothing relies on and no reader has read. Therefore a **new owner, and no other process**,
//! first moves their manifests to the quarantine without reading them, and then drains as usual.
//! Merging files and updating indexes follow the same rule: sync, then record. Pruning comes after
//! both, and only when the journal itself is on disk.
//!
//! An owner with a failed step is dropped, since the content of the table beyond the recorded
//! version is unknown. Taking the ownership again heals the table.
//!
//! A rebuild (`rebuild`) writes to a separate table, which no other process reads before one
//! transaction of the journal makes it the library. That transaction ends the owner's term.
//!
//! Ownership is an advisory lock on `owner.lock`, which the operating system releases when the
//! process dies. The journal also counts the owners' terms, so that it refuses a write that was
//! queued before the process lost the lock.

mod damage;
mod deferred;
mod expiry;
mod heal;
mod maintain;
mod ownership;
mod places;
mod purge;
mod worker;

use std::{fs::File, path::Path, sync::Arc, time::Instant};

use aios_files::Anchor;
use tokio::task;

use self::damage::mend;
pub(crate) use self::{
    damage::{compare_files, damaged_columns, refuse_any_damage, refuse_damage},
    heal::{check_journal, heal, lost, remove_older_tables, set_aside},
    ownership::Ownership,
    places::{Places, lock},
    worker::Worker,
};
use crate::{
    Config, Error,
    journal::{Drain, Journal, Safe, Term},
    library::{Library, RowTerms},
    sync::{
        Synced,
        checksums::{Checksums, Known},
    },
};

/// The right to write to the library, for as long as the value lives.
pub(crate) struct Owner {
    places: Places,
    journal: Journal,
    term: Term,
    library: Library,
    config: Arc<Config>,
    synced: Synced,
    /// The directories that it writes to, and its lock.
    anchor: Anchor,
    batches_since_compaction: u32,
    rows_since_index: u64,
    /// Time of the next attempt to rewrite the journal for a purge, if a reader blocked the last
    /// one.
    scrub_after: Option<Instant>,
    /// The columns whose damaged indexes were rebuilt when the term began.
    mended: Vec<String>,
    /// Dropping the file releases the lock, so it is the last field.
    _lock: File,
}

impl Owner {
    /// Becomes the owner if no other process is, and heals the library. Fails with
    /// [`Error::Ousted`] if a rebuild has replaced the table.
    pub(crate) async fn take(
        places: &Places,
        journal: &Journal,
        config: &Arc<Config>,
        dimension: usize,
    ) -> Result<Option<Owner>, Error> {
        let Some(lock) = lock(&places.lock)? else { return Ok(None) };
        check_journal(places, journal).await?;
        let term = journal.begin_term().await?;
        let owner = Owner::begin(places, journal, config, dimension, term, lock).await;
        or_ousted(owner, journal, term).await.map(Some)
    }

    /// Builds the owner of a term that has begun.
    async fn begin(
        places: &Places,
        journal: &Journal,
        config: &Arc<Config>,
        dimension: usize,
        term: Term,
        lock: File,
    ) -> Result<Owner, Error> {
        let site = places.site(term.edition.table, dimension, config.cache_bytes);
        let mut known = journal.checksums().await?;
        let library = match term.edition.version {
            0 => {
                known = Known::default();
                // Otherwise a power cut could leave a library that the journal does not know.
                journal.sync().await?;
                // Nothing in the table was ever recorded as synced.
                site.discard()?;
                Library::create(site).await?
            }
            version => heal(places, site, version, &known).await?,
        };
        let rows_min = config.indexed_rows_min(dimension);
        let mended = mend(journal, &library, &known, rows_min).await?;
        let is_unknown = !known.has_table(library.dir());
        remove_older_tables(places, term.edition.table)?;
        let (files, unindexed) = library.backlog().await?;
        let held = [&places.dir, &places.library, library.dir(), &places.lock];
        let anchor = Anchor::new(held.map(Path::to_owned))?;
        let mut owner = Owner {
            places: places.clone(),
            journal: journal.clone(),
            term,
            library,
            config: Arc::clone(config),
            synced: Synced::new(Arc::clone(&places.disk), known.checksums),
            anchor,
            batches_since_compaction: files,
            rows_since_index: unindexed,
            scrub_after: None,
            mended,
            _lock: lock,
        };
        if !journal.has_exact_statistics().await? {
            journal.recount(term, owner.library.term_counts().await?).await?;
        }
        if is_unknown || !owner.mended.is_empty() || config.disk_bytes_max.is_some() {
            owner.note_synced().await?;
        }
        Ok(owner)
    }

    /// Returns `done`, or [`Error::Ousted`] if it failed because a rebuild has replaced and removed
    /// the owner's table.
    pub(crate) async fn or_ousted<T>(&self, done: Result<T, Error>) -> Result<T, Error> {
        or_ousted(done, &self.journal, self.term).await
    }

    pub(crate) fn library(&self) -> &Library {
        &self.library
    }

    /// Returns the columns whose damaged indexes were rebuilt when this owner began.
    pub(crate) fn mended(&self) -> &[String] {
        &self.mended
    }

    /// Moves the waiting changes with sequence numbers up to `through` into the library. Returns
    /// `true` if all of them are there, `false` if a rebuild has paused drains or a row waits for
    /// its vector. After an error the owner must be dropped.
    pub(crate) async fn drain(&mut self, through: i64) -> Result<bool, Error> {
        loop {
            let (rows_max, now) = (self.config.drain_rows_max, (self.config.clock)());
            let Some(drain) = self.journal.drain(self.term, rows_max, through, now).await? else {
                return Ok(false);
            };
            if drain.is_empty() {
                if self.is_full() {
                    self.maintain().await?;
                }
                return Ok(true);
            }
            self.apply(drain).await?;
            self.maintain().await?;
        }
    }

    async fn apply(&mut self, drain: Drain) -> Result<(), Error> {
        self.anchor.check()?;
        let held = match drain.held_keys() {
            keys if keys.is_empty() => Vec::new(),
            keys => self.held_rows(&keys).await?,
        };
        let expect = drain.rows_after(self.library.row_count().await?, &held);
        if !drain.removals.is_empty() {
            self.library.remove(&drain.removals).await?;
        }
        if !drain.replacements.is_empty() {
            self.library.replace(&drain.replacements).await?;
        }
        if !drain.appends.is_empty() {
            self.library.append(&drain.appends).await?;
        }
        let rows = self.library.row_count().await?;
        if expect.is_some_and(|expect| expect != rows) {
            let problem = format!("the table has {rows} rows, expected {expect:?}");
            return Err(Error::Library { action: "change records", source: problem.into() });
        }
        self.batches_since_compaction += 1;
        self.rows_since_index += drain.len() as u64;
        let safe = self.make_durable().await?;
        self.journal.applied(self.term, drain, held, safe, (self.config.clock)()).await
    }

    /// Returns the terms of the library's rows of `keys`. If the index of keys misses one of them,
    /// rebuilds the indexes.
    async fn held_rows(&mut self, keys: &[String]) -> Result<Vec<RowTerms>, Error> {
        self.check_unchanged().await?;
        for _ in 0..2 {
            let rows = self.library.terms_of(keys).await?;
            let mut missing = keys.to_vec();
            missing.retain(|key| rows.iter().all(|row| row.key != *key));
            if missing.is_empty() || self.library.places_of(&missing).await?.is_empty() {
                return Ok(rows);
            }
            tracing::warn!("the key index misses records; rebuilding it");
            self.rebuild_indexes().await?;
        }
        Err(Error::Library {
            action: "find records by key",
            source: "the key index misses records".into(),
        })
    }

    async fn note_synced(&mut self) -> Result<(), Error> {
        let safe = self.make_durable().await?;
        self.journal.set_synced(self.term, safe).await
    }

    async fn make_durable(&mut self) -> Result<Safe, Error> {
        let safe = make_durable(&self.library, &self.places, &mut self.synced).await?;
        // Rows that were written to another directory must not leave the journal.
        self.anchor.check()?;
        Ok(safe)
    }
}

/// Syncs everything that a table has written, and returns the synced version.
pub(crate) async fn make_durable(
    library: &Library,
    places: &Places,
    synced: &mut Synced,
) -> Result<Safe, Error> {
    let version = library.version().await?;
    let (table, dir) = (library.dir().to_owned(), places.dir.clone());
    let needed = library.needed().await?;
    let empty = Synced::new(Arc::clone(&places.disk), Checksums::new());
    let mut working = std::mem::replace(synced, empty);
    let work = task::spawn_blocking(move || (working.sync(&table, &dir, &needed), working));
    let (result, worked) = work.await.map_err(|_| Error::Closed)?;
    *synced = worked;
    let (checksums, _) = result.map_err(Error::io("sync", library.dir()))?;
    Ok(Safe { version, library_bytes: synced.bytes(), checksums })
}

async fn or_ousted<T>(done: Result<T, Error>, journal: &Journal, term: Term) -> Result<T, Error> {
    let Err(error) = done else { return done };
    let is_replaced = match journal.edition().await {
        Ok(edition) => edition.table != term.edition.table,
        Err(now) => matches!(now, Error::Reembedded { .. }),
    };
    Err(if is_replaced { Error::Ousted } else { error })
}
