//! Recoveries and resumptions: "back from the hospital", "my ankle is fine again", "eats meat
//! again".

use super::item::{Change, Shape, Target, object, terms};
use crate::clause::{Clause, Owner};
use crate::lexicon::Class;

/// "My ankle is fine again", "Dad's wrist has healed", "I'm over the flu", "the cast is off".
pub(super) fn healed(clause: &Clause<'_>) -> Option<Change> {
    let has = |lows: &[&str]| clause.words.iter().any(|word| lows.contains(&word.low.as_str()));
    let is_well = matches!(clause.verb_lemma(), "be" | "feel" | "get")
        && has(&["fine", "better", "well", "okay", "ok", "healthy", "recovered", "mended", "good"])
        && (clause.has(Class::Current) || has(&["completely", "fully", "all", "totally"]));
    let heals = matches!(clause.verb_lemma(), "heal" | "mend" | "recov" | "recover");
    let is_past = clause.verb.is_some_and(|verb| !clause.low(verb).ends_with("ing"));
    if !(is_well || heals && is_past) || clause.is_negated {
        return None;
    }
    let of_other = clause.subject().iter().rposition(|word| word.low == "'s");
    let mut parts = terms(&clause.subject()[of_other.map_or(0, |at| at + 1)..]);
    if heals {
        parts.extend(terms(object(clause.rest())));
    }
    let owner = match &clause.owner {
        Owner::Named(_) | Owner::Other(_) => Owner::Speaker,
        owner => owner.clone(),
    };
    Some(Change::new(&owner, Shape::Retraction, Target::Ailment(parts)))
}

/// "I eat meat again": ends that it is denied.
pub(super) fn again(clause: &Clause<'_>) -> Option<Change> {
    let again = clause.words.iter().any(|word| word.low == "again");
    let back = clause.words.windows(2).any(|it| it[0].low == "back" && it[1].low == "to");
    let found = terms(clause.words);
    if clause.is_negated || !again && !back || found.is_empty() {
        return None;
    }
    Some(Change::new(&clause.owner, Shape::Polarity, Target::Denial(found)))
}

/// "Back home from the hospital", "out of the hospital", "recovered from X".
pub(super) fn recovered(clause: &Clause<'_>) -> Option<Change> {
    let words = clause.words;
    let cue = words.iter().any(|word| {
        matches!(word.low.as_str(), "back" | "home" | "discharged" | "released" | "recovered")
    });
    let out = words.windows(2).position(|it| it[0].low == "out" && it[1].low == "of");
    let from = words.iter().position(|word| word.low == "from");
    let start = match (out, from) {
        (Some(at), _) if matches!(clause.verb_lemma(), "be" | "get" | "come" | "let") => at + 2,
        (_, Some(from)) if cue => from + 1,
        _ => return None,
    };
    let found = terms(object(&words[start..]));
    if found.is_empty() {
        return None;
    }
    Some(Change::new(&clause.owner, Shape::Retraction, Target::Away(found)))
}
