//! The files of an installation and their entries, by agent.

use std::{
    env,
    path::{Path, PathBuf},
};

use serde_json::{Map, json};

use super::{
    agent::Agent,
    entries::{CURRENT, Entry, PROGRAM, WORKSPACE, arguments},
    file::ConfigFile,
    places::Places,
    syntax::Syntax,
    toml,
};
use crate::{
    args::{Global, Install},
    failure::Failure,
    hook::Event,
};

/// Time limit of a host for a hook, in seconds. A hook ends long before.
const HOOK_TIMEOUT_S: u64 = 10;
/// The same for the end of a Codex session. Codex allows no more, and warns about larger values.
const CODEX_END_TIMEOUT_S: u64 = 3;

/// A file with the entries that it should contain.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) path: PathBuf,
    pub(super) syntax: Syntax,
    pub(super) entries: Vec<Entry>,
    /// True if the file may be removed when it has no entries.
    pub(super) is_ours_alone: bool,
}

/// Returns the files of an installation, each with its entries, and the flags kept from an earlier
/// installation: without them, it would silently change to another memory.
pub(super) fn targets(
    arguments: &Install,
    global: &Global,
) -> Result<(Vec<Target>, Vec<String>), Failure> {
    let places = Places::of(arguments)?;
    let mut call = Call::of(global, places.is_for_project())?;
    let targets = targets_of(arguments.agent, &places, &call)?;
    if arguments.uninstall {
        return Ok((targets, Vec::new()));
    }
    let kept = call.keep(&installed_flags(&targets)?);
    match kept.is_empty() {
        true => Ok((targets, kept)),
        false => Ok((targets_of(arguments.agent, &places, &call)?, kept)),
    }
}

/// Returns the flags of the first entry that an earlier installation made with flags.
fn installed_flags(targets: &[Target]) -> Result<Vec<(String, String)>, Failure> {
    for target in targets {
        let file = ConfigFile::read(&target.path)?;
        for entry in &target.entries {
            let found = target.syntax.found(&file.text, entry);
            let flags = found.map(|made| entry.flags(&made)).unwrap_or_default();
            if !flags.is_empty() {
                return Ok(flags);
            }
        }
    }
    Ok(Vec::new())
}

/// Returns the files of an agent for a call of the program.
pub(super) fn targets_of(
    agent: Agent,
    places: &Places,
    call: &Call,
) -> Result<Vec<Target>, Failure> {
    let mut targets = vec![server_target(agent, places, call)];
    if agent.host().is_none() {
        return Ok(targets);
    }
    let (path, is_ours_alone) = match agent {
        Agent::Codex => (places.codex_hooks(), true),
        _ => (places.claude_settings(), false),
    };
    let entries: Vec<Entry> = events_of(agent).map(|event| call.hook(agent, event)).collect();
    // Codex warns if both of its files have hooks.
    let config = ConfigFile::read(&targets[0].path)?;
    if agent == Agent::Codex && toml::has_hooks(&config.text, &entries) {
        targets[0].entries.extend(entries);
        return Ok(targets);
    }
    targets.push(Target { path, syntax: Syntax::Json, entries, is_ours_alone });
    Ok(targets)
}

/// Returns the events for which an agent has hooks.
pub(super) fn events_of(agent: Agent) -> impl Iterator<Item = Event> {
    Event::ALL.iter().copied().filter(move |_| agent.host().is_some())
}

fn server_target(agent: Agent, places: &Places, call: &Call) -> Target {
    let path = places.servers(agent);
    let project = project_of(agent, places.is_for_project());
    let (program, arguments) = (&call.program, arguments(&call.flags, project));
    let (below, value) = match agent {
        // Otherwise the model gets only the names of the tools until it searches for them.
        Agent::ClaudeCode => (
            "mcpServers",
            json!({"type": "stdio", "command": program, "args": arguments, "alwaysLoad": true}),
        ),
        Agent::Vscode => {
            ("servers", json!({"type": "stdio", "command": program, "args": arguments}))
        }
        Agent::Cursor => ("mcpServers", json!({"command": program, "args": arguments})),
        Agent::Codex => ("mcp_servers", json!({"command": program, "args": arguments})),
        Agent::Opencode => {
            let words: Vec<&String> = [program].into_iter().chain(&arguments).collect();
            ("mcp", json!({"type": "local", "command": words, "enabled": true}))
        }
    };
    let is_ours_alone = match agent {
        Agent::ClaudeCode => places.is_for_project(),
        Agent::Cursor | Agent::Vscode => true,
        Agent::Codex | Agent::Opencode => false,
    };
    let syntax = if agent == Agent::Codex { Syntax::Toml } else { Syntax::Json };
    Target { path, syntax, entries: vec![Entry::Server { below, value }], is_ours_alone }
}

