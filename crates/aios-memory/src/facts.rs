//! Facts, as a view works with them: learning, reading as of a time, confirming and rejecting.
//!
//! Not here: the conversion of a message to its facts, see `learning`; their storage, see
//! `aios_working::Facts`.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use aios_draft::identity::Namer;
use aios_longterm::SearchOptions;
use aios_record::{Id, Identity, Key, Kind, Owner, Record};
use aios_working::{Fact, FactPage, FactQuery};
use serde_json::{Map, Value};

use crate::{
    Access, Error, MemoryView,
    admission::{Admission, Arrival, Manner, Outcome, chat_draft},
    learning::{FailedMessage, LearnReport},
};

/// Maximum number of messages per call of [`Facts::learn`].
pub const LEARN_MESSAGES_MAX: usize = 10_000;

/// Default limit of a search for facts.
const SEARCH_LIMIT: usize = 5;

/// Maximum number of listed slots with several values.
const CONTRADICTIONS_MAX: usize = 1000;

/// Statements that were learned from messages, with evidence and two axes of time.
///
/// A fact is true from `valid_from` to `valid_to`, and known from `stated_at` on. A fact with a
/// slot, such as the home of Ada, ends when another value of the slot is stated; nothing is
/// deleted. If the setting `learning.auto` is on, messages are learned from as they are stored.
///
/// ```
/// # use aios_memory::{AgentMemory, Config, FactQuery};
/// # use serde_json::json;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # let memory = AgentMemory::open(Config::at(dir.path().join("memory"))).await?;
/// let messages = json!([
///     {"content": "I live in Ghent.", "timestamp": "2026-01-05T10:00:00Z"},
///     {"content": "I live in Oslo now.", "timestamp": "2026-03-01T10:00:00Z"},
/// ]);
/// let messages = messages.as_array().unwrap().iter().filter_map(|it| it.as_object().cloned());
/// let report = memory.facts().learn(messages.collect()).await?;
/// assert_eq!((report.added, report.superseded), (2, 1));
///
/// let homes = FactQuery::default().with_attribute("home".to_owned());
/// let now = memory.facts().list(homes.clone()).await?.facts;
/// assert_eq!(now[0].text, "The user lives in Oslo now.");
/// let then = homes.with_as_of("2026-02-01T00:00:00Z".parse::<aios_memory::Timestamp>()?);
/// let then = memory.facts().list(then).await?.facts;
/// assert_eq!(then[0].text, "The user lives in Ghent.");
/// # memory.shutdown().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    view: &'a MemoryView,
}

impl MemoryView {
    /// Returns the facts: those of the owner and shared ones.
    #[must_use]
    pub fn facts(&self) -> Facts<'_> {
        Facts { view: self }
    }
}

