//! The sense of an ending: what it says of the relation that a fact states.
//!
//! One drops a course, and drops a person at a station; one finishes a course, and finishes a
//! coffee. Only the first of each ends something that lasts.

use crate::change::{Change, Kind, Shape, Target, kind_of};
use crate::claim::{Claim, Term};
use crate::clause::Owner;
use crate::lexicon::{Class, EXCLUSIVE};
use crate::slot::Slot;

/// Lemmas of the verbs of facts about a journey.
const TRAVELLING: &[&str] =
    &["go", "fli", "fly", "travel", "visit", "head", "sail", "book", "spend", "plan", "tour"];

/// Lemmas of the verbs of facts that hold wherever the thing is.
const HOLDING: &[&str] = &[
    "play", "love", "like", "drive", "learn", "have", "own", "ride", "speak", "wear", "eat",
    "drink", "enjoy", "hate", "call", "name", "adopt",
];

/// Lemmas of the verbs of facts about habits, whose things are used up and come again.
const REPEATING: &[&str] =
    &["drink", "eat", "love", "like", "enjoy", "use", "live", "play", "bake", "cook", "make"];

/// Lemmas of the verbs of facts about a tool or a text, which is opened and closed.
const USING: &[&str] = &["write", "use", "edit", "code", "run", "read", "prefer"];

/// Lemmas of verbs that end the thing itself, and not what it narrows.
const LEAVING: &[&str] =
    &["leave", "close", "be", "end", "lose", "return", "sell", "die", "crash", "break", "run"];

/// Lemmas of verbs by which a liking, a fear or an allergy ends.
const TURNING: &[&str] = &[
    "give", "quit", "stop", "drop", "abandon", "lose", "swear", "get", "come", "grow", "outgrow",
    "stand", "bear", "like", "love", "enjoy", "hate", "care", "mind", "go off", "want",
];

/// Lemmas of verbs of one choice, which leaves a liking: "I ordered ramen instead of sushi".
const CHOOSING: &[&str] = &[
    "order", "pick", "buy", "get", "choos", "choose", "cook", "bake", "make", "eat", "drink",
    "watch", "read", "wear", "take",
];

/// Returns true if a change may end this fact: the fact has a thing that ends, and the verb ends
/// such a thing.
pub(super) fn fits(claim: &Claim, change: &Change) -> bool {
    let Some(heads) = &change.heads else { return true };
    if !change.limits.iter().all(|limit| claim.has(&limit.lemma)) {
        return false;
    }
    // "I used to hate Madrid" ends a hate, and no home.
    let does = |verb: &str| claim.verbs.iter().any(|it| it == verb);
    let holds = |verb: &str| HOLDING.contains(&verb) || verb == "be";
    let is_same =
        does(&change.verb) || holds(&change.verb) && claim.verbs.iter().any(|it| holds(it));
    if change.is_former && !is_same {
        return false;
    }
    // A number alone names what the same verb says: "I no longer get up at 6".
    if heads.is_empty() {
        return claim.verbs.contains(&change.verb);
    }
    let kind = match change.kind {
        Kind::Thing => true,
        Kind::Journey => may_travel(claim, heads),
        Kind::Course => !is_over(change) || heads.iter().any(|head| is_course_of(claim, head)),
    };
    kind && heads.iter().any(|head| is_thing_of(claim, change, head) && ends(claim, change, head))
}

/// Returns true if a fact is about this thing, or states a property by this name.
fn is_thing_of(claim: &Claim, change: &Change, head: &Term) -> bool {
    let is_property = matches!(change.target, Target::Property(_));
    let mut slots = claim.slots.iter();
    let is_valued = |of: &[&str]| {
        let slots =
            claim.slots.iter().filter(|it| it.attribute.split(' ').any(|it| of.contains(&it)));
        slots.clone().next().is_some() && !slots.clone().any(|it| it.value.contains(&head.lemma))
    };
    // "The film ended" ends no favourite film, and who moves out leaves the home of the others.
    let is_kind = !is_property && is_valued(&["favorite"]);
    let is_person = head.is_name || head.classes & Class::Relation.bit() != 0;
    let is_own = claim.owner == Owner::Speaker;
    let is_companion = is_own && is_person && is_valued(&["home"]);
    // "The address no longer works" is no commute to work.
    let is_noun = claim.terms.iter().any(|it| it.lemma == head.lemma && it.is_generic);
    if is_noun && head.lemma == change.verb && !claim.verbs.contains(&change.verb) {
        return false;
    }
    let has = claim.has(&head.lemma) || slots.any(|slot| is_in(&slot.attribute, head));
    // The noun of "the call" is not the verb of "a dog called Rex".
    let is_narrowing = LEAVING.contains(&change.verb.as_str())
        && claim.narrowing.contains(&head.lemma)
        || head.lemma == "call";
    has && !is_kind && !is_companion && !is_narrowing
}

/// Returns true if a fact names the car of the speaker, and a change the car by this noun only.
pub(super) fn is_car_of(claim: &Claim, change: &Change) -> bool {
    let is_given = matches!(change.verb.as_str(), "sell" | "get" | "scrap" | "trade" | "donat");
    let is_car = |it: &[Term]| matches!(it, [car] if car.lemma == "car");
    let is_named = change.heads.as_deref().is_some_and(is_car) && !claim.has("car");
    is_given && is_named && claim.slots.iter().any(|slot| slot.attribute == "car")
}

fn is_in(attribute: &str, head: &Term) -> bool {
    attribute.split(' ').any(|word| word == head.lemma)
}