/// Returns the value of `--project` for the server in an agent's configuration. `None` if the agent
/// gives a server of this configuration neither the directory of the project nor its name.
fn project_of(agent: Agent, is_for_project: bool) -> Option<&'static str> {
    match agent {
        // They start the server in the directory of the session.
        Agent::ClaudeCode | Agent::Codex | Agent::Opencode => Some(CURRENT),
        // It starts the servers of a user in the home directory.
        Agent::Cursor => Some(WORKSPACE),
        // The same, and it refuses the variable in the configuration of a user.
        Agent::Vscode => is_for_project.then_some(WORKSPACE),
    }
}

/// The program, with its global flags.
#[derive(Debug, Clone)]
pub(super) struct Call {
    program: String,
    flags: Vec<String>,
}

impl Call {
    fn of(global: &Global, is_for_project: bool) -> Result<Call, Failure> {
        let (user, _, others) = global.bound();
        if others || global.read_only() {
            return Err(Failure::Usage {
                message: "hooks find the project and the session by themselves".to_owned(),
                hint: "of the global options, give --data-dir, --config and --user alone",
            });
        }
        let mut flags = Vec::new();
        let mut add = |name: &str, value: &str| {
            flags.extend([name.to_owned(), value.to_owned()]);
        };
        if let Some(dir) = &global.data_dir {
            add("--data-dir", &absolute(Path::new(dir))?);
        }
        if let Some(file) = &global.config {
            add("--config", &absolute(file)?);
        }
        if let Some(user) = user {
            add("--user", user);
        }
        let program = match is_for_project {
            true => PROGRAM.to_owned(),
            false => program()?,
        };
        Ok(Call { program, flags })
    }

    /// Returns a call for comparing only locations.
    pub(super) fn of_nobody() -> Call {
        Call { program: PROGRAM.to_owned(), flags: Vec::new() }
    }

    /// Adds those of the installed flags that are not given. Returns them as text.
    fn keep(&mut self, installed: &[(String, String)]) -> Vec<String> {
        let mut kept = Vec::new();
        for (name, value) in installed {
            if !self.flags.iter().step_by(2).any(|given| given == name) {
                self.flags.extend([name.clone(), value.clone()]);
                kept.push(format!("{name} {}", quoted(value)));
            }
        }
        kept
    }

    fn hook(&self, agent: Agent, event: Event) -> Entry {
        let words = [&self.program].into_iter().chain(&self.flags);
        let words: Vec<String> = words.map(|word| quoted(word)).collect();
        let command = format!("{} hook {} {}", words.join(" "), agent.name(), event.name());
        let mut handler = Map::new();
        handler.insert("type".to_owned(), "command".into());
        handler.insert("command".to_owned(), command.into());
        let timeout_s = match (agent, event) {
            (Agent::Codex, Event::SessionEnd) => CODEX_END_TIMEOUT_S,
            _ => HOOK_TIMEOUT_S,
        };
        handler.insert("timeout".to_owned(), timeout_s.into());
        // Some versions of Codex skip hooks with this field.
        if agent == Agent::ClaudeCode && event == Event::Stop {
            handler.insert("async".to_owned(), true.into());
        }
        let value = json!({"hooks": [handler]});
        Entry::Hook { agent, event: event.name(), value }
    }
}

/// Quotes a word for a shell.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./=:@%+,".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

/// Returns the path of this program: the one found through `PATH`, because that does not change
/// when a new version is installed.
fn program() -> Result<String, Failure> {
    let failed = |source| Failure::Io { action: "find this program".to_owned(), source };
    let this = env::current_exe().map_err(failed)?;
    let same = std::fs::canonicalize(&this).map_err(failed)?;
    let path = env::var_os("PATH").unwrap_or_default();
    let named = env::split_paths(&path).map(|dir| dir.join(PROGRAM));
    let found = named
        .filter(|path| path.is_absolute())
        .find(|path| std::fs::canonicalize(path).is_ok_and(|path| path == same));
    as_text(&found.unwrap_or(this))
}

fn absolute(path: &Path) -> Result<String, Failure> {
    let path = std::path::absolute(path)
        .map_err(|source| Failure::Io { action: "find a path".to_owned(), source })?;
    as_text(&path)
}

fn as_text(path: &Path) -> Result<String, Failure> {
    path.to_str().map(str::to_owned).ok_or_else(|| Failure::Usage {
        message: "a path is not UTF-8, and configurations are".to_owned(),
        hint: "use a path that is UTF-8",
    })
}
