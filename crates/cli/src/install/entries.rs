//! The entries of an installation.

use std::{env, fs, path::Path};

use serde_json::{Value, json};

use super::agent::Agent;

/// The name of the MCP server in the configurations.
pub(super) const SERVER: &str = "aios-memory";

/// The name of the program.
pub(super) const PROGRAM: &str = "aios-memory";

/// Global flags that an installation enters, each with a value.
const FLAGS: &[&str] = &["--data-dir", "--config", "--user", PROJECT];
/// The global flag of the project.
const PROJECT: &str = "--project";
/// The value of `--project` for a host that starts the server in the directory of the project.
pub(super) const CURRENT: &str = "auto";
/// The same for a host that replaces this variable by the directory of the project.
pub(super) const WORKSPACE: &str = "${workspaceFolder}";
/// The command of the MCP server.
const COMMAND: &str = "mcp";

/// Members of a server's entry that an installation writes.
const MEMBERS: &[&str] = &["type", "command", "args", "alwaysLoad", "enabled"];
/// Members that can change whose memory a server uses. An installation writes none of them.
const SCOPING: &[&str] = &["env", "environment", "env_vars", "envFile", "cwd"];

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
                let is_scoped = SCOPING.iter().any(|name| is_set(&value[*name]));
                self.runs(value) && other_word(&words(value)).is_none() && !is_scoped
            }
            Entry::Hook { .. } => handlers(value).iter().any(|it| self.is_made_handler(it)),
        }
    }

    /// Returns true if `value` is a server that runs this program, with any flags.
    pub(super) fn runs(&self, value: &Value) -> bool {
        let words = words(value);
        let is_server = matches!(self, Entry::Server { .. });
        is_server && words.first().is_some_and(|it| is_program(it)) && words.contains(&COMMAND)
    }

    /// Returns true if `found` has everything that this entry has. A person or the host may have
    /// added members to a server.
    pub(super) fn is_in(&self, found: &Value) -> bool {
        match (self, self.value(), found) {
            (Entry::Server { .. }, Value::Object(wanted), Value::Object(found)) => {
                wanted.iter().all(|(name, value)| found.get(name) == Some(value))
            }
            (_, wanted, found) => wanted == found,
        }
    }

    /// Returns the first part of `value` that no installation writes: a flag, another argument or
    /// a member.
    pub(super) fn other_part<'v>(&self, value: &'v Value) -> Option<&'v str> {
        if !self.runs(value) {
            return None;
        }
        let mut members = value.as_object().into_iter().flatten();
        let other =
            |(name, it): &(&String, &Value)| !MEMBERS.contains(&name.as_str()) && is_set(it);
        other_word(&words(value)).or_else(|| members.find(other).map(|(name, _)| name.as_str()))
    }

    /// Describes the difference between `value`, which is at the place of this entry, and the
    /// entries that an installation writes.
    pub(super) fn unlike(&self, value: &Value) -> String {
        match self.other_part(value) {
            Some(part) => {
                format!("the entry `{SERVER}` has `{part}`, which `install` did not write")
            }
            None => format!("`{SERVER}` is an entry that this program did not make"),
        }
    }

    /// Returns the global flags in an entry that this program made, with their values, except the
    /// project.
    pub(super) fn flags(&self, made: &Value) -> Vec<(String, String)> {
        let words: Vec<String> = match self {
            Entry::Server { .. } => words(made).into_iter().map(str::to_owned).collect(),
            Entry::Hook { .. } => {
                let command = made["hooks"][0]["command"].as_str().unwrap_or_default();
                unquoted(command)
            }
        };
        let pairs = words.iter().skip(1).step_by(2).zip(words.iter().skip(2).step_by(2));
        pairs
            .take_while(|(name, _)| FLAGS.contains(&name.as_str()))
            .filter(|(name, _)| *name != PROJECT)
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
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
        let is_ours = command.contains(PROGRAM)
            || unquoted(command).first().is_some_and(|word| is_program(word));
        is_ours && command.contains(&format!(" hook {} ", agent.name()))
    }
}

/// Returns the arguments of a server that names its project as `project`.
pub(super) fn arguments(flags: &[String], project: Option<&str>) -> Vec<String> {
    let project = project.map(|value| [PROJECT, value]).into_iter().flatten().map(str::to_owned);
    flags.iter().cloned().chain(project).chain([COMMAND.to_owned()]).collect()
}

/// Returns the program of a server and its arguments, which some hosts keep in one list.
fn words(server: &Value) -> Vec<&str> {
    let parts = [&server["command"], &server["args"]];
    let words = parts.into_iter().flat_map(|value| match value {
        Value::Array(words) => words.iter().filter_map(Value::as_str).collect(),
        value => value.as_str().into_iter().collect::<Vec<_>>(),
    });
    words.collect()
}

/// Returns the first argument of a server that no installation writes.
fn other_word<'w>(words: &[&'w str]) -> Option<&'w str> {
    let mut words = words.iter().skip(1);
    while let Some(word) = words.next() {
        match *word {
            COMMAND => return words.next().copied(),
            PROJECT => match words.next() {
                Some(&(CURRENT | WORKSPACE)) => {}
                _ => return Some(PROJECT),
            },
            flag if FLAGS.contains(&flag) => {
                words.next();
            }
            other => return Some(other),
        }
    }
    None
}

/// Returns false for a missing value and for an empty object, list or text.
fn is_set(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Object(members) => !members.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::String(text) => !text.is_empty(),
        _ => true,
    }
}

/// Splits a shell command whose words an installation quoted.
fn unquoted(command: &str) -> Vec<String> {
    let (mut words, mut word, mut is_quoted) = (Vec::new(), None::<String>, false);
    let mut chars = command.chars();
    while let Some(c) = chars.next() {
        match c {
            '\'' => {
                is_quoted = !is_quoted;
                word.get_or_insert_default();
            }
            '\\' if !is_quoted => word.get_or_insert_default().extend(chars.next()),
            ' ' if !is_quoted => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// Returns the handlers of a group.
fn handlers(group: &Value) -> &[Value] {
    group["hooks"].as_array().map_or(&[], Vec::as_slice)
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
