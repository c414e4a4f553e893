//! Checks the installations of this user, for `doctor`.

use std::path::Path;

use aios_memory::{upkeep::Examined, working::Health};

use super::{
    agent::Agent,
    entries::Entry,
    file::ConfigFile,
    places::Places,
    targets::{Call, targets_of},
};
use crate::{
    hook::{last_marks, log_file},
    output::{Output, shown},
};

/// Checks the agents of this user: if the MCP server and the hooks are installed, and when each
/// hook last ran.
pub(crate) fn agents(data_dir: &Path, output: Output) -> Vec<Examined> {
    let Ok(places) = Places::of_user() else { return Vec::new() };
    Agent::ALL.iter().map(|agent| examined(*agent, &places, data_dir, output)).collect()
}

fn examined(agent: Agent, places: &Places, data_dir: &Path, output: Output) -> Examined {
    let state = match State::of(agent, places) {
        Ok(state) => state,
        Err(problem) => return warning(agent, problem),
    };
    let State { has_server, hooks, hooks_wanted } = state;
    if !has_server && hooks == 0 {
        return Examined::good("agent", agent.name(), "not installed");
    }
    let server = if has_server { "MCP server" } else { "no MCP server" };
    let mut finding = match hooks_wanted {
        0 => server.to_owned(),
        wanted => format!("{server}, {hooks} of {wanted} hooks"),
    };
    let marks = agent.host().map(|host| last_marks(data_dir, host)).unwrap_or_default();
    let ran: Vec<String> = marks
        .iter()
        .map(|(event, mark)| {
            let failed = if mark.is_done { "" } else { " (failed)" };
            format!("{} {}{failed}", event.name(), output.minute(mark.at))
        })
        .collect();
    if 0 < hooks {
        let ran = if ran.is_empty() { "no hook ran yet".to_owned() } else { ran.join(", ") };
        finding.push_str(&format!("; last: {ran}"));
    }
    let has_failed = marks.iter().any(|(_, mark)| !mark.is_done);
    if has_failed {
        finding.push_str(&format!("; {} has the reason", shown(&log_file(data_dir))));
    }
    match has_failed || hooks < hooks_wanted || !has_server {
        true => warning(agent, finding),
        false => Examined::good("agent", agent.name(), finding),
    }
}

fn warning(agent: Agent, finding: String) -> Examined {
    let mut examined = Examined::good("agent", agent.name(), finding);
    examined.check.health = Health::Warning;
    examined
}

/// The installed entries of an agent.
struct State {
    has_server: bool,
    hooks: usize,
    hooks_wanted: usize,
}

impl State {
    fn of(agent: Agent, places: &Places) -> Result<State, String> {
        let targets = targets_of(agent, places, &Call::of_nobody());
        let mut state = State { has_server: false, hooks: 0, hooks_wanted: 0 };
        for target in targets.map_err(|failure| failure.to_string())? {
            let file = ConfigFile::read(&target.path).map_err(|failure| failure.to_string())?;
            for entry in &target.entries {
                let is_there = target.syntax.found(&file.text, entry).is_some();
                match entry {
                    Entry::Server { .. } => state.has_server |= is_there,
                    Entry::Hook { .. } => {
                        state.hooks_wanted += 1;
                        state.hooks += usize::from(is_there);
                    }
                }
            }
        }
        Ok(state)
    }
}
