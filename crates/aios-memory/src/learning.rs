//! Learning: facts from messages, in order and each message once.
//!
//! A [`Learner`] reads the change feed after its own position, which is stored beside the facts. A
//! step of a message is stored in one transaction and changes nothing if it is repeated, so a crash
//! at any moment neither repeats nor loses a fact. Deleted messages withdraw their facts.
//!
//! Not here: the rules, see `aios_learning`; the storage of facts, see `aios_working::Facts`.

pub(crate) mod background;
mod current;
mod former;
mod known;
mod model;
mod report;
mod said;
mod steps;

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use aios_learning::{ChatModel, Message};
use aios_record::{
    Change, FeedItem, Gate, Id, Identity, Key, Kind, Owner, Record, Scope, ScopeFilter,
};
use aios_working::{FactOrigin, FactReport, FactStep, Withdrawn, WorkingView};
use tokio::sync::{Mutex, MutexGuard, Notify, OnceCell};

pub(crate) use self::report::Learned;
pub use self::report::{FailedMessage, LearnReport, LearnStats};
use self::{
    known::Known,
    model::Extracted,
    steps::{Outcome, Said},
};
use crate::{Config, Error, pump::Pump};

/// Feed rows per read.
const PAGE: usize = 500;

/// Maximum numbers of owners whose current facts are kept in RAM between their messages, and of the
/// facts of all of them.
const OWNERS_MAX: usize = 64;
const FACTS_MAX: usize = 20_000;

/// Steps per transaction. Other writers wait for its end.
const STEPS_MAX: usize = 64;

/// Facts per lookup of their messages.
const UNFOUNDED_BATCH: usize = 256;

/// Learns from messages. Clones share everything.
#[derive(Clone)]
pub(crate) struct Learner {
    shared: Arc<Shared>,
}

struct Shared {
    pump: Pump,
    config: Config,
    /// The chat model that extracts facts; `None` if the rules do.
    model: OnceCell<Option<Arc<dyn ChatModel>>>,
    /// True if messages of the feed are learned from.
    is_auto: bool,
    state: Mutex<State>,
    /// Position up to which the feed was read. The stored one is updated when learning is idle.
    read_through: AtomicU64,
    counts: report::Counts,
    wake: Notify,
}

/// The working set of the task that holds the turn.
#[derive(Default)]
pub(crate) struct State {
    owners: HashMap<Owner, Known>,
    /// True after the stored position was read.
    is_positioned: bool,
}

impl Learner {
    pub(crate) fn new(pump: Pump, config: &Config) -> Learner {
        let is_auto = config.learning.enabled && config.learning.auto;
        let shared = Shared {
            pump,
            config: config.clone(),
            model: OnceCell::new(),
            is_auto,
            state: Mutex::default(),
            read_through: AtomicU64::new(0),
            counts: report::Counts::default(),
            wake: Notify::new(),
        };
        Learner { shared: Arc::new(shared) }
    }

    /// Wakes the background task after a write.
    pub(crate) fn wake(&self) {
        self.shared.wake.notify_one();
    }

    /// Waits for a write of this process.
    async fn woken(&self) {
        self.shared.wake.notified().await;
    }

    /// Returns the counts of this process.
    pub(crate) fn stats(&self) -> LearnStats {
        self.shared.counts.stats(self.shared.is_auto)
    }

    /// Reads the feed up to its position at the time of the call, learns from new messages and
    /// withdraws the facts of deleted ones. Returns the number of changes that were read.
    pub(crate) async fn catch_up(&self) -> Result<usize, Error> {
        let mut state = self.shared.state.lock().await;
        self.catch_up_in(&mut state).await
    }

