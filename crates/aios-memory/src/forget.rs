//! Forgetting across the tiers: records that no read shows any more and, with a purge, of which no
//! file of the data directory keeps a byte. Not here: how each tier does it.

mod negation;
mod numbers;
mod proposal;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use aios_record::{Gate, Id, Identity, Key, Kind, Owner, Record, Scope, ScopeFilter};
use aios_working::KINDS;
use serde::Serialize;

pub use self::proposal::{Agreement, ForgetQuery, Proposal, Proposed};
use crate::{Administrator, Error, MemoryView};

/// Records of working memory that are read at once.
const PAGE: usize = 500;

/// The records that are to be forgotten. Records that belong to them, or were made of them, go
/// along; other owners' records never do.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ForgetTarget {
    /// These records, stored or not.
    Records(Vec<Identity>),
    /// All pieces, retired ones too, of the document at this path: as it is from here, or, if no
    /// document is there, the one whose path ends so.
    Document(PathBuf),
    /// All records that the view may change: a user's own, narrowed by project, agent and session.
    /// The view must act for a user or be narrowed.
    All,
    /// The records that [`propose`](MemoryView::propose) shows for this query, with their exact
    /// repetitions. Look at them first: to forget what was shown and nothing that came since, name
    /// the [`identities`](Proposal::identities) of the proposal.
    Query(ForgetQuery),
}

/// The records that are to be forgotten, and the thoroughness.
#[derive(Debug, Clone)]
pub struct ForgetOptions {
    /// The records.
    pub target: ForgetTarget,
    /// Set if no file may keep a byte of them. Takes as long as rewriting working memory and the
    /// indexes of long-term memory. Default: not set.
    pub purge: bool,
    /// Set if nothing is to be forgotten, only listed. Default: not set.
    pub dry_run: bool,
}

impl ForgetOptions {
    /// Forgets `target`, without a purge.
    #[must_use]
    pub fn new(target: ForgetTarget) -> ForgetOptions {
        ForgetOptions { target, purge: false, dry_run: false }
    }

    /// Adds a purge.
    #[must_use]
    pub fn with_purge(self) -> ForgetOptions {
        ForgetOptions { purge: true, ..self }
    }

    /// Only lists the records that would be forgotten.
    #[must_use]
    pub fn with_dry_run(self) -> ForgetOptions {
        ForgetOptions { dry_run: true, ..self }
    }
}

/// The records that were forgotten, without a word of their texts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// The number of records.
    pub forgotten: u64,
    /// The number of records of each collection.
    pub collections: BTreeMap<&'static str, u64>,
    /// The keys of the records.
    pub keys: Vec<Key>,
    /// The records, each with its owner.
    pub records: Vec<Identity>,
    /// Set if these are the records that would be forgotten.
    pub dry_run: bool,
    /// Set if no file of the data directory keeps a byte of them any more, `backups` left out.
    pub purged: bool,
    /// Obstacles that a purge still waits for. It goes on by itself when they have ended.
    pub pending: Vec<String>,
    /// Copies that may still hold them, if a purge was asked for: those that migrations left in
    /// the data directory, and those that [`Administrator::backup`] made and that are still there.
    /// They are not touched: remove them yourself.
    #[serde(serialize_with = "crate::written_path::many")]
    pub backups: Vec<PathBuf>,
    /// Files that a [`repair`](crate::repair) could not save and had put into the quarantine, and
    /// that a purge removes: nobody can tell if the records were in them. With
    /// [`dry_run`](Receipt::dry_run), those that a purge would remove.
    #[serde(serialize_with = "crate::written_path::many")]
    pub discarded: Vec<PathBuf>,
}

