//! Stored messages as the rules read them, each with the one before it in its conversation.

use std::collections::HashMap;

use aios_learning::{Message, Role, spoken};
use aios_record::Record;

/// Maximum number of conversations per owner that are kept in RAM.
const CONVERSATIONS_MAX: usize = 256;

/// Maximum length of the text of a last message, in bytes.
const TEXT_BYTES_MAX: usize = 2_048;

/// Name of an assistant without a name.
const ASSISTANT: &str = "the assistant";

/// The last messages of an owner's conversations.
#[derive(Default)]
pub(super) struct Conversations {
    last: HashMap<String, Last>,
}

/// The last message of a conversation.
struct Last {
    message: Message,
    position: Option<i64>,
    /// The last speaker other than that of the message.
    other: Option<String>,
}

impl Conversations {
    /// Returns a record as a message, and the message before it in its conversation, if that was
    /// read.
    pub(super) fn next(&mut self, record: &Record) -> (Message, Option<Message>) {
        let session = record.scope.session.clone().unwrap_or_default();
        let mut message = message_of(record);
        let last = self.last.get(&session).filter(|last| last.comes_before(record));
        if let Some(last) = last {
            let before = last.message.speaker.as_ref();
            let is_same = before == message.speaker.as_ref();
            message.addressee = if is_same { last.other.clone() } else { before.cloned() };
        }
        let before = last.map(|last| last.message.clone());
        if CONVERSATIONS_MAX <= self.last.len() {
            self.last.clear();
        }
        let other = message.addressee.clone();
        let mut kept = message.clone();
        cut(&mut kept.text);
        let kept = Last { message: kept, position: record.position, other };
        self.last.insert(session, kept);
        (message, before)
    }
}

/// Truncates a text at its beginning, because a question is at its end.
fn cut(text: &mut String) {
    let mut start = text.len().saturating_sub(TEXT_BYTES_MAX);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    text.drain(..start);
}

impl Last {
    fn comes_before(&self, record: &Record) -> bool {
        match (self.position, record.position) {
            (Some(last), Some(next)) => last < next,
            _ => true,
        }
    }
}

fn message_of(record: &Record) -> Message {
    let payload = |name: &str| record.payload.get(name).and_then(|it| it.as_str());
    let role = match payload("role") {
        Some("user") | None => Role::Person,
        Some("assistant") => Role::Assistant,
        Some(_) => Role::Other,
    };
    let name = payload("name").map(str::trim).filter(|name| !name.is_empty());
    let speaker = match role {
        Role::Assistant => Some(name.unwrap_or(ASSISTANT).to_owned()),
        _ => name.map(str::to_owned),
    };
    let message = Message::new(record.key().to_string(), spoken(&record.text)).with_role(role);
    Message { speaker, at: Some(record.time()), ..message }
}
