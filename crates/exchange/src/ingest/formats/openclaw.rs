//! OpenClaw and Pi: the JSON lines of a session, a header and the entries of a tree.
//!
//! An entry is a child of its `parentId`. Only the branch of the last entry is used, so entries are
//! held until the end. Sessions of the first version have no ids; all of their entries are used.

use std::collections::{HashMap, HashSet};

use aios_draft::content::{Call, Content, Returned, first, output_of, text_in};
use serde_json::{Map, Value};

use super::{
    description::{Description, Elements, Reader, Shape},
    transcript::{Conversation, Ids, Message, Transcript},
    tree,
};
use crate::ingest::{elements::CONVERSATION_BYTES_MAX, format::Format};

pub(super) const DESCRIPTION: Description = Description {
    format: Format::OpenClaw,
    name: "openclaw",
    about: "OpenClaw's and Pi's sessions, *.jsonl",
    shape: Some(Shape {
        recognises: |entry| is_header(entry) || is_message(entry),
        needs: "`message`",
        signs: &["parentId", "timestamp", "id", "version", "cwd"],
        artefacts: &[],
        lists: &[],
        opens: &[],
        elements: Elements::Rows,
        reader: Some(|| Box::new(OpenClaw::new())),
    }),
};

fn is_header(entry: &Map<String, Value>) -> bool {
    let sort = entry.get("type").and_then(Value::as_str);
    sort == Some("session") && entry.contains_key("id")
}

fn is_message(entry: &Map<String, Value>) -> bool {
    let sort = entry.get("type").and_then(Value::as_str);
    let role = entry.get("message").and_then(|message| message.get("role"));
    sort == Some("message") && role.is_some() && !entry.contains_key("uuid")
}

struct OpenClaw {
    conversation: Conversation,
    entries: Vec<Entry>,
    /// Parent of each entry, also of entries that are not messages.
    parents: HashMap<String, String>,
    last: Option<String>,
    title: Option<(u64, String)>,
    bytes: usize,
}

struct Entry {
    line: u64,
    id: Option<String>,
    time: Value,
    message: Map<String, Value>,
}

impl OpenClaw {
    fn new() -> OpenClaw {
        OpenClaw {
            conversation: Conversation::new("openclaw", Ids::OfProvider, None),
            entries: Vec::new(),
            parents: HashMap::new(),
            last: None,
            title: None,
            bytes: 0,
        }
    }

    /// Emits the entries of the last one's branch and skips the others.
    fn flush(&mut self, to: &mut Transcript) {
        let parent = |node: &str| self.parents.get(node).map(String::as_str);
        let branch: Option<HashSet<&str>> =
            self.last.as_deref().map(|last| tree::path(last, parent).into_iter().collect());
        self.conversation.title = self.title.as_ref().map(|(_, title)| title.clone());
        for entry in std::mem::take(&mut self.entries) {
            let is_left = match (&branch, &entry.id) {
                (Some(branch), Some(id)) => !branch.contains(id.as_str()),
                _ => false,
            };
            match is_left {
                true => to.skip(entry.line, "on an abandoned branch"),
                false => read_message(&self.conversation, entry, to),
            }
        }
        if let Some((line, title)) = self.title.take() {
            to.title(&self.conversation, line, &title);
        }
        (self.last, self.bytes) = (None, 0);
        self.parents.clear();
    }
}

impl Reader for OpenClaw {
    fn read(&mut self, line: u64, mut entry: Map<String, Value>, to: &mut Transcript) {
        if is_header(&entry) {
            self.flush(to);
            self.conversation.id = text_in(&entry, &["id"]);
            let cwd = text_in(&entry, &["cwd"]);
            self.conversation.about = Map::from_iter([("cwd".to_owned(), cwd.into())]);
            self.conversation.began = entry.get("timestamp").cloned().unwrap_or_default();
            return to.title(&self.conversation, line, "");
        }
        let id = text_in(&entry, &["id"]);
        if let Some(id) = &id {
            self.parents.extend(text_in(&entry, &["parentId"]).map(|parent| (id.clone(), parent)));
        }
        let sort = text_in(&entry, &["type"]).unwrap_or_default();
        let message = match (&*sort, entry.remove("message")) {
            ("message", Some(Value::Object(message))) => message,
            ("custom_message", _) => {
                entry.insert("role".to_owned(), "system".into());
                entry.clone()
            }
            ("session_info", _) => {
                self.title =
                    text_in(&entry, &["name"]).map(|name| (line, name)).or(self.title.take());
                return self.last = id.or(self.last.take());
            }
            // A label belongs to another entry, and a custom row is not a part of the branch.
            ("label" | "custom", _) => return to.skip(line, format!("not a message but `{sort}`")),
            (sort, _) => {
                self.last = id.or(self.last.take());
                return to.skip(line, format!("not a message but `{sort}`"));
            }
        };
        self.last = id.clone().or(self.last.take());
        let time = first(&entry, &["timestamp"]).or_else(|| first(&message, &["timestamp"]));
        let time = time.cloned().unwrap_or_default();
        self.bytes += Value::Object(message.clone()).to_string().len();
        self.entries.push(Entry { line, id, time, message });
        if CONVERSATION_BYTES_MAX < self.bytes as u64 {
            self.flush(to);
        }
    }

    fn follows(&self, entry: &Map<String, Value>) -> bool {
        entry.get("type").is_some_and(Value::is_string) && !entry.contains_key("role")
    }

    fn finish(&mut self, to: &mut Transcript) {
        self.flush(to);
    }
}

fn read_message(conversation: &Conversation, entry: Entry, to: &mut Transcript) {
    let Entry { line, id, time, message } = entry;
    let role = text_in(&message, &["role"]).unwrap_or_default();
    let content = message.get("content").unwrap_or(&Value::Null);
    let is_true = |name: &str| message.get(name).and_then(Value::as_bool) == Some(true);
    match &*role {
        "toolResult" | "tool_result" | "tool" => {
            let returned = Returned {
                call: text_in(&message, &["toolCallId", "tool_call_id", "toolUseId"]),
                tool: text_in(&message, &["toolName", "tool_name", "name"]),
                output: output_of(content),
                has_failed: is_true("isError"),
            };
            to.result(conversation, line, returned, &time);
        }
        "bashExecution" => {
            let input = message.get("command").cloned().unwrap_or_default();
            let call = Call { id: id.clone(), tool: "bash".to_owned(), input };
            to.call(conversation, line, call, &time);
            let exit_code = message.get("exitCode").and_then(Value::as_i64);
            let returned = Returned {
                call: id,
                tool: None,
                output: message.get("output").cloned().unwrap_or_default(),
                has_failed: is_true("cancelled") || exit_code.is_some_and(|code| code != 0),
            };
            to.result(conversation, line, returned, &time);
        }
        "branchSummary" | "compactionSummary" => {
            to.skip(line, "summary of messages that the file contains");
        }
        _ => {
            let about = Map::from_iter([(
                "model".to_owned(),
                message.get("model").cloned().unwrap_or_default(),
            )]);
            let said = Content::read(content);
            to.message(conversation, Message { line, role, name: None, id, time, said, about });
        }
    }
}
