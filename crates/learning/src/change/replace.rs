//! Replacements: "switched from X to Y", "Y instead of X", "moved the N to Y", "the N is now Y".

use super::head::{heads, heads_of_subject};
use super::item::{Change, Shape, Target, object, terms};
use crate::clause::{Clause, Owner};
use crate::lexicon::Class;
use crate::slots::{OUSTING, is_single};
use crate::words::Word;

/// Contrasts name the former value in any clause: "not X", "instead of X", "rather than X".
pub(super) fn contrasts(clause: &Clause<'_>, changes: &mut Vec<Change>) {
    if clause.owner == Owner::Unknown || is_once(clause) {
        return;
    }
    // "We sold the sofa, not the car" keeps the car.
    let ends = clause.verb.is_some_and(|verb| clause.words[verb].is(Class::Ending));
    for at in 0..clause.words.len() {
        if ends && clause.low(at) == "not" {
            continue;
        }
        let (one, two) = (clause.low(at), clause.low(at + 1));
        let start = match (one, two) {
            ("instead", "of") | ("rather", "than") => at + 2,
            ("in", "place") if clause.low(at + 2) == "of" => at + 3,
            ("not", "in" | "on" | "at" | "the" | "my" | "a") if follows_value(clause, at) => at + 2,
            ("not", _) if follows_value(clause, at) => at + 1,
            _ => continue,
        };
        let found = terms(object(&clause.words[start..]));
        if !found.is_empty() {
            let change = Change::new(&clause.owner, Shape::Replacement, Target::Terms(found));
            changes.push(change.of(heads(&clause.words[start..]), clause));
        }
    }
}

/// Returns true for an event of one day: "I took the bus instead of the tram today".
fn is_once(clause: &Clause<'_>) -> bool {
    let changes = clause.verb.is_some_and(|verb| {
        clause.words[verb].is(Class::Changing) || clause.words[verb].is(Class::Starting)
    });
    let part = |low: &str| matches!(low, "morning" | "afternoon" | "evening" | "time" | "night");
    let once = |it: &[Word]| matches!(it[0].low.as_str(), "this" | "last") && part(&it[1].low);
    let day = |word: &Word| matches!(word.low.as_str(), "today" | "yesterday" | "tonight");
    // "I drove instead of taking the train" was so once.
    let is_event = clause.is_past && clause.head == clause.verb;
    !changes && (is_event || clause.words.iter().any(day) || clause.words.windows(2).any(once))
}

/// Returns true if "not" contrasts a value with the one before it, and negates no verb.
fn follows_value(clause: &Clause<'_>, at: usize) -> bool {
    let before = at.checked_sub(1).map(|before| &clause.words[before]);
    let opens = before.is_none_or(|word| word.low == "," || word.low == "and" || word.is_sign);
    let end = clause.words[at..].iter().position(|word| word.is_sign);
    let short = end.unwrap_or(clause.words.len() - at) <= 5;
    let verbs = clause.words[at..].iter().any(|word| word.is(Class::Auxiliary));
    let last = clause.words.last().is_some_and(Word::is_content)
        || clause.words.last().is_some_and(|word| word.is_sign);
    opens && short && !verbs && last
}

pub(super) fn read(clause: &Clause<'_>, changes: &mut Vec<Change>) {
    let Some(verb) = clause.verb.filter(|_| !clause.is_negated) else { return };
    let before = changes.len();
    changes.extend(from(clause, verb));
    changes.extend(swapped(clause, verb));
    changes.extend(anew(clause, verb));
    if !clause.words[verb].is(Class::Changing) {
        changes.extend(renamed(clause, verb));
    } else if changes.len() == before {
        changes.extend(property(clause, verb));
        changes.extend(sibling(clause, verb));
    }
}

/// "Switched everything to light mode": ends a statement about another mode.
fn sibling(clause: &Clause<'_>, verb: usize) -> Option<Change> {
    let to = (verb + 1..clause.words.len()).find(|at| clause.low(*at) == "to")?;
    let mut others = terms(object(&clause.words[to + 1..]));
    let head = others.pop()?;
    let narrowed = !others.is_empty() && !head.is_name;
    narrowed.then(|| Change::new(&clause.owner, Shape::Replacement, Target::Sibling(head, others)))
}

/// "The novel has a new title", "we got a new landlord": ends the former one.
fn anew(clause: &Clause<'_>, verb: usize) -> Option<Change> {
    let has = matches!(clause.verb_lemma(), "have" | "get");
    let at = (verb + 1..clause.words.len()).find(|at| clause.low(*at) == "new")?;
    let property = clause.words.get(at + 1)?;
    let opened = clause.low(at - 1) == "a" && at <= verb + 4;
    if !has || !opened || !is_single(property) {
        return None;
    }
    let mut found = terms(&clause.words[at + 1..=at + 1]);
    if !clause.has_first_subject() {
        found.extend(terms(clause.subject()));
    }
    (!found.is_empty())
        .then(|| Change::new(&clause.owner, Shape::Replacement, Target::Property(found)))
}

/// "X is now called Y."
fn renamed(clause: &Clause<'_>, verb: usize) -> Option<Change> {
    let names = matches!(clause.low(verb), "called" | "named" | "known");
    let is_named = matches!(clause.owner, Owner::Named(_)) && clause.has(Class::Current);
    let found = terms(clause.subject());
    (names && is_named && !found.is_empty())
        .then(|| Change::new(&Owner::Speaker, Shape::Replacement, Target::Terms(found)))
}

