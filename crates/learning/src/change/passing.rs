//! Endings that pass: "left Ghent at noon", "dropped Tom at the airport".

use super::head::{Kind, heads, kind_of};
use super::item::Around;
use crate::claim::Term;
use crate::clause::Clause;
use crate::lexicon::{Class, EXCLUSIVE};
use crate::words::Word;

/// Returns true if the verb only moves its object, or its subject, for the moment.
pub(super) fn is_passing(clause: &Clause<'_>, verb: usize) -> bool {
    let moves = matches!(clause.verb_lemma(), "leave" | "drop");
    let after = &clause.words[(verb + 1).min(clause.words.len())..];
    let links = || after.iter().enumerate().skip(1);
    let is_dropped = clause.verb_lemma() == "drop"
        && links().any(|(_, word)| matches!(word.low.as_str(), "off" | "to" | "by" | "into"));
    // "I dropped my pipe", but "I dropped my Spanish lessons".
    let is_mine = clause.verb_lemma() == "drop" && clause.low(verb + 1) == "my";
    let is_dropped = is_dropped || is_mine && is_single_thing(&after[1..]);
    if clause.verb_lemma() == "lose" {
        let is_somebody = |it: &Term| it.is_name && it.classes & EXCLUSIVE == 0;
        return heads(after).iter().any(is_somebody)
            && links().any(|(at, _)| is_moment(&after[at..]));
    }
    moves && (is_dropped || links().any(|(at, _)| is_moment(&after[at..])))
}

/// Returns true for the words of a thing other than a course, a subscription or another tie.
fn is_single_thing(words: &[Word]) -> bool {
    let things = heads(words);
    let head = things.first().filter(|_| things.len() == 1);
    head.is_some_and(|it| !it.is_generic && kind_of(&it.lemma) == Kind::Thing)
}

/// Returns true if words name a place or a time of day, by which nothing ends for good.
fn is_moment(words: &[Word]) -> bool {
    let low = |at: usize| words.get(at).map_or("", |word| word.low.as_str());
    let dated = words.get(1).is_some_and(|word| {
        word.is(Class::Month) || word.is(Class::Weekday) || word.is_number() || word.is(Class::Time)
    });
    let is_long = |word: &Word| {
        matches!(word.low.as_str(), "years" | "months" | "decade" | "decades" | "year")
    };
    match low(0) {
        "at" => !matches!(low(1), "last" | "the") || low(2) != "end" && low(1) != "last",
        "with" | "by" | "before" => true,
        "in" | "on" => !dated && !matches!(low(2), "spring" | "summer" | "autumn" | "winter"),
        "after" => !words.iter().skip(1).take(5).any(is_long),
        "this" => matches!(low(1), "morning" | "afternoon" | "evening"),
        "late" => true,
        _ => false,
    }
}

/// Returns true for what holds for a part of a day: "no more tea tonight", but not "as of today".
pub(super) fn is_of_day(clause: &Clause<'_>) -> bool {
    let low = |at: usize| clause.low(at);
    (0..clause.words.len()).any(|at| {
        let is_start = matches!(
            at.checked_sub(1).map_or("", low),
            "of" | "from" | "since" | "starting" | "until" | "till"
        );
        let part = matches!(low(at + 1), "morning" | "afternoon" | "evening" | "week" | "weekend");
        let is_day =
            matches!(low(at), "today" | "tonight" | "tomorrow") || low(at) == "this" && part;
        is_day && !is_start
    })
}

/// Returns true for a device that is only out of power, and for what is over for the day: "my phone
/// died on the train", "the film ended at ten".
pub(super) fn is_pause(clause: &Clause<'_>, subject: &[Word]) -> bool {
    let is_device = |word: &Word| {
        word.is(Class::Device) || matches!(word.low.as_str(), "phone" | "laptop" | "battery")
    };
    let during = |word: &Word| {
        matches!(word.low.as_str(), "on" | "during" | "in" | "at" | "while" | "again" | "halfway")
    };
    let is_empty = clause.verb_lemma() == "die"
        && subject.iter().any(is_device)
        && clause.rest().iter().any(during);
    let is_hour = |it: &[Word]| it[0].low == "at" && (it[1].is_number() || it[1].is(Class::Time));
    let closes = matches!(clause.verb_lemma(), "end" | "close")
        && (clause.rest().windows(2).any(is_hour)
            || clause.rest().iter().any(|it| matches!(it.low.as_str(), "late" | "early")));
    is_empty || closes
}

/// Returns true for "I put the guitar away", unless another thing takes its place now.
pub(super) fn is_stowed(clause: &Clause<'_>, around: Around<'_, '_>) -> bool {
    let follows = around.after.is_some_and(|next| next.has(Class::Current));
    let puts_away = clause.verb_lemma() == "put" && clause.words.iter().any(|it| it.low == "away");
    puts_away && !follows && !clause.has(Class::Current)
}

/// Returns the words to which a denial is limited, beside its object: "in the evening", "at home".
pub(super) fn limits(clause: &Clause<'_>) -> Vec<Term> {
    let rest = clause.rest();
    let opens = |word: &Word| {
        matches!(word.low.as_str(), "in" | "on" | "at" | "with" | "during" | "before")
    };
    let content = rest.iter().position(Word::is_content).unwrap_or(rest.len());
    let end = rest.iter().position(|word| word.is_sign).unwrap_or(rest.len());
    // "I don't take Rex to work any more", but "I don't go to the gym any more".
    let leads = |at: usize| rest[at].low == "to" && rest.get(at + 1).is_some_and(Word::is_content);
    // "I'm not smoking in the house any more."
    let is_span = |low: &str| matches!(low, "weeks" | "months" | "years" | "ages");
    let is_dated = rest.iter().take(3).any(|it| it.is_number() || is_span(&it.low));
    let is_bare =
        !is_dated && matches!(rest.first().map(|it| it.low.as_str()), Some("in" | "during"));
    let from = if is_bare { 0 } else { content + 1 };
    let Some(at) = (from..end).find(|at| opens(&rest[*at]) || from <= *at && leads(*at)) else {
        return Vec::new();
    };
    let phrase = rest[at + 1..].iter().take_while(|word| {
        !word.is_sign && !word.is(Class::Conjunction) && !word.is(Class::Current)
    });
    let named = phrase.filter(|word| word.is_content() || word.is(Class::Time));
    named
        .take(3)
        .filter(|word| !matches!(word.low.as_str(), "more" | "longer"))
        .map(Term::of)
        .collect()
}
