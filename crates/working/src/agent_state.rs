//! Agent states: saved state that a named agent restores when it starts.

use aios_record::{Id, Identity, Key, Kind};
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

/// The saved states of agents, as a view shows them.
///
/// ```
/// # use aios_working::{AgentState, Config, Working};
/// # use aios_record::Id;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let working = Working::open(&folder.path().join("working.db"), Config::default())?;
/// let name: Id = "planner".parse()?;
/// let state = AgentState::new(name.clone(), serde_json::json!({"step": 3}));
/// working.agent_states().put(state).await?;
/// assert_eq!(working.agent_states().get(&name).await?.unwrap().state["step"], 3);
/// # working.close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct AgentStates<'a> {
    pub(crate) view: &'a WorkingView,
}

impl AgentStates<'_> {
    /// Saves an agent's state; replaces the previous one.
    ///
    /// # Errors
    /// As [`Goals::put`](crate::Goals::put).
    pub async fn put(self, state: AgentState) -> Result<AgentState, Error> {
        self.view.store(state).await
    }

    /// Returns the last saved state of an agent; `None` if it never saved one.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn get(self, id: &Id) -> Result<Option<AgentState>, Error> {
        self.view.get(id).await
    }

    /// Changes a state and stores it, in one transaction: no change of another caller is lost.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it does not exist; [`Error::NotYours`] if it is shared and the view
    /// belongs to a user; [`Error::Fields`] if `change` changes its id, [`Error::Conflict`] if it
    /// changes its scope; otherwise as [`Goals::put`](crate::Goals::put).
    pub async fn update(
        self,
        id: &Id,
        change: impl FnOnce(&mut AgentState) + Send + 'static,
    ) -> Result<AgentState, Error> {
        self.view.change(id, change).await
    }

    /// Removes a state, permanently. Returns the removed records.
    ///
    /// # Errors
    /// As [`Records::remove`](crate::Records::remove).
    pub async fn remove(self, id: &Id) -> Result<Vec<Identity>, Error> {
        self.view.records().remove(&Key::new(Kind::AgentState, id.clone())).await
    }
}
