//! Checks the installations of this user, for `doctor`.

use std::path::Path;

use aios_memory::{Remedy, upkeep::Examined, working::Health};

use super::{
    agent::Agent,
    edit::Refusal,
    entries::Entry,
    file::ConfigFile,
    places::Places,
    targets::{Call, targets_of},
};
use crate::{
    failure::Failure,
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
        Err((problem, remedy)) => {
            let examined = Examined::good("agent", agent.name(), problem);
            return examined.but(Health::Warning, remedy);
        }
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
    /// Reads the configurations of an agent. Fails with the problem and its remedy if one of them
    /// cannot be read or is malformed.
    fn of(agent: Agent, places: &Places) -> Result<State, (String, Remedy)> {
        let unreadable = |failure: Failure| (failure.to_string(), Remedy::CheckPath);
        let targets = targets_of(agent, places, &Call::of_nobody());
        let mut state = State { has_server: false, hooks: 0, hooks_wanted: 0 };
        for target in targets.map_err(unreadable)? {
            let file = ConfigFile::read(&target.path).map_err(unreadable)?;
            if let Err(Refusal { line, problem, .. }) = target.syntax.check(&file.text) {
                let place = line.map(|line| format!(":{line}")).unwrap_or_default();
                let problem = format!("{}{place}: {problem}", shown(&file.path));
                return Err((problem, Remedy::MendFile));
            }
            for entry in &target.entries {
                match entry {
                    Entry::Server { .. } => {
                        let running = target.syntax.running(&file.text, entry);
                        state.has_server |= running.is_some();
                    }
                    Entry::Hook { .. } => {
                        let found = target.syntax.found(&file.text, entry);
                        state.hooks_wanted += 1;
                        state.hooks += usize::from(found.is_some());
                    }
                }
            }
        }
        Ok(state)
    }
}