fn is_over(change: &Change) -> bool {
    matches!(change.verb.as_str(), "be" | "end" | "finish" | "cancel" | "close")
}

fn is_course_of(claim: &Claim, head: &Term) -> bool {
    kind_of(&head.lemma) == Kind::Course && claim.has(&head.lemma)
}

/// Returns true if the verb ends the relation of the fact to this thing.
fn ends(claim: &Claim, change: &Change, head: &Term) -> bool {
    let is = |classes: &[Class]| classes.iter().any(|class| head.classes & class.bit() != 0);
    let has_verb = |of: &[&str]| claim.verbs.iter().any(|verb| of.contains(&verb.as_str()));
    let is_program = is(&[Class::Editor, Class::System, Class::Database]);
    let is_machine = is(&[Class::Device]) || matches!(&*head.lemma, "laptop" | "phone");
    let is_vehicle = is(&[Class::Transport, Class::Vehicle, Class::Pet]);
    let is_relation = is(&[Class::Relation]) && !is(&[Class::Pet]);
    let is_person = is_relation || head.is_name && !claim.relations.is_empty();
    if is_attitude(claim) && !is_person && !turns(claim, change) {
        return false;
    }
    if change.is_doing {
        return true;
    }
    // "My email is broken" is about the mail, and not about its address.
    let is_contact = claim.slots.iter().any(|slot| {
        matches!(slot.attribute.as_str(), "email" | "phone") && !slot.value.contains(&head.lemma)
    });
    let fails = matches!(change.verb.as_str(), "be" | "break" | "die" | "crash" | "go" | "stop");
    if is_contact && fails && matches!(change.target, Target::Terms(_) | Target::Headed(..)) {
        return false;
    }
    match change.verb.as_str() {
        "drop" => {
            let is_dear = is(&[Class::Pet, Class::Relation, Class::Vehicle, Class::Instrument]);
            !is_dear && !is_machine && !is_somebody(claim, head)
        }
        "finish" | "end" => !has_verb(REPEATING),
        "stop" | "crash" => !is_program && !is_machine && !is(&[Class::Work]) && !has_verb(USING),
        "close" => !is_program && !is_machine && !has_verb(USING),
        "quit" => !is_program && !is_machine,
        "throw" => !has_verb(REPEATING),
        "cancel" | "break" => !is(&[Class::Transport]),
        "leave" => {
            let is_home = claim
                .slots
                .iter()
                .any(|slot| slot.attribute == "home" && slot.value.contains(&head.lemma));
            let is_thing = is_vehicle || is(&[Class::Device, Class::Instrument]);
            !is_thing && (change.is_final || !is_home)
        }
        "fall" | "come" | "go" => !is_vehicle,
        "move" | "shift" | "bring" | "transfer" | "push" => {
            let is_property = matches!(change.target, Target::Property(_));
            !is_property || !has_verb(HOLDING) || is_dated(claim)
        }
        _ => true,
    }
}

/// Lemmas of what somebody cannot bear.
const AILING: &[&str] = &["allerg", "allergi", "allergy", "intoler", "afraid"];

/// Returns true for a liking, a fear, an allergy, or something that is not done.
fn is_attitude(claim: &Claim) -> bool {
    let is_opinion = |slot: &Slot| slot.attribute.starts_with("opinion of ");
    claim.is_negated
        || claim.verbs.iter().any(|verb| verb == "prefer")
        || claim.slots.iter().any(is_opinion)
        || claim.has("favorite")
        || AILING.iter().any(|lemma| claim.has(lemma))
}

/// Returns true if a change is one of attitude or doing, and not only of a thing.
fn turns(claim: &Claim, change: &Change) -> bool {
    // "My peanut allergy is gone."
    let terms = change.target.terms().unwrap_or_default();
    let is_ailing = |it: &Term| AILING.contains(&it.lemma.as_str());
    TURNING.contains(&change.verb.as_str())
        || terms.iter().any(is_ailing)
        || claim.verbs.contains(&change.verb)
        || change.shape != Shape::Retraction && !CHOOSING.contains(&change.verb.as_str())
}

/// Returns true if a fact names a person by this name.
fn is_somebody(claim: &Claim, head: &Term) -> bool {
    let person = Class::Relation.bit() | Class::Status.bit();
    let is_person = claim.terms.iter().any(|term| term.classes & person != 0);
    head.is_name && head.classes & EXCLUSIVE == 0 && is_person
}

fn is_dated(claim: &Claim) -> bool {
    let dated = Class::Weekday.bit() | Class::Month.bit() | Class::Number.bit();
    claim.terms.iter().any(|term| {
        term.classes & dated != 0 || term.lemma.starts_with(|c: char| c.is_ascii_digit())
    })
}

/// Returns true if a fact may be about a journey: it states neither a home nor an opinion.
fn may_travel(claim: &Claim, heads: &[Term]) -> bool {
    let is_held = |place: &Term| {
        claim.slots.iter().any(|slot| {
            slot.attribute != "trip"
                && (slot.value.contains(&place.lemma) || is_in(&slot.attribute, place))
        })
    };
    let names_journey =
        heads.iter().any(|it| kind_of(&it.lemma) == Kind::Journey && claim.has(&it.lemma));
    let is_going = claim.verbs.iter().any(|verb| TRAVELLING.contains(&verb.as_str()));
    let is_there = claim.verbs.iter().all(|verb| verb == "be") && !heads.iter().any(is_held);
    names_journey || is_going || is_there
}
