//! What agents are doing now, and what their tools last returned. Not here: what they did before,
//! which is the working memory's.

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

/// The state of a task that has just begun.
pub const TASK_STATE_FIRST: &str = "in_progress";

impl Operational {
    /// Notes that `agent` has begun a task, in the state [`TASK_STATE_FIRST`]. One with the same id
    /// begins again.
    ///
    /// # Errors
    /// [`Error::TooManyTasks`].
    pub fn begin_task(
        &self,
        task_id: Id,
        description: impl Into<String>,
        agent: impl Into<String>,
    ) -> Result<(), Error> {
        self.inner.tasks.begin(task_id, description.into(), agent.into())
    }

    /// Notes the state of an active task.
    ///
    /// # Errors
    /// [`Error::TaskNotFound`].
    pub fn update_task(&self, task_id: &Id, state: impl Into<String>) -> Result<(), Error> {
        match lock(&self.inner.tasks.active).get_mut(task_id) {
            Some(task) => task.state = state.into(),
            None => return Err(Error::TaskNotFound { id: task_id.clone() }),
        }
        Ok(())
    }

    /// Notes that a task is over, and returns it as it was last; none if it was not active.
    pub fn end_task(&self, task_id: &Id) -> Option<ActiveTask> {
        lock(&self.inner.tasks.active).remove(task_id)
    }

    /// The active tasks, by the time when they began.
    #[must_use]
    pub fn active_tasks(&self) -> Vec<ActiveTask> {
        let mut tasks: Vec<ActiveTask> = lock(&self.inner.tasks.active).values().cloned().collect();
        // Stable: those that began at the same time stay in the order of their ids.
        tasks.sort_by_key(|task| task.started_at);
        tasks
    }

    /// Keeps what a tool returned, in place of the oldest such result if there are
    /// [`Config::tool_results`] already. Never waits.
    ///
    /// # Errors
    /// [`Error::TooLarge`], by [`Config::event_bytes_max`].
    pub fn push_tool_result(&self, result: ToolResult) -> Result<u64, Error> {
        self.inner.tasks.push_result(result)
    }

    /// The newest `count` tool results, newest first.
    #[must_use]
    pub fn tool_results(&self, count: usize) -> Vec<Kept<ToolResult>> {
        self.inner.tasks.results.recent(count).entries
    }
}

/// Something that an agent is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ActiveTask {
    /// Identifies it.
    pub task_id: Id,
    /// What is to be done.
    pub description: String,
    /// Who does it.
    pub agent: String,
    /// How far it is, in any words.
    pub state: String,
    /// When it began.
    pub started_at: Timestamp,
}

/// What a tool returned.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ToolResult {
    /// The tool.
    pub tool_name: String,
    /// Who called it.
    pub agent: String,
    /// For which task, if any.
    pub task_id: Option<Id>,
    /// Whether it succeeded.
    pub success: bool,
    /// What it returned.
    pub output: Value,
    /// How long it took.
    pub duration_ms: u64,
    /// When it returned.
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
            return Err(Error::TooLarge { what: "tool result", bytes, max });
        }
        Ok(self.results.push(result))
    }

    /// How many tasks are active, and how many agents are at work on them.
    pub(crate) fn count(&self) -> (u64, u64) {
        let active = lock(&self.active);
        let mut agents: Vec<&str> = active.values().map(|task| task.agent.as_str()).collect();
        agents.sort_unstable();
        agents.dedup();
        (active.len() as u64, agents.len() as u64)
    }
}
