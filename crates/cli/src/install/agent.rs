//! The coding agents.

use clap::ValueEnum;

use crate::hook::Host;

/// Version of Claude Code with which configuration and hooks were tested.
const CLAUDE_CODE_OBSERVED: &str = "2.1.197";
/// Version of Codex with which configuration and hooks were tested.
const CODEX_OBSERVED: &str = "0.171.0";

/// A coding agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Agent {
    /// Claude Code: hooks and the MCP server
    ClaudeCode,
    /// Codex: hooks and the MCP server
    Codex,
    /// Cursor: the MCP server
    Cursor,
    /// Visual Studio Code: the MCP server
    Vscode,
    /// opencode: the MCP server
    Opencode,
}

impl Agent {
    pub(crate) const ALL: &[Agent] =
        &[Agent::ClaudeCode, Agent::Codex, Agent::Cursor, Agent::Vscode, Agent::Opencode];

    /// Returns the name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Agent::ClaudeCode => "claude-code",
            Agent::Codex => "codex",
            Agent::Cursor => "cursor",
            Agent::Vscode => "vscode",
            Agent::Opencode => "opencode",
        }
    }

    /// Returns the agent as a host of hooks. `None` if it has no hooks.
    pub(crate) fn host(self) -> Option<Host> {
        match self {
            Agent::ClaudeCode => Some(Host::ClaudeCode),
            Agent::Codex => Some(Host::Codex),
            Agent::Cursor | Agent::Vscode | Agent::Opencode => None,
        }
    }

    /// Returns the version with which its hooks were tested. `None` if it has no hooks.
    pub(super) fn observed(self) -> Option<&'static str> {
        match self {
            Agent::ClaudeCode => Some(CLAUDE_CODE_OBSERVED),
            Agent::Codex => Some(CODEX_OBSERVED),
            Agent::Cursor | Agent::Vscode | Agent::Opencode => None,
        }
    }

    /// Returns the last step, which the user has to do.
    pub(super) fn next_step(self) -> &'static str {
        match self {
            Agent::ClaudeCode => "the next session of Claude Code uses the memory",
            Agent::Codex => {
                "open Codex and enter /hooks: it runs the new hooks once you have trusted them"
            }
            Agent::Cursor => "restart Cursor, and enable the server in its settings of MCP",
            Agent::Vscode => "run the command `MCP: List Servers` in VS Code to start the server",
            Agent::Opencode => "the next session of opencode uses the memory",
        }
    }
}
