//! Tasks: units of work, with or without a goal.

use aios_record::{Id, Identity, Key, Kind, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    Error, Meta, WorkingView,
    access::Access,
    goal::{joined, settled},
    meta::words,
    row::{Row, fields},
    session,
    writing::{self, Writable},
};

/// Field of a task's metadata that stores metadata which is not an object, beside the mark.
const OTHER: &str = "value";

/// A unit of work. If its scope names a session, it belongs to that session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// Unique among tasks. Default: a new id.
    #[serde(default = "Id::generate")]
    pub id: Id,
    /// The goal of the task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goal_id: Option<Id>,
    /// The work to be done.
    pub description: String,
    /// Name of the agent that does it.
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
    /// Short summary of the work done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// The result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// The error, if it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Start of the work. Default: set when the status becomes in progress.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// The time of completion, failure or cancellation. Default: set when the status becomes final.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Timestamp>,
    /// Duration in milliseconds. Default: computed from start and end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<i64>,
    /// Additional data. An object in its field [`MARK`](Task::MARK) is the mark of the unit of work
    /// that holds the task.
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
        /// Not started.
        #[default]
        Pending = "pending",
        /// In progress.
        InProgress = "in_progress",
        /// Done.
        Completed = "completed",
        /// Not done.
        Failed = "failed",
        /// Abandoned.
        Cancelled = "cancelled",
    }
}

impl TaskStatus {
    /// Returns true if the status is final.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(self, TaskStatus::Completed | TaskStatus::Failed | TaskStatus::Cancelled)
    }
}

/// Further changes of a task whose status changes. `None` leaves a field unchanged.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TaskUpdate {
    /// Short summary of the work done.
    pub summary: Option<String>,
    /// The result.
    pub result: Option<String>,
    /// The error, if it failed.
    pub error: Option<String>,
    /// The output.
    pub output: Option<Value>,
}

impl Task {
    /// Field of the metadata for the mark of the unit of work that holds the task: an object. Only
    /// [`Tasks::update`] changes it.
    pub const MARK: &str = "work";

    /// Returns a pending task without a goal.
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

    /// Returns the mark of the unit of work that holds the task.
    #[must_use]
    pub fn mark(&self) -> Option<&Value> {
        self.metadata.get(Task::MARK).filter(|mark| mark.is_object())
    }

    /// Sets or removes the mark, beside the other metadata.
    pub fn set_mark(&mut self, mark: Option<Value>) {
        let Some(mark) = mark else {
            if self.mark().is_some() {
                self.metadata.as_object_mut().and_then(|metadata| metadata.remove(Task::MARK));
            }
            return;
        };
        let mut metadata = match self.metadata.take() {
            Value::Null => Map::new(),
            Value::Object(metadata) => metadata,
            other => [(OTHER.to_owned(), other)].into_iter().collect(),
        };
        metadata.insert(Task::MARK.to_owned(), mark);
        self.metadata = Value::Object(metadata);
    }
}

fields! {
    Task {
        goal_id, description, agent, status, input, output, summary, result, error, started_at,
        completed_at, duration_ms, metadata,
    }
}

impl Row for Task {
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

impl Writable for Task {
    fn session(&self, access: &Access<'_>) -> Result<Option<i64>, Error> {
        session::ensure(access, &self.meta.scope)
    }

    fn follow(&mut self, before: &Task) {
        if self.mark() != before.mark() {
            self.set_mark(before.mark().cloned());
        }
    }
}

/// The tasks of a memory, as a view shows them.
///
/// ```
/// # use aios_working::{Config, Goal, Task, Working};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let working = Working::open(&folder.path().join("working.db"), Config::default())?;
/// let goal = working.goals().put(Goal::new("ship the parser")).await?;
/// let task = Task { goal_id: Some(goal.id.clone()), ..Task::new("write the tests") };
/// working.tasks().put(task).await?;
/// assert_eq!(working.tasks().of_goal(&goal.id).await?[0].description, "write the tests");
/// # working.close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Tasks<'a> {
    pub(crate) view: &'a WorkingView,
}

