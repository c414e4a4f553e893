//! Forgetting across the tiers: records that no read shows any more and, with a purge, of which no
//! file of the data directory keeps a byte. Not here: which records a target means and what goes
//! with them (`family`), which a query proposes (`proposal`), and how each tier forgets.

mod containing;
mod family;
mod negation;
mod numbers;
mod proposal;
mod receipt;
mod texts;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use aios_record::{Identity, Kind, Record, Scope, ScopeFilter};

use self::family::Found;
pub use self::{
    proposal::{Agreement, ForgetQuery, Proposal, Proposed},
    receipt::{Part, Receipt, Related, Relation, Remade},
};
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
    /// The records that were proposed, with their exact repetitions, and parts of others: what was
    /// shown, and nothing that came since.
    Proposed(Box<Proposal>),
    /// The records that [`propose`](MemoryView::propose) shows for this query, if nobody needs to
    /// look at them: the proposal [is certain](Proposal::is_certain), or the query says itself how
    /// well a record must fit ([`ForgetQuery::min_relevance`]). Else nothing is forgotten
    /// ([`Error::Uncertain`]).
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

impl MemoryView {
    /// Forgets records: from working memory, from long-term memory and from every search, at once.
    /// Records that belong to them go along (a goal's tasks, a task's tool calls, a session's
    /// messages and tasks), and so do those that were made of them (summaries). The session of a
    /// message that goes loses its summary, which was made of its messages; upkeep makes another of
    /// what is left. [`Receipt::related`] and [`Receipt::remade`] name all of these. Records of
    /// other owners stay.
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
    /// scope and text, and by its identity. The text of a record that was meant itself, and not
    /// with its session or document, is known as any kind and in any scope of its owner, unless it
    /// is very short. It is back when it is recorded or remembered.
    ///
    /// # Errors
    /// - [`Error::is_not_yours`] if a record is shared and this is the view of a user.
    /// - [`Error::Unbounded`] if all records are meant and the view is not narrowed.
    /// - [`Error::Documents`] if several documents may be meant.
    /// - [`Error::Uncertain`] if a query proposes records that somebody must look at.
    /// - Errors of working or long-term memory. Records that were forgotten by then stay forgotten.
    pub async fn forget(&self, options: ForgetOptions) -> Result<Receipt, Error> {
        self.catch_up().await?;
        let found = self.found(&options.target).await?;
        let repeating = self.repeating(&found).await?;
        if options.dry_run {
            let stored = self.stored(&found).await?;
            let discarded = match options.purge {
                true => self.shared().longterm.unsaved()?,
                false => Vec::new(),
            };
            let receipt = Receipt::of(stored, &found);
            return Ok(Receipt { dry_run: true, discarded, repeating, ..receipt });
        }
        let shared = self.shared();
        if options.purge {
            shared.working.ask_for_scrub().await?;
        }
        let identities = found.identities();
        self.forget_operational(&identities);
        // Their tombstones come first: they are made of what is still there.
        self.leave_tombstones(&identities).await?;
        let texts = self.text_tombstones(&found).await?;
        shared.longterm.leave_text_tombstones(&texts).await?;
        let mut gone: BTreeSet<Identity> =
            shared.longterm.forget(identities.clone()).await?.into_iter().collect();
        self.remake(&found).await?;
        gone.extend(self.remove_working(&identities).await?);
        self.catch_up().await?;
        let remade: Vec<Identity> = found.remade.keys().cloned().collect();
        shared.longterm.forget_versions(&remade).await?;
        if !options.purge {
            // What the feed still told of them meanwhile goes as well.
            shared.longterm.forget(identities).await?;
            shared.longterm.leave_text_tombstones(&texts).await?;
            return Ok(Receipt { repeating, ..Receipt::of(gone, &found) });
        }
        let purged = shared.longterm.purge(identities).await?;
        shared.longterm.leave_text_tombstones(&texts).await?;
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
        let receipt = Receipt::of(gone, &found);
        Ok(Receipt { purged, pending, backups, discarded, repeating, ..receipt })
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
            ForgetTarget::All => return self.knew_scope().await,
            ForgetTarget::Query(_) | ForgetTarget::Proposed(_) => return Ok(true),
        };
        let knew = self.longterm().knew(identities).await?;
        let unknown = identities.iter().zip(knew).filter(|(_, knew)| !knew);
        let unknown: Vec<Identity> = unknown.map(|(identity, _)| identity.clone()).collect();
        Ok(self.are_stored(unknown.clone()).await?.len() == unknown.len())
    }

    /// Returns `true` if anything is or was stored in the scope that this view is narrowed to.
    async fn knew_scope(&self) -> Result<bool, Error> {
        if !self.all().await?.is_empty() {
            return Ok(true);
        }
        let exact = ScopeFilter::exact(Scope::default());
        Ok(self.narrow(&exact)?.longterm().knew_scope().await?)
    }

    /// Keeps events that are in the ring of this process from being written. Nothing in the ring
    /// has an owner.
    fn forget_operational(&self, found: &[Identity]) {
        let of = |wanted: Kind| {
            let shared = found.iter().filter(move |it| it.kind == wanted && it.owner.is_shared());
            shared.map(|it| it.id.clone())
        };
        let operational = &self.shared().operational;
        operational.forget_events(&of(Kind::Event).collect());
        of(Kind::Task).for_each(|id| drop(operational.end_task(&id)));
    }

    /// Leaves tombstones of those of `found` that are in working memory, which long-term memory
    /// need not know.
    async fn leave_tombstones(&self, found: &[Identity]) -> Result<(), Error> {
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

    /// Takes the parts that go out of records that stay.
    async fn remake(&self, found: &Found) -> Result<(), Error> {
        for (identity, part) in &found.remade {
            if *part == Part::Summary {
                let own = self.own(&identity.owner)?;
                // A source that is read again has it as the title of the conversation.
                let told = own.working().record(Kind::Session, identity.id.as_str()).await?;
                let told: Vec<Record> = told.into_iter().collect();
                self.shared().longterm.leave_tombstones(&told).await?;
                own.working().set_session_summary(identity.id.as_str(), String::new()).await?;
            }
        }
        Ok(())
    }

    /// Removes those of `found` that are in working memory, and returns them.
    async fn remove_working(&self, found: &[Identity]) -> Result<BTreeSet<Identity>, Error> {
        let mut removed = BTreeSet::new();
        for Identity { owner, kind, id } in found {
            let working = self.own(owner)?.working().with_expired();
            removed.extend(working.remove(*kind, id.as_str()).await?);
        }
        self.wake_pump();
        Ok(removed)
    }

    /// Those of `found` that are stored in either tier.
    async fn stored(&self, found: &Found) -> Result<BTreeSet<Identity>, Error> {
        self.are_stored(found.identities()).await
    }

    /// Those of `identities` that are stored in either tier.
    async fn are_stored(&self, identities: Vec<Identity>) -> Result<BTreeSet<Identity>, Error> {
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
