//! The description of an interrupted task.

use aios_record::{Id, Identity, Key, Kind, Timestamp};
use aios_working::Task;
use serde::Serialize;

use super::{claim::Claim, hold::of_owner};
use crate::{Error, MemoryView};

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
    /// The description of the goal, if the view sees it and it is in the task's project or in none.
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

/// Returns the description of a task with this claim, as far as `view` sees its records.
pub(super) async fn described(
    view: &MemoryView,
    task: Task,
    claim: &Claim,
) -> Result<InterruptedTask, Error> {
    let view = of_owner(view, task.meta.scope.owner())?;
    let working = view.working();
    let goal = match &task.goal_id {
        Some(id) => working.goals().get(id).await?,
        None => None,
    };
    // The description is limited to the task's project.
    let project = &task.meta.scope.project;
    let goal = goal
        .filter(|goal| goal.meta.scope.project.is_none() || goal.meta.scope.project == *project);
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
