//! The entries of an installation.

use std::{env, fs, path::Path};

use serde_json::{Value, json};

use super::agent::Agent;

/// The name of the MCP server in the configurations.
pub(super) const SERVER: &str = "aios-memory";

/// The name of the program.
pub(super) const PROGRAM: &str = "aios-memory";

/// An entry of a configuration.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Entry {
    /// The MCP server, in the object of this name.
    Server { below: &'static str, value: Value },
    /// A hook, in the list of an event.
    Hook { agent: Agent, event: &'static str, value: Value },
}

impl Entry {
    /// Returns the names of the objects that contain the entry.
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

    /// Returns a configuration with this entry added.
    ///
    /// # Errors
    /// The name of the value that cannot contain the entry, because it is not an object or a list.
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

    /// Returns true if this program made `value`, which is at the place of the entry, or one of its
    /// handlers.
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
            Entry::Hook { .. } => handlers(value).iter().any(|it| self.is_made_handler(it)),
        }
    }

    /// Returns the index of the first handler in a group that this program made, if the group also
    /// has handlers of others.
    pub(super) fn made_among_others(&self, group: &Value) -> Option<usize> {
        let is_made = |handler: &Value| self.is_made_handler(handler);
        let made = handlers(group).iter().position(is_made)?;
        (!handlers(group).iter().all(is_made)).then_some(made)
    }

    /// Returns the part of `value` that this program made. For a group, that is its own handlers.
    pub(super) fn made_in(&self, value: &Value) -> Value {
        let mut made = value.clone();
        if let Entry::Hook { .. } = self
            && let Some(Value::Array(list)) = made.get_mut("hooks")
        {
            list.retain(|handler| self.is_made_handler(handler));
        }
        made
    }

    fn is_made_handler(&self, handler: &Value) -> bool {
        let Entry::Hook { agent, .. } = self else { return false };
        let command = handler["command"].as_str().unwrap_or_default();
        let is_ours = command.contains(PROGRAM) || is_program(&first_word(command));
        is_ours && command.contains(&format!(" hook {} ", agent.name()))
    }
}

/// Returns the handlers of a group.
fn handlers(group: &Value) -> &[Value] {
    group["hooks"].as_array().map_or(&[], Vec::as_slice)
}

/// Returns the first word of a command, without the quotes that an installation may add.
fn first_word(command: &str) -> String {
    match command.strip_prefix('\'') {
        Some(quoted) => quoted.split('\'').next().unwrap_or_default().to_owned(),
        None => command.split_whitespace().next().unwrap_or_default().to_owned(),
    }
}

/// Returns the member of an object, which is created if it is missing. `None` if `value` is not an
/// object.
fn member<'v>(value: &'v mut Value, name: &str) -> Option<&'v mut Value> {
    if value.is_null() {
        *value = json!({});
    }
    Some(value.as_object_mut()?.entry(name).or_insert(Value::Null))
}

/// Returns true for a path of this program, whose file may have another name.
fn is_program(word: &str) -> bool {
    let same = |path: &Path| fs::canonicalize(path).ok();
    let this = || env::current_exe().ok().and_then(|this| same(&this));
    let path = Path::new(word);
    path.file_name().is_some_and(|name| name == PROGRAM)
        || (path.is_absolute() && same(path).is_some_and(|path| Some(path) == this()))
}
