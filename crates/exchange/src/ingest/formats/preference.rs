//! Fine-tuning lines other than `messages`: a prompt with its completion, and a prompt with a
//! chosen and a rejected answer. Prompt and chosen answer form a conversation; the rejected answer
//! is omitted.

use aios_draft::shape::known_role;
use serde_json::{Map, Value, json};

use super::owners;

/// Fields of the prompt. The first non-empty one is used.
const PROMPTS: &[&str] = &["prompt", "question", "instruction", "input"];

/// Fields of the chosen answer.
const CHOSEN: &[&str] = &["chosen", "preferred_output", "completion"];

/// Fields of the rejected answer.
const REJECTED: &[&str] = &["rejected", "non_preferred_output"];

/// Reason for skipping a rejected answer.
pub(super) const LEFT_OUT: &str = "rejected answer";

/// Speaker marks in a conversation that is a single text.
const SPEAKERS: &[(&str, &str)] = &[("Human:", "user"), ("Assistant:", "assistant")];

/// Converts a fine-tuning line into a conversation with `messages`, and returns it with the number
/// of omitted answers. Other elements are unchanged.
pub(super) fn opened(mut fields: Map<String, Value>) -> (Map<String, Value>, u64) {
    let has = |name: &&&str| fields.get(**name).is_some_and(says);
    let chosen = CHOSEN.iter().find(has).copied();
    let prompt = PROMPTS.iter().find(has).copied();
    let is_pair = chosen == Some("completion") && prompt == Some("prompt");
    let is_preference = is_rated(&fields) && chosen.is_some() && chosen != Some("completion");
    let is_said = ["text", "content"].iter().any(|name| fields.contains_key(*name));
    if is_said || !(is_pair || is_preference) {
        return (fields, 0);
    }
    let mut rejected = 0;
    for name in REJECTED {
        let Some((name, answer)) = fields.remove_entry(*name) else { continue };
        rejected += u64::from(says(&answer));
        // The omitted part may name the owner of the conversation.
        keep_owner(Map::from_iter([(name, answer)]), &mut fields);
    }
    let mut take = |name: Option<&str>| name.and_then(|name| fields.remove(name));
    // A false label marks the completion as an example of a bad answer.
    let is_refused = is_pair && take(Some("label")) == Some(Value::Bool(false));
    if fields.contains_key("messages") {
        fields.remove(chosen.unwrap_or_default());
        return (fields, rejected);
    }
    let mut take = |name: Option<&str>| name.and_then(|name| fields.remove(name));
    let (prompt, answer) = (take(prompt), take(chosen));
    let answer = answer.map(|answer| messages(answer, "assistant")).unwrap_or_default();
    let mut all = prompt.map(|prompt| messages(prompt, "user")).unwrap_or_default();
    // The chosen answer may be the whole conversation.
    let is_repeated = |message: &mut Value| answer.iter().any(|it| text(it) == text(message));
    let repeated: Value = all.extract_if(.., is_repeated).collect();
    keep_owner(Map::from_iter([("prompt".to_owned(), repeated)]), &mut fields);
    match is_refused {
        true => rejected += 1,
        false => all.extend(answer),
    }
    fields.insert("messages".to_owned(), all.into());
    (fields, rejected)
}

/// Returns `true` for an object with a rejected answer.
pub(super) fn is_rated(fields: &Map<String, Value>) -> bool {
    REJECTED.iter().any(|name| fields.contains_key(*name))
}

/// Keeps the owner that an omitted part names. If it is ambiguous, keeps the part beside the
/// messages, so that the reader reports the fault.
fn keep_owner(mut part: Map<String, Value>, fields: &mut Map<String, Value>) {
    if owners::lift(&mut part, fields).is_err() {
        fields.insert("user".to_owned(), part.into());
    }
}

fn says(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(messages) => messages.iter().any(Value::is_object),
        Value::Object(fields) => fields.contains_key("content") || fields.contains_key("messages"),
        _ => false,
    }
}

/// Returns the messages in a prompt or an answer. A text is one message with the role `role`.
fn messages(said: Value, role: &str) -> Vec<Value> {
    match said {
        Value::String(text) => {
            let turns = turns(&text);
            match turns.is_empty() {
                true => vec![json!({"role": role, "content": text})],
                false => turns,
            }
        }
        Value::Array(messages) => messages,
        Value::Object(mut fields) => match fields.remove("messages") {
            Some(Value::Array(messages)) => messages,
            _ => vec![Value::Object(fields)],
        },
        _ => Vec::new(),
    }
}

/// Returns the turns of a conversation that is a single text, with lines that begin with `Human:`
/// and `Assistant:`. Empty for any other text.
fn turns(text: &str) -> Vec<Value> {
    let begin = |line: &str| {
        SPEAKERS.iter().find_map(|(mark, role)| Some((line.strip_prefix(mark)?.to_owned(), *role)))
    };
    let mut turns: Vec<(String, &str)> = Vec::new();
    for line in text.trim_start().lines() {
        match (begin(line), turns.last_mut()) {
            (Some(turn), _) => turns.push(turn),
            (None, Some((said, _))) => {
                said.push('\n');
                said.push_str(line);
            }
            (None, None) => return Vec::new(),
        }
    }
    let turn = |(said, role): (String, &str)| json!({"role": role, "content": said.trim()});
    turns.into_iter().map(turn).collect()
}

/// Returns the role and the text of a message.
fn text(message: &Value) -> Option<(Option<&str>, &Value)> {
    let role = message.get("role").and_then(Value::as_str).and_then(known_role);
    Some((role, message.get("content")?))
}
