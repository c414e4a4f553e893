//! Gemini CLI: a session as one JSON object, or as JSON lines: a header, messages, and changes
//! (`$set`, `$rewindTo`). The last of several messages with the same id is used.

use aios_draft::content::{self, Content, first, text_in};
use serde_json::{Map, Value};

use super::{
    description::{Description, Elements, Reader, Shape},
    transcript::{Conversation, Ids, Message, Transcript},
};
use crate::ingest::format::Format;

pub(super) const DESCRIPTION: Description = Description {
    format: Format::Gemini,
    name: "gemini",
    about: "Gemini CLI's sessions, ~/.gemini/tmp/*/chats/session-*.json",
    shape: Some(Shape {
        recognises: |element| is_session(element) || is_message(element),
        needs: "`sessionId`",
        signs: &["sessionId", "projectHash", "startTime", "lastUpdated", "messages"],
        artefacts: &[],
        lists: &[],
        opens: &[],
        elements: Elements::Rows,
        reader: Some(|| Box::new(Gemini::default())),
    }),
};

/// Types of messages. Only the first two belong to the conversation.
const TYPES: &[&str] = &["user", "gemini", "info", "warning", "error"];

fn is_session(element: &Map<String, Value>) -> bool {
    let has = |name: &str| element.contains_key(name);
    let of_program = || has("projectHash") || has("startTime") || has("lastUpdated");
    let has_answer = || {
        let messages = element.get("messages").and_then(Value::as_array);
        messages.is_some_and(|it| it.iter().any(|it| it.as_object().is_some_and(is_message)))
    };
    has("sessionId") && (of_program() || has_answer()) && !has("uuid")
}

fn is_message(element: &Map<String, Value>) -> bool {
    let sort = element.get("type").and_then(Value::as_str);
    let has = |name: &str| element.contains_key(name);
    sort == Some("gemini") && has("content") && !has("role")
}

#[derive(Default)]
struct Gemini {
    /// Header and messages of the current session.
    session: Map<String, Value>,
    messages: Vec<(u64, Map<String, Value>)>,
    line: u64,
}

impl Reader for Gemini {
    fn read(&mut self, line: u64, mut element: Map<String, Value>, to: &mut Transcript) {
        if is_session(&element) {
            self.finish(to);
            let messages = element.remove("messages");
            (self.session, self.line) = (element, line);
            if let Some(Value::Array(messages)) = messages {
                messages.into_iter().for_each(|message| self.add(line, message, to));
            }
            return;
        }
        if let Some(Value::Object(mut changes)) = element.remove("$set") {
            if let Some(Value::Array(messages)) = changes.remove("messages") {
                messages.into_iter().for_each(|message| self.add(line, message, to));
            }
            return self.session.extend(changes);
        }
        if let Some(to) = text_in(&element, &["$rewindTo"]) {
            let at =
                self.messages.iter().position(|(_, it)| text_in(it, &["id"]) == Some(to.clone()));
            return self.messages.truncate(at.unwrap_or(self.messages.len()));
        }
        self.add(line, Value::Object(element), to);
    }

    fn follows(&self, element: &Map<String, Value>) -> bool {
        let sort = element.get("type").and_then(Value::as_str);
        let is_change = element.contains_key("$set") || element.contains_key("$rewindTo");
        is_change || sort.is_some_and(|sort| TYPES.contains(&sort)) && !element.contains_key("role")
    }

    fn finish(&mut self, to: &mut Transcript) {
        let (session, messages) =
            (std::mem::take(&mut self.session), std::mem::take(&mut self.messages));
        if session.is_empty() && messages.is_empty() {
            return;
        }
        let id = text_in(&session, &["sessionId"]);
        let mut conversation = Conversation::new("gemini", Ids::OfConversation, id);
        let title = text_in(&session, &["summary", "title"]).unwrap_or_default();
        conversation.began = session.get("startTime").cloned().unwrap_or_default();
        to.title(&conversation, self.line, &title);
        conversation.title = Some(title).filter(|title| !title.is_empty());
        for (line, message) in messages {
            read_message(&conversation, line, &message, to);
        }
    }
}

impl Gemini {
    /// Adds a message, or replaces an earlier version of it.
    fn add(&mut self, line: u64, message: Value, to: &mut Transcript) {
        let Value::Object(message) = message else {
            return to.fail(line, "expected a message of `messages` to be an object");
        };
        let id = text_in(&message, &["id"]);
        let known = self
            .messages
            .iter_mut()
            .rev()
            .find(|(_, it)| id.is_some() && text_in(it, &["id"]) == id);
        match known {
            // The timestamp never changes, so it distinguishes two messages with the same id.
            Some((_, known)) if known.get("timestamp") == message.get("timestamp") => {
                *known = message
            }
            _ => self.messages.push((line, message)),
        }
    }
}

fn read_message(
    conversation: &Conversation,
    line: u64,
    message: &Map<String, Value>,
    to: &mut Transcript,
) {
    let sort = text_in(message, &["type", "role"]).unwrap_or_default();
    if !matches!(&*sort, "user" | "gemini" | "model" | "assistant") {
        return to.skip(line, format!("not a message but `{sort}`"));
    }
    let mut said = Content::read(message.get("content").unwrap_or(&Value::Null));
    for thought in message.get("thoughts").and_then(Value::as_array).into_iter().flatten() {
        let thought = thought.as_object();
        let text = thought.and_then(|it| text_in(it, &["description", "subject"]));
        said.add_thinking(&text.unwrap_or_default());
    }
    let time = first(message, &["timestamp"]).cloned().unwrap_or_default();
    let has_text = !said.text().is_empty();
    let calls = message.get("toolCalls").and_then(Value::as_array);
    let calls: Vec<&Map<String, Value>> =
        calls.into_iter().flatten().filter_map(Value::as_object).collect();
    let model = message.get("model").cloned().unwrap_or_default();
    if has_text || calls.is_empty() {
        to.message(
            conversation,
            Message {
                line,
                role: sort,
                name: None,
                id: text_in(message, &["id"]),
                time: time.clone(),
                said,
                about: Map::from_iter([("model".to_owned(), model)]),
            },
        );
    }
    for item in calls {
        let call = content::call(item);
        let (id, tool) = (call.id.clone(), Some(call.tool.clone()));
        let time = item.get("timestamp").unwrap_or(&time);
        to.call(conversation, line, call, time);
        if let Some(result) = first(item, &["result", "resultDisplay"]) {
            let status = item.get("status").and_then(Value::as_str);
            let has_failed = status.is_some_and(|status| status != "success");
            let output = output(result);
            to.result(
                conversation,
                line,
                content::Returned { call: id, tool, output, has_failed },
                time,
            );
        }
    }
}

/// Returns the output in the parts of a result: that of a single response, otherwise their texts.
fn output(result: &Value) -> Value {
    let said = Content::read(result);
    match (said.results.as_slice(), said.text()) {
        ([one], _) => one.output.clone(),
        (_, text) if !text.is_empty() => text.into(),
        _ => result.clone(),
    }
}
