//! Codex: the JSON lines of a rollout, `~/.codex/sessions/**/rollout-*.jsonl`.
//!
//! Each row wraps an item of OpenAI's Responses API in a `payload`. Before 2025-10, the lines were
//! the items themselves, after a first line with the session's id. Events repeat the content of
//! items.

use std::collections::BTreeSet;

use aios_draft::content::{Content, output_of, text_in};
use serde_json::{Map, Value};

use super::{
    description::{Description, Elements, Reader, Shape},
    host, responses,
    transcript::{Conversation, Ids, Message, Transcript},
};
use crate::ingest::format::Format;

pub(super) const DESCRIPTION: Description = Description {
    format: Format::Codex,
    name: "codex",
    about: "Codex's rollouts, ~/.codex/sessions/**/rollout-*.jsonl",
    shape: Some(Shape {
        recognises: |row| is_row(row) || is_header(row),
        needs: "`payload`",
        signs: &["timestamp", "type", "instructions", "record_type", "cwd", "cli_version"],
        // State of the program beside a row, such as numbers of its history.
        artefacts: &["metadata"],
        lists: &[],
        opens: &[],
        elements: Elements::Rows,
        reader: Some(|| Box::new(Codex::new())),
    }),
};

/// Types of rows.
const ROWS: &[&str] =
    &["session_meta", "response_item", "event_msg", "turn_context", "compacted", "world_state"];

/// Maximum number of lines of the heading of an output.
const HEADING_LINES_MAX: usize = 8;

/// Prefixes of texts that the program adds in the user's name.
const CONTEXTS: &[&str] = &[
    "<environment_context>",
    "<user_instructions>",
    "<permissions instructions>",
    "<collaboration_mode>",
    "<turn_aborted>",
    "# AGENTS.md instructions",
];

fn is_context(said: &Content) -> bool {
    let text = said.text();
    CONTEXTS.iter().any(|start| text.trim_start().starts_with(start))
}

fn is_row(row: &Map<String, Value>) -> bool {
    let sort = row.get("type").and_then(Value::as_str);
    row.get("payload").is_some_and(Value::is_object) && sort.is_some_and(|it| ROWS.contains(&it))
}

/// Returns `true` for the first line of an old rollout.
fn is_header(row: &Map<String, Value>) -> bool {
    let has = |name: &str| row.contains_key(name);
    let has_text = ["text", "content", "role", "type", "message"].into_iter().any(has);
    has("id") && has("timestamp") && (has("instructions") || has("git")) && !has_text
}

/// Returns `true` for the header of a sub-agent's session.
fn is_of_agent(header: &Map<String, Value>) -> bool {
    let source = header.get("source").and_then(Value::as_object);
    source.is_some_and(|source| source.contains_key("subagent"))
        || text_in(header, &["thread_source"]).as_deref() == Some("subagent")
}

/// Form in which a row holds a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ingest) enum Wording {
    /// An item of the conversation.
    Item,
    /// An event, which may repeat an item.
    Event,
}

/// Returns the role of the message in a row, and its form. `None` for other rows and for texts that
/// the program added.
pub(in crate::ingest) fn message_in(row: &Map<String, Value>) -> Option<(String, Wording)> {
    let payload = row.get("payload").and_then(Value::as_object);
    let item = payload.unwrap_or(row);
    let sort = text_in(item, &["type"])?;
    if payload.is_some() && text_in(row, &["type"])? == "event_msg" {
        return Some((role_of_event(&sort)?.to_owned(), Wording::Event));
    }
    let role = text_in(item, &["role"]).filter(|_| sort == "message")?;
    let mut said = Content::read(item.get("content").unwrap_or(&Value::Null));
    let is_added = is_context(&said) || (role == "user" && host::leaves_nothing(&mut said));
    (!is_added).then_some((role, Wording::Item))
}

/// Returns the role of the message in an event of this type, if it has one.
fn role_of_event(sort: &str) -> Option<&'static str> {
    match sort {
        "user_message" => Some("user"),
        "agent_message" => Some("assistant"),
        _ => None,
    }
}

/// Reason for skipping an event that repeats an item.
pub(in crate::ingest) const REPEATED: &str = "an event that repeats a message";

/// Beginnings of the line with a command's exit code, in the heading of an output.
const EXIT_CODES: &[&str] = &["Process exited with code ", "Exit code: "];

/// Line that separates the heading from the output.
const OUTPUT: &str = "Output:";

/// Returns `true` for an output whose heading has a non-zero exit code.
fn has_exited_with_failure(item: &Map<String, Value>) -> bool {
    let sort = item.get("type").and_then(Value::as_str).unwrap_or_default();
    if !sort.ends_with("_output") {
        return false;
    }
    let output = item.get("output").map(output_of).unwrap_or_default();
    let heading = output.as_str().unwrap_or_default().lines().take_while(|line| *line != OUTPUT);
    let codes = heading.take(HEADING_LINES_MAX).filter_map(|line| {
        let code = EXIT_CODES.iter().find_map(|name| line.strip_prefix(name))?;
        code.trim().parse::<i64>().ok()
    });
    codes.into_iter().any(|code| code != 0)
}

