//! One writer for each format, which writes as its program does.

mod agents;
mod exports;
mod memories;
mod messages;

use serde_json::{Value, json};

use self::{
    agents::{claude_code, codex, gemini, gemini_lines, old_codex, openclaw, responses},
    exports::{chatgpt, claude},
    memories::{graph, graph_lines, mem0, mem0_payload},
    messages::{
        anthropic, chat, langchain, langchain_constructors, locomo, longmemeval, openai, record,
        sharegpt,
    },
};
use super::{Read, exchange::Exchange, lines};
use crate::ingest::Format;

/// Returns the expected texts of a conversation.
type Written = fn(&Exchange) -> Vec<String>;

/// A format as a test writes it.
pub(super) struct Writer {
    pub(super) name: &'static str,
    /// The format whose reader reads it.
    pub(super) format: Format,
    pub(super) file: &'static str,
    pub(super) write: fn(&[Exchange]) -> String,
    /// Returns the session of the conversation with this id; `None` if the format stores no id.
    pub(super) session: Option<fn(&str) -> String>,
    /// The expected texts of a conversation, and the texts that were read.
    pub(super) texts: (Written, fn(&Read) -> Vec<String>),
    pub(super) has_titles: bool,
    /// Resolution of written times, in seconds; `None` if the format has no times.
    pub(super) time_unit_s: Option<i64>,
    /// True if a file holds one conversation.
    pub(super) is_single: bool,
    pub(super) has_tools: bool,
}

const PLAIN: Writer = Writer {
    name: "",
    format: Format::Auto,
    file: "",
    write: |_| String::new(),
    session: None,
    texts: (Exchange::said, Read::said),
    has_titles: false,
    time_unit_s: None,
    is_single: false,
    has_tools: true,
};

/// Memories: each turn is read as a note.
const NOTES: Writer = Writer { texts: (Exchange::noted, Read::noted), has_tools: false, ..PLAIN };

