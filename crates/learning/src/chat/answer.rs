//! The answer of a chat model, read and checked against its messages.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::{ANSWER_BYTES_MAX, ChatError};
use crate::draft::{Draft, Origin};
use crate::extractor::DRAFTS_MAX;
use crate::grounded::{Grounding, grounded};
use crate::message::Message;
use crate::sentence::sentences;
use crate::words::Word;

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

/// Reason for which a fact of an answer is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Refused {
    /// A field is missing, empty, too long, or of another type.
    Malformed,
    /// It names no message, or one that was not in the request.
    NoEvidence,
    /// The value does not occur in the named messages.
    Absent,
    /// The named messages deny the value.
    Denied,
    /// The subject, or a name or number of the text, is in none of the named messages.
    Invented,
    /// The limit of facts in one answer is reached.
    TooMany,
}

/// Reads an answer and keeps the facts that are grounded in `messages`, the messages of the
/// request in the same order.
///
/// # Errors
/// [`ChatError::TooLong`], [`ChatError::Cut`] or [`ChatError::Malformed`] for an answer that is not
/// one JSON object with a list `facts`. A code fence around it is accepted.
pub fn read_answer(answer: &str, messages: &[Message]) -> Result<Answer, ChatError> {
    if ANSWER_BYTES_MAX < answer.len() {
        return Err(ChatError::TooLong { bytes: answer.len() });
    }
    let value: Value = serde_json::from_str(unfenced(answer)).map_err(|error| {
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

fn unfenced(answer: &str) -> &str {
    let text = answer.trim();
    let Some(rest) = text.strip_prefix("```") else { return text };
    let rest = rest.strip_prefix("json").unwrap_or(rest);
    rest.strip_suffix("```").unwrap_or(rest).trim()
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
    let evidence = numbers.iter().map(|number| {
        let index = usize::try_from(number.as_u64()?).ok()?.checked_sub(1)?;
        messages.get(index)
    });
    let evidence: Vec<&Message> = evidence.collect::<Option<_>>().ok_or(Refused::NoEvidence)?;
    let Some(first) = evidence.first() else { return Err(Refused::NoEvidence) };
    let texts: Vec<&str> = evidence.iter().map(|message| message.read()).collect();
    match grounded(&value, &texts) {
        Grounding::Grounded => {}
        Grounding::Denied => return Err(Refused::Denied),
        Grounding::Absent => return Err(Refused::Absent),
    }
    if !is_of_messages(&subject, &text, &evidence) {
        return Err(Refused::Invented);
    }
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

/// Returns true if all content words of the subject, and all names and numbers of the text, occur
/// in the messages or are names of their speakers.
fn is_of_messages(subject: &str, text: &str, evidence: &[&Message]) -> bool {
    let mut known: Vec<String> = Vec::new();
    for message in evidence {
        let names = [Some(message.subject()), message.addressee.as_deref()];
        for text in names.into_iter().flatten().chain([message.read()]) {
            let words = sentences(text).into_iter().flat_map(|sentence| sentence.words);
            known.extend(words.flat_map(|word| [word.low, word.lemma]));
        }
    }
    let is_known = |word: &Word| known.contains(&word.low) || known.contains(&word.lemma);
    let of_subject = sentences(subject).into_iter().flat_map(|sentence| sentence.words);
    let of_text = sentences(text).into_iter().flat_map(|sentence| {
        let opens = sentence.words.first().map_or(0, |word| word.start);
        let words = sentence.words.into_iter();
        words.filter(move |word| word.is_number() || word.is_capital && word.start != opens)
    });
    let mut words = of_subject.chain(of_text).filter(Word::is_content);
    words.all(|word| is_known(&word))
}
