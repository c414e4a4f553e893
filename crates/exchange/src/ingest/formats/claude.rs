//! Claude: the conversations of a data export, `conversations.json`.
//!
//! The account belongs to the export and does not name an owner.

use std::collections::{HashMap, HashSet};

use aios_draft::content::{Content, first, text_in};
use serde_json::{Map, Value};

use super::{
    description::{Description, Elements, Reader, Shape},
    transcript::{Conversation, Ids, Message, Transcript},
    tree,
};
use crate::ingest::format::Format;

pub(super) const DESCRIPTION: Description = Description {
    format: Format::Claude,
    name: "claude",
    about: "Claude's data export, conversations.json",
    shape: Some(Shape {
        recognises: |element| element.get("chat_messages").is_some_and(Value::is_array),
        needs: "`chat_messages`",
        signs: &["uuid", "name", "created_at", "updated_at", "account"],
        artefacts: &["account"],
        lists: &[],
        opens: &[],
        elements: Elements::Whole,
        reader: Some(|| Box::new(Claude)),
    }),
};

/// Prefix of the parent id of a first message, which has no parent.
const NO_PARENT: &str = "00000000-0000-";

struct Claude;

impl Reader for Claude {
    fn read(&mut self, line: u64, element: Map<String, Value>, to: &mut Transcript) {
        let id = text_in(&element, &["uuid", "id"]);
        let mut conversation = Conversation::new("claude", Ids::OfProvider, id);
        conversation.began = first(&element, &["created_at"]).cloned().unwrap_or_default();
        let title = text_in(&element, &["name", "title"]).unwrap_or_default();
        to.title(&conversation, line, &title);
        conversation.title = Some(title).filter(|title| !title.trim().is_empty());
        let mut messages = Vec::new();
        for message in element.get("chat_messages").and_then(Value::as_array).into_iter().flatten()
        {
            match message.as_object() {
                Some(message) => messages.push(message),
                None => to.fail(line, "expected a message of `chat_messages` to be an object"),
            }
        }
        let leaf = text_in(&element, &["current_leaf_message_uuid"]);
        let branch = branch(&messages, leaf.as_deref());
        for _ in branch.len()..messages.len() {
            to.skip(line, "on an abandoned branch");
        }
        for message in &branch {
            read_message(&conversation, line, message, to);
        }
    }
}

/// Returns the messages of the branch that ends at `leaf`. Without a leaf, returns the branch of
/// the file's last message if messages have alternatives, otherwise all messages.
fn branch<'a>(
    messages: &[&'a Map<String, Value>],
    leaf: Option<&str>,
) -> Vec<&'a Map<String, Value>> {
    let id = |message: &&'a Map<String, Value>| message.get("uuid").and_then(Value::as_str);
    let by_id: HashMap<&str, &'a Map<String, Value>> =
        messages.iter().filter_map(|message| Some((id(message)?, *message))).collect();
    // A message whose parent could not be read follows its predecessor in the file.
    let before: HashMap<&str, &str> =
        messages.windows(2).filter_map(|two| Some((id(&two[1])?, id(&two[0])?))).collect();
    let parent = |node: &'a str| {
        let parent = by_id.get(node)?.get("parent_message_uuid")?.as_str()?;
        match by_id.contains_key(parent) {
            true => Some(parent),
            false if parent.starts_with(NO_PARENT) => None,
            false => before.get(node).copied(),
        }
    };
    let mut parents = HashSet::new();
    let is_split = messages
        .iter()
        .filter_map(id)
        .any(|node| parent(node).is_some_and(|parent| !parents.insert(parent)));
    let last = || messages.iter().rev().find_map(id).filter(|_| is_split);
    let leaf = leaf.and_then(|leaf| by_id.get_key_value(leaf)).map(|(leaf, _)| *leaf);
    let Some(leaf) = leaf.or_else(last) else { return messages.to_vec() };
    tree::path(leaf, parent).into_iter().filter_map(|node| by_id.get(node).copied()).collect()
}

fn read_message(
    conversation: &Conversation,
    line: u64,
    message: &Map<String, Value>,
    to: &mut Transcript,
) {
    let mut said = Content::read(message.get("content").unwrap_or(&Value::Null));
    if said.text().is_empty() && said.calls.is_empty() && said.results.is_empty() {
        said.add_text(message.get("text").and_then(Value::as_str).unwrap_or_default());
    }
    for (list, sort) in [("attachments", "file"), ("files", "file"), ("files_v2", "file")] {
        let attached = message.get(list).and_then(Value::as_array).into_iter().flatten();
        for attachment in attached.filter_map(Value::as_object) {
            // Newer exports list a file twice.
            let mut named = Content::default();
            named.add_attachment(sort, attachment);
            if !said.text().contains(&named.text()) {
                said.add_text(&named.text());
            }
            // The export contains the text of a document, or one that the user pasted, in full.
            said.add_document(&text_in(attachment, &["extracted_content"]).unwrap_or_default());
        }
    }
    to.message(
        conversation,
        Message {
            line,
            role: text_in(message, &["sender", "role"]).unwrap_or_default(),
            id: text_in(message, &["uuid", "id"]),
            time: first(message, &["created_at", "timestamp"]).cloned().unwrap_or_default(),
            said,
            ..Message::default()
        },
    );
}
