//! Lines for fine-tuning that are not `messages`: a prompt with its completion, and a prompt with
//! an answer that was chosen and one that was rejected. Prompt and answer are a conversation; what
//! was rejected is left out.

use serde_json::{Map, Value, json};

use super::{owners, shape::known_role};

/// The fields of the prompt; the first that says something counts.
const PROMPTS: &[&str] = &["prompt", "question", "instruction", "input"];

/// The fields of the answer that counts.
const CHOSEN: &[&str] = &["chosen", "preferred_output", "completion"];

/// The fields of an answer that does not.
const REJECTED: &[&str] = &["rejected", "non_preferred_output"];

/// The reason for which such an answer is left out.
pub(super) const LEFT_OUT: &str = "an answer that was rejected";

/// The marks of speakers in a conversation that is one text.
const SPEAKERS: &[(&str, &str)] = &[("Human:", "user"), ("Assistant:", "assistant")];

/// A line for fine-tuning as a conversation with `messages`, and the number of answers that are
/// left out; other elements stay as they are.
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
        // Whose the conversation is may stand in what is left out of it.
        keep_owner(Map::from_iter([(name, answer)]), &mut fields);
    }
    let mut take = |name: Option<&str>| name.and_then(|name| fields.remove(name));
    // The label tells whether a completion is one to be learned.
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

/// Returns `true` for an object with an answer that was rejected.
pub(super) fn is_rated(fields: &Map<String, Value>) -> bool {
    REJECTED.iter().any(|name| fields.contains_key(*name))
}

/// Keeps the owner that a part which is left out names. A fault of it is left to be found: then the
/// part stands beside the messages.
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

/// The messages in a prompt or an answer; a text is one of this role.
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

/// The turns of a conversation that is one text, `Human: ...` and `Assistant: ...` on lines of
/// their own; none if it is something else.
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

/// The role and the text of a message.
fn text(message: &Value) -> Option<(Option<&str>, &Value)> {
    let role = message.get("role").and_then(Value::as_str).and_then(known_role);
    Some((role, message.get("content")?))
}
