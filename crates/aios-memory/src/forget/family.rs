//! Expands a target to all affected records: the selected ones, their dependents, records derived
//! from them, and parts of records that are kept.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aios_record::{Gate, Id, Identity, Key, Kind, Mode, Owner, Record, Scope, ScopeFilter};
use aios_working::KINDS;

use super::{
    found::{Found, Meaning, PAGE},
    proposal::Proposal,
    receipt::{Part, Relation},
    target::ForgetTarget,
};
use crate::{Error, MemoryView};

/// Maximum number of records that an error names.
const NAMED_MAX: usize = 10;

impl MemoryView {
    /// Expands `target` to the selected, dependent and derived records, separately for each owner.
    pub(super) async fn found(&self, target: &ForgetTarget) -> Result<Found, Error> {
        let mut remade = BTreeMap::new();
        let mut said = None;
        let meant: BTreeSet<Identity> = match target {
            ForgetTarget::Records(identities) => identities.iter().cloned().collect(),
            ForgetTarget::Document(path) => self.pieces_at(path).await?,
            ForgetTarget::All => self.all().await?,
            ForgetTarget::Proposed(proposal) => {
                remade = remade_by(proposal);
                said.clone_from(&proposal.said);
                proposal.identities().into_iter().collect()
            }
            ForgetTarget::Query(query) => {
                let proposal = self.forgetting().propose(query).await?;
                if query.min_relevance.is_none() && !proposal.is_empty() && !proposal.is_certain() {
                    let keys = proposal.identities().iter().map(Identity::key).collect();
                    return Err(Error::Uncertain { keys });
                }
                remade = remade_by(&proposal);
                said.clone_from(&proposal.said);
                proposal.identities().into_iter().collect()
            }
        };
        let found = self.family_of(meant, remade).await?;
        Ok(Found { meaning: self.meaning(target), said, ..found })
    }

    /// Expands these records and parts of records to all affected ones.
    pub(super) async fn family_of(
        &self,
        meant: BTreeSet<Identity>,
        remade: BTreeMap<Identity, Part>,
    ) -> Result<Found, Error> {
        let others = meant.iter().chain(remade.keys());
        if let Some(other) = others.into_iter().find(|it| !self.is_changeable(&it.owner)) {
            let Identity { owner, kind, id } = other.clone();
            return Err(match owner.is_shared() {
                true => aios_longterm::Error::NotYours { kind, id }.into(),
                // The error does not reveal another user's records.
                false => aios_working::Error::NotFound { kind, id: id.to_string() }.into(),
            });
        }
        let given: Vec<Identity> = meant.iter().chain(remade.keys()).cloned().collect();
        let beyond = self.beyond(self.gate(), &given).await?;
        if let Some(Identity { kind, id, .. }) = beyond.into_iter().next() {
            return Err(aios_working::Error::NotFound { kind, id: id.to_string() }.into());
        }
        let mut found = Found::default();
        let owners: BTreeSet<Owner> =
            meant.iter().chain(remade.keys()).map(|it| it.owner.clone()).collect();
        for owner in owners {
            let own = self.own(&owner)?;
            let of_owner = meant.iter().filter(|it| it.owner == owner).cloned().collect();
            let parts = remade.iter().filter(|(it, _)| it.owner == owner);
            let parts = parts.map(|(it, part)| (it.clone(), *part)).collect();
            let family = own.with_family(of_owner, parts).await?;
            found.all.extend(family.all);
            found.remade.extend(family.remade);
        }
        // A caller changes no record of another project.
        let made: Vec<Identity> =
            found.related(Relation::MadeFrom).chain(found.remade.keys()).cloned().collect();
        found.leave_out(&self.beyond(&self.project_gate()?, &made).await?);
        let belonging: Vec<Identity> = found.related(Relation::BelongsTo).cloned().collect();
        self.check_belonging(&given, &belonging).await?;
        Ok(found)
    }

    /// Returns an error if one of the records that belong to the `given` ones is stored beyond this
    /// view. The error names those that the caller sees.
    async fn check_belonging(
        &self,
        given: &[Identity],
        belonging: &[Identity],
    ) -> Result<(), Error> {
        let beyond = self.beyond(self.gate(), belonging).await?;
        let (Some(Identity { kind, id, .. }), false) = (given.first(), beyond.is_empty()) else {
            return Ok(());
        };
        let hidden = self.beyond(self.bound(), &beyond).await?;
        let shown = beyond.iter().filter(|it| !hidden.contains(it));
        let keys: Vec<Key> = shown.take(NAMED_MAX).map(Identity::key).collect();
        Err(match keys.is_empty() {
            true => aios_working::Error::BeyondScope { kind: *kind, id: id.to_string() }.into(),
            false => Error::Beside { keys },
        })
    }

