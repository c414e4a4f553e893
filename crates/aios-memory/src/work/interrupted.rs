//! The list of interrupted tasks.

use aios_record::{Id, Identity, Key, Kind, Timestamp};
use aios_working::{Task, TaskStatus};
use serde::Serialize;

use super::{Works, claim::Claim, report_crashes};
use crate::{Access, Error};

/// Maximum number of interrupted tasks in a list: the oldest ones.
pub const RESUME_LIST_MAX: usize = 1000;

/// A task that was begun and interrupted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InterruptedTask {
    /// The task.
    pub task: Identity,
    /// The work to be done.
    pub description: String,
    /// The name of the agent.
    pub agent: String,
    /// The goal of the task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub goal: Option<Id>,
    /// The description of the goal, if the view sees it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub goal_description: Option<String>,
    /// The last tool call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_call: Option<LastCall>,
    /// True if the task may be done again from the beginning.
    pub is_idempotent: bool,
    /// The time of the start.
    pub started_at: Option<Timestamp>,
    /// The time of the last trace of work: the last tool call, or else the start.
    pub since: Option<Timestamp>,
}

/// The last tool call of an interrupted task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LastCall {
    /// The id of the call.
    pub id: Id,
    /// The name of the tool.
    pub tool_name: String,
    /// True if it succeeded.
    pub success: bool,
    /// The time of the call.
    pub timestamp: Option<Timestamp>,
}

impl Works<'_> {
    /// Returns the interrupted tasks that this view may resume, oldest first, at most
    /// [`RESUME_LIST_MAX`]. Tasks that a living process holds are not among them, in this process
    /// or another one. Unless the memory is read-only, incidents of processes that died meanwhile
    /// are recorded first.
    ///
    /// # Errors
    /// Errors of working or long-term memory; [`Error::Place`] if the mark of a process cannot be
    /// examined.
    pub async fn resume_list(self) -> Result<Vec<InterruptedTask>, Error> {
        if self.view.access() == Access::ReadWrite {
            report_crashes(self.view.shared()).await?;
        }
        let tasks = self.view.working().tasks().list(None, Some(TaskStatus::InProgress)).await?;
        let mut interrupted = Vec::new();
        for task in tasks {
            let Some(claim) = Claim::of(&task.metadata) else { continue };
            if self.view.gate().may_change(&task.meta.scope)
                && self.view.is_interrupted(&claim).await?
            {
                interrupted.push(self.described(task, &claim).await?);
            }
            if RESUME_LIST_MAX <= interrupted.len() {
                break;
            }
        }
        Ok(interrupted)
    }

    pub(super) async fn described(
        self,
        task: Task,
        claim: &Claim,
    ) -> Result<InterruptedTask, Error> {
        let working = self.view.working();
        let goal = match &task.goal_id {
            Some(id) => working.goals().get(id).await?,
            None => None,
        };
        let last = working.tool_calls().of_task(&task.id).await?.pop();
        let last_call = last.map(|call| LastCall {
            id: call.id,
            tool_name: call.tool_name,
            success: call.success,
            timestamp: call.timestamp,
        });
        let since = last_call.as_ref().and_then(|call| call.timestamp).or(task.started_at);
        Ok(InterruptedTask {
            task: Key::new(Kind::Task, task.id).of(task.meta.scope.owner()),
            description: task.description,
            agent: task.agent,
            goal: task.goal_id,
            goal_description: goal.map(|goal| goal.description),
            last_call,
            is_idempotent: claim.is_idempotent,
            started_at: task.started_at,
            since,
        })
    }
}
