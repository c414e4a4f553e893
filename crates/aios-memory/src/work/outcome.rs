//! The outcome of a unit of work, and the report of its end.

use aios_record::{Id, Identity, Key};
use aios_working::TaskStatus;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::fields::status_of;

/// The outcome of a unit of work.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Outcome {
    /// The final status of the task: completed, failed or cancelled.
    pub status: TaskStatus,
    /// The result, or the error of a failure, or the reason of a cancellation.
    pub text: String,
    /// Short summary of the work done. Default: none.
    pub summary: Option<String>,
    /// The output. Default: null.
    pub output: Value,
    /// True if the goal stays open even if all of its tasks have ended, because more tasks follow.
    /// Default: false.
    pub leaves_goal_open: bool,
}

impl Outcome {
    /// Returns a success with its result.
    #[must_use]
    pub fn success(result: impl Into<String>) -> Outcome {
        Outcome::of(TaskStatus::Completed, result.into())
    }

    /// Returns a failure with its error. Two failures of one task with the same error become an
    /// incident.
    #[must_use]
    pub fn failure(error: impl Into<String>) -> Outcome {
        Outcome::of(TaskStatus::Failed, error.into())
    }

    /// Returns a cancellation with its reason. Nothing is learned from it.
    #[must_use]
    pub fn cancelled(reason: impl Into<String>) -> Outcome {
        Outcome::of(TaskStatus::Cancelled, reason.into())
    }

    fn of(status: TaskStatus, text: String) -> Outcome {
        Outcome { status, text, summary: None, output: Value::Null, leaves_goal_open: false }
    }

    /// Sets the summary of the work done.
    #[must_use]
    pub fn with_summary(self, summary: impl Into<String>) -> Outcome {
        Outcome { summary: Some(summary.into()), ..self }
    }

    /// Sets the output.
    #[must_use]
    pub fn with_output(self, output: Value) -> Outcome {
        Outcome { output, ..self }
    }

    /// Leaves the goal open, because more tasks follow.
    #[must_use]
    pub fn with_goal_left_open(self) -> Outcome {
        Outcome { leaves_goal_open: true, ..self }
    }

    pub(super) fn is_success(&self) -> bool {
        self.status == TaskStatus::Completed
    }

    /// Returns the changes of the task.
    pub(super) fn changes(&self) -> Map<String, Value> {
        let mut changes = status_of(self.status.as_str());
        let text = if self.status == TaskStatus::Failed { "error" } else { "result" };
        if !self.text.is_empty() {
            changes.insert(text.to_owned(), json!(self.text));
        }
        if let Some(summary) = &self.summary {
            changes.insert("summary".to_owned(), json!(summary));
        }
        if !self.output.is_null() {
            changes.insert("output".to_owned(), self.output.clone());
        }
        changes
    }

    /// Returns the outcome of the decisions that were made for the task.
    pub(super) fn of_decisions(&self) -> String {
        match self.text.is_empty() {
            true => self.status.to_string(),
            false => format!("{}: {}", self.status, self.text),
        }
    }
}

/// The report of the end of a unit of work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finished {
    /// The task.
    pub task: Identity,
    /// The final status of the task.
    pub status: String,
    /// The pattern or procedure that the work followed, whose uses were counted.
    pub followed: Option<Key>,
    /// The pattern that was stored, or whose uses were counted, because the work succeeded.
    pub learned: Option<Key>,
    /// The goal that was completed with this task.
    pub completed_goal: Option<Id>,
}
