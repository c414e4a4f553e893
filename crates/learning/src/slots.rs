//! The slots that a sentence fills.
//!
//! Each file reads one group of properties from the syntax of a clause: closed-class words, verbs
//! by kind, and nouns by kind. A clause about the past fills no slot, except by a verb of change.

mod contact;
mod habit;
mod nouns;
mod person;
mod places;
mod possessed;
mod tense;
mod value;

pub(crate) use nouns::{OUSTING, is_property, is_single};
pub(crate) use value::phrase;

use crate::clause::Clause;
use crate::lexicon::Class;
use crate::slot::{Hold, Slot};

/// Returns the slots whose value the clauses deny: "my birthday isn't May 1".
pub(crate) fn denied(clauses: &[Clause<'_>]) -> Vec<Slot> {
    let negated = clauses.iter().filter(|clause| clause.is_negated && !clause.is_ahead);
    negated.filter_map(possessed::denied).collect()
}

/// Returns the slots that the clauses of a sentence fill, those with one value first.
pub(crate) fn slots(clauses: &[Clause<'_>]) -> Vec<Slot> {
    let mut slots = Vec::new();
    contact::read(clauses, &mut slots);
    // "I moved to Oslo in 2025 and live there now" is about the present, too.
    let is_current = clauses.iter().any(|clause| clause.has(Class::Current));
    for clause in clauses.iter().filter(|clause| !tense::is_over(clause)) {
        if !possessed::read(clause, &mut slots) {
            person::read(clause, is_current, &mut slots);
            habit::read(clause, &mut slots);
        }
    }
    person::renamed(clauses, &mut slots);
    possessed::referring(clauses, &mut slots);
    slots.sort_by_key(|slot| match slot.hold {
        Hold::One => 0,
        Hold::Usual => 1,
        Hold::Many => 2,
    });
    slots.dedup_by(|a, b| a.owner == b.owner && a.attribute == b.attribute);
    slots
}
