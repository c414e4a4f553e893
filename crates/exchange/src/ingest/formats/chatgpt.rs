//! ChatGPT: the conversations of a data export, `conversations.json` or `conversations-000.json`.
//!
//! A conversation is a tree (`mapping`), because questions are edited and answers regenerated. Only
//! the branch that the user saw last is read, from `current_node` up; without that field, the
//! branch of the newest leaf. The account belongs to the export and does not name an owner.

use std::collections::{HashMap, HashSet};

use aios_draft::content::{Call, Content, Returned, text_in};
use serde_json::{Map, Value};

use super::{
    description::{Description, Elements, Reader, Shape},
    transcript::{Conversation, Ids, Message, Transcript},
    tree,
};
use crate::ingest::format::Format;

pub(super) const DESCRIPTION: Description = Description {
    format: Format::ChatGpt,
    name: "chatgpt",
    about: "ChatGPT's data export, conversations.json",
    shape: Some(Shape {
        recognises: |element| element.get("mapping").is_some_and(Value::is_object),
        needs: "`mapping`",
        signs: &["title", "create_time", "update_time", "current_node", "conversation_id"],
        artefacts: &["account", "account_id", "user", "user_id"],
        lists: &[],
        opens: &[],
        elements: Elements::Whole,
        reader: Some(|| Box::new(ChatGpt)),
    }),
};

/// Content types of a user's settings in a conversation.
const SETTINGS: &[&str] = &["user_editable_context", "model_editable_context"];

/// Supported content types. If content of these types has no text, it is empty.
const KNOWN: &[&str] =
    &["text", "code", "multimodal_text", "execution_output", "thoughts", "reasoning_recap"];

/// Fields of an unsupported content type that hold metadata instead of text.
const NO_TEXTS: &[&str] = &["content_type", "language", "id", "response_format_name", "domain"];

/// Content types that are thinking.
const THINKING: &[&str] = &["thoughts", "reasoning_recap"];

struct ChatGpt;

impl Reader for ChatGpt {
    fn read(&mut self, line: u64, element: Map<String, Value>, to: &mut Transcript) {
        let Some(mapping) = element.get("mapping").and_then(Value::as_object) else { return };
        // Such a conversation would be a session without messages.
        let is_blank =
            |node: &Value| node.is_object() && node.get("message").is_none_or(Value::is_null);
        if mapping.values().all(is_blank) {
            return to.skip(line, "conversation without messages");
        }
        let id = text_in(&element, &["conversation_id", "id"]);
        let mut conversation = Conversation::new("chatgpt", Ids::OfProvider, id);
        conversation.began = element.get("create_time").cloned().unwrap_or_default();
        let title = text_in(&element, &["title"]).unwrap_or_default();
        to.title(&conversation, line, &title);
        conversation.title = Some(title).filter(|title| !title.trim().is_empty());
        let is_odd = |node: &&Value| {
            let message = node.get("message").unwrap_or(&Value::Null);
            !node.is_object() || !(message.is_object() || message.is_null())
        };
        for _ in mapping.values().filter(is_odd) {
            to.fail(line, "expected a node of `mapping` to be an object with a message");
        }
        let current = element.get("current_node").and_then(Value::as_str);
        let current = current.filter(|node| mapping.contains_key(*node));
        let parents = parents(mapping);
        let Some(leaf) = current.or_else(|| newest_leaf(mapping, &parents)) else { return };
        // The calls of this branch, by the node that made them.
        let mut calls: HashMap<&str, String> = HashMap::new();
        for node in tree::path(leaf, |node| parents.get(node).copied()) {
            if let Some(message) = mapping.get(node).and_then(|it| it.get("message")?.as_object()) {
                let caller = parents.get(node).copied();
                let answers = |it: &&str| calls.get(it).is_some_and(|tool| is_of(message, tool));
                let caller = caller.filter(answers);
                if read_message(&conversation, line, (node, caller), message, to) {
                    let tool = text_in(message, &["recipient"]).unwrap_or_default();
                    calls.insert(node, tool);
                }
            }
        }
    }
}

/// Returns `true` if a message may be the output of this tool: `browser` answers `browser.search`.
fn is_of(message: &Map<String, Value>, tool: &str) -> bool {
    let author = message.get("author").and_then(Value::as_object);
    let name = author.and_then(|author| text_in(author, &["name"]));
    let first = |name: &str| name.split('.').next().map(str::to_owned);
    name.is_none_or(|name| first(&name) == first(tool))
}

/// Returns the parent of each node. The parent of a broken node may be known only from the parent's
/// list of children.
fn parents(mapping: &Map<String, Value>) -> HashMap<&str, &str> {
    let told = mapping.iter().filter_map(|(node, it)| Some((&**node, it.get("parent")?.as_str()?)));
    let mut parents: HashMap<&str, &str> = told.collect();
    for (node, it) in mapping {
        let children = it.get("children").and_then(Value::as_array).into_iter().flatten();
        for child in children.filter_map(Value::as_str) {
            parents.entry(child).or_insert(node);
        }
    }
    let known: HashSet<&str> =
        mapping.keys().map(String::as_str).chain(parents.keys().copied()).collect();
    parents.retain(|_, parent| known.contains(parent));
    parents
}