struct Codex {
    conversation: Conversation,
    /// The session that this one continues. The file repeats its rows with their own header.
    forked_from: Option<String>,
    /// True in the session of a sub-agent, whose prompts an agent wrote.
    is_of_agent: bool,
    /// Roles whose messages occur as items.
    items: BTreeSet<String>,
    /// Messages of events that may repeat items. Emitted at the end if their role has no items.
    events: Vec<Message>,
}

impl Codex {
    fn new() -> Codex {
        Codex {
            conversation: Conversation::new("codex", Ids::OfConversation, None),
            forked_from: None,
            is_of_agent: false,
            items: BTreeSet::new(),
            events: Vec::new(),
        }
    }

    fn begin(&mut self, header: &Map<String, Value>, line: u64, to: &mut Transcript) {
        let id = text_in(header, &["id", "session_id"]);
        if self.forked_from.is_some() && self.forked_from == id {
            // The parent may be a fork as well, in which case its parent's header follows.
            let parent = text_in(header, &["forked_from_id", "forked_from"]);
            self.forked_from = parent.or(self.forked_from.take());
            return to.skip(line, "the header of the session that this one continues");
        }
        if id != self.conversation.id {
            self.tell_events(to);
        }
        self.conversation.id = id;
        self.is_of_agent = is_of_agent(header);
        self.forked_from = text_in(header, &["forked_from_id", "forked_from"]);
        let git = header.get("git").and_then(Value::as_object);
        let branch = git.and_then(|git| text_in(git, &["branch"]));
        self.conversation.about = Map::from_iter([
            ("cwd".to_owned(), text_in(header, &["cwd"]).into()),
            ("branch".to_owned(), branch.into()),
        ]);
        let title = text_in(header, &["title", "name", "thread_name"]).unwrap_or_default();
        self.conversation.began = header.get("timestamp").cloned().unwrap_or_default();
        to.title(&self.conversation, line, &title);
    }

    fn item(&mut self, line: u64, item: &Map<String, Value>, time: &Value, to: &mut Transcript) {
        let mut item = item.clone();
        if item.get("type").and_then(Value::as_str) == Some("message") {
            let mut said = Content::read(item.get("content").unwrap_or(&Value::Null));
            if is_context(&said) {
                return to.skip(line, "context added by the program");
            }
            let role = text_in(&item, &["role"]);
            if role.as_deref() == Some("user") {
                let given = said.text();
                if host::leaves_nothing(&mut said) {
                    return to.skip(line, host::OF_HOST);
                }
                if said.text() != given {
                    item.insert("content".to_owned(), said.text().into());
                }
            }
            let speaker = role.clone().map(|role| self.speaker(role));
            item.extend(speaker.map(|speaker| ("role".to_owned(), speaker.into())));
            self.items.extend(role);
        }
        if has_exited_with_failure(&item) {
            item.insert("status".to_owned(), "failed".into());
        }
        responses::read_item(&self.conversation, line, &item, time, to);
    }

    fn event(&mut self, line: u64, event: &Map<String, Value>, time: &Value, to: &mut Transcript) {
        let sort = text_in(event, &["type"]).unwrap_or_default();
        if sort == "thread_name_updated" {
            let title = text_in(event, &["thread_name", "name"]).unwrap_or_default();
            return to.title(&self.conversation, line, &title);
        }
        let Some(role) = role_of_event(&sort) else {
            return to.skip(line, format!("not a message but `{sort}`"));
        };
        let mut said = Content::read(event.get("message").unwrap_or(&Value::Null));
        if role == "user" && (is_context(&said) || host::leaves_nothing(&mut said)) {
            return to.skip(line, host::OF_HOST);
        }
        let (role, time) = (role.to_owned(), time.clone());
        self.events.push(Message { line, role, time, said, ..Message::default() });
    }

    /// Returns the role of the speaker of a message with this role.
    fn speaker(&self, role: String) -> String {
        match &*role {
            "user" if self.is_of_agent => "assistant".to_owned(),
            _ => role,
        }
    }

    fn tell_events(&mut self, to: &mut Transcript) {
        let items = std::mem::take(&mut self.items);
        for event in std::mem::take(&mut self.events) {
            match items.contains(&event.role) {
                true => to.skip(event.line, REPEATED),
                false => {
                    let role = self.speaker(event.role);
                    to.message(&self.conversation, Message { role, ..event });
                }
            }
        }
    }
}

impl Reader for Codex {
    fn read(&mut self, line: u64, row: Map<String, Value>, to: &mut Transcript) {
        let time = row.get("timestamp").cloned().unwrap_or_default();
        let Some(payload) = row.get("payload").and_then(Value::as_object) else {
            return match is_header(&row) {
                true => self.begin(&row, line, to),
                false if responses::is_item(&row) => self.item(line, &row, &time, to),
                false => to.skip(line, "not a message"),
            };
        };
        match &*text_in(&row, &["type"]).unwrap_or_default() {
            "session_meta" => self.begin(payload, line, to),
            "response_item" => self.item(line, payload, &time, to),
            "event_msg" => self.event(line, payload, &time, to),
            sort => to.skip(line, format!("not a message but `{sort}`")),
        }
    }

    fn follows(&self, row: &Map<String, Value>) -> bool {
        row.contains_key("type") || row.contains_key("record_type")
    }

    fn finish(&mut self, to: &mut Transcript) {
        self.tell_events(to);
    }
}