    /// As [`catch_up`](Learner::catch_up), for the task that holds the turn.
    pub(crate) async fn catch_up_in(&self, state: &mut State) -> Result<usize, Error> {
        let feed = self.shared.pump.working().feed();
        let head = feed.head().await?;
        let mut through = self.position(state).await?;
        let mut read = 0;
        while through < head {
            let items = feed.after(through, PAGE).await?;
            let Some(last) = items.last() else {
                through = head;
                break;
            };
            through = last.seq;
            read += items.len();
            if Box::pin(self.page(state, items)).await? {
                self.shared.pump.working().feed().set_learned(through).await?;
            }
            self.shared.read_through.fetch_max(through, Ordering::AcqRel);
        }
        self.shared.read_through.fetch_max(through, Ordering::AcqRel);
        Ok(read)
    }

    /// Returns the number of changes left to read.
    pub(crate) async fn behind(&self) -> Result<u64, Error> {
        let feed = self.shared.pump.working().feed();
        let stored = feed.learned().await?.unwrap_or(0);
        let read = stored.max(self.shared.read_through.load(Ordering::Acquire));
        Ok(feed.head().await?.saturating_sub(read))
    }

    /// Stores the position, so that the feed can be trimmed up to it, and returns it.
    pub(crate) async fn keep_position(&self) -> Result<u64, Error> {
        let feed = self.shared.pump.working().feed();
        let stored = feed.learned().await?.unwrap_or(0);
        let read = self.shared.read_through.load(Ordering::Acquire);
        if stored < read {
            feed.set_learned(read).await?;
        }
        Ok(stored.max(read))
    }

    /// Adopts facts that an earlier version of this program stored in long-term memory only. Runs
    /// once: afterwards there is a position in the feed.
    pub(crate) async fn adopt(&self) -> Result<(), Error> {
        let (working, longterm) = (self.shared.pump.working(), self.shared.pump.longterm());
        if working.feed().learned().await?.is_some() {
            return Ok(());
        }
        // A lost working memory is restored by a repair, which must find it unchanged.
        if working.feed().head().await? < longterm.feed().watermark().await? {
            return Ok(());
        }
        let mut after = None;
        loop {
            let stored = longterm.records();
            let page = stored.identities_after(Kind::Fact, after.as_ref(), PAGE).await?;
            let Some(last) = page.last().cloned() else { break };
            let records = stored.get_all(&page).await?.into_iter().map(former::as_stored_now);
            let records = records.collect();
            for refused in
                working.intake().restore(records).await?.iter().filter_map(|it| it.as_ref().err())
            {
                tracing::warn!(error = %refused, "a fact stays in long-term memory alone");
            }
            after = Some(last);
        }
        working.feed().set_learned(0).await?;
        Ok(())
    }

    /// Locks learning: the background task waits until the guard is dropped.
    pub(crate) async fn turn(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().await
    }

    async fn position(&self, state: &mut State) -> Result<u64, Error> {
        let read = &self.shared.read_through;
        if !state.is_positioned {
            let stored = self.shared.pump.working().feed().learned().await?;
            read.fetch_max(stored.unwrap_or(0), Ordering::AcqRel);
            state.is_positioned = true;
        }
        Ok(read.load(Ordering::Acquire))
    }

    /// Learns from a page of the feed. Returns true if it had messages.
    async fn page(&self, state: &mut State, items: Vec<FeedItem>) -> Result<bool, Error> {
        let mut by_owner: Vec<(Owner, Vec<Record>, Vec<Key>)> = Vec::new();
        let mut of = |owner: Owner| match by_owner.iter().position(|(known, ..)| *known == owner) {
            Some(at) => at,
            None => {
                by_owner.push((owner, Vec::new(), Vec::new()));
                by_owner.len() - 1
            }
        };
        let mut changes = Vec::new();
        for item in items {
            match item.change {
                Change::Upsert(record) if record.kind == Kind::Message && self.shared.is_auto => {
                    changes.push((of(record.owner()), Ok(*record)));
                }
                Change::Delete { owner: Some(owner), key } if key.kind == Kind::Message => {
                    changes.push((of(owner), Err(key)));
                }
                _ => {}
            }
        }
        for (at, change) in changes {
            match change {
                Ok(record) => by_owner[at].1.push(record),
                Err(key) => by_owner[at].2.push(key),
            }
        }
        let has_messages = !by_owner.is_empty();
        for (owner, records, deleted) in by_owner {
            self.withdraw(state, &owner, deleted).await?;
            self.learn(state, &owner, records).await?;
        }
        Ok(has_messages)
    }

