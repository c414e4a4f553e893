//! Arguments of the commands around the service and the hosts of agents.

use std::{path::PathBuf, time::Duration};

use aios_memory::Timestamp;
use aios_memory_server::{Profiles, Right};
use clap::{Args, Subcommand};

#[cfg(feature = "top")]
use super::values::parse_interval;
use super::values::{
    EVERY_USER, parse_delegate, parse_duration, parse_expiry, parse_limit, parse_right, parse_text,
    path,
};
use crate::install::Agent;

#[derive(Debug, Args)]
pub(crate) struct Events {
    /// Print each new event until the service ends, instead of recent ones
    #[arg(long)]
    pub(crate) follow: bool,
    /// Only events of this category
    #[arg(long, value_name = "WORD", value_parser = parse_text)]
    pub(crate) category: Option<String>,
    /// Only events from this component
    #[arg(long, value_name = "NAME", value_parser = parse_text)]
    pub(crate) source: Option<String>,
    /// Maximum number of recent events, 1 to 1000 [default: 20]
    #[arg(long, value_name = "N", value_parser = parse_limit, allow_hyphen_values = true,
          conflicts_with = "follow")]
    pub(crate) limit: Option<usize>,
}

#[derive(Debug, Args)]
pub(crate) struct Snapshot {
    /// Print the state again at this interval, such as 2s, until the command is interrupted
    #[arg(long, value_name = "TIME", num_args = 0..=1, default_missing_value = "2s",
          value_parser = parse_duration)]
    pub(crate) watch: Option<Duration>,
}

#[cfg(feature = "top")]
#[derive(Debug, Args)]
pub(crate) struct Top {
    /// Interval between updates, 100ms to 1h
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = parse_interval,
          allow_hyphen_values = true)]
    pub(crate) interval: Duration,
    /// Print everything once as text, or as JSON with --json, and exit
    #[arg(long)]
    pub(crate) once: bool,
    /// Unix socket of the service [default: that of the service of the data directory]
    #[arg(long, value_name = "FILE", value_parser = path())]
    pub(crate) socket: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// TCP address, or `none` for the socket alone [default: the setting server.listen,
    /// 127.0.0.1:50053]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<String>,
    /// Unix socket [default: run/service.sock in the data directory]
    #[arg(long, value_name = "FILE", value_parser = path())]
    pub(crate) socket: Option<PathBuf>,
    /// End after this time without a connection, such as 15m
    #[arg(long, value_name = "TIME", value_parser = parse_duration, allow_hyphen_values = true)]
    pub(crate) idle_exit: Option<Duration>,
    /// A proxy in front terminates TLS; every call over TCP needs a token
    #[arg(long)]
    pub(crate) behind_proxy: bool,
    /// Run in a new session, detached from the process that started the command
    #[arg(long, hide = true)]
    pub(crate) detached: bool,
    /// Only check: exit with 0 if a service of the data directory accepts calls, otherwise with 1
    #[arg(long)]
    pub(crate) check: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Mcp {
    /// Sets of tools to offer: core, work, files, graph, openai
    #[arg(long, value_name = "PROFILE,...", default_value_t)]
    pub(crate) tools: Profiles,
    /// Answer with JSON in addition to the text; token budgets apply only to the text
    #[arg(long)]
    pub(crate) structured: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Hook {
    /// Agent: claude-code or codex
    // A text, because a host shows the exit code of a usage error to its model.
    #[arg(value_parser = parse_text)]
    pub(crate) host: String,
    /// Event: SessionStart, UserPromptSubmit, Stop, PreCompact, PostCompact or SessionEnd
    #[arg(value_parser = parse_text)]
    pub(crate) event: String,
}

#[derive(Debug, Args)]
pub(crate) struct Install {
    /// Agent
    // `agent` is the id of the global option.
    #[arg(id = "coding_agent", value_name = "AGENT", value_enum)]
    pub(crate) agent: Agent,
    /// Install for the project in this directory [default: .] and all of its users, instead of for
    /// this user
    // Has the name of a global option, which has another meaning and is not needed here.
    #[arg(long, value_name = "DIR", num_args = 0..=1, require_equals = true,
          default_missing_value = ".")]
    pub(crate) project: Option<String>,
    /// Print the changes without making them
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Remove what was installed
    #[arg(long)]
    pub(crate) uninstall: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Add a token and print its secret, which is not stored
    Add(TokenAdd),
    /// List the tokens, without their secrets
    List,
    /// Revoke a token: calls with it fail immediately, and its streams end
    Revoke {
        /// Name of the token
        name: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct TokenAdd {
    /// Name of the token: letters, digits, dots, hyphens and underscores
    pub(crate) name: String,
    /// Let each call name its user, whose name must begin with PREFIX; `*` or no value permits all
    /// users
    #[arg(long, value_name = "PREFIX", num_args = 0..=1, default_missing_value = EVERY_USER,
          value_parser = parse_delegate)]
    pub(crate) delegate: Option<String>,
    /// Rights: read, write, forget, observe, admin
    #[arg(long, value_name = "RIGHT,...", value_delimiter = ',', default_value = "read,write",
          value_parser = parse_right)]
    pub(crate) rights: Vec<Right>,
    /// Time until the token expires, such as 90d [default: never]
    #[arg(long, value_name = "TIME", value_parser = parse_expiry, allow_hyphen_values = true)]
    pub(crate) expires: Option<Timestamp>,
}