/// Returns the leaf with the newest message.
fn newest_leaf<'a>(
    mapping: &'a Map<String, Value>,
    parents: &HashMap<&'a str, &'a str>,
) -> Option<&'a str> {
    let inner: HashSet<&str> = parents.values().copied().collect();
    // A message without a time counts as old as its predecessor.
    let mut times: HashMap<&str, f64> = HashMap::new();
    let leaves = mapping.keys().map(String::as_str).filter(|node| !inner.contains(node));
    for leaf in leaves {
        let path = tree::path(leaf, |node| parents.get(node).copied());
        let created =
            |node: &&str| mapping.get(*node)?.get("message")?.get("create_time")?.as_f64();
        times.insert(leaf, path.iter().rev().find_map(created).unwrap_or_default());
    }
    times.into_iter().max_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(b.0))).map(|(leaf, _)| leaf)
}

/// Reads the message of a node. `caller` is the node of the call that the message answers, if any.
/// Returns `true` if the message is itself a call.
fn read_message(
    conversation: &Conversation,
    line: u64,
    (node, caller): (&str, Option<&str>),
    message: &Map<String, Value>,
    to: &mut Transcript,
) -> bool {
    let author = message.get("author").and_then(Value::as_object);
    let role = author.and_then(|author| text_in(author, &["role"])).unwrap_or_default();
    let tool = author.and_then(|author| text_in(author, &["name"]));
    let metadata = message.get("metadata").and_then(Value::as_object);
    let is_true =
        |name: &str| metadata.and_then(|it| it.get(name)).and_then(Value::as_bool) == Some(true);
    let content = message.get("content").and_then(Value::as_object);
    let sort = content.and_then(|it| text_in(it, &["content_type"])).unwrap_or_default();
    if is_true("is_visually_hidden_from_conversation") {
        to.skip(line, "hidden from the conversation");
        return false;
    }
    if SETTINGS.contains(&&*sort) || is_true("is_user_system_message") {
        to.skip(line, "custom instructions (a setting)");
        return false;
    }
    let said = content_of(content, &sort, metadata);
    if said == Content::default() && !sort.is_empty() && !KNOWN.contains(&&*sort) {
        to.skip(line, format!("unknown content type `{sort}`"));
        return false;
    }
    let time = message.get("create_time").cloned().unwrap_or_default();
    let recipient = text_in(message, &["recipient"]).unwrap_or_else(|| "all".to_owned());
    if role == "assistant" && recipient != "all" && !said.text().is_empty() {
        let text = said.text();
        let input = serde_json::from_str(&text).ok().filter(Value::is_object);
        let input = input.unwrap_or_else(|| text.into());
        let call = Call { id: Some(node.to_owned()), tool: recipient, input };
        to.call(conversation, line, call, &time);
        return true;
    }
    if let (Some(caller), "tool") = (caller, &*role) {
        let output = Value::from(said.text());
        let has_failed = sort == "system_error";
        to.result(
            conversation,
            line,
            Returned { call: Some(caller.to_owned()), tool: None, output, has_failed },
            &time,
        );
        return false;
    }
    let model = metadata.and_then(|it| it.get("model_slug")).cloned().unwrap_or_default();
    to.message(
        conversation,
        Message {
            line,
            role,
            name: tool,
            id: text_in(message, &["id"]).or_else(|| Some(node.to_owned())),
            time,
            said,
            about: Map::from_iter([("model".to_owned(), model)]),
        },
    );
    false
}

fn content_of(
    content: Option<&Map<String, Value>>,
    sort: &str,
    metadata: Option<&Map<String, Value>>,
) -> Content {
    let mut said = Content::default();
    let Some(content) = content else { return said };
    let field = |name: &str| content.get(name).unwrap_or(&Value::Null);
    if THINKING.contains(&sort) {
        let thoughts = field("thoughts").as_array().into_iter().flatten();
        for thought in thoughts.filter_map(Value::as_object) {
            said.add_thinking(&text_in(thought, &["content", "summary"]).unwrap_or_default());
        }
        said.add_thinking(field("content").as_str().unwrap_or_default());
        return said;
    }
    let attached = metadata.and_then(|it| it.get("attachments")?.as_array());
    let mut attached: Vec<&Map<String, Value>> =
        attached.into_iter().flatten().filter_map(Value::as_object).collect();
    for name in ["title", "url", "parts", "text", "result"] {
        match field(name) {
            Value::Array(parts) => {
                parts.iter().for_each(|part| add_part(&mut said, part, &mut attached))
            }
            Value::String(text) => said.add_text(text),
            _ => {}
        }
    }
    for attachment in attached {
        said.add_attachment(sort_of(attachment), attachment);
    }
    if said == Content::default() && !KNOWN.contains(&sort) {
        let texts = content.iter().filter(|(name, _)| !NO_TEXTS.contains(&name.as_str()));
        texts.filter_map(|(_, value)| value.as_str()).for_each(|text| said.add_text(text));
    }
    said
}

/// Adds a part. A part that refers to an attachment gets its name and consumes the attachment.
fn add_part(said: &mut Content, part: &Value, attached: &mut Vec<&Map<String, Value>>) {
    let place = part.get("asset_pointer").and_then(Value::as_str);
    let is_it = |attachment: &&Map<String, Value>| {
        let id = text_in(attachment, &["id"]);
        id.zip(place).is_some_and(|(id, place)| place.ends_with(&id))
    };
    match attached.iter().position(is_it) {
        Some(at) => {
            let attachment = attached.remove(at);
            said.add_attachment(sort_of(attachment), attachment);
        }
        None => said.add(part),
    }
}

fn sort_of(attachment: &Map<String, Value>) -> &'static str {
    let media_type = text_in(attachment, &["mimeType", "mime_type"]).unwrap_or_default();
    if media_type.starts_with("image/") { "image" } else { "file" }
}