/// "Switched from X to Y", "migrated off X".
fn from(clause: &Clause<'_>, verb: usize) -> Option<Change> {
    let words = clause.words;
    let makes = matches!(clause.verb_lemma(), "make" | "take" | "do")
        && words[verb..].iter().any(|word| {
            matches!(word.low.as_str(), "switch" | "jump" | "move" | "leap" | "change" | "step")
        });
    let changes = words[verb].is(Class::Changing) || makes;
    let pulls = changes || matches!(clause.verb_lemma(), "take" | "get" | "pull" | "come" | "wean");
    let hires = matches!(clause.verb_lemma(), "poach" | "headhunt" | "lure" | "recruit" | "hire")
        && matches!(clause.low(verb + 1), "me" | "us");
    let changes = changes || hires;
    let at = (verb + 1..words.len()).find(|at| {
        changes && clause.low(*at) == "from" || pulls && verb + 1 < *at && clause.low(*at) == "off"
    })?;
    // "I'm taking a week off running" is a pause.
    if clause.low(at) == "off" && words[verb + 1..at].iter().any(|word| word.is(Class::Time)) {
        return None;
    }
    let found = terms(object(&words[at + 1..]));
    // "I cut two pages from the thesis" leaves the thesis.
    let takes = words[verb + 1..at].iter().any(Word::is_content)
        && matches!(clause.verb_lemma(), "cut" | "take" | "pull" | "get")
        && clause.low(at) == "from";
    if found.is_empty() || takes || matches!(clause.low(at + 1), "now" | "here") {
        return None;
    }
    let change = Change::new(&clause.owner, Shape::Replacement, Target::Terms(found));
    Some(change.of(heads(&words[at + 1..]), clause))
}

/// "Replaced X with Y", "X was replaced by Y", "swapped X for Y", "Y replaced X".
fn swapped(clause: &Clause<'_>, verb: usize) -> Option<Change> {
    let words = clause.words;
    let lemma = clause.verb_lemma();
    let ousts = OUSTING.contains(&lemma) && words.iter().any(|word| word.low == "as");
    if !ousts && !matches!(lemma, "replac" | "swap" | "trade" | "exchang" | "switch") {
        return None;
    }
    let passive = words[..verb].iter().any(|word| word.lemma == "be" || word.lemma == "get");
    let joins = (verb + 1..words.len()).find(|at| matches!(clause.low(*at), "with" | "for" | "by"));
    let (found, things) = match joins {
        Some(_) if passive => (terms(clause.subject()), heads_of_subject(clause.subject())),
        Some(at) => (terms(object(&words[verb + 1..at])), heads(&words[verb + 1..])),
        None if lemma == "replac" || ousts => {
            (terms(before_as(&words[verb + 1..])), heads(&words[verb + 1..]))
        }
        None => return None,
    };
    let owner = match &clause.owner {
        Owner::Named(_) | Owner::Other(_) => Owner::Speaker,
        owner => owner.clone(),
    };
    let change = Change::new(&owner, Shape::Replacement, Target::Terms(found));
    let is_named = change.target.terms().is_some_and(|it| !it.is_empty());
    is_named.then(|| change.of(things, clause))
}

fn before_as(words: &[Word]) -> &[Word] {
    let words = object(words);
    let end = words.iter().position(|word| word.low == "as");
    &words[..end.unwrap_or(words.len())]
}

/// Returns true if somebody changes something of their own: "Tom switched to Emacs". A name may
/// also be that of a thing: "Yoga has moved to Friday".
fn is_done_by_person(clause: &Clause<'_>, verb: usize) -> bool {
    let is_person = matches!(clause.owner, Owner::Named(_) | Owner::Relation(_))
        && !clause.subject().iter().any(|word| word.low == "'s");
    let passive = clause.words[..verb].iter().any(|it| matches!(it.lemma.as_str(), "be" | "get"));
    let to = (verb + 1..clause.words.len()).find(|at| clause.low(*at) == "to");
    let dated = to.and_then(|to| clause.words.get(to + 1)).is_some_and(|word| {
        word.is_number() || word.is(Class::Weekday) || word.is(Class::Month) || word.is(Class::Time)
    });
    let leaves = to.is_some_and(|to| matches!(clause.low(to + 1), "another" | "a"));
    is_person && !passive && !dated && !leaves
}

/// "Moved the N to Y", "changed my N", "the N got pushed to Y".
fn property(clause: &Clause<'_>, verb: usize) -> Option<Change> {
    let words = clause.words;
    // "I switched my phone off."
    let mut rest = words[verb + 1..].iter().filter(|word| !word.is_sign);
    if rest.next_back().is_some_and(|it| matches!(it.low.as_str(), "off" | "on" | "down")) {
        return None;
    }
    let of_object = terms(object(&words[verb + 1..]));
    let has_to = words[verb..].iter().any(|word| word.low == "to");
    let renames = matches!(clause.verb_lemma(), "chang" | "switch" | "renam");
    let (found, things) = if of_object.is_empty()
        || words.get(verb + 1).is_some_and(|it| it.low == "to")
    {
        // The subject changes: "the stand-up has moved to Wednesday".
        if clause.has_first_subject() || !has_to && !renames || is_done_by_person(clause, verb) {
            return None;
        }
        (terms(clause.subject()), heads_of_subject(clause.subject()))
    } else {
        let opens = words.get(verb + 1)?;
        if !opens.is(Class::Mine) && !opens.is(Class::Determiner) && !renames {
            return None;
        }
        (of_object, heads(&words[verb + 1..]))
    };
    let change = Change::new(&clause.owner, Shape::Replacement, Target::Property(found));
    let is_named = change.target.terms().is_some_and(|it| !it.is_empty());
    is_named.then(|| change.of(things, clause))
}