impl Facts<'_> {
    /// Stores messages and learns from them. Each is an object with the fields of a chat message:
    /// `content` or `text`, `role`, `name`, `session`, `timestamp`, `id`. Messages that are stored
    /// already add nothing. When this returns, messages and facts are durable.
    ///
    /// # Errors
    /// - [`Error::LearningOff`] if the setting `learning.enabled` is off.
    /// - [`Error::TooManyMessages`] for more than [`LEARN_MESSAGES_MAX`] messages.
    /// - [`Error::ReadOnly`] if the memory was opened read-only.
    /// - Errors of working or long-term memory. A message that cannot be stored is listed in the
    ///   report instead.
    pub async fn learn(self, messages: Vec<Map<String, Value>>) -> Result<LearnReport, Error> {
        self.check_enabled()?;
        self.view.check_writable()?;
        if LEARN_MESSAGES_MAX < messages.len() {
            let (count, count_max) = (messages.len(), LEARN_MESSAGES_MAX);
            return Err(Error::TooManyMessages { count, count_max });
        }
        let learner = self.view.shared().learner.clone();
        // The background does not read these messages before the report is made.
        let mut state = learner.turn().await;
        let mut report = LearnReport::default();
        let stored = Box::pin(self.store(messages, &mut report)).await?;
        let mut by_owner: Vec<(Owner, Vec<Key>)> = Vec::new();
        for identity in stored {
            let Identity { owner, kind, id } = identity;
            let key = Key::new(kind, id);
            match by_owner.iter_mut().find(|(known, _)| *known == owner) {
                Some((_, keys)) => keys.push(key),
                None => by_owner.push((owner, vec![key])),
            }
        }
        for (owner, keys) in by_owner {
            let records = in_order(learner.records(&owner, &keys).await?, &keys);
            let learned = Box::pin(learner.learn(&mut state, &owner, records)).await?;
            report.add(learned);
        }
        // Otherwise the background would read the same messages again.
        if let Err(error) = learner.catch_up_in(&mut state).await {
            tracing::warn!(%error, "messages of others are left to learn from");
        }
        drop(state);
        self.view.wake_pump();
        Ok(report)
    }

    /// Stores messages, and returns the stored ones in order, each once.
    async fn store(
        self,
        messages: Vec<Map<String, Value>>,
        report: &mut LearnReport,
    ) -> Result<Vec<Identity>, Error> {
        let mut namer = Namer::default();
        let mut arrivals = Vec::with_capacity(messages.len());
        let mut failed = |line: u64, error: String| {
            report.failed.push(FailedMessage { line, error });
        };
        for (line, message) in (1..).zip(messages) {
            let gate = self.view.gate();
            let draft = chat_draft(message, gate).map_err(|problem| problem.to_string());
            match draft.and_then(|draft| Arrival::of_draft(line, draft, gate, &mut namer)) {
                Ok(arrival) => arrivals.push(arrival),
                Err(error) => failed(line, error),
            }
        }
        let mut owners = HashMap::with_capacity(arrivals.len());
        for arrival in &arrivals {
            let mut scope = arrival.scope.clone();
            self.view.gate().fill(&mut scope)?;
            owners.insert(arrival.place, scope.owner());
        }
        let mut admission = Admission::new(self.view, Manner::Conversed);
        let mut stored: Vec<Identity> = Vec::with_capacity(arrivals.len());
        let mut seen = HashSet::with_capacity(arrivals.len());
        for verdict in admission.admit(arrivals).await? {
            match &verdict.outcome {
                Outcome::Added | Outcome::Known | Outcome::Updated => {
                    let Some(owner) = owners.get(&verdict.place) else { continue };
                    let identity = Identity::new(owner.clone(), verdict.kind, verdict.id);
                    if seen.insert(identity.clone()) {
                        stored.push(identity);
                    }
                }
                Outcome::Detached(_) => {}
                Outcome::Refused(refusal) => failed(verdict.place, refusal.to_string()),
                Outcome::Skipped(reason) => failed(verdict.place, reason.clone()),
                Outcome::Forgotten => failed(verdict.place, "it was forgotten".to_owned()),
                Outcome::Conflicting => {
                    failed(verdict.place, "another message has its id".to_owned());
                }
            }
        }
        Ok(stored)
    }

    /// Waits until all messages stored before the call are learned from, and the facts of deleted
    /// ones are withdrawn.
    ///
    /// # Errors
    /// Errors of working memory.
    pub async fn catch_up(self) -> Result<(), Error> {
        self.view.shared().learner.catch_up().await.map(drop)
    }

    /// Like [`catch_up`](Facts::catch_up), for at most this long. Returns the number of changes
    /// that are left to learn from. A read-only memory learns nothing.
    ///
    /// # Errors
    /// As [`catch_up`](Facts::catch_up).
    pub async fn catch_up_within(self, limit: Duration) -> Result<u64, Error> {
        let shared = self.view.shared();
        if shared.config.memory.access == Access::ReadOnly {
            return shared.learner.behind().await;
        }
        match tokio::time::timeout(limit, shared.learner.catch_up()).await {
            Ok(caught_up) => caught_up.map(|_| 0),
            Err(_) => shared.learner.behind().await,
        }
    }

    /// Returns the facts that `query` selects, the last stated first. Default: the current ones.
    /// With [`FactQuery::as_of`], those that were known and true at that moment.
    ///
    /// # Errors
    /// [`Error::Limit`] if the limit is not from 1 to 1000; errors of working memory.
    pub async fn list(self, query: FactQuery) -> Result<FactPage, Error> {
        Error::check_limit(query.limit)?;
        Ok(self.view.working().facts().list(query).await?)
    }

    /// Returns the current facts that match `query` best. Default of `limit`: 5.
    ///
    /// # Errors
    /// As [`recall_with`](MemoryView::recall_with).
    pub async fn search(self, query: &str, limit: Option<usize>) -> Result<Vec<Fact>, Error> {
        let limit = limit.unwrap_or(SEARCH_LIMIT);
        let options = SearchOptions::default().with_limit(limit).with_kinds(vec![Kind::Fact]);
        let recalled = self.view.recall_with(query, &options).await?;
        let mut facts = Vec::with_capacity(recalled.hits.len());
        for hit in recalled.hits {
            let records = self.view.working().records();
            let record = records.get_exactly(&hit.identity()).await?;
            facts.extend(record.and_then(|it| serde_json::from_value::<Fact>(it.payload).ok()));
        }
        Ok(facts)
    }

    /// Returns all facts of a slot, ended ones included, in the order in which they were stated.
    ///
    /// # Errors
    /// Errors of working memory.
    pub async fn history(self, subject: &str, attribute: &str) -> Result<Vec<Fact>, Error> {
        Ok(self.view.working().facts().history(subject, attribute).await?)
    }

    /// Returns the slots that have several current values: the facts of each.
    ///
    /// # Errors
    /// Errors of working memory.
    pub async fn contradictions(self) -> Result<Vec<Vec<Fact>>, Error> {
        Ok(self.view.working().facts().contradictions(CONTRADICTIONS_MAX).await?)
    }

    /// Confirms a fact in the name of a person: its trust becomes high, its confidence 1.
    ///
    /// # Errors
    /// [`Error::is_not_found`] if there is no such fact, [`Error::is_not_yours`] if it is shared
    /// and this is the view of a user; errors of working memory.
    pub async fn confirm(self, id: &Id) -> Result<Fact, Error> {
        self.view.check_writable()?;
        let confirmed = self.view.working().facts().confirm(id).await?;
        self.view.wake_pump();
        Ok(confirmed)
    }

    /// Rejects the value of a fact permanently: all facts of its owner with the same value or
    /// statement are removed, with their versions, and it is never learned again, in any spelling.
    /// The facts that it superseded become current again. Its messages are kept. Returns the
    /// removed facts.
    ///
    /// # Errors
    /// As [`confirm`](Facts::confirm); errors of long-term memory.
    pub async fn reject(self, id: &Id) -> Result<Vec<Identity>, Error> {
        self.view.check_writable()?;
        let removed = self.view.working().facts().reject(id).await?;
        // Before the deletion reaches long-term memory, so that no version remains.
        self.view.feed().catch_up().await?;
        self.view.shared().longterm.forget(removed.clone()).await?;
        self.view.wake_pump();
        Ok(removed)
    }

    /// Removes learned facts whose messages are all missing, as after an import of facts without
    /// messages, and returns the removed ones. Facts that were recorded directly are kept.
    ///
    /// # Errors
    /// [`Error::ReadOnly`] if the memory was opened read-only; errors of the tiers.
    pub async fn remove_unfounded(self, facts: &[Identity]) -> Result<Vec<Identity>, Error> {
        self.view.check_writable()?;
        let gate = self.view.gate();
        let may_change =
            |identity: &&Identity| gate.acts_for().is_none_or(|owner| *owner == identity.owner);
        let facts: Vec<Identity> = facts.iter().filter(may_change).cloned().collect();
        let removed = self.view.shared().learner.remove_unfounded(&facts).await?;
        self.view.wake_pump();
        Ok(removed)
    }

    fn check_enabled(self) -> Result<(), Error> {
        match self.view.config().learning.enabled {
            true => Ok(()),
            false => Err(Error::LearningOff),
        }
    }
}

/// Sorts records by the order of their keys.
fn in_order(mut records: Vec<Record>, keys: &[Key]) -> Vec<Record> {
    let places: HashMap<&Key, usize> = keys.iter().enumerate().map(|(at, key)| (key, at)).collect();
    records.sort_by_cached_key(|record| places.get(&record.key()).copied());
    records
}
