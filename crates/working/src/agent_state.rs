//! Agent states: saved state that a named agent restores when it starts.

use aios_record::Id;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Error, Meta, WorkingView,
    row::{Row, fields},
    writing::Writable,
};

/// The last saved state of a named agent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AgentState {
    /// The agent's name, which is the record's id.
    #[serde(rename = "agent_name", alias = "id")]
    pub id: Id,
    /// The saved value.
    pub state: Value,
    /// Scope, provenance, times.
    #[serde(flatten)]
    pub meta: Meta,
}

impl AgentState {
    /// Returns the state of the agent of this name.
    #[must_use]
    pub fn new(agent_name: Id, state: Value) -> AgentState {
        AgentState { id: agent_name, state, meta: Meta::default() }
    }
}

fields! { AgentState { state } }

impl Row for AgentState {
    fn text(&self) -> String {
        String::new()
    }
}

impl Writable for AgentState {}

impl WorkingView {
    /// Saves an agent's state; replaces the previous one.
    ///
    /// # Errors
    /// As [`store_goal`](WorkingView::store_goal).
    pub async fn store_agent_state(&self, state: AgentState) -> Result<AgentState, Error> {
        self.store(state).await
    }

    /// Returns the last saved state of an agent; `None` if it never saved one.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn agent_state(&self, agent_name: &str) -> Result<Option<AgentState>, Error> {
        self.get(agent_name).await
    }
}
