//! One writer for each format, as its program writes.

mod agents;
mod exports;
mod messages;

use serde_json::{Value, json};

use self::{
    agents::{claude_code, codex, gemini, gemini_lines, old_codex, openclaw, responses},
    exports::{chatgpt, claude},
    messages::{anthropic, langchain, langchain_constructors, longmemeval, openai, sharegpt},
};
use super::{exchange::Exchange, lines};

/// A format as a test writes it.
pub(super) struct Writer {
    pub(super) name: &'static str,
    pub(super) file: &'static str,
    pub(super) write: fn(&[Exchange]) -> String,
    /// The session of the conversation with this id; none if the format has no place for one.
    pub(super) session: Option<fn(&str) -> String>,
    pub(super) has_titles: bool,
    pub(super) has_times: bool,
    /// It has one conversation a file.
    pub(super) is_single: bool,
    pub(super) has_tools: bool,
}

const PLAIN: Writer = Writer {
    name: "",
    file: "",
    write: |_| String::new(),
    session: None,
    has_titles: false,
    has_times: false,
    is_single: false,
    has_tools: true,
};

pub(super) const WRITERS: &[Writer] = &[
    Writer {
        name: "chatgpt",
        file: "conversations.json",
        write: |all| Value::from_iter(all.iter().map(chatgpt)).to_string(),
        session: Some(|id| format!("chatgpt/{id}")),
        has_titles: true,
        has_times: true,
        ..PLAIN
    },
    Writer {
        name: "claude",
        file: "conversations.json",
        write: |all| Value::from_iter(all.iter().map(claude)).to_string(),
        session: Some(|id| format!("claude/{id}")),
        has_titles: true,
        has_times: true,
        ..PLAIN
    },
    Writer {
        name: "claude-code",
        file: "4f35.jsonl",
        write: |all| lines(&all.iter().flat_map(claude_code).collect::<Vec<_>>()),
        session: Some(|id| format!("claude-code/{id}")),
        has_titles: true,
        has_times: true,
        ..PLAIN
    },
    Writer {
        name: "codex",
        file: "rollout-2026.jsonl",
        write: |all| lines(&all.iter().flat_map(codex).collect::<Vec<_>>()),
        session: Some(|id| format!("codex/{id}")),
        has_times: true,
        ..PLAIN
    },
    Writer {
        name: "old codex",
        file: "rollout-2025.jsonl",
        write: |all| lines(&all.iter().flat_map(old_codex).collect::<Vec<_>>()),
        session: Some(|id| format!("codex/{id}")),
        ..PLAIN
    },
    Writer {
        name: "openclaw",
        file: "session.jsonl",
        write: |all| lines(&all.iter().flat_map(openclaw).collect::<Vec<_>>()),
        session: Some(|id| format!("openclaw/{id}")),
        has_titles: true,
        has_times: true,
        ..PLAIN
    },
    Writer {
        name: "gemini",
        file: "session-1.json",
        write: |all| gemini(&all[0]).to_string(),
        session: Some(|id| format!("gemini/{id}")),
        has_titles: true,
        has_times: true,
        is_single: true,
        ..PLAIN
    },
    Writer {
        name: "gemini lines",
        file: "session-1.jsonl",
        write: |all| lines(&all.iter().flat_map(gemini_lines).collect::<Vec<_>>()),
        session: Some(|id| format!("gemini/{id}")),
        has_titles: true,
        has_times: true,
        ..PLAIN
    },
    Writer {
        name: "openai lines",
        file: "train.jsonl",
        write: |all| lines(&all.iter().map(openai).collect::<Vec<_>>()),
        ..PLAIN
    },
    Writer {
        name: "responses",
        file: "items.jsonl",
        write: |all| lines(&responses(&all[0])),
        is_single: true,
        ..PLAIN
    },
    Writer {
        name: "anthropic",
        file: "request.json",
        write: |all| anthropic(&all[0]).to_string(),
        is_single: true,
        ..PLAIN
    },
    Writer {
        name: "langchain",
        file: "history.json",
        write: |all| Value::from(langchain(&all[0])).to_string(),
        is_single: true,
        ..PLAIN
    },
    Writer {
        name: "langchain lines",
        file: "history.jsonl",
        write: |all| lines(&langchain_constructors(&all[0])),
        is_single: true,
        ..PLAIN
    },
    Writer {
        name: "sharegpt",
        file: "sharegpt.json",
        write: |all| Value::from_iter(all.iter().map(sharegpt)).to_string(),
        has_tools: false,
        ..PLAIN
    },
    Writer {
        name: "longmemeval",
        file: "longmemeval_s.json",
        write: |all| json!([longmemeval(all)]).to_string(),
        session: Some(|id| format!("longmemeval/q1/{id}")),
        has_tools: false,
        ..PLAIN
    },
];
