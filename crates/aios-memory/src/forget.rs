//! Forgetting across the tiers: forgotten records are hidden from every read and, after a purge,
//! absent from every file of the data directory. `family` expands a target to its dependent
//! records, `proposal` finds the records for a query, and each tier implements its own forgetting.

mod containing;
mod family;
mod forgetting;
mod found;
mod negation;
mod numbers;
mod proposal;
mod receipt;
mod target;
mod texts;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use aios_operational::Filter;
use aios_record::{Id, Identity, Key, Kind, Owner, Record, Scope, ScopeFilter};
use futures::future::BoxFuture;

use self::found::{Found, PAGE};
pub use self::{
    forgetting::Forgetting,
    proposal::{Agreement, ForgetQuery, Proposal, Proposed},
    receipt::{Part, Receipt, Related, Relation, Remade},
    target::{ForgetOptions, ForgetTarget},
};
use crate::{Administrator, Error, MemoryView};

impl Forgetting<'_> {
    /// Returns `true` if the named records are stored, or were forgotten or deleted before. A
    /// record of another project, agent or session than this view's is unknown to it. A target that
    /// names no records, such as a query, counts as known.
    ///
    /// # Errors
    /// Errors of working or long-term memory.
    pub async fn knew(self, target: &ForgetTarget) -> Result<bool, Error> {
        self.view.feed().catch_up().await?;
        let identities = match target {
            ForgetTarget::Records(identities) => identities,
            ForgetTarget::Document(path) => {
                return Ok(!self.view.pieces_at(path).await?.is_empty()
                    || self.view.had_pieces_at(path).await?);
            }
            ForgetTarget::All => return self.view.knew_scope().await,
            ForgetTarget::Query(_) | ForgetTarget::Proposed(_) => return Ok(true),
        };
        if !self.view.beyond(self.view.gate(), identities).await?.is_empty() {
            return Ok(false);
        }
        let knew = self.view.longterm().tombstones().knew(identities).await?;
        let unknown = identities.iter().zip(knew).filter(|(_, knew)| !knew);
        let unknown: Vec<Identity> = unknown.map(|(identity, _)| identity.clone()).collect();
        Ok(self.view.are_stored(unknown.clone()).await?.len() == unknown.len())
    }
}

impl MemoryView {
    /// Forgets records: removes them immediately from working memory, from long-term memory and
    /// from every search. Dependent records (a goal's tasks, a task's tool calls, a session's
    /// messages and tasks) and derived ones (summaries) are forgotten too. The session of a
    /// forgotten message loses its summary, which was derived from its messages; maintenance makes
    /// a new one from the rest. [`Receipt::related`] and [`Receipt::remade`] list all of these.
    /// Records of other owners are not affected, nor derived ones of a project other than this
    /// view's.
    ///
    /// With [`ForgetOptions::purge`], no file of the data directory keeps a byte of the records
    /// when this returns, unless [`Receipt::pending`] lists an obstacle. An interrupted purge is
    /// completed when the directory is opened next.
    ///
    /// Events in this process's ring are hidden and not written to disk; their bytes remain in its
    /// RAM until newer events replace them, as do the last tool results.
    ///
    /// A forgotten record is not stored again when [admission](crate::admission) finds it in a
    /// file: it is recognised by its kind, scope and text, and by its identity. The text of a
    /// record that was selected individually, and not with its session or document, is recognised
    /// in records of any kind and scope of its owner, unless it is very short. Recording or
    /// remembering it stores it again.
    ///
    /// # Errors
    /// - [`Error::ReadOnly`] if the memory was opened read-only.
    /// - [`Error::is_not_yours`] if a record is shared and this is the view of a user.
    /// - [`Error::Unbounded`] if the target is all records and the view is not narrowed.
    /// - [`Error::Beside`] if dependent records are outside of the
    ///   [selected](MemoryView::select) part of the view; [`aios_working::Error::BeyondScope`] if
    ///   they are outside of the view.
    /// - [`Error::Documents`] if several documents match the path.
    /// - [`Error::Uncertain`] if a query proposes records that need review.
    /// - Errors of working or long-term memory. Records already forgotten stay forgotten.
    pub async fn forget(&self, options: ForgetOptions) -> Result<Receipt, Error> {
        self.forget_boxed(options).await
    }

