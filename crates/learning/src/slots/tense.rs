//! Clauses about another time than now: plans, and events of a past year. They fill no slot.

use crate::clause::Clause;
use crate::lexicon::Class;
use crate::words::Word;

/// Verbs of events after which a state holds.
const EVENTS: &[&str] = &[
    "move", "reloc", "settl", "join", "rejoin", "start", "begin", "becom", "become", "turn",
    "hire", "get", "leav", "leave", "accept", "land", "take", "marri", "marry", "retir", "switch",
    "buy", "adopt",
];

/// Returns true for an event of a year before that of the message: "in 2010 I moved to Oslo".
pub(super) fn is_history(clause: &Clause<'_>) -> bool {
    let words = clause.words;
    let is_placed = |at: usize| {
        let before = |back: usize| at.checked_sub(back).map(|at| &words[at]);
        let is_in = |word: &Word| matches!(word.low.as_str(), "in" | "during");
        let of_month =
            before(1).is_some_and(|it| it.is(Class::Month)) && before(2).is_some_and(is_in);
        before(1).is_some_and(is_in) || of_month
    };
    (0..words.len()).any(|at| words[at].is(Class::Bygone) && is_placed(at))
}

/// Returns true for a plan: "I move to Oslo next month", "once I have moved to Oslo".
pub(super) fn is_planned(clause: &Clause<'_>) -> bool {
    let Some(verb) = clause.verb.filter(|_| EVENTS.contains(&clause.verb_lemma())) else {
        return false;
    };
    let low = clause.low(verb);
    let is_present = clause.head == Some(verb) && low != "left" && is_present(low);
    let is_perfect = clause.head.is_some_and(|head| matches!(clause.low(head), "have" | "has"));
    // "I'm getting a Volvo in May", but not "I'm getting used to it".
    let before = verb.checked_sub(1).map_or("", |before| clause.low(before));
    let is_coming = low.ends_with("ing") && matches!(before, "am" | "is" | "are");
    is_present && (is_later(clause) || follows_when(clause))
        || is_coming && is_later(clause)
        || is_perfect && is_condition(clause)
}

/// Returns true for a form in the present tense, as far as its ending shows.
fn is_present(low: &str) -> bool {
    !low.ends_with("ed")
        && !low.ends_with("ing")
        && !matches!(low, "began" | "begun" | "became" | "got" | "took" | "taken" | "gotten")
}

/// Returns true if a clause names a time that is yet to come.
fn is_later(clause: &Clause<'_>) -> bool {
    let dated = |word: &Word| word.is(Class::Weekday) || word.is(Class::Month);
    let later = |it: &[Word]| match it[0].low.as_str() {
        "next" | "this" => it[1].is(Class::Time) || dated(&it[1]),
        "in" => it[1].is_number() || matches!(it[1].low.as_str(), "a" | "an") || dated(&it[1]),
        "on" | "by" => dated(&it[1]),
        _ => false,
    };
    let soon = |word: &Word| matches!(word.low.as_str(), "soon" | "tomorrow" | "tonight");
    clause.words.windows(2).any(later) || clause.words.iter().any(soon)
}

/// Returns true if "when" or a word like it opens the clause.
fn follows_when(clause: &Clause<'_>) -> bool {
    clause.subject().iter().any(|word| matches!(word.low.as_str(), "when" | "after" | "before"))
        || is_condition(clause)
}

fn is_condition(clause: &Clause<'_>) -> bool {
    let subject = clause.subject();
    subject.iter().any(|word| matches!(word.low.as_str(), "once" | "until" | "till" | "unless"))
        || subject.windows(2).any(|it| it[0].low == "as" && it[1].low == "soon")
}

/// Returns true if a clause says that it is over: "I no longer work there".
pub(super) fn is_over(clause: &Clause<'_>) -> bool {
    clause.words.windows(2).any(|it| it[0].low == "no" && it[1].low == "longer")
}
