//! Tasks: units of work, with or without a goal.

use aios_record::{Id, Kind, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Error, Meta, WorkingView,
    goal::{joined, settled},
    meta::words,
    row::{Parent, Row, fields},
};

/// A unit of work. A scope that names a session makes it a task of that session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// Unique among tasks. Default: a new one.
    #[serde(default = "Id::generate")]
    pub id: Id,
    /// The goal that it serves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goal_id: Option<Id>,
    /// The work to be done.
    pub description: String,
    /// Who does it.
    #[serde(default)]
    pub agent: String,
    /// The status. Default: pending.
    #[serde(default)]
    pub status: TaskStatus,
    /// The input.
    #[serde(default)]
    pub input: Value,
    /// The output.
    #[serde(default)]
    pub output: Value,
    /// The work that was done, in short.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// The result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// When work began. Set by the memory if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When it was completed, failed or cancelled. Set by the memory if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Timestamp>,
    /// Its duration. Set by the memory if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<i64>,
    /// Anything else.
    #[serde(default)]
    pub metadata: Value,
    /// Scope, provenance, times.
    #[serde(flatten)]
    pub meta: Meta,
}

words! {
    /// The status of a task.
    #[derive(Default)]
    TaskStatus {
        /// Not begun.
        #[default]
        Pending = "pending",
        /// Under way.
        InProgress = "in_progress",
        /// Done.
        Completed = "completed",
        /// Not done.
        Failed = "failed",
        /// Given up.
        Cancelled = "cancelled",
    }
}

impl TaskStatus {
    /// Returns `true` if nothing more will happen.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(self, TaskStatus::Completed | TaskStatus::Failed | TaskStatus::Cancelled)
    }
}

/// The further changes of a task whose status changes. Fields that are left out stay as they were.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TaskUpdate {
    /// The work that was done, in short.
    pub summary: Option<String>,
    /// The result.
    pub result: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
    /// The output.
    pub output: Option<Value>,
}

impl Task {
    /// A pending task of no goal.
    #[must_use]
    pub fn new(description: impl Into<String>) -> Task {
        Task {
            id: Id::generate(),
            goal_id: None,
            description: description.into(),
            agent: String::new(),
            status: TaskStatus::default(),
            input: Value::Null,
            output: Value::Null,
            summary: None,
            result: None,
            error: None,
            started_at: None,
            completed_at: None,
            duration_ms: None,
            metadata: Value::Null,
            meta: Meta::default(),
        }
    }
}

fields! {
    Task in "tasks" with stubs {
        goal_id, description, agent, status, input, output, summary, result, error, started_at,
        completed_at, duration_ms, metadata,
    }
}

impl Row for Task {
    const PARENT: Option<Parent> =
        Some(Parent { field: "goal_id", column: "goal_row", kind: Kind::Goal });
    const OF_SESSION: bool = true;

    fn text(&self) -> String {
        let parts = [self.summary.as_ref(), self.result.as_ref(), self.error.as_ref()];
        joined([Some(&self.description)].into_iter().chain(parts))
    }

    fn parent(&self) -> Option<&Id> {
        self.goal_id.as_ref()
    }

    fn detach(&mut self) {
        self.goal_id = None;
    }

    fn settle(&mut self, now: Timestamp) {
        if self.status == TaskStatus::InProgress {
            self.started_at.get_or_insert(now);
        }
        self.completed_at = settled(self.completed_at, self.status.is_final(), now);
        if let (Some(start), Some(end)) = (self.started_at, self.completed_at) {
            self.duration_ms.get_or_insert((end.as_millisecond() - start.as_millisecond()).max(0));
        }
    }
}

impl WorkingView {
    /// Stores a task, in place of the owner's task of this id if there is one. Its goal is the
    /// owner's own goal of that id, or else the shared one. The owner's session that its scope
    /// names is created if it is missing.
    ///
    /// # Errors
    /// [`Error::MissingParent`] if its goal does not exist; otherwise as
    /// [`store_goal`](WorkingView::store_goal).
    pub async fn store_task(&self, task: Task) -> Result<Task, Error> {
        self.store(task).await
    }

    /// Sets how a task stands, and what came of it.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such task; [`Error::NotYours`] if it is shared and the
    /// view a user's.
    pub async fn update_task_status(
        &self,
        id: &str,
        status: impl Into<TaskStatus>,
        update: TaskUpdate,
    ) -> Result<Task, Error> {
        let (id, status) = (id.to_owned(), status.into());
        self.write(move |access| {
            access.change(&id, |task: &mut Task| {
                task.status = status;
                task.summary = update.summary.or(task.summary.take());
                task.result = update.result.or(task.result.take());
                task.error = update.error.or(task.error.take());
                task.output = update.output.unwrap_or(task.output.take());
            })
        })
        .await
    }

    /// The task of this id.
    ///
    /// # Errors
    /// [`Error::Storage`] when the file cannot be read.
    pub async fn task(&self, id: &str) -> Result<Option<Task>, Error> {
        self.get(id).await
    }

    /// The visible tasks of a goal, oldest first.
    ///
    /// # Errors
    /// [`Error::Storage`] when the file cannot be read.
    pub async fn tasks_for_goal(&self, goal_id: &str) -> Result<Vec<Task>, Error> {
        let goal_id = goal_id.to_owned();
        self.read(move |access| match access.referred(Kind::Goal, &goal_id)? {
            Some(goal) => access.select("AND goal_row = ?6 ORDER BY row", &[&goal]),
            None => Ok(Vec::new()),
        })
        .await
    }

    /// The visible tasks of a session, or of all, with this status, or with any; oldest first.
    ///
    /// # Errors
    /// [`Error::Storage`] when the file cannot be read.
    pub async fn tasks(
        &self,
        session: Option<&str>,
        status: Option<TaskStatus>,
    ) -> Result<Vec<Task>, Error> {
        let session = session.map(str::to_owned);
        self.read(move |access| {
            let status = status.as_ref().map(TaskStatus::as_str);
            let Some(session) = session else {
                return access.select("AND (?6 IS NULL OR status = ?6) ORDER BY row", &[&status]);
            };
            let Some(session) = access.referred(Kind::Session, &session)? else {
                return Ok(Vec::new());
            };
            access.select(
                "AND session_row = ?6 AND (?7 IS NULL OR status = ?7) ORDER BY row",
                &[&session, &status],
            )
        })
        .await
    }

    /// The `limit` tasks that ended last, newest first.
    ///
    /// # Errors
    /// [`Error::Storage`] when the file cannot be read.
    pub async fn task_history(&self, limit: usize) -> Result<Vec<Task>, Error> {
        self.read(move |access| {
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            access.select(
                "AND completed_at IS NOT NULL ORDER BY completed_at DESC, row DESC LIMIT ?6",
                &[&limit],
            )
        })
        .await
    }
}
