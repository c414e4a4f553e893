//! Answers: a short reply and its question, a confirmation and what it confirms.

use super::statement::rewritten_with_times;
use crate::draft::{Draft, Origin};
use crate::lexicon::Class;
use crate::message::{Message, Role};
use crate::sentence::{Mood, Sentence};

/// Words of the longest reply that only confirms.
const CONFIRMATION_WORDS_MAX: usize = 6;
/// Content words of the longest reply that its question has to complete.
const ELLIPTIC_CONTENT_MAX: usize = 6;
/// Confidence of a fact that somebody only confirmed.
const CONFIRMED: f32 = 0.6;

/// Returns the statements of an assistant about "you" that a person confirms.
pub(super) fn confirmed(
    message: &Message,
    reply: &[Sentence],
    before: &Message,
    said: &[Sentence],
) -> Vec<Draft> {
    let is_reply = message.role == Role::Person && before.role == Role::Assistant;
    if !is_reply || !confirms(reply) {
        return Vec::new();
    }
    // "You" of the assistant is the person who confirms.
    let asking = Message { addressee: Some(message.subject().to_owned()), ..before.clone() };
    let about_you = said.iter().filter(|sentence| {
        sentence.has(Class::Second) && sentence.mood == Mood::Statement && 0 < sentence.content()
    });
    let drafts = about_you.map(|sentence| Draft {
        subject: message.subject().to_owned(),
        speaker: message.subject().to_owned(),
        attribute: None,
        value: None,
        text: unprefixed(&rewritten_with_times(&asking, sentence), asking.subject()),
        quote: before.read()[sentence.span.clone()].to_owned(),
        when: None,
        until: None,
        evidence: vec![before.key.clone(), message.key.clone()],
        confidence: CONFIRMED,
        origin: Origin::Rules,
    });
    drafts.collect()
}

/// Removes the name of the assistant before a sentence about somebody else.
fn unprefixed(text: &str, speaker: &str) -> String {
    let prefix = text.get(..speaker.len()).filter(|it| it.eq_ignore_ascii_case(speaker));
    let rest = prefix.and_then(|_| text[speaker.len()..].strip_prefix(": "));
    let rest = rest.unwrap_or(text);
    let mut chars = rest.chars();
    let first: String = chars.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    first + chars.as_str()
}

fn confirms(reply: &[Sentence]) -> bool {
    const YES: &[&str] = &[
        "yes",
        "yep",
        "yeah",
        "yup",
        "exactly",
        "correct",
        "right",
        "indeed",
        "true",
        "confirmed",
    ];
    let Some(first) = reply.first() else { return false };
    let words = first.words.iter().filter(|word| !word.is_sign);
    let opens = words.clone().next().is_some_and(|word| YES.contains(&word.low.as_str()))
        || words.clone().any(|word| matches!(word.low.as_str(), "right" | "correct" | "exactly"));
    let denies = first.has(Class::Negation);
    opens && !denies && words.count() <= CONFIRMATION_WORDS_MAX && first.mood != Mood::Question
}

/// Joins a short reply with the question that it answers.
pub(super) fn join(message: &Message, before: &Message, said: &[Sentence], drafts: &mut [Draft]) {
    let Some(question) = said.iter().rfind(|sentence| sentence.mood == Mood::Question) else {
        return;
    };
    let Some(first) = drafts.first_mut().filter(|it| it.evidence.len() == 1) else { return };
    let opens = message.read().find(&first.quote).is_some_and(|at| at < 40);
    let reply = crate::sentence::sentences(&first.quote);
    let content: usize = reply.iter().map(Sentence::content).sum();
    if !opens || first.attribute.is_some() || ELLIPTIC_CONTENT_MAX < content {
        return;
    }
    let asked = &before.read()[question.span.clone()];
    let joined = format!("Asked \"{asked}\", {}", first.text);
    first.text = joined;
    first.evidence.insert(0, before.key.clone());
}