impl MemoryView {
    /// Forgets records: from working memory, from long-term memory and from every search, at once.
    /// Records that belong to them go along (a goal's tasks, a task's tool calls, a session's
    /// messages and tasks), and so do those that were made of them (summaries). Records of other
    /// owners stay.
    ///
    /// With [`ForgetOptions::purge`] no file of the data directory keeps a byte of them when this
    /// returns, unless [`Receipt::pending`] names an obstacle. A purge that is interrupted is
    /// finished when the directory is opened next.
    ///
    /// Events of this process's ring are shown no more, and reach no disk; their bytes stay in its
    /// RAM until newer ones push them out, as do the last results of tools.
    ///
    /// A forgotten record stays so when it is found again, by [`ingest_file`](Self::ingest_file),
    /// [`import`](Self::import) or [`import_export`](Self::import_export): it is known by its kind,
    /// scope and text, and by its identity. It is back when it is recorded or remembered.
    ///
    /// # Errors
    /// - [`Error::is_not_yours`] if a record is shared and this is the view of a user.
    /// - [`Error::Unbounded`] if all records are meant and the view is not narrowed.
    /// - [`Error::Documents`] if several documents may be meant.
    /// - Errors of working or long-term memory. Records that were forgotten by then stay forgotten.
    pub async fn forget(&self, options: ForgetOptions) -> Result<Receipt, Error> {
        self.catch_up().await?;
        let found = self.found(&options.target).await?;
        if options.dry_run {
            let stored = self.stored(found).await?;
            let discarded = match options.purge {
                true => self.shared().longterm.unsaved()?,
                false => Vec::new(),
            };
            return Ok(Receipt { dry_run: true, discarded, ..Receipt::of(stored) });
        }
        let shared = self.shared();
        if options.purge {
            shared.working.ask_for_scrub().await?;
        }
        let identities: Vec<Identity> = found.iter().cloned().collect();
        self.forget_operational(&found);
        // Their tombstones come first: they are made of what is still there.
        self.leave_tombstones(&found).await?;
        let mut gone: BTreeSet<Identity> =
            shared.longterm.forget(identities.clone()).await?.into_iter().collect();
        gone.extend(self.remove_working(&found).await?);
        self.catch_up().await?;
        if !options.purge {
            // What the feed still told of them meanwhile goes as well.
            shared.longterm.forget(identities).await?;
            return Ok(Receipt::of(gone));
        }
        let purged = shared.longterm.purge(identities).await?;
        gone.extend(purged.identities);
        let mut pending: Vec<String> =
            purged.pending.iter().map(|obstacle| obstacle.to_string()).collect();
        match shared.working.scrub().await {
            Ok(()) => {}
            Err(error) if error.is_retryable() => pending.push("a reader of working.db".to_owned()),
            Err(error) => return Err(error.into()),
        }
        let mut backups = backups(&self.config().memory.data_dir)?;
        backups.extend(shared.longterm.backups().await?);
        let discarded = purged.discarded;
        let purged = pending.is_empty();
        Ok(Receipt { purged, pending, backups, discarded, ..Receipt::of(gone) })
    }

    /// Returns `true` if what `target` names is stored or was forgotten or deleted before; what
    /// names nothing, such as a query, counts as known.
    ///
    /// # Errors
    /// Errors of working or long-term memory.
    pub async fn knew(&self, target: &ForgetTarget) -> Result<bool, Error> {
        self.catch_up().await?;
        let identities = match target {
            ForgetTarget::Records(identities) => identities,
            ForgetTarget::Document(path) => {
                return Ok(
                    !self.pieces_at(path).await?.is_empty() || self.had_pieces_at(path).await?
                );
            }
            ForgetTarget::All | ForgetTarget::Query(_) => return Ok(true),
        };
        let knew = self.longterm().knew(identities).await?;
        let unknown = identities.iter().zip(knew).filter(|(_, knew)| !knew);
        let unknown: BTreeSet<Identity> = unknown.map(|(identity, _)| identity.clone()).collect();
        Ok(self.stored(unknown.clone()).await?.len() == unknown.len())
    }

