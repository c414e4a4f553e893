//! Goals: the aims of an agent.

use aios_record::{Id, Identity, Key, Kind, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Error, Meta, WorkingView,
    meta::words,
    row::{Row, fields},
    writing::{self, Writable},
};

/// An aim of an agent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Goal {
    /// Unique among goals. Default: a new id.
    #[serde(default = "Id::generate")]
    pub id: Id,
    /// The aim.
    pub description: String,
    /// The status. Default: pending.
    #[serde(default)]
    pub status: GoalStatus,
    /// Priority; lower numbers come first. By convention 1 is the highest. Default: 5.
    #[serde(default = "priority")]
    pub priority: i32,
    /// The time of completion, failure or cancellation. Default: set when the status becomes final.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Timestamp>,
    /// The result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// Additional data.
    #[serde(default)]
    pub metadata: Value,
    /// Scope, provenance, times.
    #[serde(flatten)]
    pub meta: Meta,
}

words! {
    /// The status of a goal.
    #[derive(Default)]
    GoalStatus {
        /// Not started.
        #[default]
        Pending = "pending",
        /// In progress.
        Active = "active",
        /// Reached.
        Completed = "completed",
        /// Not reached.
        Failed = "failed",
        /// Abandoned.
        Cancelled = "cancelled",
    }
}

impl GoalStatus {
    /// Returns true if the status is final.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(self, GoalStatus::Completed | GoalStatus::Failed | GoalStatus::Cancelled)
    }
}

fn priority() -> i32 {
    5
}

impl Goal {
    /// Returns a pending goal.
    #[must_use]
    pub fn new(description: impl Into<String>) -> Goal {
        Goal {
            id: Id::generate(),
            description: description.into(),
            status: GoalStatus::default(),
            priority: priority(),
            completed_at: None,
            result: None,
            metadata: Value::Null,
            meta: Meta::default(),
        }
    }
}

fields! {
    Goal { description, status, priority, completed_at, result, metadata }
}

impl Row for Goal {
    fn text(&self) -> String {
        joined([Some(&self.description), self.result.as_ref()])
    }

    fn settle(&mut self, now: Timestamp) {
        self.completed_at = settled(self.completed_at, self.status.is_final(), now);
    }
}

impl Writable for Goal {}

/// Joins the non-empty parts, one per line.
pub(crate) fn joined<'a>(parts: impl IntoIterator<Item = Option<&'a String>>) -> String {
    let parts = parts.into_iter().flatten().filter(|part| !part.is_empty());
    parts.map(String::as_str).collect::<Vec<_>>().join("\n")
}

/// Returns the end time: `at`, else `now`, if `ended`; otherwise `None`.
pub(crate) fn settled(at: Option<Timestamp>, ended: bool, now: Timestamp) -> Option<Timestamp> {
    if ended { at.or(Some(now)) } else { None }
}

/// The goals of a memory, as a view shows them.
///
/// ```
/// # use aios_working::{Config, Goal, Working};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let working = Working::open(&folder.path().join("working.db"), Config::default())?;
/// let goal = working.goals().put(Goal::new("ship the parser")).await?;
/// let done = working.goals().set_status(&goal.id, "completed", None).await?;
/// assert_eq!(done.status.as_str(), "completed");
/// assert!(working.goals().active().await?.is_empty());
/// # working.close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Goals<'a> {
    pub(crate) view: &'a WorkingView,
}

impl Goals<'_> {
    /// Stores a goal; replaces the owner's goal of the same id.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the owner has a goal of this id in another project, agent or session;
    /// another error for which [`is_invalid`](Error::is_invalid) returns true if a field cannot be
    /// stored; [`Error::Storage`] if the file cannot be written.
    pub async fn put(self, goal: Goal) -> Result<Goal, Error> {
        self.view.store(goal).await
    }

    /// Sets the status of a goal. Without a `result` the old one is kept.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the goal does not exist; [`Error::NotYours`] if it is shared and the
    /// view belongs to a user; otherwise as [`put`](Goals::put).
    pub async fn set_status(
        self,
        id: &Id,
        status: impl Into<GoalStatus>,
        result: Option<String>,
    ) -> Result<Goal, Error> {
        let (id, status) = (id.clone(), status.into());
        self.view
            .write(move |access| {
                writing::change(access, id.as_str(), |goal: &mut Goal| {
                    goal.status = status;
                    goal.result = result.or(goal.result.take());
                })
            })
            .await
    }

    /// Returns the goal of this id.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn get(self, id: &Id) -> Result<Option<Goal>, Error> {
        self.view.get(id).await
    }

    /// Returns the pending and active goals, by priority, oldest first for equal priority.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn active(self) -> Result<Vec<Goal>, Error> {
        self.view
            .read(|access| {
                access.select(
                    "AND status IN ('pending', 'active') ORDER BY priority, created_at, row",
                    &[],
                )
            })
            .await
    }

    /// Changes a goal and stores it, in one transaction: no change of another caller is lost.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it does not exist; [`Error::NotYours`] if it is shared and the view
    /// belongs to a user; [`Error::Fields`] if `change` changes its id, [`Error::Conflict`] if it
    /// changes its scope; otherwise as [`put`](Goals::put).
    pub async fn update(
        self,
        id: &Id,
        change: impl FnOnce(&mut Goal) + Send + 'static,
    ) -> Result<Goal, Error> {
        self.view.change(id, change).await
    }

    /// Removes a goal and its tasks, permanently. Returns the removed records.
    ///
    /// # Errors
    /// As [`Records::remove`](crate::Records::remove).
    pub async fn remove(self, id: &Id) -> Result<Vec<Identity>, Error> {
        self.view.records().remove(&Key::new(Kind::Goal, id.clone())).await
    }
}
