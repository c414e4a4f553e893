//! Statements in the frame of a fact: the same verb and thing with another value.

use super::lasting::is_time;
use crate::claim::{Claim, Term};
use crate::lexicon::{Class, EXCLUSIVE};
use crate::slots::is_property;

/// Returns true if a statement about the present has the verb and the preposition of a fact with
/// another object: "I read on a Kindle now" after "I read on an iPad".
pub(super) fn shares_place(former: &Claim, news: &Claim) -> bool {
    if former.is_negated || news.is_negated || former.owner != news.owner {
        return false;
    }
    if shares_head(former, news) {
        return true;
    }
    let differs = |one: &[String], two: &[String]| one.iter().all(|lemma| !two.contains(lemma));
    news.places.iter().any(|place| {
        former.places.iter().any(|it| {
            !is_held(former, &it.object)
                && it.verb == place.verb
                && it.preposition == place.preposition
                && differs(&it.object, &place.object)
        })
    })
}

/// Returns true if a place is the value of a slot, which another place replaces as a slot only: "I
/// live in a small house now" names no other town.
fn is_held(claim: &Claim, object: &[String]) -> bool {
    claim.slots.iter().any(|slot| {
        slot.attribute == "home" && slot.value.iter().any(|lemma| object.contains(lemma))
    })
}

/// Returns true if the objects of both have the same noun with another word before it: "I prefer
/// double quotes now" after "I prefer single quotes".
fn shares_head(former: &Claim, news: &Claim) -> bool {
    let (Some(one), Some(two)) = (&former.object, &news.object) else { return false };
    one.verb == two.verb
        && one.object.last() == two.object.last()
        && one.object.len() == two.object.len()
        && one.object != two.object
}

/// Returns true if a statement that says "now" gives another value in the frame of a fact: another
/// weekday or number for the same thing.
pub(super) fn shares_frame(former: &Claim, news: &Claim) -> bool {
    if former.is_negated != news.is_negated || !former.is_of(&news.owner) {
        return false;
    }
    // Two requests about the same thing: "keep your answers short from here on".
    let same_request = former.is_request
        && news.is_request
        && news.terms.iter().any(|term| !term.is_generic && former.has(&term.lemma))
        && news.terms.iter().any(|term| !former.has(&term.lemma));
    if same_request {
        return true;
    }
    let dated = Class::Weekday.bit() | Class::Number.bit();
    let is_value = |term: &&Term| {
        term.classes & dated != 0 || term.lemma.starts_with(|c: char| c.is_ascii_digit())
    };
    let other = |of: &Claim, than: &Claim| {
        of.terms.iter().filter(is_value).any(|term| !than.has(&term.lemma))
    };
    // "Two pages" are no value for a date.
    let is_count = |(at, term): (usize, &Term)| {
        let unit = news.terms.get(at + 1).filter(|it| !is_value(it) && !is_time(it));
        let is_number = term.classes & Class::Number.bit() != 0
            || term.lemma.starts_with(|c: char| c.is_ascii_digit());
        is_number && unit.is_some_and(|unit| !former.has(&unit.lemma))
    };
    let counts = news.terms.iter().enumerate().any(is_count);
    let both = former.terms.iter().any(|term| is_value(&term))
        && news.terms.iter().any(|term| is_value(&term))
        && !counts;
    let shared = news.terms.iter().enumerate().any(|(at, term)| {
        let versioned =
            |of: &Claim, at: usize| of.terms.get(at + 1).is_some_and(|it| is_value(&it));
        let place = former.terms.iter().position(|it| it.lemma == term.lemma);
        let same_kind = term.classes & EXCLUSIVE == 0
            || versioned(news, at) && place.is_some_and(|at| versioned(former, at));
        // A verb alone names nothing, unless the speaker does it: "I run 5 km", "I run 8 km now".
        let is_thing = !news.verbs.contains(&term.lemma) || at == 0 && place == Some(0);
        // "My birthday party" is a party.
        let narrows = |of: &Claim| of.narrowing.contains(&term.lemma);
        let is_thing = is_thing && (!is_property(&term.lemma) || !narrows(news) || narrows(former));
        is_thing && !term.is_generic && !is_value(&term) && same_kind && place.is_some()
    });
    both && shared && other(news, former) && other(former, news)
}