    /// Keeps events that are in the ring of this process from being written. Nothing in the ring
    /// has an owner.
    fn forget_operational(&self, found: &BTreeSet<Identity>) {
        let of = |wanted: Kind| {
            let shared = found.iter().filter(move |it| it.kind == wanted && it.owner.is_shared());
            shared.map(|it| it.id.clone())
        };
        let operational = &self.shared().operational;
        operational.forget_events(&of(Kind::Event).collect());
        of(Kind::Task).for_each(|id| drop(operational.end_task(&id)));
    }

    /// The records that are meant, with those that belong to them and those made of them, each
    /// owner's by itself.
    async fn found(&self, target: &ForgetTarget) -> Result<BTreeSet<Identity>, Error> {
        let mut meant: BTreeSet<Identity> = match target {
            ForgetTarget::Records(identities) => identities.iter().cloned().collect(),
            ForgetTarget::Document(path) => self.pieces_at(path).await?,
            ForgetTarget::All => self.all().await?,
            ForgetTarget::Query(query) => {
                self.propose(query).await?.identities().into_iter().collect()
            }
        };
        if let Some(other) = meant.iter().find(|it| !self.is_changeable(&it.owner)) {
            let Identity { owner, kind, id } = other.clone();
            return Err(match owner.is_shared() {
                true => aios_longterm::Error::NotYours { kind, id }.into(),
                // Nothing tells whether another user has it.
                false => aios_working::Error::NotFound { kind, id: id.to_string() }.into(),
            });
        }
        let owners: BTreeSet<Owner> = meant.iter().map(|it| it.owner.clone()).collect();
        for owner in owners {
            let own = self.own(&owner)?;
            let of_owner = meant.iter().filter(|it| it.owner == owner).cloned().collect();
            meant.extend(own.with_family(of_owner).await?);
        }
        Ok(meant)
    }

    fn is_changeable(&self, owner: &Owner) -> bool {
        self.gate().may_change(&Scope::default().with_owner(owner))
    }

    /// The view of one owner's own records, expired ones too.
    fn own(&self, owner: &Owner) -> Result<MemoryView, Error> {
        let exact = ScopeFilter::exact(Scope::default());
        let gate = Gate::owner(owner.clone()).narrow(&exact)?;
        Ok(MemoryView::new(self.shared().clone(), gate))
    }

    /// `meant`, all of this view's one owner, with the records that belong to them and those that
    /// were made of them.
    async fn with_family(&self, meant: BTreeSet<Identity>) -> Result<BTreeSet<Identity>, Error> {
        let mut found = meant.clone();
        let working = self.working().with_expired();
        for Identity { kind, id, .. } in meant {
            found.extend(working.would_remove(kind, id.as_str()).await?);
            if kind == Kind::Session {
                let session = Scope::default().with_session(id.as_str());
                found.extend(self.narrow(&ScopeFilter::exact(session))?.everything().await?);
            }
        }
        let of: Vec<Identity> = found.iter().cloned().collect();
        let derived = self.longterm().derived(&of, &[]).await?;
        found.extend(derived.into_iter().filter(|it| self.is_changeable(&it.owner)));
        self.add_retold_sessions(&mut found).await?;
        Ok(found)
    }

    /// All records that this view may change.
    async fn all(&self) -> Result<BTreeSet<Identity>, Error> {
        let narrowed = self.gate().filter().scope.parts();
        if !self.gate().acts_for_user() && narrowed.iter().all(|(_, part)| part.is_none()) {
            return Err(Error::Unbounded);
        }
        let exact = ScopeFilter::exact(Scope::default());
        self.narrow(&exact)?.everything().await
    }

