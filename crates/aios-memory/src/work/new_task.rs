//! A task to be begun.

use aios_record::Id;
use serde_json::{Map, Value, json};

/// A task to be begun.
///
/// ```
/// use aios_memory::{Id, work::NewTask};
///
/// let goal = Id::new("reports")?;
/// let task = NewTask::new("read the access log").with_goal(goal).with_agent("clerk").idempotent();
/// assert!(task.is_idempotent);
/// # Ok::<(), aios_memory::record::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewTask {
    /// The work to be done.
    pub description: String,
    /// The id. Default: a new one.
    pub id: Option<Id>,
    /// The goal of the task. Default: none.
    pub goal: Option<Id>,
    /// The name of the agent that does the work. Default: empty.
    pub agent: String,
    /// True if the task may be done again from the beginning after an interruption. Default: false.
    pub is_idempotent: bool,
}

impl NewTask {
    /// Returns a task without a goal.
    #[must_use]
    pub fn new(description: impl Into<String>) -> NewTask {
        NewTask {
            description: description.into(),
            id: None,
            goal: None,
            agent: String::new(),
            is_idempotent: false,
        }
    }

    /// Sets the id, which the owner must not have used for another task.
    #[must_use]
    pub fn with_id(self, id: Id) -> NewTask {
        NewTask { id: Some(id), ..self }
    }

    /// Sets the goal.
    #[must_use]
    pub fn with_goal(self, goal: Id) -> NewTask {
        NewTask { goal: Some(goal), ..self }
    }

    /// Sets the name of the agent.
    #[must_use]
    pub fn with_agent(self, agent: impl Into<String>) -> NewTask {
        NewTask { agent: agent.into(), ..self }
    }

    /// Marks the task as one that may be done again from the beginning.
    #[must_use]
    pub fn idempotent(self) -> NewTask {
        NewTask { is_idempotent: true, ..self }
    }

    /// Returns the fields of the pending task.
    pub(super) fn fields(&self) -> Value {
        let mut fields = Map::new();
        fields.insert("description".to_owned(), json!(self.description));
        fields.insert("id".to_owned(), json!(self.id.clone().unwrap_or_else(Id::generate)));
        if let Some(goal) = &self.goal {
            fields.insert("goal_id".to_owned(), json!(goal));
        }
        if !self.agent.is_empty() {
            fields.insert("agent".to_owned(), json!(self.agent));
        }
        Value::Object(fields)
    }
}