impl Tasks<'_> {
    /// Stores a task; replaces the owner's task of the same id, whose [mark](Task::MARK) is kept.
    /// Its goal is the owner's own goal of that id, or else the shared one. If its scope names a
    /// missing session, the session is created.
    ///
    /// # Errors
    /// [`Error::MissingParent`] if its goal does not exist; otherwise as
    /// [`Goals::put`](crate::Goals::put).
    pub async fn put(self, task: Task) -> Result<Task, Error> {
        self.view
            .write(move |access| {
                let mut task = task;
                access.fill(&mut task.meta.scope)?;
                let before =
                    access.identified::<Task>(&task.meta.scope.owner(), task.id.as_str())?;
                task.set_mark(before.and_then(|before| before.item.mark().cloned()));
                writing::write(access, &mut task)?;
                Ok(task)
            })
            .await
    }

    /// Stores a new task, without a [mark](Task::MARK).
    ///
    /// # Errors
    /// [`Error::Conflict`] if the owner has a task of this id; otherwise as [`put`](Tasks::put).
    pub async fn add(self, task: Task) -> Result<Task, Error> {
        self.view
            .write(move |access| {
                let mut task = task;
                access.fill(&mut task.meta.scope)?;
                task.set_mark(None);
                if writing::existing(access, &task)?.is_some() {
                    return Err(Error::Conflict { kind: Kind::Task, id: task.id });
                }
                writing::write(access, &mut task)?;
                Ok(task)
            })
            .await
    }

    /// Sets the status of a task, and its results.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the task does not exist; [`Error::NotYours`] if it is shared and the
    /// view belongs to a user; otherwise as [`Goals::put`](crate::Goals::put).
    pub async fn set_status(
        self,
        id: &Id,
        status: impl Into<TaskStatus>,
        update: TaskUpdate,
    ) -> Result<Task, Error> {
        let (id, status) = (id.clone(), status.into());
        self.view
            .write(move |access| {
                writing::change(access, id.as_str(), |task: &mut Task| {
                    task.status = status;
                    task.summary = update.summary.or(task.summary.take());
                    task.result = update.result.or(task.result.take());
                    task.error = update.error.or(task.error.take());
                    task.output = update.output.unwrap_or(task.output.take());
                })
            })
            .await
    }

    /// Returns the task of this id.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn get(self, id: &Id) -> Result<Option<Task>, Error> {
        self.view.get(id).await
    }

    /// Returns the visible tasks of a goal, oldest first.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn of_goal(self, goal_id: &Id) -> Result<Vec<Task>, Error> {
        let goal_id = goal_id.clone();
        self.view
            .read(move |access| match access.referred(Kind::Goal, goal_id.as_str())? {
                Some(goal) => access.select("AND goal_row = ?6 ORDER BY row", &[&goal]),
                None => Ok(Vec::new()),
            })
            .await
    }

    /// Returns the visible tasks, oldest first. `session` and `status` restrict them if given.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn list(
        self,
        session: Option<&Id>,
        status: Option<TaskStatus>,
    ) -> Result<Vec<Task>, Error> {
        let session = session.cloned();
        self.view
            .read(move |access| {
                let status = status.as_ref().map(TaskStatus::as_str);
                let Some(session) = session else {
                    return access
                        .select("AND (?6 IS NULL OR status = ?6) ORDER BY row", &[&status]);
                };
                let Some(session) = access.referred(Kind::Session, session.as_str())? else {
                    return Ok(Vec::new());
                };
                access.select(
                    "AND session_row = ?6 AND (?7 IS NULL OR status = ?7) ORDER BY row",
                    &[&session, &status],
                )
            })
            .await
    }

    /// Returns the `limit` tasks that ended last, newest first.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn history(self, limit: usize) -> Result<Vec<Task>, Error> {
        self.view
            .read(move |access| {
                let limit = i64::try_from(limit).unwrap_or(i64::MAX);
                access.select(
                    "AND completed_at IS NOT NULL ORDER BY completed_at DESC, row DESC LIMIT ?6",
                    &[&limit],
                )
            })
            .await
    }

    /// Changes a task and stores it, in one transaction: no change of another caller is lost.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it does not exist; [`Error::NotYours`] if it is shared and the view
    /// belongs to a user; [`Error::Fields`] if `change` changes its id, [`Error::Conflict`] if it
    /// changes its scope; otherwise as [`Goals::put`](crate::Goals::put).
    pub async fn update(
        self,
        id: &Id,
        change: impl FnOnce(&mut Task) + Send + 'static,
    ) -> Result<Task, Error> {
        self.view.change(id, change).await
    }

    /// Removes a task and its tool calls, permanently. Returns the removed records.
    ///
    /// # Errors
    /// As [`Records::remove`](crate::Records::remove).
    pub async fn remove(self, id: &Id) -> Result<Vec<Identity>, Error> {
        self.view.records().remove(&Key::new(Kind::Task, id.clone())).await
    }
}
