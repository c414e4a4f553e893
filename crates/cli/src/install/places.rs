//! The locations of the configurations of coding agents.

use std::{
    env,
    path::{Path, PathBuf},
};

use super::agent::Agent;
use crate::{args::Install, failure::Failure};

/// The base directories of configurations.
#[derive(Debug, Clone)]
pub(super) struct Places {
    home: PathBuf,
    /// The project, if the installation is for a project.
    project: Option<PathBuf>,
}

impl Places {
    /// Returns the base directories of an installation.
    pub(super) fn of(arguments: &Install) -> Result<Places, Failure> {
        let project = arguments.project.as_ref().map(|dir| {
            std::fs::canonicalize(dir).ok().filter(|dir| dir.is_dir()).ok_or_else(|| {
                Failure::Usage {
                    message: format!("`{dir}` is not a directory"),
                    hint: "name the directory of the project",
                }
            })
        });
        Ok(Places { project: project.transpose()?, ..Places::of_user()? })
    }

    /// Returns the base directories of this user.
    pub(super) fn of_user() -> Result<Places, Failure> {
        let home = absolute("HOME").ok_or_else(|| Failure::Usage {
            message: "the environment variable HOME is not an absolute path".to_owned(),
            hint: "set HOME, or use `--project`",
        })?;
        Ok(Places { home, project: None })
    }

    pub(super) fn is_for_project(&self) -> bool {
        self.project.is_some()
    }

    /// Returns the path of the file with an agent's MCP servers.
    pub(super) fn servers(&self, agent: Agent) -> PathBuf {
        match (&self.project, agent) {
            (Some(project), Agent::ClaudeCode) => project.join(".mcp.json"),
            (Some(project), Agent::Codex) => project.join(".codex/config.toml"),
            (Some(project), Agent::Cursor) => project.join(".cursor/mcp.json"),
            (Some(project), Agent::Vscode) => project.join(".vscode/mcp.json"),
            (Some(project), Agent::Opencode) => opencode_in(project),
            (None, Agent::ClaudeCode) => self.claude_json(),
            (None, Agent::Codex) => self.codex().join("config.toml"),
            (None, Agent::Cursor) => self.home.join(".cursor/mcp.json"),
            (None, Agent::Vscode) => self.vscode().join("mcp.json"),
            (None, Agent::Opencode) => opencode_in(&self.config().join("opencode")),
        }
    }

    /// Returns the path of the file with Claude Code's hooks.
    pub(super) fn claude_settings(&self) -> PathBuf {
        let dir = self.project.as_ref().map(|project| project.join(".claude"));
        dir.unwrap_or_else(|| self.claude()).join("settings.json")
    }

    /// Returns the path of the file with Codex's hooks, for hooks outside of its configuration.
    pub(super) fn codex_hooks(&self) -> PathBuf {
        let dir = self.project.as_ref().map(|project| project.join(".codex"));
        dir.unwrap_or_else(|| self.codex()).join("hooks.json")
    }

    fn claude(&self) -> PathBuf {
        absolute("CLAUDE_CONFIG_DIR").unwrap_or_else(|| self.home.join(".claude"))
    }

    /// Returns the path of Claude Code's state file, which contains the servers. If a file with its
    /// earlier name exists, that is still in use.
    fn claude_json(&self) -> PathBuf {
        let earlier = self.claude().join(".config.json");
        let base = absolute("CLAUDE_CONFIG_DIR").unwrap_or_else(|| self.home.clone());
        match earlier.exists() {
            true => earlier,
            false => base.join(".claude.json"),
        }
    }

    fn codex(&self) -> PathBuf {
        absolute("CODEX_HOME").unwrap_or_else(|| self.home.join(".codex"))
    }

    fn config(&self) -> PathBuf {
        absolute("XDG_CONFIG_HOME").unwrap_or_else(|| self.home.join(".config"))
    }

    fn vscode(&self) -> PathBuf {
        match cfg!(target_os = "macos") {
            true => self.home.join("Library/Application Support/Code/User"),
            false => self.config().join("Code/User"),
        }
    }
}

/// Returns the path of opencode's configuration in a folder: the existing file, or the usual one.
fn opencode_in(dir: &Path) -> PathBuf {
    let with_comments = dir.join("opencode.jsonc");
    match with_comments.exists() {
        true => with_comments,
        false => dir.join("opencode.json"),
    }
}

fn absolute(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute())
}
