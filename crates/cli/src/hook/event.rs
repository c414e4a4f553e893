//! Hosts, and the events of their sessions.

use aios_exchange::ingest::Format;
use clap::ValueEnum;

/// A coding agent with hooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Host {
    /// Claude Code
    ClaudeCode,
    /// Codex
    Codex,
}

impl Host {
    pub(crate) const ALL: &[Host] = &[Host::ClaudeCode, Host::Codex];

    /// Returns the name on the command line, which is also the name of its provider in sessions.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Host::ClaudeCode => "claude-code",
            Host::Codex => "codex",
        }
    }

    /// Returns the host of this name.
    pub(crate) fn named(name: &str) -> Option<Host> {
        Host::ALL.iter().copied().find(|host| host.name() == name)
    }

    /// Returns the format of its session files.
    pub(crate) fn format(self) -> Format {
        match self {
            Host::ClaudeCode => Format::ClaudeCode,
            Host::Codex => Format::Codex,
        }
    }
}

/// An event of a session. Both hosts use the same names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Event {
    /// A session begins, continues, or was compacted.
    SessionStart,
    /// The user submitted a prompt.
    UserPromptSubmit,
    /// The model ended its answer.
    Stop,
    /// The session is about to be compacted.
    PreCompact,
    /// The session was compacted.
    PostCompact,
    /// The session ends.
    SessionEnd,
}

impl Event {
    pub(crate) const ALL: &[Event] = &[
        Event::SessionStart,
        Event::UserPromptSubmit,
        Event::Stop,
        Event::PreCompact,
        Event::PostCompact,
        Event::SessionEnd,
    ];

    /// Returns the name in the configuration and in the input of a host.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Event::SessionStart => "SessionStart",
            Event::UserPromptSubmit => "UserPromptSubmit",
            Event::Stop => "Stop",
            Event::PreCompact => "PreCompact",
            Event::PostCompact => "PostCompact",
            Event::SessionEnd => "SessionEnd",
        }
    }

    /// Returns the event of this name.
    pub(crate) fn named(name: &str) -> Option<Event> {
        Event::ALL.iter().copied().find(|event| event.name() == name)
    }
}
