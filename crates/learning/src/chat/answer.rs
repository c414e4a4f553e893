//! The answer of a chat model, read and checked against its messages.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::check::{self, Refused};
use super::error::{ANSWER_BYTES_MAX, ChatError};
use crate::draft::{Draft, Origin};
use crate::extractor::DRAFTS_MAX;
use crate::message::Message;

/// Bytes of the longest field of a fact.
const FIELD_BYTES_MAX: usize = 2_000;

/// Confidence of a fact that a model extracted and that is grounded.
const CONFIDENCE: f32 = 0.7;

/// Facts of an answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Facts whose values occur in their messages; at most [`DRAFTS_MAX`].
    pub drafts: Vec<Draft>,
    /// Facts that were refused, each with the reason.
    pub refused: Vec<RefusedDraft>,
}

/// A fact of an answer that is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedDraft {
    /// Index of the fact in the answer.
    pub index: usize,
    /// The reason.
    pub reason: Refused,
}

/// Reads an answer and keeps the facts that are grounded in `messages`, the messages of the
/// request in the same order.
///
/// # Errors
/// [`ChatError::TooLong`], [`ChatError::Cut`] or [`ChatError::Malformed`] for an answer that is not
/// one JSON object with a list `facts`. A code fence around it, words around the fence, and the
/// thoughts of a model before it (`<think>`) are left out.
pub fn read_answer(answer: &str, messages: &[Message]) -> Result<Answer, ChatError> {
    if ANSWER_BYTES_MAX < answer.len() {
        return Err(ChatError::TooLong { bytes: answer.len() });
    }
    let value: Value = serde_json::from_str(bare(answer)).map_err(|error| {
        if error.is_eof() {
            ChatError::Cut { bytes: answer.len() }
        } else {
            ChatError::Malformed { problem: error.to_string() }
        }
    })?;
    let Some(facts) = value.get("facts").and_then(Value::as_array) else {
        return Err(ChatError::Malformed { problem: "there is no list `facts`".to_owned() });
    };
    let mut read = Answer::default();
    for (index, fact) in facts.iter().enumerate() {
        match draft(fact, messages) {
            Ok(draft) if read.drafts.len() < DRAFTS_MAX => read.drafts.push(draft),
            Ok(_) => read.refused.push(RefusedDraft { index, reason: Refused::TooMany }),
            Err(reason) => read.refused.push(RefusedDraft { index, reason }),
        }
    }
    Ok(read)
}

/// Returns the JSON of an answer, without thoughts and code fence.
fn bare(answer: &str) -> &str {
    let text = answer.trim();
    let text = match text.strip_prefix("<think>") {
        Some(thoughts) => thoughts.split_once("</think>").map_or("", |(_, rest)| rest).trim(),
        None => text,
    };
    // A fence within the JSON belongs to a value.
    if text.starts_with(['{', '[']) {
        return text;
    }
    let Some((_, rest)) = text.split_once("```") else { return text };
    let rest = rest.strip_prefix("json").unwrap_or(rest);
    rest.split_once("```").map_or(rest, |(inside, _)| inside).trim()
}

fn draft(fact: &Value, messages: &[Message]) -> Result<Draft, Refused> {
    let field = |name: &str| {
        let text = fact.get(name).and_then(Value::as_str).map(str::trim).unwrap_or_default();
        let fits = !text.is_empty() && text.len() <= FIELD_BYTES_MAX;
        fits.then(|| text.to_owned()).ok_or(Refused::Malformed)
    };
    let (subject, attribute) = (field("subject")?, field("attribute")?);
    let (value, text) = (field("value")?, field("text")?);
    let numbers = fact.get("evidence").and_then(Value::as_array).ok_or(Refused::Malformed)?;
    let evidence = numbers.iter().map(|number| messages.get(index(number)?));
    let evidence: Vec<&Message> = evidence.collect::<Option<_>>().ok_or(Refused::NoEvidence)?;
    let Some(first) = evidence.first() else { return Err(Refused::NoEvidence) };
    let subject = check::named(&subject, &evidence);
    check::check(&subject, &value, &text, &evidence)?;
    let texts: Vec<&str> = evidence.iter().map(|message| message.read()).collect();
    Ok(Draft {
        subject,
        speaker: first.subject().to_owned(),
        attribute: Some(attribute),
        value: Some(value),
        text,
        quote: texts.join("\n"),
        when: None,
        until: None,
        evidence: evidence.iter().map(|message| message.key.clone()).collect(),
        confidence: CONFIDENCE,
        origin: Origin::Chat,
    })
}

/// Returns the index of a message from its number, which small models write as a text.
fn index(number: &Value) -> Option<usize> {
    let number = match number {
        Value::String(text) => text.trim_matches(['[', ']', ' ']).parse().ok(),
        other => other.as_u64(),
    };
    usize::try_from(number?).ok()?.checked_sub(1)
}
