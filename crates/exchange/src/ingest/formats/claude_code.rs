//! Claude Code: the JSON lines of a session, `~/.claude/projects/*/*.jsonl`.
//!
//! Each row has the id of its session, so a file may have several sessions. Rows form a tree by
//! `parentUuid`: an edited prompt has the same parent as the original, and only the last of them is
//! used. Rows are held until the end of the file, because only then the last one is known. The
//! messages of a sub-agent (`isSidechain`) are a separate conversation, and an agent wrote its
//! prompts.

use std::collections::{BTreeMap, HashMap, HashSet};

use aios_draft::content::{Content, first, text_in};
use serde_json::{Map, Value, json};

use super::{
    description::{Description, Elements, Reader, Shape},
    host,
    transcript::{Conversation, Ids, Message, Transcript},
};
use crate::ingest::{elements::CONVERSATION_BYTES_MAX, format::Format};

pub(super) const DESCRIPTION: Description = Description {
    format: Format::ClaudeCode,
    name: "claude-code",
    about: "Claude Code's sessions, ~/.claude/projects/*/*.jsonl",
    shape: Some(Shape {
        recognises: is_row,
        needs: "`sessionId` or `uuid`",
        signs: &["parentUuid", "isSidechain", "userType", "cwd", "gitBranch", "version"],
        artefacts: &[],
        lists: &[],
        opens: &[],
        elements: Elements::Rows,
        reader: Some(|| Box::new(ClaudeCode::default())),
    }),
};

/// Types of rows that no other program writes.
const OWN_TYPES: &[&str] =
    &["file-history-snapshot", "queue-operation", "custom-title", "ai-title"];

/// Prefixes of texts that the program wrote in the user's name.
const COMMANDS: &[&str] = &[
    "<command-name>",
    "<command-message>",
    "<local-command-",
    "<bash-stdout>",
    "<bash-stderr>",
    "[Request interrupted by user",
];

fn is_row(row: &Map<String, Value>) -> bool {
    let has = |name: &str| row.contains_key(name);
    let sort = row.get("type").and_then(Value::as_str).unwrap_or_default();
    (has("uuid") && has("sessionId") && has("parentUuid"))
        || (has("uuid") && has("sessionId") && has("message"))
        || (sort == "summary" && has("leafUuid"))
        || OWN_TYPES.contains(&sort)
}

#[derive(Default)]
struct ClaudeCode {
    rows: Vec<Row>,
    /// Approximate size of the rows in bytes.
    bytes: u64,
    /// Titles by the id of a row or of a session.
    titles: BTreeMap<String, (u64, String)>,
    /// Session of each row.
    sessions: HashMap<String, String>,
    /// Parent of each row.
    parents: HashMap<String, String>,
    /// Session of the last emitted row, for a title that names no row of the file.
    last: Option<Conversation>,
}

/// A row with content.
struct Row {
    conversation: Conversation,
    uuid: Option<String>,
    /// Position in the tree, as parent and type. Only the last row at a position is used.
    place: Option<(String, String)>,
    message: Message,
}

impl Reader for ClaudeCode {
    fn read(&mut self, line: u64, mut row: Map<String, Value>, to: &mut Transcript) {
        let sort = text_in(&row, &["type"]).unwrap_or_default();
        let session = text_in(&row, &["sessionId"]);
        let uuid = text_in(&row, &["uuid"]);
        if let Some(uuid) = &uuid {
            let parent = text_in(&row, &["parentUuid", "logicalParentUuid"]);
            self.parents.extend(parent.map(|parent| (uuid.clone(), parent)));
            self.sessions.extend(session.clone().map(|session| (uuid.clone(), session)));
        }
        match &*sort {
            "summary" => {
                let title = text_in(&row, &["summary"]).unwrap_or_default();
                let of = text_in(&row, &["leafUuid"]).unwrap_or_default();
                self.titles.insert(of, (line, title));
            }
            "custom-title" | "ai-title" => {
                let title = text_in(&row, &["customTitle", "aiTitle", "title"]).unwrap_or_default();
                // A title given by a person takes precedence.
                let of = session.unwrap_or_default();
                if sort == "custom-title" || !self.titles.contains_key(&of) {
                    self.titles.insert(of, (line, title));
                }
            }
            // A prompt that was queued while the model worked.
            "attachment" if queued_prompt(&row).is_some() => {
                let prompt = queued_prompt(&row);
                let message = json!({"role": "user", "content": prompt});
                row.insert("message".to_owned(), message);
                self.keep(line, &sort, session, uuid, &row, to);
            }
            "user" | "assistant" => self.keep(line, &sort, session, uuid, &row, to),
            "" => to.skip(line, "not a message"),
            sort => to.skip(line, format!("not a message but `{sort}`")),
        }
        if CONVERSATION_BYTES_MAX < self.bytes {
            self.flush(to);
        }
    }

    fn follows(&self, row: &Map<String, Value>) -> bool {
        row.get("type").is_some_and(Value::is_string) && !row.contains_key("role")
    }

    fn finish(&mut self, to: &mut Transcript) {
        self.flush(to);
        let mut titles: Vec<_> = std::mem::take(&mut self.titles).into_iter().collect();
        // The last title is used. A title of the session takes precedence over one of a row.
        let names_row = |of: &String| self.sessions.contains_key(of);
        titles.sort_by_key(|(of, (line, _))| (!names_row(of), *line));
        for (of, (line, title)) in titles {
            let session = self.sessions.get(&of).cloned();
            let known = |it: &&String| self.sessions.values().any(|session| session == *it);
            let session = session.or_else(|| Some(&of).filter(known).cloned());
            let named =
                session.map(|id| Conversation::new("claude-code", Ids::OfProvider, Some(id)));
            match named.as_ref().or(self.last.as_ref()) {
                Some(conversation) => to.title(conversation, line, &title),
                None => to.skip(line, "the title of a conversation in another file"),
            }
        }
    }
}

