//! Corrections without a verb: "I live in Basel. Sorry, Bern, not Basel."
//!
//! The value of the statement before takes the corrected one. A name after "sorry" alone may be the
//! one who is addressed ("Sorry, Tom!"), so that a name needs the former value or a clear word.

use std::ops::Range;

use crate::clause::is_name;
use crate::draft::Draft;
use crate::lexicon::Class;
use crate::message::Message;
use crate::sentence::{Mood, Sentence};
use crate::words::Word;

/// Words of a correction that are read.
const WORDS_MAX: usize = 12;

/// Words that open a correction. Those of the second list open nothing else.
const OPENINGS: &[&str] =
    &["sorry", "no", "nope", "wait", "actually", "well", "ah", "oh", "er", "um", "argh", "damn"];
const CLEAR: &[&str] =
    &["oops", "whoops", "ooops", "oopsie", "correction", "typo", "meant", "mean", "*", "rather"];

/// The value that a correction gives.
struct Corrected {
    value: Range<usize>,
    is_name: bool,
    is_clear: bool,
    /// Lower-case words of the former value, if the correction has it.
    former: Vec<String>,
}

/// Corrects the value of a fact by a sentence after it. Returns true if the sentence did so.
pub(super) fn correct(message: &Message, sentence: &Sentence, before: &mut [Draft]) -> bool {
    let Some(draft) = before.last_mut().filter(|_| sentence.mood == Mood::Statement) else {
        return false;
    };
    let found = read(&sentence.words);
    found.is_some_and(|found| apply(message, sentence, &found, draft, true))
}

/// Corrects the value of a fact by the end of its own sentence: "I live in Basel, oops, Bern".
pub(super) fn correct_within(message: &Message, sentence: &Sentence, draft: &mut Draft) {
    let signs = (1..sentence.words.len()).filter(|at| sentence.words[*at].is_sign);
    for at in signs {
        if let Some(found) = read(&sentence.words[at + 1..])
            && apply(message, sentence, &found, draft, false)
        {
            return;
        }
    }
}

/// Reads words that are nothing but a correction.
fn read(words: &[Word]) -> Option<Corrected> {
    let is_opening = |word: &&Word| {
        let low = word.low.as_str();
        OPENINGS.contains(&low) || CLEAR.contains(&low) || word.is_sign || matches!(low, "i" | "it")
    };
    let opened: Vec<&Word> = words.iter().take_while(is_opening).collect();
    let has = |list: &[&str]| opened.iter().any(|word| list.contains(&word.low.as_str()));
    let is_clear = has(CLEAR);
    let start = opened.len();
    let rest = words.get(start..).filter(|rest| rest.len() <= WORDS_MAX)?;
    let is_value =
        |word: &&Word| is_name(word) || is_exact(word) || word.classes == 0 && !word.is_sign;
    let length = rest.iter().take_while(is_value).count();
    let value = rest.get(..length).filter(|value| (1..=3).contains(&value.len()))?;
    let low = |at: usize| rest.get(at).map_or("", |word| word.low.as_str());
    let is_meant = low(length) == "i" && matches!(low(length + 1), "mean" | "meant");
    let is_clear = is_clear || is_meant;
    let former = former(&rest[length + if is_meant { 2 } else { 0 }..])?;
    if !is_clear && !has(OPENINGS) && former.is_empty() {
        return None;
    }
    Some(Corrected {
        value: value[0].start..value[length - 1].end,
        is_name: !value.iter().all(is_exact),
        is_clear,
        former,
    })
}

/// Reads the former value after the corrected one: ", not Basel". `None` for other words.
fn former(words: &[Word]) -> Option<Vec<String>> {
    let mut rest = words.iter().filter(|word| !word.is_sign).map(|word| word.low.clone());
    let Some(first) = rest.next() else { return Some(Vec::new()) };
    let former: Vec<String> = rest.collect();
    (first == "not" && (1..=3).contains(&former.len())).then_some(former)
}

/// Returns true for a number and for an address, which can be no one's name.
fn is_exact(word: &Word) -> bool {
    word.is_number()
        || word.is(Class::Month)
        || word.is(Class::Weekday)
        || word.low.starts_with(|c: char| c.is_ascii_digit())
        || word.low.contains('@')
}

/// Returns the byte at which a value stands in a text, between word bounds.
fn place(text: &str, value: &str) -> Option<usize> {
    let is_inside = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let places = text.match_indices(value).map(|(at, _)| at);
    places.into_iter().find(|at| {
        let after = &text[at + value.len()..];
        !is_inside(text[..*at].chars().next_back()) && !is_inside(after.chars().next())
    })
}

/// Gives a fact its corrected value. `joins` adds the sentence to the words of the fact.
fn apply(
    message: &Message,
    sentence: &Sentence,
    found: &Corrected,
    draft: &mut Draft,
    joins: bool,
) -> bool {
    let (Some(value), text) = (draft.value.clone(), message.read()) else { return false };
    let new = &text[found.value.clone()];
    let is_exact = value.starts_with(|c: char| c.is_ascii_digit() || c == '+');
    let is_exact = is_exact || value.contains('@');
    let low = value.to_lowercase();
    let names_former = !found.former.is_empty() && low == found.former.join(" ");
    let is_meant =
        names_former || found.former.is_empty() && (found.is_clear || !found.is_name && is_exact);
    let is_verb_value = draft.attribute.as_ref().is_none_or(|it| it.starts_with("opinion of "));
    let is_kind = found.is_name != is_exact && value.contains('@') == new.contains('@');
    let fits = is_kind && is_meant && !is_verb_value && low != new.to_lowercase();
    let Some(at) = place(&draft.text, &value).filter(|_| fits) else { return false };
    let (before, after) = (&draft.text[..at], &draft.text[at + value.len()..]);
    draft.text = if joins { format!("{before}{new}{after}") } else { format!("{before}{new}.") };
    if joins {
        draft.quote.push(' ');
        draft.quote.push_str(&text[sentence.span.clone()]);
    }
    draft.value = Some(new.to_owned());
    true
}
