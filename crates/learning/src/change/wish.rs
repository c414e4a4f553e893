//! Plans and wishes that are given up: "gave up on the idea of a boat", "decided not to move".

use super::item::{Change, Shape, Target, terms};
use crate::clause::Clause;
use crate::lexicon::Class;

/// Nouns of something that is not yet so.
const PLANS: &[&str] = &["idea", "plan", "plans", "dream", "thought", "notion", "hope", "hopes"];

/// "I've given up on the idea of a boat", "I scrapped the plan to move".
pub(super) fn given_up(clause: &Clause<'_>) -> Option<Change> {
    let verb = clause.verb?;
    let at = (verb + 1..clause.words.len()).find(|at| PLANS.contains(&clause.low(*at)))?;
    let ends = clause.words[verb].is(Class::Ending)
        || matches!(clause.verb_lemma(), "give" | "let" | "bury" | "buri" | "put" | "go");
    let found = terms(&clause.words[at + 1..]);
    if !ends || clause.is_negated || found.is_empty() {
        return None;
    }
    Some(Change::new(&clause.owner, Shape::Retraction, Target::Plan(found)))
}

/// "I decided not to buy a boat after all."
pub(super) fn refused(clause: &Clause<'_>) -> Option<Change> {
    let found = terms(clause.rest());
    let is_first = clause.has_first_subject();
    (is_first && !found.is_empty())
        .then(|| Change::new(&clause.owner, Shape::Retraction, Target::Plan(found)))
}
