//! Forgetting across the tiers: records that no read shows any more and, with a purge, of which no
//! file of the data directory keeps a byte. Not here: how each tier does it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use aios_longterm::SearchOptions;
use aios_record::{Id, Kind, Record, Scope, ScopeFilter};
use aios_working::{KINDS, Working};
use serde::Serialize;

use crate::{AgentMemory, Error};

/// How many records of working memory are looked at at once.
const PAGE: usize = 500;

/// What is to be forgotten. What belongs to it, and what was made of it, goes along.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Forgotten {
    /// These records, whether or not they are still stored.
    Records(Vec<(Kind, Id)>),
    /// All chunks of the document that was ingested under this name.
    Document(String),
    /// All records whose scope has every part that this one has.
    Scope(Scope),
    /// What [`recall`](AgentMemory::recall) finds, and the records with the same words for which
    /// a hit stands. Look at it first, with [`ForgetOptions::dry_run`].
    Query(String, Box<SearchOptions>),
}

/// What is to be forgotten, and how thoroughly.
#[derive(Debug, Clone)]
pub struct ForgetOptions {
    /// Which records.
    pub what: Forgotten,
    /// Whose they may be, where they are given one by one; anybody's unless told.
    pub scope: ScopeFilter,
    /// Whether no file may keep a byte of them. Takes as long as rewriting working memory and the
    /// indexes of long-term memory.
    pub purge: bool,
    /// Only say what would be forgotten.
    pub dry_run: bool,
}

impl ForgetOptions {
    /// Forgets `what`, whosever it is, without a purge.
    #[must_use]
    pub fn new(what: Forgotten) -> ForgetOptions {
        ForgetOptions { what, scope: ScopeFilter::default(), purge: false, dry_run: false }
    }

    /// These options, with a purge.
    #[must_use]
    pub fn with_purge(self) -> ForgetOptions {
        ForgetOptions { purge: true, ..self }
    }

    /// These options, only to say what would be forgotten.
    #[must_use]
    pub fn with_dry_run(self) -> ForgetOptions {
        ForgetOptions { dry_run: true, ..self }
    }
}

/// What was forgotten, without a word of what it said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// How many records.
    pub forgotten: u64,
    /// How many of each collection.
    pub collections: BTreeMap<&'static str, u64>,
    /// Their keys (`kind/id`).
    pub keys: Vec<String>,
    /// Whether this is only what would be forgotten.
    pub dry_run: bool,
    /// Whether no file of the data directory keeps a byte of them any more, `backups` left out.
    pub purged: bool,
    /// What a purge still waits for. It goes on by itself when that has ended.
    pub pending: Vec<String>,
    /// Copies that may still hold them, where a purge was asked for: those that migrations left in
    /// the data directory, and those that [`AgentMemory::backup`] made and that are still there.
    /// They are not touched: remove them yourself.
    pub backups: Vec<PathBuf>,
}

impl AgentMemory {
    /// Forgets records: from working memory, from long-term memory and from every search, at once.
    /// What belongs to them goes along (a goal's tasks, a task's tool calls, a session's messages
    /// and tasks), and so does what was made of them (summaries).
    ///
    /// With [`ForgetOptions::purge`] no file of the data directory keeps a byte of them when this
    /// returns, unless [`Receipt::pending`] says what is in the way. A purge that is interrupted
    /// is finished when the directory is opened next.
    ///
    /// Events of this process's ring are shown no more, and reach no disk; their bytes stay in its
    /// RAM until newer ones push them out, as do the last results of tools.
    ///
    /// What was forgotten stays so when it is found again, by [`ingest_file`](Self::ingest_file),
    /// [`import`](Self::import) or [`import_export`](Self::import_export): it counts as known, by
    /// its kind, scope and text as by its id. It is back when it is recorded or remembered.
    ///
    /// # Errors
    /// What working or long-term memory report. What was forgotten by then stays forgotten.
    pub async fn forget(&self, options: ForgetOptions) -> Result<Receipt, Error> {
        self.catch_up().await?;
        let found = self.forgotten(&options).await?;
        if options.dry_run {
            let stored = self.stored(found, &options).await?;
            return Ok(Receipt { dry_run: true, ..Receipt::of(stored) });
        }
        if options.purge {
            self.working().ask_for_scrub().await?;
        }
        let keys: Vec<String> = found.iter().map(|(kind, id)| format!("{kind}/{id}")).collect();
        self.forget_operational(&found);
        // Their tombstones come first: they are made of what is still there.
        self.leave_tombstones(&found, &options).await?;
        let mut gone = parsed(self.longterm().forget(keys.clone()).await?)?;
        gone.extend(self.remove_working(&found, &options).await?);
        self.catch_up().await?;
        if !options.purge {
            // What the feed still told of them meanwhile goes as well.
            self.longterm().forget(keys).await?;
            return Ok(Receipt::of(gone));
        }
        let purged = self.longterm().purge(keys).await?;
        gone.extend(parsed(purged.keys)?);
        let mut pending: Vec<String> =
            purged.pending.iter().map(|obstacle| obstacle.to_string()).collect();
        match self.working().scrub().await {
            Ok(()) => {}
            Err(error) if error.is_retryable() => pending.push("a reader of working.db".to_owned()),
            Err(error) => return Err(error.into()),
        }
        let mut backups = backups(&self.config().memory.data_dir)?;
        backups.extend(self.longterm().backups().await?);
        Ok(Receipt { purged: pending.is_empty(), pending, backups, ..Receipt::of(gone) })
    }