impl ClaudeCode {
    fn keep(
        &mut self,
        line: u64,
        sort: &str,
        session: Option<String>,
        uuid: Option<String>,
        row: &Map<String, Value>,
        to: &mut Transcript,
    ) {
        let is = |name: &str| row.get(name).and_then(Value::as_bool) == Some(true);
        let Some(message) = row.get("message") else {
            return to.skip(line, format!("`{sort}` without a `message`"));
        };
        if host::is_marked(row) {
            return to.skip(line, host::OF_HOST);
        }
        let content = message.get("content").unwrap_or(message);
        let mut said = Content::read(content);
        let text = said.text();
        if sort == "user" && COMMANDS.iter().any(|start| text.trim_start().starts_with(start)) {
            return to.skip(line, "a command to the program and its output");
        }
        if sort != "assistant" && host::leaves_nothing(&mut said) {
            return to.skip(line, host::OF_HOST);
        }
        let is_side = is("isSidechain");
        let id = session.map(|session| match is_side {
            true => {
                format!("{session}/{}", text_in(row, &["agentId"]).unwrap_or("side".to_owned()))
            }
            false => session,
        });
        let mut conversation = Conversation::new("claude-code", Ids::OfProvider, id);
        for (from, to) in [("cwd", "cwd"), ("gitBranch", "branch")] {
            conversation.about.extend(row.get(from).map(|value| (to.to_owned(), value.clone())));
        }
        let answer = message.get("id").and_then(Value::as_str).unwrap_or_default();
        // An answer consists of several rows. Tool results are siblings, as are tool calls.
        let alternative = match sort {
            "user" if said.results.is_empty() => Some("user".to_owned()),
            _ => None,
        };
        let parent = text_in(row, &["parentUuid"]);
        let place = alternative.zip(parent).map(|(sort, parent)| (parent, sort));
        let role = match message.get("role").and_then(Value::as_str).unwrap_or(sort) {
            _ if is("isCompactSummary") => "system",
            // An agent wrote the prompts of its sub-agent.
            "user" if is_side => "assistant",
            role => role,
        };
        let role = role.to_owned();
        let model = message.get("model").cloned().unwrap_or_default();
        self.bytes += text.len() as u64 + answer.len() as u64;
        self.bytes +=
            said.calls.iter().map(|call| call.input.to_string().len() as u64).sum::<u64>();
        let time = first(row, &["timestamp"]).cloned().unwrap_or_default();
        let about = Map::from_iter([("model".to_owned(), model)]);
        self.rows.push(Row {
            conversation,
            uuid: uuid.clone(),
            place,
            message: Message { line, role, name: None, id: uuid, time, said, about },
        });
    }

    /// Emits the rows of the current branches and skips the others.
    fn flush(&mut self, to: &mut Transcript) {
        let mut last: HashMap<&(String, String), &str> = HashMap::new();
        for row in &self.rows {
            if let (Some(place), Some(uuid)) = (&row.place, &row.uuid) {
                last.insert(place, uuid);
            }
        }
        let is_replaced = |row: &&Row| {
            row.place.as_ref().is_some_and(|place| last.get(place).copied() != row.uuid.as_deref())
        };
        let replaced: HashSet<&str> =
            self.rows.iter().filter(is_replaced).filter_map(|row| row.uuid.as_deref()).collect();
        let mut dropped = Dropped { parents: &self.parents, known: HashMap::new() };
        let counts: Vec<bool> = self
            .rows
            .iter()
            .map(|row| !row.uuid.as_deref().is_some_and(|uuid| dropped.is_below(uuid, &replaced)))
            .collect();
        let mut last_id = None;
        for (row, counts) in std::mem::take(&mut self.rows).into_iter().zip(counts) {
            if row.conversation.id != last_id {
                last_id.clone_from(&row.conversation.id);
                to.begin(&row.conversation, row.message.line, "", &row.message.time);
            }
            match counts {
                true => to.message(&row.conversation, row.message),
                false => to.skip(row.message.line, "on an abandoned branch"),
            }
            if !row.conversation.id.as_ref().is_some_and(|id| id.contains('/')) {
                self.last = Some(row.conversation);
            }
        }
        self.bytes = 0;
    }
}

/// Returns the prompt in a queued attachment, unless the program itself queued it.
fn queued_prompt(row: &Map<String, Value>) -> Option<Value> {
    let attachment = row.get("attachment")?.as_object()?;
    let sort = text_in(attachment, &["type"])?;
    let mode = text_in(attachment, &["commandMode"]);
    let is_prompt = sort == "queued_command" && mode.is_none_or(|mode| mode == "prompt");
    attachment.get("prompt").filter(|_| is_prompt).cloned()
}

/// Finds the descendants of replaced rows.
struct Dropped<'a> {
    parents: &'a HashMap<String, String>,
    known: HashMap<&'a str, bool>,
}

impl<'a> Dropped<'a> {
    fn is_below(&mut self, row: &'a str, replaced: &HashSet<&str>) -> bool {
        let mut path = Vec::new();
        let mut next = Some(row);
        let mut is_below = false;
        while let Some(node) = next {
            match self.known.get(node) {
                Some(known) => {
                    is_below = *known;
                    break;
                }
                None if replaced.contains(node) => {
                    is_below = true;
                    path.push(node);
                    break;
                }
                None => {}
            }
            // This also ends a cycle: known nodes are not visited again.
            self.known.insert(node, false);
            path.push(node);
            next = self.parents.get(node).map(String::as_str);
        }
        self.known.extend(path.into_iter().map(|node| (node, is_below)));
        is_below
    }
}
