//! Changes that a message states: what ends, of whom, and in which shape.
//!
//! Verbs by kind and syntax decide: "quit X", "X died", "no longer X", "switched from X",
//! "instead of X", "X moved to Y". The facts that a change ends are not looked up here.

mod denial;
mod end;
mod head;
mod item;
mod life;
mod passing;
mod phase;
mod phrases;
mod recover;
mod replace;
mod wish;

pub(crate) use head::{Kind, kind_of};
use item::Around;
pub use item::Shape;
pub(crate) use item::{Change, Target};

use crate::clause::{Clause, Owner};
use crate::lexicon::Class;

/// Returns the changes that the clauses of a statement state.
pub(crate) fn changes(clauses: &[Clause<'_>]) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut before: Option<&Clause<'_>> = None;
    for (at, clause) in clauses.iter().enumerate() {
        replace::contrasts(clause, &mut changes);
        if clause.owner != Owner::Unknown && !is_planned(clause) {
            let around = Around { before, after: clauses.get(at + 1) };
            end::read(clause, around, &mut changes);
            phase::read(clause, &mut changes);
            replace::read(clause, &mut changes);
        }
        before = Some(clause);
    }
    changes
}

/// Returns the plans that the clauses of a refusal give up: "I won't buy a boat after all".
pub(crate) fn refusals(clauses: &[Clause<'_>]) -> Vec<Change> {
    clauses.iter().filter_map(wish::refused).collect()
}

/// Returns true for the present tense with a later time: "retires in two years".
pub(crate) fn is_scheduled(clause: &Clause<'_>) -> bool {
    let is_present = clause.verb.is_some_and(|verb| {
        let low = clause.low(verb);
        Some(verb) == clause.head && (low.ends_with('s') || low == clause.lemma(verb))
    });
    let later = |it: &[crate::words::Word]| match it[0].low.as_str() {
        "in" => it[1].is_number() || matches!(it[1].low.as_str(), "a" | "an"),
        "next" => it[1].is(Class::Time) || it[1].is(Class::Month) || it[1].is(Class::Weekday),
        _ => false,
    };
    let soon = |word: &crate::words::Word| matches!(word.low.as_str(), "soon" | "tomorrow");
    let later = clause.words.windows(2).any(later) || clause.words.iter().any(soon);
    is_present && later
}

/// Returns true if a clause tells of the future: "is moving out in spring", "will quit".
fn is_planned(clause: &Clause<'_>) -> bool {
    let Some(verb) = clause.verb.filter(|_| clause.is_ahead) else {
        let progressive = clause.verb.is_some_and(|verb| {
            clause.words[verb].low.ends_with("ing")
                && verb
                    .checked_sub(1)
                    .is_some_and(|before| matches!(clause.low(before), "am" | "is" | "are" | "be"))
        });
        let changes = clause.verb.is_some_and(|verb| {
            clause.words[verb].is(Class::Ending)
                || clause.words[verb].is(Class::Changing)
                || clause.words[verb].is(Class::Ceasing)
        });
        let progressive = progressive || is_scheduled(clause);
        let not_now = !clause.has(Class::Current);
        return progressive && changes && not_now && !clause.is_negated;
    };
    // "You can delete", "I can eat eggs again" and "must" say what holds now.
    !matches!(clause.low(clause.head.unwrap_or(verb)), "can" | "could" | "must" | "should")
}
