//! The claim of a task: the process and the unit of work that hold it, in the task's metadata. It
//! is stored with the status in one transaction, so that only one of two callers gets the task.

use std::sync::{Arc, Mutex, PoisonError};

use aios_record::{Id, Key};
use aios_working::{Task, TaskStatus};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::problem::WorkProblem;
use crate::{Error, MemoryView};

/// The process and the unit of work that hold a task.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Claim {
    /// The name of the process's mark; empty before the task is begun.
    pub(super) process: String,
    /// The name of the hold, unique for each [`Work`](super::Work).
    pub(super) hold: String,
    /// True if the task may be done again from the beginning.
    #[serde(rename = "idempotent")]
    pub(super) is_idempotent: bool,
    /// The pattern or procedure that the work follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) follows: Option<String>,
    /// True if the hold was released before the task ended.
    #[serde(rename = "released")]
    pub(super) is_released: bool,
    /// True if the goal stays open when the task ends.
    pub(super) leaves_goal_open: bool,
}

impl Claim {
    /// Returns the claim in a task's metadata; `None` if it is missing, or if another program has
    /// overwritten it.
    pub(super) fn of(metadata: &Value) -> Option<Claim> {
        Claim::deserialize(metadata.get(Task::MARK)?).ok()
    }

    /// Writes this claim into the metadata of a task.
    fn put_into(&self, task: &mut Task) {
        task.set_mark(Some(json!(self)));
    }

    /// Removes the claim from the payload of an imported task, unless the task was interrupted and
    /// can be resumed here. The process that holds it works in another memory, or on another task.
    pub(crate) fn leave_out(payload: &mut Value) {
        let Some(metadata) = payload.get_mut("metadata") else { return };
        if Claim::of(metadata).is_some_and(|claim| !claim.is_released)
            && let Some(metadata) = metadata.as_object_mut()
        {
            metadata.remove(Task::MARK);
        }
    }

    /// Returns the pattern or procedure that the work follows.
    pub(super) fn followed(&self) -> Option<Key> {
        self.follows.as_ref()?.parse().ok()
    }

    /// Writes this claim into a pending task, or into the task in progress with the claim `before`,
    /// and returns the task in progress.
    pub(super) async fn take(
        self,
        view: &MemoryView,
        id: &Id,
        before: Option<Claim>,
    ) -> Result<Task, Error> {
        change(view, id, move |task| {
            match (&before, &task.status) {
                (None, TaskStatus::Pending) => {}
                (Some(before), TaskStatus::InProgress) => {
                    if Claim::of(&task.metadata).is_none_or(|now| now.hold != before.hold) {
                        return Err(WorkProblem::Taken);
                    }
                }
                _ => return Err(WorkProblem::of(task)),
            }
            task.status = TaskStatus::InProgress;
            self.put_into(task);
            Ok(())
        })
        .await
    }

    /// Applies `change` to the claim of a task in progress, if it is still that of `hold`.
    pub(super) async fn change(
        view: &MemoryView,
        id: &Id,
        hold: &str,
        apply: impl FnOnce(&mut Claim) + Send + 'static,
    ) -> Result<Task, Error> {
        let hold = hold.to_owned();
        change(view, id, move |task| {
            let claim = Claim::of(&task.metadata).filter(|claim| claim.hold == hold);
            let Some(mut claim) = claim.filter(|_| task.status == TaskStatus::InProgress) else {
                return Err(WorkProblem::Taken);
            };
            apply(&mut claim);
            claim.put_into(task);
            Ok(())
        })
        .await
    }
}

impl WorkProblem {
    /// Returns the reason for which a stored task cannot be begun.
    pub(super) fn of(task: &Task) -> WorkProblem {
        match &task.status {
            TaskStatus::Pending => WorkProblem::Pending,
            TaskStatus::InProgress if Claim::of(&task.metadata).is_some() => {
                WorkProblem::InProgress
            }
            TaskStatus::InProgress => WorkProblem::Untracked,
            status => WorkProblem::Ended { status: status.clone() },
        }
    }

    pub(super) fn of_task(self, task: &Id) -> Error {
        Error::Work { task: task.clone(), problem: self }
    }
}

/// Changes a task in one transaction, unless `apply` refuses.
async fn change(
    view: &MemoryView,
    id: &Id,
    apply: impl FnOnce(&mut Task) -> Result<(), WorkProblem> + Send + 'static,
) -> Result<Task, Error> {
    let refusal: Arc<Mutex<Option<WorkProblem>>> = Arc::default();
    let refused = Arc::clone(&refusal);
    let changed = view.working().tasks().update(id, move |task| {
        if let Err(problem) = apply(task) {
            *refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(problem);
        }
    });
    let task = changed.await?;
    match refusal.lock().unwrap_or_else(PoisonError::into_inner).take() {
        Some(problem) => Err(problem.of_task(id)),
        None => Ok(task),
    }
}
