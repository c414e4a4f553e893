//! The entries that an installation makes.

use std::path::Path;

use serde_json::Value;

use super::agent::Agent;

/// The name of the MCP server in the configurations.
pub(super) const SERVER: &str = "aios-memory";

/// The name of the program.
pub(super) const PROGRAM: &str = "aios-memory";

/// An entry of a configuration.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Entry {
    /// The MCP server, below the object of this name.
    Server { below: &'static str, value: Value },
    /// A hook, in the list of an event.
    Hook { agent: Agent, event: &'static str, value: Value },
}

impl Entry {
    /// Returns the names of the objects that hold the entry.
    pub(super) fn path(&self) -> Vec<&'static str> {
        match self {
            Entry::Server { below, .. } => vec![below],
            Entry::Hook { event, .. } => vec!["hooks", event],
        }
    }

    pub(super) fn value(&self) -> &Value {
        match self {
            Entry::Server { value, .. } | Entry::Hook { value, .. } => value,
        }
    }

    /// Returns true if `value`, found at the place of the entry, was made by this program.
    pub(super) fn is_made(&self, value: &Value) -> bool {
        match self {
            Entry::Server { .. } => {
                let words = [&value["command"], &value["args"]];
                let mut words = words.into_iter().flat_map(|value| match value {
                    Value::Array(words) => words.iter().filter_map(Value::as_str).collect(),
                    value => value.as_str().into_iter().collect::<Vec<_>>(),
                });
                let is_program = words.next().is_some_and(is_program);
                is_program && words.any(|word| word == "mcp")
            }
            Entry::Hook { agent, .. } => {
                let handlers = value["hooks"].as_array();
                let call = format!(" hook {} ", agent.name());
                handlers.is_some_and(|handlers| {
                    !handlers.is_empty()
                        && handlers.iter().all(|handler| {
                            let command = handler["command"].as_str().unwrap_or_default();
                            command.contains(PROGRAM) && command.contains(&call)
                        })
                })
            }
        }
    }
}

fn is_program(word: &str) -> bool {
    Path::new(word).file_name().is_some_and(|name| name == PROGRAM)
}