    /// All records that this view sees, in either tier, expired ones too.
    async fn everything(&self) -> Result<BTreeSet<Identity>, Error> {
        let mut found: BTreeSet<Identity> =
            self.longterm().identities().await?.into_iter().collect();
        let working = self.working().with_expired();
        for &kind in KINDS {
            let mut after = None;
            loop {
                let page = working.records(kind, after, PAGE).await?;
                let records = page.records.iter();
                // Machine-wide records are seen by everybody, whatever the view is narrowed to.
                let own = records.filter(|record| self.gate().sees(&record.scope));
                found.extend(own.map(Record::identity));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        found.retain(|identity| self.is_changeable(&identity.owner));
        Ok(found)
    }

    /// Adds the records of sessions that have left working memory and repeat a summary that goes;
    /// their messages stay.
    async fn add_retold_sessions(&self, found: &mut BTreeSet<Identity>) -> Result<(), Error> {
        for id in self.summed_up(found).await? {
            if self.working().record(Kind::Session, id.as_str()).await?.is_none() {
                let owner = self.gate().acts_for().cloned().unwrap_or_default();
                found.insert(Identity::new(owner, Kind::Session, id));
            }
        }
        Ok(())
    }

    /// The sessions of which a summary is among `records`.
    async fn summed_up(&self, records: &BTreeSet<Identity>) -> Result<Vec<Id>, Error> {
        let mut sessions = Vec::new();
        for Identity { id, .. } in records.iter().filter(|it| it.kind == Kind::Summary) {
            let source = self.get(Kind::Summary, id).await?.and_then(|record| record.source);
            if let Some(source) = source.filter(|source| source.kind == Kind::Session.as_str()) {
                sessions.push(Id::new(source.id)?);
            }
        }
        Ok(sessions)
    }

    /// Leaves tombstones of those of `found` that are in working memory, which long-term memory
    /// need not know.
    async fn leave_tombstones(&self, found: &BTreeSet<Identity>) -> Result<(), Error> {
        let longterm = &self.shared().longterm;
        let mut records = Vec::new();
        for Identity { owner, kind, id } in found {
            let working = self.own(owner)?.working().with_expired();
            records.extend(working.record(*kind, id.as_str()).await?);
            if PAGE <= records.len() {
                longterm.leave_tombstones(&std::mem::take(&mut records)).await?;
            }
        }
        Ok(longterm.leave_tombstones(&records).await?)
    }

    /// Removes those of `found` that are in working memory, and returns them.
    async fn remove_working(
        &self,
        found: &BTreeSet<Identity>,
    ) -> Result<BTreeSet<Identity>, Error> {
        let mut removed = BTreeSet::new();
        let owners: BTreeSet<&Owner> = found.iter().map(|it| &it.owner).collect();
        for owner in owners {
            let own = self.own(owner)?;
            let of_owner: BTreeSet<Identity> =
                found.iter().filter(|it| it.owner == *owner).cloned().collect();
            for id in own.summed_up(&of_owner).await? {
                if own.working().record(Kind::Session, id.as_str()).await?.is_some() {
                    own.working().set_session_summary(id.as_str(), String::new()).await?;
                }
            }
            let working = own.working().with_expired();
            for Identity { kind, id, .. } in of_owner {
                removed.extend(working.remove(kind, id.as_str()).await?);
            }
        }
        self.wake_pump();
        Ok(removed)
    }

    /// Those of `found` that are stored in either tier.
    async fn stored(&self, found: BTreeSet<Identity>) -> Result<BTreeSet<Identity>, Error> {
        let identities: Vec<Identity> = found.iter().cloned().collect();
        let known = self.shared().longterm.known(&identities).await?;
        let mut stored = BTreeSet::new();
        for (identity, known) in identities.into_iter().zip(known) {
            let working = self.own(&identity.owner)?.working().with_expired();
            let id = identity.id.as_str();
            if known || working.record(identity.kind, id).await?.is_some() {
                stored.insert(identity);
            }
        }
        Ok(stored)
    }
}

impl Administrator {
    /// Finishes the purge of a process that ended too early.
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
}

impl Receipt {
    fn of(records: BTreeSet<Identity>) -> Receipt {
        let mut receipt = Receipt { forgotten: records.len() as u64, ..Receipt::default() };
        for identity in &records {
            *receipt.collections.entry(identity.kind.collection()).or_default() += 1;
        }
        receipt.keys = records.iter().map(Identity::key).collect();
        receipt.records = records.into_iter().collect();
        receipt
    }
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
