//! Values in the words of a clause: noun phrases, names, dates.

use crate::clause::{Clause, Owner, is_name};
use crate::lexicon::Class;
use crate::words::Word;

/// Words of a value that are read.
const VALUE_WORDS_MAX: usize = 6;

/// Returns the noun phrase that begins at `at`, without the article before it.
pub(crate) fn phrase(words: &[Word], at: usize) -> &[Word] {
    let mut start = at;
    while words.get(start).is_some_and(|word| is_opening(&word.low)) {
        start += 1;
    }
    let mut end = start;
    while end < words.len() && end < start + VALUE_WORDS_MAX {
        let word = &words[end];
        let is_dot = word.low == "." && end + 1 < words.len() && words[end - 1].low.len() < 4;
        let ends = word.is_sign && !is_dot && word.low != "&"
            || word.is(Class::Conjunction)
            || word.is(Class::Preposition)
            || word.is(Class::Current)
            || word.is(Class::Auxiliary)
            || word.is(Class::First)
            || matches!(word.low.as_str(), "today" | "yesterday" | "these" | "this" | "last");
        if ends {
            break;
        }
        end += 1;
    }
    trimmed(&words[start.min(end)..end])
}

/// Returns the run of names that begins at `at`, with titles before it.
pub(super) fn name(words: &[Word], at: usize) -> &[Word] {
    let mut start = at;
    if words.get(start).is_some_and(|word| word.low == "the") {
        start += 1;
    }
    let mut end = start;
    while end < words.len() && end < start + VALUE_WORDS_MAX {
        let word = &words[end];
        let joins = matches!(word.low.as_str(), "." | "&" | "of" | "the" | "de" | "la" | "van")
            && start < end
            && words.get(end + 1).is_some_and(is_name);
        let is_part = is_name(word) || start < end && word.is_capital && !word.is(Class::Closed);
        if !is_part && !joins || word.is(Class::Current) {
            break;
        }
        end += 1;
    }
    trimmed(&words[start.min(end)..end])
}

/// Returns a date, weekday, time or number that begins at `at`.
pub(super) fn measure(words: &[Word], at: usize) -> &[Word] {
    let mut start = at;
    while words.get(start).is_some_and(|word| {
        matches!(word.low.as_str(), "on" | "at" | "in" | "the" | "around" | "about" | "by" | "to")
            || matches!(
                word.low.as_str(),
                "now" | "not" | "every" | "due" | "scheduled" | "set" | "planned" | "for"
            )
    }) {
        start += 1;
    }
    let mut end = start;
    while end < words.len() && end < start + 4 {
        let word = &words[end];
        let is_part = word.is_number()
            || word.is(Class::Weekday)
            || word.is(Class::Month)
            || matches!(word.low.as_str(), "noon" | "midnight")
            || start < end && matches!(word.low.as_str(), "am" | "pm" | "o'clock" | "kg" | "%");
        if !is_part {
            break;
        }
        end += 1;
    }
    &words[start.min(end)..end]
}

fn is_opening(low: &str) -> bool {
    matches!(low, "a" | "an" | "the" | "now" | "just" | "also" | "really" | "still" | "officially")
}

fn trimmed(mut words: &[Word]) -> &[Word] {
    while let [rest @ .., last] = words {
        if !last.is_sign && (last.is_capital || !last.low.ends_with("ly")) {
            break;
        }
        words = rest;
    }
    words
}

/// Returns true if a clause is about the speaker, a relation, or somebody by name, and not about a
/// thing of theirs.
pub(super) fn is_personal(clause: &Clause<'_>) -> bool {
    match clause.owner {
        Owner::Speaker => {
            let subject = clause.subject();
            let nominative = subject.iter().any(|word| matches!(word.low.as_str(), "i" | "we"));
            let has_noun = subject.iter().any(|word| word.is_content() && !word.is(Class::Time));
            let it = subject.iter().any(|word| word.low == "it");
            // "The owner made me head chef."
            let verb = clause.verb.unwrap_or(0) + 1;
            let to_me = matches!(clause.low(verb), "me" | "us" | "i") && 1 < verb;
            // "There's a nurse", "this is a chef".
            let shows = !nominative
                && subject.iter().any(|word| {
                    matches!(word.low.as_str(), "there" | "here" | "this" | "that" | "these")
                });
            (nominative || !has_noun || to_me) && !it && !shows
        }
        Owner::Relation(_) => !clause.subject().iter().any(|word| word.low == "'s"),
        Owner::Named(_) => true,
        Owner::Other(_) | Owner::Unknown => false,
    }
}

/// Returns the index of the first word after `from` with this form.
pub(super) fn find(words: &[Word], from: usize, lows: &[&str]) -> Option<usize> {
    (from..words.len()).find(|at| lows.contains(&words[*at].low.as_str()))
}
