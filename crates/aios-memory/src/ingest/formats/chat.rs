//! Conversations as `{"messages": [...]}`: OpenAI's chats and fine-tuning lines, requests to and
//! responses of Anthropic, and what else is written like them.

use serde_json::{Map, Value};

use super::{
    Description, Elements, Reader, Shape,
    parts::text_in,
    shape::shape,
    transcript::{Transcript, session_id},
};
use crate::ingest::{Format, draft::Draft, fields::take_place};

pub(super) const DESCRIPTION: Description = Description {
    format: Format::OpenAi,
    name: "openai",
    about: "OpenAI chats and fine-tuning lines, Anthropic requests: {\"messages\": [...]}",
    shape: Some(Shape {
        recognises: |element| is_conversation(element) && is_body(element),
        needs: "`messages`",
        signs: &["model", "tools", "system", "temperature", "max_tokens", "choices", "prompt"],
        artefacts: &[],
        elements: Elements::Loose,
        reader: || Box::new(Chat::default()),
    }),
};

/// The fields of a conversation's own id.
const IDS: &[&str] = &["id", "uuid", "key"];

/// The fields of its title.
const TITLES: &[&str] = &["title", "name", "subject"];

/// The fields that stand beside the messages in a request or its log. An object without them may
/// be the conversation of any program.
const BODY: &[&str] = &["model", "tools", "tool_choice", "max_tokens", "system", "response"];

/// Returns `true` for fields that stand beside messages in a request or its log.
pub(super) fn is_body(fields: &Map<String, Value>) -> bool {
    BODY.iter().any(|name| fields.contains_key(*name))
}

/// Returns `true` for an object of messages.
pub(super) fn is_conversation(element: &Map<String, Value>) -> bool {
    let messages = element.get("messages").and_then(Value::as_array);
    messages.is_some_and(|list| !list.is_empty() && list.iter().all(Value::is_object))
}

#[derive(Default)]
struct Chat {
    unnamed: Unnamed,
}

/// Counts the conversations of a file that have no id, and are known by their number.
#[derive(Debug, Default)]
pub(super) struct Unnamed(u64);

impl Reader for Chat {
    fn read(&mut self, line: u64, mut element: Map<String, Value>, to: &mut Transcript) {
        let Some(Value::Array(mut messages)) = element.remove("messages") else { return };
        // Anthropic has the instructions beside the messages.
        if let Some(system) = element.remove("system").filter(|it| !it.is_null()) {
            messages.insert(0, serde_json::json!({"role": "system", "content": system}));
        }
        // A log may have the response beside the request.
        for name in ["response", "completion"] {
            let is_message = |it: &Value| it.get("role").is_some() && it.get("content").is_some();
            if let Some(response) = element.remove(name) {
                let choice = response.pointer("/choices/0/message").cloned();
                messages.extend(choice.or(Some(response)).filter(is_message));
            }
        }
        read_conversation("chat", line, messages, element, &mut self.unnamed, to);
    }
}

/// Reads the messages of a conversation, each with what the `beside` fields say of it. One without
/// an id is known by its number: the first has the session that is named for the file.
pub(super) fn read_conversation(
    provider: &'static str,
    line: u64,
    messages: Vec<Value>,
    mut beside: Map<String, Value>,
    unnamed: &mut Unnamed,
    to: &mut Transcript,
) {
    let within = take_place(&mut beside).and_then(|place| to.defaults().within(place));
    let mut within = match within {
        Ok(within) => within,
        Err(problem) => {
            let count = messages.len();
            let problem =
                format!("the conversation: {problem}; none of its {count} messages is taken");
            return to.fail(line, problem);
        }
    };
    if within.scope.session.is_none() {
        within.scope.session = match text_in(&beside, IDS) {
            Some(id) => Some(session_id(provider, &id)),
            None => {
                unnamed.0 += 1;
                let is_first = unnamed.0 == 1;
                (!is_first).then(|| session_id(&within.session, &unnamed.0.to_string()))
            }
        };
    }
    let title = text_in(&beside, TITLES).unwrap_or_default();
    let began = beside.get("created_at").or_else(|| beside.get("create_time"));
    to.name(&within, line, &title, began.unwrap_or(&Value::Null));
    for message in messages {
        match message {
            Value::Object(message) => to.plain(line, shape(message), &within, Draft::from_chat),
            _ => to.fail(line, "a message is an object with a `text` or a `content`"),
        }
    }
}