    /// Returns the records among these that belong to this view's owners and are stored beyond the
    /// project, agent or session of `gate`. If a record is no longer stored, its versions decide.
    pub(crate) async fn beyond(
        &self,
        gate: &Gate,
        identities: &[Identity],
    ) -> Result<Vec<Identity>, Error> {
        let mut beyond = Vec::new();
        let [_, narrowed @ ..] = gate.filter().scope.parts();
        if narrowed.iter().all(|(_, part)| part.is_none()) {
            return Ok(beyond);
        }
        for some in identities.chunks(PAGE) {
            let mut scopes: HashMap<Identity, Scope> = HashMap::new();
            let there = self.shared().longterm.records().get_all(some).await?;
            scopes.extend(there.into_iter().map(|it| (it.identity(), it.scope)));
            let working = self.shared().working.with_expired();
            let here = working.records().get_all(some.to_vec()).await?;
            scopes.extend(here.into_iter().map(|it| (it.identity(), it.scope)));
            for identity in some {
                let sees = match scopes.get(identity) {
                    Some(scope) => gate.sees(scope),
                    None => self.sees_versions_of(gate, identity).await?,
                };
                if !sees {
                    beyond.push(identity.clone());
                }
            }
        }
        Ok(beyond)
    }

    /// Returns true if `gate` sees a version of the record, or if there are none.
    async fn sees_versions_of(&self, gate: &Gate, identity: &Identity) -> Result<bool, Error> {
        let versions = self.own(&identity.owner)?.longterm().history(&identity.key()).await?;
        let sees = versions.iter().any(|version| gate.sees(&version.record.scope));
        Ok(sees || versions.is_empty())
    }

    fn meaning(&self, target: &ForgetTarget) -> Meaning {
        let scope = &self.gate().filter().scope;
        let parts = [&scope.project, &scope.agent, &scope.session];
        match target {
            ForgetTarget::Records(_) | ForgetTarget::Proposed(_) | ForgetTarget::Query(_) => {
                Meaning::Texts
            }
            ForgetTarget::Document(_) => Meaning::Document,
            ForgetTarget::All if parts.iter().any(|part| part.is_some()) => Meaning::Place,
            ForgetTarget::All => Meaning::Texts,
        }
    }

    pub(super) fn is_changeable(&self, owner: &Owner) -> bool {
        self.gate().may_change(&Scope::default().with_owner(owner))
    }

    /// Returns the view of one owner's own records, including expired ones.
    pub(super) fn own(&self, owner: &Owner) -> Result<MemoryView, Error> {
        let exact = ScopeFilter::exact(Scope::default());
        let gate = Gate::owner(owner.clone()).narrow(&exact)?;
        Ok(MemoryView::new(self.shared().clone(), gate))
    }

    /// Expands `meant`, records of this view's single owner, to their dependent and derived records
    /// and the affected parts of others.
    async fn with_family(
        &self,
        meant: BTreeSet<Identity>,
        parts: BTreeMap<Identity, Part>,
    ) -> Result<Found, Error> {
        let mut found = Found::default();
        let working = self.working().with_expired();
        found.add(meant.iter().cloned(), Relation::Meant);
        for identity in meant {
            found.add(
                working.records().remove_with(&identity.key(), Mode::DryRun).await?,
                Relation::BelongsTo,
            );
            if identity.kind == Kind::Session {
                let session = Scope::default().with_session(identity.id.as_str());
                let said = self.narrow(&ScopeFilter::exact(session))?.everything().await?;
                found.add(said, Relation::BelongsTo);
            }
        }
        for (record, part) in parts {
            match part {
                Part::Summary => self.add_summary_of(&record, &mut found).await?,
                part if !found.all.contains_key(&record) => {
                    found.remade.insert(record, part);
                }
                _ => {}
            }
        }
        let sessions = self.sessions_of(found.of_kind(Kind::Message)).await?;
        let sessions: Vec<Identity> =
            sessions.into_iter().filter(|it| !found.all.contains_key(it)).collect();
        if !sessions.is_empty() {
            let summaries = self.longterm().sources().summaries_of(&sessions).await?;
            found.add(summaries, Relation::MadeFrom);
        }
        let derived = self.longterm().sources().derived(&found.identities(), &[]).await?;
        let derived = derived.into_iter().filter(|it| self.is_changeable(&it.owner));
        found.add(derived, Relation::MadeFrom);
        let learned = self.patterns_from(&found).await?;
        found.add(learned, Relation::MadeFrom);
        let retold = self.summed_up(&found).await?;
        for session in sessions.into_iter().chain(retold) {
            self.add_summary_of(&session, &mut found).await?;
        }
        Ok(found)
    }

    /// Adds the summary that a session repeats; its messages are kept. The record of a session that
    /// has left working memory consists of the summary alone, so the whole record is added.
    async fn add_summary_of(&self, session: &Identity, found: &mut Found) -> Result<(), Error> {
        if found.all.contains_key(session) {
            return Ok(());
        }
        let says = |record: &Record| !record.text.is_empty();
        match self.working().records().get(&session.key()).await? {
            Some(here) if says(&here) => {
                found.remade.insert(session.clone(), Part::Summary);
            }
            Some(_) => {
                let mut versions = self.longterm().history(&session.key()).await?;
                versions.retain(|version| says(&version.record));
                if !versions.is_empty() {
                    found.remade.entry(session.clone()).or_insert(Part::Versions);
                }
            }
            None => {
                let there = self.longterm().get(&session.key()).await?;
                found.add(there.filter(says).map(|_| session.clone()), Relation::MadeFrom);
            }
        }
        Ok(())
    }

