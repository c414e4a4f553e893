//! Goals: what an agent wants to reach.

use aios_record::{Id, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Error, Meta, WorkingView,
    meta::words,
    row::{Row, fields},
};

/// Something an agent wants to reach.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Goal {
    /// Unique among goals. Default: a new one.
    #[serde(default = "Id::generate")]
    pub id: Id,
    /// The aim.
    pub description: String,
    /// The status. Default: pending.
    #[serde(default)]
    pub status: GoalStatus,
    /// Lower numbers come first; 1 is what is first by convention. Default 5.
    #[serde(default = "priority")]
    pub priority: i32,
    /// When it was completed, failed or cancelled. Set by the memory if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Timestamp>,
    /// The result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// Anything else.
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
        /// Not begun.
        #[default]
        Pending = "pending",
        /// Under way.
        Active = "active",
        /// Reached.
        Completed = "completed",
        /// Not reached.
        Failed = "failed",
        /// Given up.
        Cancelled = "cancelled",
    }
}

impl GoalStatus {
    /// Returns `true` if nothing more will happen.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(self, GoalStatus::Completed | GoalStatus::Failed | GoalStatus::Cancelled)
    }
}

fn priority() -> i32 {
    5
}

impl Goal {
    /// A pending goal.
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
    Goal in "goals" with stubs { description, status, priority, completed_at, result, metadata }
}

impl Row for Goal {
    fn text(&self) -> String {
        joined([Some(&self.description), self.result.as_ref()])
    }

    fn settle(&mut self, now: Timestamp) {
        self.completed_at = settled(self.completed_at, self.status.is_final(), now);
    }
}

/// The parts that there are, one to a line.
pub(crate) fn joined<'a>(parts: impl IntoIterator<Item = Option<&'a String>>) -> String {
    let parts = parts.into_iter().flatten().filter(|part| !part.is_empty());
    parts.map(String::as_str).collect::<Vec<_>>().join("\n")
}

/// When something ended: as given, else now if it has ended, and never if it has not.
pub(crate) fn settled(at: Option<Timestamp>, ended: bool, now: Timestamp) -> Option<Timestamp> {
    if ended { at.or(Some(now)) } else { None }
}

impl WorkingView {
    /// Stores a goal, in place of the owner's goal of this id if there is one.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the owner has a goal of this id in another project, agent or session;
    /// another error that [`is_invalid`](Error::is_invalid) if a field cannot be stored;
    /// [`Error::Storage`] when the file cannot be written.
    pub async fn store_goal(&self, goal: Goal) -> Result<Goal, Error> {
        self.store(goal).await
    }

    /// Sets how a goal stands; without a `result` the old one stays.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such goal; [`Error::NotYours`] if it is shared and the
    /// view a user's.
    pub async fn update_goal(
        &self,
        id: &str,
        status: impl Into<GoalStatus>,
        result: Option<String>,
    ) -> Result<Goal, Error> {
        let (id, status) = (id.to_owned(), status.into());
        self.write(move |access| {
            access.change(&id, |goal: &mut Goal| {
                goal.status = status;
                goal.result = result.or(goal.result.take());
            })
        })
        .await
    }

    /// The goal of this id.
    ///
    /// # Errors
    /// [`Error::Storage`] when the file cannot be read.
    pub async fn goal(&self, id: &str) -> Result<Option<Goal>, Error> {
        self.get(id).await
    }

    /// The goals that are pending or active, by priority, the oldest first among equals.
    ///
    /// # Errors
    /// [`Error::Storage`] when the file cannot be read.
    pub async fn active_goals(&self) -> Result<Vec<Goal>, Error> {
        self.read(|access| {
            access.select(
                "AND status IN ('pending', 'active') ORDER BY priority, created_at, row",
                &[],
            )
        })
        .await
    }
}
