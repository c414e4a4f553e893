//! The active tasks of agents, and the latest results of their tools. Not here: past tasks, which
//! are in the working memory.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use aios_record::{Id, Timestamp};
use serde::Serialize;
use serde_json::Value;

use crate::{
    Clock, Config, Error, Operational,
    config::places,
    event::value_bytes,
    lock,
    ring::{Kept, Ring},
};

/// State of a task that has just begun.
pub const TASK_STATE_FIRST: &str = "in_progress";

impl Operational {
    /// Records that `agent` has begun a task, in the state [`TASK_STATE_FIRST`]. A task with the
    /// same id is restarted.
    ///
    /// # Errors
    /// [`Error::TooManyTasks`] if [`Config::active_tasks_max`] other tasks are active.
    pub fn begin_task(
        &self,
        task_id: Id,
        description: impl Into<String>,
        agent: impl Into<String>,
    ) -> Result<(), Error> {
        self.inner.tasks.begin(task_id, description.into(), agent.into())
    }

    /// Sets the state of an active task.
    ///
    /// # Errors
    /// [`Error::TaskNotFound`] if no task with this id is active.
    pub fn update_task(&self, task_id: &Id, state: impl Into<String>) -> Result<(), Error> {
        match lock(&self.inner.tasks.active).get_mut(task_id) {
            Some(task) => task.state = state.into(),
            None => return Err(Error::TaskNotFound { id: task_id.clone() }),
        }
        Ok(())
    }

    /// Ends a task and returns its last version, or `None` if it was not active.
    pub fn end_task(&self, task_id: &Id) -> Option<ActiveTask> {
        lock(&self.inner.tasks.active).remove(task_id)
    }

    /// Returns the active tasks, sorted by start time.
    #[must_use]
    pub fn active_tasks(&self) -> Vec<ActiveTask> {
        let mut tasks: Vec<ActiveTask> = lock(&self.inner.tasks.active).values().cloned().collect();
        // Stable: tasks with the same start time stay in the order of their ids.
        tasks.sort_by_key(|task| task.started_at);
        tasks
    }

    /// Stores the result of a tool call and returns its `seq`. If there are
    /// [`Config::tool_results`] results already, it replaces the oldest. Never waits.
    ///
    /// # Errors
    /// [`Error::TooLong`] if the result exceeds [`Config::event_bytes_max`].
    pub fn push_tool_result(&self, result: ToolResult) -> Result<u64, Error> {
        self.inner.tasks.push_result(result)
    }

    /// Returns the newest `count` tool results, newest first.
    #[must_use]
    pub fn tool_results(&self, count: usize) -> Vec<Kept<ToolResult>> {
        self.inner.tasks.results.recent(count).entries
    }
}

/// A task that an agent is working on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ActiveTask {
    /// Identifier.
    pub task_id: Id,
    /// Description of the work.
    pub description: String,
    /// Name of the agent.
    pub agent: String,
    /// Progress, as free text.
    pub state: String,
    /// Start time.
    pub started_at: Timestamp,
}

/// Result of a tool call.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ToolResult {
    /// Name of the tool.
    pub tool_name: String,
    /// Agent that called the tool.
    pub agent: String,
    /// Task of the call, if any.
    pub task_id: Option<Id>,
    /// True if the call succeeded.
    pub success: bool,
    /// Value that the tool returned.
    pub output: Value,
    /// Duration of the call in milliseconds.
    pub duration_ms: u64,
    /// Time at which the tool returned.
    pub timestamp: Timestamp,
}

#[derive(Debug)]
pub(crate) struct Tasks {
    active: Mutex<BTreeMap<Id, ActiveTask>>,
    active_max: usize,
    results: Ring<ToolResult>,
    result_bytes_max: usize,
    clock: Arc<dyn Clock>,
}

impl Tasks {
    pub(crate) fn new(config: &Config) -> Result<Tasks, Error> {
        Ok(Tasks {
            active: Mutex::default(),
            active_max: config.active_tasks_max,
            results: Ring::new(places("tool_results", config.tool_results)?),
            result_bytes_max: config.event_bytes_max,
            clock: Arc::clone(&config.clock),
        })
    }

    fn begin(&self, task_id: Id, description: String, agent: String) -> Result<(), Error> {
        let started_at = self.clock.timestamp();
        let mut active = lock(&self.active);
        if self.active_max <= active.len() && !active.contains_key(&task_id) {
            return Err(Error::TooManyTasks { id: task_id, max: self.active_max });
        }
        let state = TASK_STATE_FIRST.to_owned();
        let task = ActiveTask { task_id: task_id.clone(), description, agent, state, started_at };
        active.insert(task_id, task);
        Ok(())
    }

    fn push_result(&self, result: ToolResult) -> Result<u64, Error> {
        let bytes = result.tool_name.len() + result.agent.len() + value_bytes(&result.output);
        if self.result_bytes_max < bytes {
            let max = self.result_bytes_max;
            return Err(Error::TooLong { what: "tool result", bytes, bytes_max: max });
        }
        Ok(self.results.push(result))
    }

    /// Returns the number of active tasks and the number of agents working on them.
    pub(crate) fn count(&self) -> (u64, u64) {
        let active = lock(&self.active);
        let mut agents: Vec<&str> = active.values().map(|task| task.agent.as_str()).collect();
        agents.sort_unstable();
        agents.dedup();
        (active.len() as u64, agents.len() as u64)
    }
}