pub(super) const WRITERS: &[Writer] = &[
    Writer {
        name: "chatgpt",
        format: Format::ChatGpt,
        file: "conversations.json",
        write: |all| Value::from_iter(all.iter().map(chatgpt)).to_string(),
        session: Some(|id| format!("chatgpt/{id}")),
        has_titles: true,
        time_unit_s: Some(1),
        ..PLAIN
    },
    Writer {
        name: "claude",
        format: Format::Claude,
        file: "conversations.json",
        write: |all| Value::from_iter(all.iter().map(claude)).to_string(),
        session: Some(|id| format!("claude/{id}")),
        has_titles: true,
        time_unit_s: Some(1),
        ..PLAIN
    },
    Writer {
        name: "claude-code",
        format: Format::ClaudeCode,
        file: "4f35.jsonl",
        write: |all| lines(&all.iter().flat_map(claude_code).collect::<Vec<_>>()),
        session: Some(|id| format!("claude-code/{id}")),
        has_titles: true,
        time_unit_s: Some(1),
        ..PLAIN
    },
    Writer {
        name: "codex",
        format: Format::Codex,
        file: "rollout-2026.jsonl",
        write: |all| lines(&all.iter().flat_map(codex).collect::<Vec<_>>()),
        session: Some(|id| format!("codex/{id}")),
        time_unit_s: Some(1),
        ..PLAIN
    },
    Writer {
        name: "old codex",
        format: Format::Codex,
        file: "rollout-2025.jsonl",
        write: |all| lines(&all.iter().flat_map(old_codex).collect::<Vec<_>>()),
        session: Some(|id| format!("codex/{id}")),
        ..PLAIN
    },
    Writer {
        name: "openclaw",
        format: Format::OpenClaw,
        file: "session.jsonl",
        write: |all| lines(&all.iter().flat_map(openclaw).collect::<Vec<_>>()),
        session: Some(|id| format!("openclaw/{id}")),
        has_titles: true,
        time_unit_s: Some(1),
        ..PLAIN
    },
    Writer {
        name: "gemini",
        format: Format::Gemini,
        file: "session-1.json",
        write: |all| gemini(&all[0]).to_string(),
        session: Some(|id| format!("gemini/{id}")),
        has_titles: true,
        time_unit_s: Some(1),
        is_single: true,
        ..PLAIN
    },
    Writer {
        name: "gemini lines",
        format: Format::Gemini,
        file: "session-1.jsonl",
        write: |all| lines(&all.iter().flat_map(gemini_lines).collect::<Vec<_>>()),
        session: Some(|id| format!("gemini/{id}")),
        has_titles: true,
        time_unit_s: Some(1),
        ..PLAIN
    },
    Writer {
        name: "openai lines",
        format: Format::OpenAi,
        file: "train.jsonl",
        write: |all| lines(&all.iter().map(openai).collect::<Vec<_>>()),
        ..PLAIN
    },
    Writer {
        name: "responses",
        format: Format::Responses,
        file: "items.jsonl",
        write: |all| lines(&responses(&all[0])),
        is_single: true,
        ..PLAIN
    },
    Writer {
        name: "anthropic",
        format: Format::OpenAi,
        file: "request.json",
        write: |all| anthropic(&all[0]).to_string(),
        is_single: true,
        ..PLAIN
    },
    Writer {
        name: "langchain",
        format: Format::LangChain,
        file: "history.json",
        write: |all| Value::from(langchain(&all[0])).to_string(),
        is_single: true,
        ..PLAIN
    },
    Writer {
        name: "langchain lines",
        format: Format::LangChain,
        file: "history.jsonl",
        write: |all| lines(&langchain_constructors(&all[0])),
        is_single: true,
        ..PLAIN
    },
    Writer {
        name: "sharegpt",
        format: Format::ShareGpt,
        file: "sharegpt.json",
        write: |all| Value::from_iter(all.iter().map(sharegpt)).to_string(),
        has_tools: false,
        ..PLAIN
    },
    Writer {
        name: "longmemeval",
        format: Format::LongMemEval,
        file: "longmemeval_s.json",
        write: |all| json!([longmemeval(all)]).to_string(),
        session: Some(|id| format!("longmemeval/q1/{id}")),
        time_unit_s: Some(60),
        has_tools: false,
        ..PLAIN
    },
    Writer {
        name: "locomo",
        format: Format::Locomo,
        file: "locomo10.json",
        write: |all| Value::from_iter(all.iter().map(locomo)).to_string(),
        session: Some(|id| format!("{id}/session_1")),
        texts: (Exchange::spoken, Read::spoken),
        time_unit_s: Some(60),
        has_tools: false,
        ..PLAIN
    },
    Writer {
        name: "mcp-memory",
        format: Format::McpMemory,
        file: "memory.jsonl",
        write: |all| lines(&graph_lines(all)),
        ..NOTES
    },
    Writer {
        name: "mcp-memory graph",
        format: Format::McpMemory,
        file: "graph.json",
        write: |all| graph(all).to_string(),
        ..NOTES
    },
    Writer {
        name: "mem0",
        format: Format::Mem0,
        file: "memories.json",
        write: |all| mem0(all).to_string(),
        time_unit_s: Some(1),
        ..NOTES
    },
    Writer {
        name: "mem0 payloads",
        format: Format::Mem0,
        file: "points.jsonl",
        write: |all| lines(&mem0_payload(all)),
        time_unit_s: Some(1),
        ..NOTES
    },
    Writer {
        name: "chat",
        format: Format::Chat,
        file: "chats.json",
        write: |all| Value::from_iter(all.iter().map(chat)).to_string(),
        session: Some(str::to_owned),
        time_unit_s: Some(1),
        has_tools: false,
        ..PLAIN
    },
    Writer {
        name: "jsonl",
        format: Format::Jsonl,
        file: "records.jsonl",
        write: |all| lines(&all.iter().flat_map(record).collect::<Vec<_>>()),
        session: Some(str::to_owned),
        time_unit_s: Some(1),
        has_tools: false,
        ..PLAIN
    },
];
