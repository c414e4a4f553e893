//! The check of one fact of a model against the messages that it names.

use serde::{Deserialize, Serialize};

use super::dates::without_dates;
use crate::grounded::{Grounding, grounded};
use crate::lexicon::Class;
use crate::message::{Message, Role};
use crate::sentence::{Mood, sentences};
use crate::when::NUMBERS;
use crate::words::Word;

/// Reason for which a fact of an answer is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Refused {
    /// A field is missing, empty, too long, or of another type, or the value is the subject.
    Malformed,
    /// It names no message, or one that was not in the request.
    NoEvidence,
    /// None of the named messages is a person's, or one is of a tool or a document.
    NoPerson,
    /// The value does not occur in the named messages.
    Absent,
    /// The named messages deny the value, or the text denies it and they do not.
    Denied,
    /// The named messages only ask for the value, or joke about it.
    Unsaid,
    /// The subject, a name or number of the text, or most of its words are in none of the named
    /// messages.
    Invented,
    /// The limit of facts in one answer is reached.
    TooMany,
}

/// Words by which a model names the speaker.
const SPEAKER: [&str; 7] = ["the user", "user", "the speaker", "speaker", "myself", "me", "i"];

/// Returns the subject, in which words for the speaker are replaced by the name.
pub(super) fn named(subject: &str, evidence: &[&Message]) -> String {
    let person = evidence.iter().find(|message| message.role == Role::Person);
    let Some(person) = person else { return subject.to_owned() };
    let owner = subject.split_once("'s ");
    let owner = owner.or_else(|| subject.split_once("\u{2019}s "));
    let (name, rest) = owner.map_or((subject, None), |(name, rest)| (name, Some(rest)));
    let (name, rest) = match subject.split_once(' ') {
        Some((my, rest)) if my.eq_ignore_ascii_case("my") => ("me", Some(rest)),
        _ => (name, rest),
    };
    if !SPEAKER.iter().any(|word| name.eq_ignore_ascii_case(word)) {
        return subject.to_owned();
    }
    rest.map_or_else(
        || person.subject().to_owned(),
        |rest| format!("{}'s {rest}", person.subject()),
    )
}

/// Checks a fact against the messages that it names.
pub(super) fn check(
    subject: &str,
    value: &str,
    text: &str,
    evidence: &[&Message],
) -> Result<(), Refused> {
    if value.eq_ignore_ascii_case(subject) {
        return Err(Refused::Malformed);
    }
    let is_person = evidence.iter().any(|message| message.role == Role::Person);
    if !is_person || evidence.iter().any(|message| message.role == Role::Other) {
        return Err(Refused::NoPerson);
    }
    let texts: Vec<&str> = evidence.iter().map(|message| message.read()).collect();
    match grounded(value, &texts) {
        Grounding::Grounded => {}
        Grounding::Denied => return Err(Refused::Denied),
        Grounding::Absent => return Err(Refused::Absent),
    }
    // An answer makes its question a statement.
    let answers = 1 < evidence.len();
    let said: Vec<String> = texts.iter().map(|text| said(text, answers)).collect();
    let said: Vec<&str> = said.iter().map(String::as_str).collect();
    if grounded(value, &said) != Grounding::Grounded {
        return Err(Refused::Unsaid);
    }
    if grounded(value, &[text]) == Grounding::Denied {
        return Err(Refused::Denied);
    }
    if is_of_messages(subject, text, evidence) { Ok(()) } else { Err(Refused::Invented) }
}

/// Returns the sentences of a text that say something: without jokes, and without questions to
/// another person unless they are answered.
fn said(text: &str, answers: bool) -> String {
    let mut said = String::new();
    for sentence in sentences(text) {
        let asks = sentence.mood == Mood::Question && !answers && !sentence.has(Class::First);
        if !asks && sentence.mood != Mood::Joke {
            said.push_str(&text[sentence.span]);
            said.push('\n');
        }
    }
    said
}

/// Returns true if all content words of the subject, all names and numbers of the text, and most of
/// its other content words occur in the messages or are names of their speakers.
fn is_of_messages(subject: &str, text: &str, evidence: &[&Message]) -> bool {
    let mut known: Vec<String> = Vec::new();
    for message in evidence {
        let names = [Some(message.subject()), message.addressee.as_deref()];
        for text in names.into_iter().flatten().chain([message.read()]) {
            let words = sentences(text).into_iter().flat_map(|sentence| sentence.words);
            known.extend(words.flat_map(|word| [digits(&word.low), word.low, word.lemma]));
        }
    }
    let is_known = |word: &Word| {
        known.contains(&word.low)
            || known.contains(&word.lemma)
            || known.contains(&digits(&word.low))
    };
    let mut of_subject = sentences(subject).into_iter().flat_map(|sentence| sentence.words);
    if !of_subject.all(|word| !word.is_content() || is_known(&word)) {
        return false;
    }
    let (mut all, mut unknown) = (0, 0);
    for sentence in sentences(&without_dates(text, evidence)) {
        let opens = sentence.words.first().map_or(0, |word| word.start);
        for word in sentence.words.iter().filter(|word| word.is_content()) {
            all += 1;
            if is_known(word) {
                continue;
            }
            if word.is_number() || word.is_capital && word.start != opens {
                return false;
            }
            unknown += 1;
        }
    }
    2 * unknown <= all
}

/// Returns a number word in digits, another word unchanged.
fn digits(low: &str) -> String {
    let number = NUMBERS.iter().position(|word| *word == low);
    number.map_or_else(|| low.to_owned(), |number| number.to_string())
}