    /// Withdraws the facts that these records of an owner state, and learns again from the evidence
    /// that is left.
    pub(crate) async fn withdraw(
        &self,
        state: &mut State,
        owner: &Owner,
        keys: Vec<Key>,
    ) -> Result<Withdrawn, Error> {
        if keys.is_empty() {
            return Ok(Withdrawn::default());
        }
        let own = self.own(owner)?;
        let withdrawn = own.facts().withdraw(keys).await?;
        if self.shared.config.learning.enabled {
            let left = self.records(owner, &withdrawn.evidence_left).await?;
            match self.learn(state, owner, left).await {
                // Withdrawing does not wait for a chat model.
                Err(error @ (Error::Chat(_) | Error::Extractor { .. })) => {
                    tracing::warn!(%error, "facts with other evidence were withdrawn as well");
                }
                learned => drop(learned?),
            }
        }
        Ok(withdrawn)
    }

    /// Learns from records of one owner, in this order.
    pub(crate) async fn learn(
        &self,
        state: &mut State,
        owner: &Owner,
        mut records: Vec<Record>,
    ) -> Result<Learned, Error> {
        if records.is_empty() {
            return Ok(Learned::default());
        }
        let own = self.own(owner)?;
        let amended: Vec<Key> =
            records.iter().filter(|it| is_amended(it)).map(Record::key).collect();
        if !amended.is_empty() {
            let withdrawn = own.facts().withdraw(amended).await?;
            // Other messages may state the same.
            let mut left = self.records(owner, &withdrawn.evidence_left).await?;
            left.append(&mut records);
            records = left;
        }
        let mut known = state.owners.remove(owner).unwrap_or_default();
        let facts: usize = state.owners.values().map(|it| it.current.facts().len()).sum();
        if OWNERS_MAX <= state.owners.len() || FACTS_MAX <= facts {
            state.owners.clear();
        }
        known.current.refresh(&own).await?;
        let said = Said::of(&mut known, records);
        let extracted = self.extracted(&said).await?;
        let computing = tokio::task::spawn_blocking(move || {
            let outcome = steps::of(&mut known, &said, extracted);
            (known, outcome)
        });
        let (mut known, outcome) = computing.await.map_err(|_| Error::Interrupted)?;
        let Outcome { steps, messages, ignored, mut refused } = outcome;
        let mut report = FactReport::default();
        for steps in steps.chunks(STEPS_MAX) {
            let stored = apply(&own, steps, &mut refused).await?;
            known.current.stored(steps, &stored);
            report.merge(stored);
        }
        state.owners.insert(owner.clone(), known);
        if !report.added.is_empty() || !report.superseded.is_empty() {
            self.shared.pump.wake();
        }
        let learned = Learned { report, ignored, refused };
        self.shared.counts.add(messages, &learned);
        Ok(learned)
    }

    /// Asks the chat model of the settings for the facts of messages; `None` if the rules extract.
    async fn extracted(&self, said: &[Said]) -> Result<Option<Extracted>, Error> {
        let opened = self.shared.model.get_or_try_init(|| model::open(&self.shared.config)).await;
        let Some(model) = opened? else { return Ok(None) };
        let messages = said.iter().filter(|it| it.is_read).map(|it| it.message.clone());
        let messages: Vec<Message> = messages.collect();
        model::extract(&**model, &messages).await.map(Some)
    }

    /// Returns the view of one owner's own records.
    fn own(&self, owner: &Owner) -> Result<WorkingView, Error> {
        let exact = ScopeFilter::exact(Scope::default());
        let gate = Gate::owner(owner.clone()).narrow(&exact)?;
        Ok(self.shared.pump.working().scoped(gate))
    }

