//! Turns of a life that end something without naming it: "I was laid off", "we broke up".

use super::item::{Change, Shape, Target, terms};
use crate::clause::{Clause, Owner};
use crate::lexicon::Class;

pub(super) fn read(clause: &Clause<'_>) -> Option<Change> {
    last_day(clause).or_else(|| job(clause)).or_else(|| partner(clause))
}

/// "Friday was my last day at X."
fn last_day(clause: &Clause<'_>) -> Option<Change> {
    let at = clause.words.windows(3).position(|it| {
        it[0].low == "last" && it[1].low == "day" && matches!(it[2].low.as_str(), "at" | "with")
    })?;
    let place = terms(&clause.words[at + 3..]);
    let ends = !place.is_empty() && !clause.is_ahead && !clause.is_negated;
    let owner = match &clause.owner {
        Owner::Named(_) | Owner::Unknown => Owner::Speaker,
        owner => owner.clone(),
    };
    ends.then(|| Change::new(&owner, Shape::Retraction, Target::Terms(place)))
}

/// "I was laid off", "I quit", "I lost my job", "I'm retired now".
fn job(clause: &Clause<'_>) -> Option<Change> {
    let verb = clause.verb?;
    let has = |low: &str| clause.words.iter().any(|word| word.low == low);
    let is_done = matches!(clause.low(verb + 1), "me" | "us") && clause.owner == Owner::Speaker;
    let personal = clause.has_first_subject()
        || is_done
        || matches!(clause.owner, Owner::Relation(_) | Owner::Named(_));
    let passive = clause.words[..verb].iter().any(|it| matches!(it.lemma.as_str(), "be" | "get"));
    let rest = terms(clause.rest());
    let of_job = rest.iter().any(|term| matches!(term.lemma.as_str(), "job" | "posit" | "role"));
    let bare = rest.iter().all(|term| term.is_generic);
    let ends = match clause.verb_lemma() {
        "quit" | "resign" => rest.is_empty() || of_job && bare,
        "retire" => clause.owner == Owner::Speaker && bare,
        "lose" | "leave" => of_job && bare,
        "fire" => passive && bare,
        "lay" | "let" | "lie" => bare && (has("off") || has("go")) && passive,
        "make" => has("redundant"),
        "get" | "start" | "land" | "have" | "accept" | "begin" => {
            of_job && has("new") && !clause.is_past_state()
        }
        "be" => has("unemployed") || has("jobless") || has("retired") && bare,
        _ => false,
    };
    if !ends || !personal || clause.is_negated {
        return None;
    }
    Some(Change::new(&clause.owner, Shape::Retraction, Target::Job))
}

/// "We broke up", "I got divorced", "she left me".
fn partner(clause: &Clause<'_>) -> Option<Change> {
    let has = |low: &str| clause.words.iter().any(|word| word.low == low);
    let parted = match clause.verb_lemma() {
        "break" => has("up"),
        "split" => has("up") || clause.rest().iter().all(|word| !word.is_content()),
        "divorce" | "separ" => true,
        "be" | "get" | "go" => {
            has("divorced") || has("separated") || has("divorce") || has("single") && has("again")
        }
        "leave" | "dump" => has("me") || has("us"),
        _ => has("divorce"),
    };
    let is_former = |word: &crate::words::Word| word.low.starts_with("ex-") || word.low == "ex";
    let parted = parted
        || match clause.verb_lemma() {
            "be" | "becom" | "become" => {
                clause.rest().iter().any(is_former) && clause.has(Class::Mine)
            }
            _ => false,
        };
    let of_other = clause.subject().iter().any(|word| word.low == "'s");
    // "Ivy broke up with her boyfriend" is about hers.
    let is_theirs =
        clause.rest().windows(2).any(|it| it[0].is(Class::Third) && it[1].is(Class::Spouse));
    if !parted || clause.is_negated || of_other || is_theirs {
        return None;
    }
    let named = terms(clause.words)
        .into_iter()
        .filter(|term| term.is_name || term.classes & Class::Spouse.bit() != 0);
    let named: Vec<_> = named.collect();
    if !named.is_empty() {
        let change = Change::new(&Owner::Speaker, Shape::Retraction, Target::Terms(named.clone()));
        return Some(change.of(named, clause));
    }
    let about_self = clause.has_first_subject() || clause.owner == Owner::Speaker;
    about_self.then(|| Change::new(&Owner::Speaker, Shape::Retraction, Target::Partner))
}
