//! Sentences in the third person: "I moved here last year" becomes "Ada moved here last year
//! (2022)".
//!
//! Words are replaced in place and nothing else is changed, so that every name and number of the
//! result is that of the message, of its speakers, or of a resolved time.

mod agreement;

use crate::lexicon::Class;
use crate::message::Message;
use crate::sentence::Sentence;
use crate::when::Moment;
use crate::words::Word;

/// Returns a sentence of a message in the third person, with its times resolved.
pub(crate) fn rewritten(message: &Message, sentence: &Sentence, moments: &[Moment]) -> String {
    let text = message.read();
    let subject = message.subject();
    let names = Names { speaker: subject, addressee: message.addressee.as_deref() };
    let mut result = String::with_capacity(sentence.span.len() + 64);
    if !sentence.words.iter().any(is_speaker) {
        result.push_str(&capitalised(subject));
        result.push_str(": ");
    }
    let mut copied = sentence.span.start;
    for (at, word) in sentence.words.iter().enumerate() {
        if let Some(replacement) = replacement(&sentence.words, at, &names, text)
            && copied <= word.start
        {
            result.push_str(&text[copied..word.start]);
            result.push_str(&replacement);
            copied = word.end;
        }
        let ends = moments.iter().find(|moment| moment.end == at + 1);
        if let Some(moment) = ends.filter(|moment| is_relative(sentence, moment))
            && copied <= word.end
        {
            result.push_str(&text[copied..word.end]);
            result.push_str(" (");
            result.push_str(&moment.said);
            result.push(')');
            copied = word.end;
        }
    }
    result.push_str(&text[copied.min(sentence.span.end)..sentence.span.end]);
    let line = result.split_whitespace().collect::<Vec<_>>().join(" ");
    capitalised(&line)
}

struct Names<'m> {
    speaker: &'m str,
    addressee: Option<&'m str>,
}

/// Returns true for the words of one speaker, which get the name. "We" may be several people.
fn is_speaker(word: &Word) -> bool {
    matches!(word.low.as_str(), "i" | "me" | "my" | "mine" | "myself")
}

/// Returns true if the words of a time are relative to the day of the message.
fn is_relative(sentence: &Sentence, moment: &Moment) -> bool {
    let words = &sentence.words[moment.first..moment.end];
    // The year of a bare date is not said: "the deadline is April 9".
    if words.iter().any(|word| word.is(Class::Month)) && !words[0].is(Class::Time) {
        return false;
    }
    !words.iter().any(|word| word.low.len() == 4 && word.low.parse::<u16>().is_ok())
}

/// Returns the form of a word in the third person, if it is another.
fn replacement(words: &[Word], at: usize, names: &Names<'_>, text: &str) -> Option<String> {
    let word = &words[at];
    let raw = &text[word.start..word.end];
    let of = |name: &str| format!("{name}'s");
    let shares_span = at.checked_sub(1).is_some_and(|before| words[before].start == word.start);
    if shares_span {
        return None;
    }
    match word.low.as_str() {
        "i" | "me" if raw.chars().count() <= 2 => Some(names.speaker.to_owned()),
        "my" | "mine" => Some(of(names.speaker)),
        "myself" => Some(names.speaker.to_owned()),
        "you" if raw.eq_ignore_ascii_case("you") => names.addressee.map(str::to_owned),
        "your" | "yours" => names.addressee.map(of),
        _ => {
            let (before, skipped) = agreement::subject_before(words, at)?;
            let second = before.is(Class::Second) && before.low == "you";
            let is_subject = before.low == "i" || second && names.addressee.is_some();
            if !is_subject {
                return None;
            }
            agreement::third_person(words, at, raw, skipped)
        }
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().collect::<String>()).unwrap_or_default();
    first + chars.as_str()
}
