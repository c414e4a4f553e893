//! Decisions: a choice between options, with its reason and, later, its outcome.

use aios_record::{Id, Identity, Key, Kind, Record, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Error, Meta, WorkingView,
    goal::joined,
    meta::words,
    row::{Row, fields},
    search::matching::{matches, read},
    writing::{self, Writable},
};

/// A choice between options.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// Unique among decisions. Default: a new id.
    #[serde(default = "Id::generate")]
    pub id: Id,
    /// The question decided.
    pub context: String,
    /// The options considered.
    #[serde(default)]
    pub options: Value,
    /// The chosen option.
    pub chosen: String,
    /// The reason for the choice.
    #[serde(default)]
    pub reasoning: String,
    /// Level of reasoning. Default: operational.
    #[serde(default)]
    pub intelligence_level: IntelligenceLevel,
    /// The name of the decider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// The model used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_used: Option<String>,
    /// The outcome, filled in later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// The time of the decision. Default: now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<Timestamp>,
    /// Scope, provenance, times.
    #[serde(flatten)]
    pub meta: Meta,
}

words! {
    /// Level of reasoning that went into a decision.
    #[derive(Default)]
    IntelligenceLevel {
        /// A rule.
        Reactive = "reactive",
        /// A small model.
        #[default]
        Operational = "operational",
        /// A larger model.
        Tactical = "tactical",
        /// The largest model available.
        Strategic = "strategic",
    }
}

impl Decision {
    /// Returns a decision for `chosen` in this context.
    #[must_use]
    pub fn new(context: impl Into<String>, chosen: impl Into<String>) -> Decision {
        Decision {
            id: Id::generate(),
            context: context.into(),
            options: Value::Null,
            chosen: chosen.into(),
            reasoning: String::new(),
            intelligence_level: IntelligenceLevel::default(),
            decided_by: None,
            model_used: None,
            outcome: None,
            timestamp: None,
            meta: Meta::default(),
        }
    }
}

fields! {
    Decision {
        context, options, chosen, reasoning, intelligence_level, decided_by, model_used, outcome,
        timestamp,
    }
}

impl Row for Decision {
    const HAPPENED: &'static str = "timestamp";
    fn text(&self) -> String {
        let parts = [&self.context, &self.chosen, &self.reasoning].map(Some);
        joined(parts.into_iter().chain([self.outcome.as_ref()]))
    }

    fn settle(&mut self, now: Timestamp) {
        self.timestamp.get_or_insert(now);
    }

    fn describe(&self, record: &mut Record) {
        record.occurred_at = self.timestamp;
    }
}

impl Writable for Decision {}

/// The decisions of a memory, as a view shows them.
///
/// ```
/// # use aios_working::{Config, Decision, Working};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let working = Working::open(&folder.path().join("working.db"), Config::default())?;
/// let decision = Decision::new("which parser library", "winnow");
/// let decision = working.decisions().put(decision).await?;
/// working.decisions().set_outcome(&decision.id, "twice as fast").await?;
/// let similar = working.decisions().find_similar("a parser library", 3).await?;
/// assert_eq!(similar[0].outcome.as_deref(), Some("twice as fast"));
/// # working.close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Decisions<'a> {
    pub(crate) view: &'a WorkingView,
}

impl Decisions<'_> {
    /// Stores a decision.
    ///
    /// # Errors
    /// As [`Goals::put`](crate::Goals::put).
    pub async fn put(self, decision: Decision) -> Result<Decision, Error> {
        self.view.store(decision).await
    }

    /// Sets the outcome of a decision.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the decision does not exist; [`Error::NotYours`] if it is shared and
    /// the view belongs to a user; otherwise as [`Goals::put`](crate::Goals::put).
    pub async fn set_outcome(self, id: &Id, outcome: impl Into<String>) -> Result<Decision, Error> {
        let (id, outcome) = (id.clone(), outcome.into());
        self.view
            .write(move |access| {
                writing::change(access, id.as_str(), |decision: &mut Decision| {
                    decision.outcome = Some(outcome)
                })
            })
            .await
    }

    /// Returns the decision of this id.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn get(self, id: &Id) -> Result<Option<Decision>, Error> {
        self.view.get(id).await
    }

    /// Returns the `limit` decisions that were made last, newest first.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn latest(self, limit: usize) -> Result<Vec<Decision>, Error> {
        self.view
            .read(move |access| {
                let limit = i64::try_from(limit).unwrap_or(i64::MAX);
                access.select("ORDER BY timestamp DESC, row DESC LIMIT ?6", &[&limit])
            })
            .await
    }

    /// Returns the visible decisions that were made for a task, in the order in which they were
    /// stored. Reads all decisions.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn of_task(self, task_id: &Id) -> Result<Vec<Decision>, Error> {
        let task_id = task_id.clone();
        self.view
            .read(move |access| {
                access.select("AND provenance_task_id = ?6 ORDER BY row", &[&task_id.as_str()])
            })
            .await
    }

    /// Returns the decisions whose context, choice, reasoning or outcome match `context` best.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn find_similar(
        self,
        context: impl Into<String>,
        limit: usize,
    ) -> Result<Vec<Decision>, Error> {
        let context = context.into();
        self.view
            .read(move |access| {
                let mut found = Vec::new();
                if limit == 0 {
                    return Ok(found);
                }
                matches(access, &context, &[Kind::Decision], |doc, _| {
                    found.extend(read::<Decision>(access, doc)?);
                    Ok(found.len() < limit)
                })?;
                Ok(found)
            })
            .await
    }

    /// Changes a decision and stores it, in one transaction: no change of another caller is lost.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it does not exist; [`Error::NotYours`] if it is shared and the view
    /// belongs to a user; [`Error::Fields`] if `change` changes its id, [`Error::Conflict`] if it
    /// changes its scope; otherwise as [`Goals::put`](crate::Goals::put).
    pub async fn update(
        self,
        id: &Id,
        change: impl FnOnce(&mut Decision) + Send + 'static,
    ) -> Result<Decision, Error> {
        self.view.change(id, change).await
    }

    /// Removes a decision, permanently. Returns the removed records.
    ///
    /// # Errors
    /// As [`Records::remove`](crate::Records::remove).
    pub async fn remove(self, id: &Id) -> Result<Vec<Identity>, Error> {
        self.view.records().remove(&Key::new(Kind::Decision, id.clone())).await
    }
}
