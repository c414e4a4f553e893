//! The entries that an installation makes.

use std::path::Path;

use serde_json::{Value, json};

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

    /// Returns a configuration with this entry.
    ///
    /// # Errors
    /// The name of the value that cannot hold the entry, because it is not an object or not a list.
    pub(super) fn added_to(&self, whole: &Value) -> Result<Value, &'static str> {
        let mut whole = whole.clone();
        let (mut at, mut of) = (&mut whole, "");
        for name in self.path() {
            at = member(at, name).ok_or(of)?;
            of = name;
        }
        match (self, at) {
            (Entry::Server { value, .. }, at) => {
                *member(at, SERVER).ok_or(of)? = value.clone();
            }
            (Entry::Hook { value, .. }, Value::Array(list)) => list.push(value.clone()),
            (Entry::Hook { value, .. }, at @ Value::Null) => *at = json!([value]),
            (Entry::Hook { .. }, _) => return Err(of),
        }
        Ok(whole)
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

/// Returns the member of an object, which is made if it is missing. `None` if `value` is not an
/// object.
fn member<'v>(value: &'v mut Value, name: &str) -> Option<&'v mut Value> {
    if value.is_null() {
        *value = json!({});
    }
    Some(value.as_object_mut()?.entry(name).or_insert(Value::Null))
}

fn is_program(word: &str) -> bool {
    Path::new(word).file_name().is_some_and(|name| name == PROGRAM)
}