    /// Removes the facts among `facts` that were learned from messages which are all missing, and
    /// returns them.
    pub(crate) async fn remove_unfounded(
        &self,
        facts: &[Identity],
    ) -> Result<Vec<Identity>, Error> {
        let mut removed = Vec::new();
        let mut facts: Vec<&Identity> = facts.iter().collect();
        facts.sort_unstable();
        for one_owner in facts.chunk_by(|one, next| one.owner == next.owner) {
            for batch in one_owner.chunks(UNFOUNDED_BATCH) {
                removed.extend(self.remove_unfounded_of(&batch[0].owner, batch).await?);
            }
        }
        Ok(removed)
    }

    async fn remove_unfounded_of(
        &self,
        owner: &Owner,
        facts: &[&Identity],
    ) -> Result<Vec<Identity>, Error> {
        let own = self.own(owner)?;
        let mut learned: Vec<(&Id, Vec<Key>)> = Vec::new();
        for identity in facts {
            let Some(fact) = own.facts().get(&identity.id).await? else { continue };
            let evidence: Vec<Key> =
                fact.evidence.iter().filter_map(|key| key.parse().ok()).collect();
            let of_messages = evidence.iter().all(|key: &Key| key.kind == Kind::Message);
            if fact.origin != FactOrigin::Told && of_messages {
                learned.push((&identity.id, evidence));
            }
        }
        let evidence: Vec<Key> = learned.iter().flat_map(|(_, keys)| keys).cloned().collect();
        let stored = self.records(owner, &evidence).await?;
        let stored: HashSet<Key> = stored.iter().map(Record::key).collect();
        let mut removed = Vec::new();
        for (id, evidence) in learned {
            if !evidence.iter().any(|key| stored.contains(key)) {
                removed.extend(own.facts().remove(id).await?);
            }
        }
        Ok(removed)
    }

    /// Returns the stored messages of these keys, oldest first.
    pub(crate) async fn records(&self, owner: &Owner, keys: &[Key]) -> Result<Vec<Record>, Error> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let wanted = keys.iter().filter(|key| key.kind == Kind::Message);
        let wanted: Vec<Identity> = wanted.map(|key| key.clone().of(owner.clone())).collect();
        let mut records = self.own(owner)?.records().get_all(wanted.clone()).await?;
        if records.len() < wanted.len() {
            let longterm = self.shared.pump.longterm();
            let there = longterm.records().get_all(&wanted).await?;
            let is_new = |it: &Record| !records.iter().any(|here| here.identity() == it.identity());
            let there: Vec<Record> = there.into_iter().filter(is_new).collect();
            records.extend(there);
        }
        records.sort_by_key(|record| (record.time(), record.position));
        Ok(records)
    }
}

/// Stores steps. Those that cannot be stored are counted in `refused`: a single message must not
/// block all later ones.
async fn apply(
    own: &WorkingView,
    steps: &[FactStep],
    refused: &mut u64,
) -> Result<FactReport, aios_working::Error> {
    match own.facts().apply(steps.to_vec()).await {
        Err(error) if error.is_invalid() => {}
        applied => return applied,
    }
    let mut report = FactReport::default();
    for step in steps {
        let source = &step.source;
        match own.facts().apply(vec![step.clone()]).await {
            Ok(applied) => report.merge(applied),
            Err(error) if error.is_invalid() => {
                *refused += 1;
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, %source, "the facts of a message cannot be stored");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(report)
}

/// Returns true if a message was changed after it was stored.
fn is_amended(record: &Record) -> bool {
    let time = |name: &str| record.payload.get(name).and_then(|it| it.as_str()).map(str::to_owned);
    match (time("updated_at"), time("recorded_at")) {
        (Some(updated), Some(recorded)) => updated != recorded,
        _ => false,
    }
}
