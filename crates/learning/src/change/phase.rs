//! Phases that are over: "after six years at X", "X is behind me", "I'm a non-smoker now".

use super::item::{Change, Shape, Target, object, terms};
use crate::claim::Term;
use crate::clause::Clause;
use crate::lexicon::{Class, lemma};

pub(super) fn read(clause: &Clause<'_>, changes: &mut Vec<Change>) {
    if clause.is_negated || clause.words.iter().any(|word| word.low == "still") {
        return;
    }
    changes.extend(after_years(clause));
    changes.extend(behind(clause));
    changes.extend(former(clause));
    changes.extend(opinion(clause));
}

/// "I was wrong about opera", "I've grown tired of it", "cilantro has grown on me".
fn opinion(clause: &Clause<'_>) -> Option<Change> {
    let low = |at: usize| clause.low(at);
    let after = (1..clause.words.len()).find_map(|at| {
        let turns = match (low(at - 1), low(at)) {
            ("wrong" | "mind", "about" | "on") => true,
            ("tired" | "sick" | "bored" | "weary", "of" | "with") => true,
            ("up", "with") => 1 < at && low(at - 2) == "fed",
            _ => false,
        };
        turns.then_some(at + 1)
    });
    let grows = matches!(clause.verb_lemma(), "grow")
        && clause
            .words
            .windows(2)
            .any(|it| it[0].low == "on" && matches!(it[1].low.as_str(), "me" | "i" | "us"));
    let found = match after {
        Some(at) => terms(object(&clause.words[at..])),
        None if grows => terms(clause.subject()),
        None => return None,
    };
    let owner = crate::clause::Owner::Speaker;
    (!found.is_empty()).then(|| Change::new(&owner, Shape::Polarity, Target::Opinion(found)))
}

/// "After six years at X I've moved on to Y."
fn after_years(clause: &Clause<'_>) -> Option<Change> {
    let at = (0..clause.words.len().min(4)).find(|at| clause.low(*at) == "after")?;
    let is_long = |word: &crate::words::Word| {
        matches!(word.low.as_str(), "years" | "months" | "decade" | "decades" | "weeks" | "year")
    };
    let long = (at + 1..(at + 5).min(clause.words.len())).find(|at| is_long(&clause.words[*at]))?;
    let linked = matches!(clause.low(long + 1), "at" | "with" | "of" | "in" | "on" | "as" | "for");
    let changes = clause.has(Class::Current)
        || clause.verb.is_some_and(|verb| {
            let verb = &clause.words[verb];
            verb.is(Class::Changing)
                || verb.is(Class::Starting)
                || verb.is(Class::Ending)
                || matches!(verb.lemma.as_str(), "jump" | "go")
        });
    // The subject of the clause follows.
    let rest = &clause.words[long + 2..];
    let end =
        rest.iter().position(|word| word.is(Class::First) && word.low != "my" || word.is_sign);
    let found = terms(&rest[..end?]);
    (linked && changes && !found.is_empty())
        .then(|| Change::new(&clause.owner, Shape::Retraction, Target::Terms(found)))
}

/// "X is behind me", "X is a thing of the past".
fn behind(clause: &Clause<'_>) -> Option<Change> {
    let verb = clause.verb.filter(|_| clause.verb_lemma() == "be")?;
    let rest: Vec<&str> = clause.words[verb + 1..].iter().map(|word| word.low.as_str()).collect();
    let over = match rest.as_slice() {
        ["behind", who, ..] => matches!(*who, "me" | "us" | "i"),
        ["in" | "of", "the", "past", ..] => true,
        ["a", "thing", "of", "the", "past", ..] => true,
        _ => false,
    };
    let found = terms(clause.subject());
    let owner = crate::clause::Owner::Speaker;
    (over && !found.is_empty())
        .then(|| Change::new(&owner, Shape::Retraction, Target::Terms(found)))
}

/// "I'm a non-smoker now", "I'm an ex-smoker".
fn former(clause: &Clause<'_>) -> Option<Change> {
    clause.verb.filter(|_| matches!(clause.verb_lemma(), "be" | "becom" | "become"))?;
    let prefixed = clause.rest().iter().find_map(|word| {
        let noun = word.low.strip_prefix("non-").or_else(|| word.low.strip_prefix("ex-"))?;
        Some(Term { lemma: lemma(noun), is_generic: false, ..Term::of(word) })
    })?;
    let is_first = clause.has_first_subject();
    is_first.then(|| Change::new(&clause.owner, Shape::Retraction, Target::Terms(vec![prefixed])))
}