    /// As [`forget`](MemoryView::forget). Boxed, so that this crate compiles the future, and not
    /// each crate that awaits it.
    fn forget_boxed(&self, options: ForgetOptions) -> BoxFuture<'_, Result<Receipt, Error>> {
        Box::pin(async move {
            self.feed().catch_up().await?;
            let found = self.found(&options.target).await?;
            let repeating = self.repeating(&found).await?;
            if options.mode.is_dry_run() {
                let stored = self.stored(&found).await?;
                let discarded = match options.purge {
                    true => self.shared().longterm.upkeep().unsaved()?,
                    false => Vec::new(),
                };
                let receipt = Receipt::of(stored, &found);
                return Ok(Receipt { dry_run: true, discarded, repeating, ..receipt });
            }
            let shared = self.shared();
            if options.purge {
                shared.working.upkeep().ask_for_scrub().await?;
            }
            let identities = found.identities();
            let in_ring = self.in_ring(&identities);
            self.forget_operational(&identities);
            // Tombstones come first, because they are made from the stored records.
            self.leave_tombstones(&identities).await?;
            let texts = self.text_tombstones(&found).await?;
            shared.longterm.tombstones().leave_texts(&texts).await?;
            let mut gone: BTreeSet<Identity> =
                shared.longterm.forget(identities.clone()).await?.into_iter().collect();
            gone.extend(in_ring);
            self.remake(&found).await?;
            gone.extend(Box::pin(self.withdraw_facts(&identities)).await?);
            gone.extend(self.remove_working(&identities).await?);
            // Again, for facts that were learned in the meantime.
            gone.extend(Box::pin(self.withdraw_facts(&identities)).await?);
            self.feed().catch_up().await?;
            let remade: Vec<Identity> = found.remade.keys().cloned().collect();
            shared.longterm.records().forget_versions(&remade).await?;
            let is_whole_user = matches!(options.target, ForgetTarget::All)
                && self.gate().acts_for_user()
                && self.gate().filter().scope == Scope::default();
            let reader = is_whole_user.then(|| self.reader());
            let counted: Vec<Identity> = gone.iter().chain(&identities).cloned().collect();
            shared.recalls.forget(&counted, reader).await?;
            if !options.purge {
                // Forget again what the feed has delivered in the meantime.
                shared.longterm.forget(identities).await?;
                shared.longterm.tombstones().leave_texts(&texts).await?;
                return Ok(Receipt { repeating, ..Receipt::of(gone, &found) });
            }
            let purged = shared.longterm.upkeep().purge(identities).await?;
            shared.longterm.tombstones().leave_texts(&texts).await?;
            gone.extend(purged.identities);
            let mut pending: Vec<String> =
                purged.pending.iter().map(|obstacle| obstacle.to_string()).collect();
            match shared.working.upkeep().scrub().await {
                Ok(()) => {}
                Err(error) if error.is_retryable() => {
                    pending.push("a reader of working.db".to_owned())
                }
                Err(error) => return Err(error.into()),
            }
            let mut backups = backups(&self.config().memory.data_dir)?;
            backups.extend(shared.longterm.upkeep().backups().await?);
            for scheduled in self.scheduled_backup_paths().await {
                let path = fs::canonicalize(&scheduled).unwrap_or(scheduled);
                if !backups.contains(&path) {
                    backups.push(path);
                }
            }
            let discarded = purged.discarded;
            let purged = pending.is_empty();
            let receipt = Receipt::of(gone, &found);
            Ok(Receipt { purged, pending, backups, discarded, repeating, ..receipt })
        })
    }

    /// Returns `true` if the scope that this view is narrowed to has or had any records.
    async fn knew_scope(&self) -> Result<bool, Error> {
        if !self.all().await?.is_empty() {
            return Ok(true);
        }
        let exact = ScopeFilter::exact(Scope::default());
        Ok(self.narrow(&exact)?.longterm().tombstones().knew_scope().await?)
    }

    /// Prevents events in this process's ring from being written. The ring's contents have no
    /// owner.
    fn forget_operational(&self, found: &[Identity]) {
        let of = |wanted: Kind| {
            let shared = found.iter().filter(move |it| it.kind == wanted && it.owner.is_shared());
            shared.map(|it| it.id.clone())
        };
        let operational = &self.shared().operational;
        operational.forget_events(&of(Kind::Event).collect());
        of(Kind::Task).for_each(|id| drop(operational.end_task(&id)));
    }

    /// Returns the records among these that are events of this process's ring.
    fn in_ring(&self, found: &[Identity]) -> BTreeSet<Identity> {
        let events = found.iter().filter(|it| it.kind == Kind::Event && it.owner.is_shared());
        let mut wanted: BTreeSet<Identity> = events.cloned().collect();
        if !wanted.is_empty() {
            let held = self.shared().operational.recent(usize::MAX, &Filter::all()).events;
            let held: BTreeSet<Id> = held.iter().map(|event| event.id()).collect();
            wanted.retain(|it| held.contains(&it.id));
        }
        wanted
    }

    /// Leaves tombstones for the records of `found` in working memory, which long-term memory may
    /// not know.
    async fn leave_tombstones(&self, found: &[Identity]) -> Result<(), Error> {
        let longterm = &self.shared().longterm;
        let mut records = Vec::new();
        for identity in found {
            let working = self.own(&identity.owner)?.working().with_expired();
            records.extend(working.records().get(&identity.key()).await?);
            if PAGE <= records.len() {
                longterm.tombstones().leave(&std::mem::take(&mut records)).await?;
            }
        }
        Ok(longterm.tombstones().leave(&records).await?)
    }

    /// Removes the forgotten parts from records that are kept.
    async fn remake(&self, found: &Found) -> Result<(), Error> {
        for (identity, part) in &found.remade {
            if *part == Part::Summary {
                let own = self.own(&identity.owner)?;
                // The summary may return as the conversation's title when its source is read again.
                let told = own.working().records().get(&identity.key()).await?;
                let told: Vec<Record> = told.into_iter().collect();
                self.shared().longterm.tombstones().leave(&told).await?;
                own.working().sessions().set_summary(&identity.id, String::new()).await?;
            }
        }
        Ok(())
    }

    /// Removes the records of `found` from working memory, and returns the removed ones.
    async fn remove_working(&self, found: &[Identity]) -> Result<BTreeSet<Identity>, Error> {
        let mut removed = BTreeSet::new();
        for identity in found {
            let working = self.own(&identity.owner)?.working().with_expired();
            removed.extend(working.records().remove(&identity.key()).await?);
        }
        self.wake_pump();
        Ok(removed)
    }

    /// Withdraws facts that these records state and that were learned since the records were looked
    /// up. Facts that the withdrawn ones had ended become current again, and learning repeats from
    /// the remaining evidence.
    async fn withdraw_facts(&self, found: &[Identity]) -> Result<BTreeSet<Identity>, Error> {
        let learner = self.shared().learner.clone();
        let mut by_owner: BTreeMap<Owner, Vec<Key>> = BTreeMap::new();
        for identity in found.iter().filter(|it| it.kind != Kind::Fact) {
            by_owner.entry(identity.owner.clone()).or_default().push(identity.key());
        }
        let mut withdrawn = BTreeSet::new();
        let mut state = learner.turn().await;
        for (owner, keys) in by_owner {
            withdrawn.extend(learner.withdraw(&mut state, &owner, keys).await?.removed);
        }
        self.shared().longterm.forget(withdrawn.iter().cloned().collect()).await?;
        Ok(withdrawn)
    }

    /// Returns the records of `found` that either tier stores.
    async fn stored(&self, found: &Found) -> Result<BTreeSet<Identity>, Error> {
        self.are_stored(found.identities()).await
    }

    /// Returns the records of `identities` that either tier stores.
    async fn are_stored(&self, identities: Vec<Identity>) -> Result<BTreeSet<Identity>, Error> {
        let known = self.shared().longterm.records().known(&identities).await?;
        let mut stored = self.in_ring(&identities);
        for (identity, known) in identities.into_iter().zip(known) {
            let working = self.own(&identity.owner)?.working().with_expired();
            if known || working.records().get(&identity.key()).await?.is_some() {
                stored.insert(identity);
            }
        }
        Ok(stored)
    }
}

impl Administrator {
    /// Completes the purge of a process that ended early.
    pub(crate) async fn resume_purge(&self) {
        let resume = async || -> Result<(), Error> {
            if self.working().upkeep().is_scrub_asked_for().await? {
                self.feed().catch_up().await?;
                self.longterm().upkeep().purge(Vec::new()).await?;
                self.working().upkeep().scrub().await?;
            }
            Ok(())
        };
        if let Err(error) = resume().await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "an interrupted purge is unfinished; the next open retries it");
        }
    }
}

/// Returns the files that migrations left in the data directory.
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
