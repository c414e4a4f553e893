//! The aspect in which a slot of a message holds: of the whole, or of one case.

use crate::clause::Clause;
use crate::lexicon::Class;
use crate::sentence::{Sentence, spaced};
use crate::slot::{Hold, Slot};
use crate::words::Word;

/// Properties with another value on certain days.
const DAILY: &[&str] = &["wake-up time", "bedtime", "commute", "drink", "diet"];

/// Returns true if a slot holds for one case only: "I have one cat on my lap", "on Sundays I get up
/// at 10".
pub(super) fn is_partial(sentence: &Sentence, slot: &Slot) -> bool {
    is_here(sentence, slot) || DAILY.contains(&slot.attribute.as_str()) && is_at_times(sentence)
}

/// Returns true for a number of things at one place: "two cats in the garden".
fn is_here(sentence: &Sentence, slot: &Slot) -> bool {
    let is_lasting =
        sentence.has(Class::Current) && !spaced(&sentence.words).contains(" right now ");
    if !slot.attribute.starts_with("number of ") || is_lasting {
        return false;
    }
    // The noun follows the number.
    let next = sentence.words.iter().filter(|word| slot.end <= word.start).nth(1);
    next.is_some_and(|word| {
        matches!(word.low.as_str(), "on" | "in" | "at" | "under" | "beside" | "to" | "outside")
    })
}

/// Returns true for what is so on certain days, or was so once.
fn is_at_times(sentence: &Sentence) -> bool {
    let spaced = spaced(&sentence.words);
    let times = [
        " when ",
        " if ",
        " whenever ",
        " on weekends ",
        " at weekends ",
        " on the weekend ",
        " on holiday ",
        " on holidays ",
        " on vacation ",
        " this morning ",
        " last night ",
        " today ",
        " yesterday ",
        " this afternoon ",
        " this evening ",
    ];
    let day = |it: &[Word]| it[0].low == "on" && it[1].is(Class::Weekday);
    times.iter().any(|time| spaced.contains(time)) || sentence.words.windows(2).any(day)
}

/// Returns the nouns of the property of the speaker that a clause is about: what narrows it, and
/// last the thing itself.
pub(super) fn narrowed(clauses: &[Clause<'_>]) -> Vec<String> {
    let subject =
        clauses.iter().map(Clause::subject).find(|it| it.iter().any(|w| w.is(Class::Mine)));
    let Some(subject) = subject else { return Vec::new() };
    let mine = subject.iter().rposition(|word| word.is(Class::Mine)).map_or(0, |at| at + 1);
    let is_age = |word: &Word| {
        matches!(word.low.as_str(), "new" | "old" | "current" | "former" | "main" | "own")
    };
    let nouns = subject[mine..].iter().filter(|word| !word.is_sign && !is_age(word));
    nouns.filter(|word| !word.is(Class::Closed)).map(|word| word.lemma.clone()).collect()
}

/// Returns true if usual values of this kind are told apart by what is done with them.
pub(super) fn needs_frame(slot: &Slot) -> bool {
    slot.hold == Hold::Usual && matches!(slot.attribute.as_str(), "tool" | "instrument" | "device")
}