    /// Returns the sessions of these messages, with the messages' owners.
    async fn sessions_of(
        &self,
        messages: impl Iterator<Item = &Identity>,
    ) -> Result<BTreeSet<Identity>, Error> {
        let messages: Vec<Identity> = messages.cloned().collect();
        let working = self.working().with_expired();
        let mut sessions = BTreeSet::new();
        for some in messages.chunks(PAGE) {
            let mut records = working.records().get_all(some.to_vec()).await?;
            if records.len() < some.len() {
                records.extend(self.longterm().records().get_all(some).await?);
            }
            for record in records {
                let Some(session) = &record.scope.session else { continue };
                let id = Id::new(session.as_str())?;
                sessions.insert(Identity::new(record.owner(), Kind::Session, id));
            }
        }
        Ok(sessions)
    }

    /// Returns all records that this view may change.
    pub(super) async fn all(&self) -> Result<BTreeSet<Identity>, Error> {
        let narrowed = self.gate().filter().scope.parts();
        if !self.gate().acts_for_user() && narrowed.iter().all(|(_, part)| part.is_none()) {
            return Err(Error::Unbounded);
        }
        let exact = ScopeFilter::exact(Scope::default());
        self.narrow(&exact)?.everything().await
    }

    /// Returns all records that this view sees and may change, in either tier, including expired
    /// ones.
    async fn everything(&self) -> Result<BTreeSet<Identity>, Error> {
        let mut found: BTreeSet<Identity> =
            self.longterm().records().identities().await?.into_iter().collect();
        self.each_of_working(|record| found.extend([record.identity()])).await?;
        found.retain(|identity| self.is_changeable(&identity.owner));
        Ok(found)
    }

    /// Calls `look` with all records of working memory that this view sees, including expired ones.
    pub(super) async fn each_of_working(&self, mut look: impl FnMut(Record)) -> Result<(), Error> {
        let working = self.working().with_expired();
        for &kind in KINDS {
            let mut after = None;
            loop {
                let page = working.records().list(kind, after, PAGE).await?;
                let records = page.records.into_iter();
                // Working memory returns machine-wide records to every view, even to a narrowed
                // one.
                records.filter(|record| self.gate().sees(&record.scope)).for_each(&mut look);
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Returns the patterns that were learned from records of `found`: from a task, or from the
    /// tool calls of one.
    async fn patterns_from(&self, found: &Found) -> Result<Vec<Identity>, Error> {
        let working = self.working().with_expired();
        let mut sources: BTreeSet<Identity> = found.all.keys().cloned().collect();
        let calls: Vec<Identity> = found.of_kind(Kind::ToolCall).cloned().collect();
        for some in calls.chunks(PAGE) {
            for call in working.records().get_all(some.to_vec()).await? {
                let task = call.payload["task_id"].as_str().and_then(|id| Id::new(id).ok());
                sources.extend(task.map(|id| Key::new(Kind::Task, id).of(call.owner())));
            }
        }
        let mut learned = Vec::new();
        let mut after = None;
        loop {
            let page = working.records().list(Kind::Pattern, after, PAGE).await?;
            learned.extend(page.records.iter().filter_map(|pattern| {
                let source: Key = pattern.payload["created_from"].as_str()?.parse().ok()?;
                sources.contains(&source.of(pattern.owner())).then(|| pattern.identity())
            }));
            after = page.next;
            if after.is_none() {
                return Ok(learned);
            }
        }
    }

    /// Returns the sessions whose summaries are in `found`.
    async fn summed_up(&self, found: &Found) -> Result<Vec<Identity>, Error> {
        let owner = self.gate().acts_for().cloned().unwrap_or_default();
        let mut sessions = Vec::new();
        for Identity { id, .. } in found.of_kind(Kind::Summary) {
            let source = self
                .get(&Key::new(Kind::Summary, id.clone()))
                .await?
                .and_then(|record| record.source);
            if let Some(source) = source.filter(|source| source.kind == Kind::Session.as_str()) {
                sessions.push(Identity::new(owner.clone(), Kind::Session, Id::new(source.id)?));
            }
        }
        Ok(sessions)
    }
}

fn remade_by(proposal: &Proposal) -> BTreeMap<Identity, Part> {
    let parts = proposal.remade.iter().map(|it| (it.record.clone(), it.part));
    // Removing a summary removes its versions as well.
    let mut remade = BTreeMap::new();
    for (record, part) in parts {
        let known = remade.entry(record).or_insert(part);
        *known = part.max(*known);
    }
    remade
}
