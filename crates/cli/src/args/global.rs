//! Options of every command.

use std::path::PathBuf;

use aios_memory::{AgentMemory, MemoryView, Scope, ScopeFilter, config::Flag};
use clap::Args;

use super::values::{parse_part, parse_project, parse_user, path};

/// Options of every command.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Data directory [default: ~/.local/share/aios-memory]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data_dir: Option<String>,
    /// Settings file [default: ~/.config/aios-memory/aios-memory.toml]
    #[arg(long, global = true, value_name = "FILE", value_parser = path(),
          env = "AIOS_MEMORY_CONFIG", hide_env_values = true)]
    pub(crate) config: Option<PathBuf>,
    /// Act for this user: read their own and shared records, write and change only their own
    /// [default: the setting memory.user, else shared records]
    #[arg(long, global = true, value_name = "NAME", value_parser = parse_user)]
    user: Option<String>,
    /// Act for the administrator: read and change the records of every user
    #[arg(long, global = true, conflicts_with = "user")]
    all_users: bool,
    /// Narrow to this project and records without a project: an id, a directory (., ./DIR, ~/DIR,
    /// /DIR), or `auto` for the current directory
    #[arg(long, global = true, value_name = "ID|DIR", value_parser = parse_project)]
    project: Option<String>,
    /// Narrow to this agent and records without an agent
    #[arg(long, global = true, value_name = "NAME", value_parser = parse_part)]
    agent: Option<String>,
    /// Narrow to this session and records without a session
    #[arg(long, global = true, value_name = "NAME", value_parser = parse_part)]
    session: Option<String>,
    /// Exclude shared records, and records without the given project, agent or session
    #[arg(long, global = true)]
    exact_scope: bool,
    /// Open read-only: write nothing to the data directory, which may belong to another user
    #[arg(long, global = true)]
    read_only: bool,
    /// Use the files even if a service runs for the data directory
    #[arg(long, global = true)]
    pub(crate) no_service: bool,
    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print times in UTC instead of the local time zone; JSON always uses UTC
    #[arg(long, global = true)]
    pub(crate) utc: bool,
    /// Log more; give it twice for debug output
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Print results only
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
}

impl Global {
    /// Returns the view that the flags select: a user, the administrator, or the default, narrowed
    /// by project, agent and session.
    pub(crate) fn view(&self, memory: &AgentMemory) -> Result<MemoryView, aios_memory::Error> {
        let whole = match &self.user {
            Some(user) => memory.for_user(user)?,
            None if self.all_users => MemoryView::clone(&memory.administrator()),
            None => MemoryView::clone(memory),
        };
        let scope = Scope {
            user: None,
            project: self.project.clone(),
            agent: self.agent.clone(),
            session: self.session.clone(),
        };
        whole.select(&match self.exact_scope {
            true => ScopeFilter::exact(scope),
            false => ScopeFilter::new(scope),
        })
    }

    /// Returns true if a flag names a user, project, agent or session.
    pub(crate) fn is_scoped(&self) -> bool {
        let parts = [&self.user, &self.project, &self.agent, &self.session];
        parts.iter().any(|part| part.is_some())
    }

    /// Returns the given scope flags to which a token can be bound: the user and the project. The
    /// second value is true if other scope flags are given.
    pub(crate) fn bound(&self) -> (Option<&str>, Option<&str>, bool) {
        let others = self.all_users || self.exact_scope;
        let others = others || self.agent.is_some() || self.session.is_some();
        (self.user.as_deref(), self.project.as_deref(), others)
    }

    /// Returns the project, the agent and the session to narrow to.
    pub(crate) fn parts(&self) -> [Option<&str>; 3] {
        [&self.project, &self.agent, &self.session].map(Option::as_deref)
    }

    /// Returns true if the view is the administrator's, or excludes shared records.
    pub(crate) fn is_unusual(&self) -> bool {
        self.all_users || self.exact_scope
    }

    /// Returns true if the memory is opened read-only.
    pub(crate) fn read_only(&self) -> bool {
        self.read_only
    }

    /// Returns the user for whom a command acts. `user` is the one in the settings; empty means
    /// unset.
    pub(crate) fn acting_user<'a>(&'a self, user: &'a str) -> Option<&'a str> {
        let set = Some(user).filter(|user| !user.is_empty() && !self.all_users);
        self.user.as_deref().or(set)
    }

    /// Returns the settings that flags override.
    pub(crate) fn flags(&self) -> Vec<Flag> {
        let data_dir = self.data_dir.as_ref().map(|dir| Flag {
            name: "--data-dir",
            key: "memory.data_dir",
            value: dir.clone(),
        });
        let access = self.read_only.then(|| Flag {
            name: "--read-only",
            key: "memory.access",
            value: "read_only".to_owned(),
        });
        data_dir.into_iter().chain(access).collect()
    }
}