    /// Events that are in the ring of this process must not be written any more.
    fn forget_operational(&self, found: &BTreeSet<(Kind, Id)>) {
        let of = |wanted: Kind| {
            found.iter().filter(move |(kind, _)| *kind == wanted).map(|(_, id)| id.clone())
        };
        self.operational().forget_events(&of(Kind::Event).collect());
        of(Kind::Task).for_each(|id| drop(self.operational().end_task(&id)));
    }

    /// Finishes what a purge of a process that ended too early has left.
    pub(crate) async fn resume_purge(&self) {
        let resume = async || -> Result<(), Error> {
            if self.working().is_scrub_asked_for().await? {
                self.catch_up().await?;
                self.longterm().purge(Vec::new()).await?;
                self.working().scrub().await?;
            }
            Ok(())
        };
        if let Err(error) = resume().await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "an interrupted purge is not finished yet");
        }
    }

    /// What is meant, with what belongs to it and what was made of it.
    async fn forgotten(&self, options: &ForgetOptions) -> Result<BTreeSet<(Kind, Id)>, Error> {
        let mut origins: Vec<String> = Vec::new();
        let mut found: BTreeSet<(Kind, Id)> = match &options.what {
            Forgotten::Records(records) => {
                let mut found = BTreeSet::new();
                for (kind, id) in records {
                    let record = self.get_with_expired(*kind, id).await?;
                    if record.is_none_or(|record| options.scope.admits(&record.scope)) {
                        found.insert((*kind, id.clone()));
                    }
                }
                found
            }
            Forgotten::Document(name) => {
                origins.push(format!("file/{name}"));
                BTreeSet::new()
            }
            Forgotten::Scope(scope) => self.of_scope(scope).await?,
            Forgotten::Query(query, search) => {
                let hits = self.recall(query, search).await?.hits;
                let folded = hits.iter().flat_map(|hit| hit.folded.clone());
                let mut found = parsed(folded.collect())?;
                found.extend(hits.into_iter().map(|hit| (hit.kind, hit.id)));
                found
            }
        };
        for (kind, id) in found.clone() {
            let working = self.working().with_expired();
            found.extend(working.would_remove(kind, id.as_str()).await?);
            if kind == Kind::Session {
                found.extend(self.of_scope(&Scope::default().with_session(id.as_str())).await?);
            }
        }
        origins.extend(found.iter().map(|(kind, id)| format!("{kind}/{id}")));
        found.extend(parsed(self.longterm().derived(&origins).await?)?);
        self.add_retold_sessions(&mut found).await?;
        Ok(found)
    }

    async fn get_with_expired(&self, kind: Kind, id: &Id) -> Result<Option<Record>, Error> {
        match self.working().with_expired().record(kind, id.as_str()).await? {
            Some(record) => Ok(Some(record)),
            None => Ok(self.longterm().records(vec![format!("{kind}/{id}")]).await?.pop()),
        }
    }

    /// All records of a scope, in either tier.
    async fn of_scope(&self, scope: &Scope) -> Result<BTreeSet<(Kind, Id)>, Error> {
        let mut found = parsed(self.longterm().keys_in(scope.clone()).await?)?;
        let filter = ScopeFilter::exact(scope.clone());
        let working = self.working().with_expired().bound_to(filter.clone())?;
        for &kind in KINDS {
            let mut after = None;
            loop {
                let page = working.records(kind, after, PAGE).await?;
                let records = page.records.into_iter();
                let within = records.filter(|record| filter.admits(&record.scope));
                found.extend(within.map(|record| (kind, record.id)));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        Ok(found)
    }

    /// A session repeats its summary. Where that goes and the session has left working memory, its
    /// record goes too; its messages stay.
    async fn add_retold_sessions(&self, found: &mut BTreeSet<(Kind, Id)>) -> Result<(), Error> {
        for id in self.summed_up(found).await? {
            if self.working().record(Kind::Session, id.as_str()).await?.is_none() {
                found.insert((Kind::Session, id));
            }
        }
        Ok(())
    }

    /// The sessions of which a summary is among `records`.
    async fn summed_up(&self, records: &BTreeSet<(Kind, Id)>) -> Result<Vec<Id>, Error> {
        let mut sessions = Vec::new();
        for (_, id) in records.iter().filter(|(kind, _)| *kind == Kind::Summary) {
            let source = self.get(Kind::Summary, id).await?.and_then(|record| record.source);
            if let Some(source) = source.filter(|source| source.kind == Kind::Session.as_str()) {
                sessions.push(Id::new(source.id)?);
            }
        }
        Ok(sessions)
    }

    /// Working memory as it is to be asked for records of a kind: the key of a preference is one
    /// for every user; other ids are one for all.
    fn working_of(&self, kind: Kind, options: &ForgetOptions) -> Result<Working, Error> {
        let filter = match (&options.what, kind) {
            (Forgotten::Scope(scope), Kind::Preference | Kind::Persona) => {
                ScopeFilter::exact(scope.clone())
            }
            (_, Kind::Preference | Kind::Persona) => options.scope.clone(),
            _ => return Ok(self.working().with_expired()),
        };
        Ok(self.working().with_expired().bound_to(filter)?)
    }

    /// Leaves tombstones of what of `found` is in working memory, where not all is told to
    /// long-term memory.
    async fn leave_tombstones(
        &self,
        found: &BTreeSet<(Kind, Id)>,
        options: &ForgetOptions,
    ) -> Result<(), Error> {
        let mut records = Vec::new();
        for (kind, id) in found {
            let working = self.working_of(*kind, options)?;
            records.extend(working.record(*kind, id.as_str()).await?);
            if PAGE <= records.len() {
                self.longterm().leave_tombstones(&std::mem::take(&mut records)).await?;
            }
        }
        Ok(self.longterm().leave_tombstones(&records).await?)
    }

    /// Removes what of `found` is in working memory; says what that was.
    async fn remove_working(
        &self,
        found: &BTreeSet<(Kind, Id)>,
        options: &ForgetOptions,
    ) -> Result<BTreeSet<(Kind, Id)>, Error> {
        let working = self.working();
        for id in self.summed_up(found).await? {
            if working.record(Kind::Session, id.as_str()).await?.is_some() {
                working.set_session_summary(id.as_str(), String::new()).await?;
            }
        }
        let mut removed = BTreeSet::new();
        for (kind, id) in found {
            let working = self.working_of(*kind, options)?;
            removed.extend(working.remove(*kind, id.as_str()).await?);
        }
        self.wake_pump();
        Ok(removed)
    }

    /// Those of `records` that are stored in either tier.
    async fn stored(
        &self,
        records: BTreeSet<(Kind, Id)>,
        options: &ForgetOptions,
    ) -> Result<BTreeSet<(Kind, Id)>, Error> {
        let keys = records.iter().map(|(kind, id)| format!("{kind}/{id}")).collect();
        let known = self.longterm().known(keys).await?;
        let mut stored = BTreeSet::new();
        for ((kind, id), known) in records.into_iter().zip(known) {
            let working = self.working_of(kind, options)?;
            if known || working.record(kind, id.as_str()).await?.is_some() {
                stored.insert((kind, id));
            }
        }
        Ok(stored)
    }
}

impl Receipt {
    fn of(records: BTreeSet<(Kind, Id)>) -> Receipt {
        let mut receipt = Receipt { forgotten: records.len() as u64, ..Receipt::default() };
        for (kind, id) in records {
            *receipt.collections.entry(kind.collection()).or_default() += 1;
            receipt.keys.push(format!("{kind}/{id}"));
        }
        receipt
    }
}

fn parsed(keys: Vec<String>) -> Result<BTreeSet<(Kind, Id)>, Error> {
    let pairs = keys.iter().filter_map(|key| key.split_once('/'));
    pairs.map(|(kind, id)| Ok((kind.parse()?, Id::new(id)?))).collect()
}

/// The files that migrations have left in the data directory.
fn backups(dir: &Path) -> Result<Vec<PathBuf>, Error> {
    let dir = dir.join("backup");
    if !dir.exists() {
        return Ok(Vec::new());
    }
    let failed = || Error::directory(&dir);
    let entries = fs::read_dir(&dir).map_err(failed())?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    let mut backups = paths.collect::<Result<Vec<_>, _>>().map_err(failed())?;
    backups.sort_unstable();
    Ok(backups)
}
