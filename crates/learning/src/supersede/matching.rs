//! The facts that a change is about.

use super::{known::Known, marks::Marks, sense};
use crate::change::{Change, Target};
use crate::claim::{Claim, Term};
use crate::clause::Owner;
use crate::lexicon::{Class, lemma};
use crate::slots::is_property;

/// Weights of a shared word: a name says most, a generic noun almost nothing.
const NAME: u32 = 30;
const WORD: u32 = 10;
const GENERIC: u32 = 1;

/// Verbs of facts about things that somebody has.
const HOLDING: &[&str] =
    &["have", "own", "get", "buy", "keep", "drive", "ride", "be", "use", "adopt", "hold"];

/// Returns the indexes of the facts that a change ends.
pub(super) fn ended_by(current: &[&Known], change: &Change) -> Vec<usize> {
    let each = || current.iter().copied().enumerate();
    let all = || each().filter(|(_, known)| known.claim.is_firm);
    let lasting =
        || all().filter(|(_, known)| known.is_lasting && sense::fits(&known.claim, change));
    // Those that may have one of these terms.
    let sharing = |terms: &[Term]| {
        let marks = Marks::of_terms(terms);
        lasting().filter(move |(_, known)| known.marks.may_meet(&marks))
    };
    let owner = &change.owner;
    match &change.target {
        Target::Headed(head, terms) => best(sharing(terms), |claim| {
            if claim.has(&head.lemma) && is_about(claim, owner, terms) {
                overlap(claim, terms)
            } else {
                0
            }
        }),
        Target::Owned(terms) => best(sharing(terms), |claim| {
            let has = claim.verbs.iter().any(|verb| HOLDING.contains(&verb.as_str()));
            let is_named = named(claim, terms);
            if (has || is_named) && is_about(claim, owner, terms) {
                overlap(claim, terms)
            } else {
                0
            }
        }),
        Target::Guest(terms) => best(sharing(terms), |claim| {
            if stays(claim) && named(claim, terms) { overlap(claim, terms) } else { 0 }
        }),
        Target::Away(terms) => best(sharing(terms), |claim| {
            if is_away(claim, terms) && is_about(claim, owner, terms) {
                overlap(claim, terms)
            } else {
                0
            }
        }),
        Target::Ailment(parts) => best(lasting(), |claim| ailment(claim, owner, parts)),
        Target::Opinion(terms) => best(sharing(terms), |claim| opinion(claim, owner, terms)),
        Target::Plan(terms) => best(each(), |claim| {
            let is_plan = !claim.is_firm && claim.is_of(owner);
            if is_plan { overlap(claim, terms) / WORD * WORD } else { 0 }
        }),
        Target::Sibling(head, others) => {
            best(lasting(), |claim| sibling(claim, owner, head, others))
        }
        Target::Terms(terms) => best(sharing(terms), |claim| {
            let is_car = sense::is_car_of(claim, change);
            match is_about(claim, &change.owner, terms) {
                true if is_car => WORD,
                true => overlap(claim, terms),
                false => 0,
            }
        }),
        Target::Property(terms) => best(lasting(), |claim| property(claim, &change.owner, terms)),
        Target::Role(terms) => best(sharing(terms), |claim| role(claim, terms)),
        Target::Denial(terms) => best(lasting(), |claim| denial(claim, &change.owner, terms)),
        Target::Job => with_slot(all(), &change.owner, &["employer", "job"]),
        Target::Partner => {
            let found = all().filter(|(_, known)| {
                let claim = &known.claim;
                let spouse = claim.terms.iter().any(|term| term.classes & Class::Spouse.bit() != 0);
                spouse && claim.relations.len() == 1
            });
            found.map(|(at, _)| at).collect()
        }
    }
}

/// Returns the facts with the highest score, if it is above 0.
fn best<'a>(
    all: impl Iterator<Item = (usize, &'a Known)>,
    score: impl Fn(&Claim) -> u32,
) -> Vec<usize> {
    // Among facts that share as much, those that say little else are meant.
    let scaled = |claim: &Claim| match score(claim) {
        shared if (WORD..NAME).contains(&shared) => {
            let others = u32::try_from(claim.terms.len()).unwrap_or(WORD).min(WORD - 1);
            (shared + 1) * WORD - others
        }
        shared => shared * WORD,
    };
    let scored: Vec<(usize, u32)> = all.map(|(at, known)| (at, scaled(&known.claim))).collect();
    let most = scored.iter().map(|(_, score)| *score).max().unwrap_or(0);
    let found: Vec<usize> =
        scored.iter().filter(|(_, score)| 0 < most && *score == most).map(|(at, _)| *at).collect();
    // A generic noun alone names a fact only if no other fact has it.
    if most < WORD * WORD && 1 < found.len() { Vec::new() } else { found }
}

fn with_slot<'a>(
    all: impl Iterator<Item = (usize, &'a Known)>,
    owner: &Owner,
    attributes: &[&str],
) -> Vec<usize> {
    let found = all.filter(|(_, known)| {
        known.claim.slots.iter().any(|slot| {
            attributes.contains(&slot.attribute.as_str())
                && (slot.owner == *owner || known.claim.is_of(owner))
        })
    });
    found.map(|(at, _)| at).collect()
}

/// Returns true if a claim is about this owner, or about one of these things of the speaker.
fn is_about(claim: &Claim, owner: &Owner, terms: &[Term]) -> bool {
    if claim.is_of(owner) {
        return true;
    }
    if *owner != Owner::Speaker {
        return false;
    }
    // Somebody or something of the speaker that itself ends: "Biscuit died", "we divorced".
    let named = |name: &String| terms.iter().any(|term| term.lemma == *name);
    match &claim.owner {
        Owner::Relation(relation) => named(relation) || claim.names.iter().any(named),
        Owner::Named(name) => named(name),
        Owner::Speaker | Owner::Other(_) | Owner::Unknown => false,
    }
}

fn overlap(claim: &Claim, terms: &[Term]) -> u32 {
    let has_name = terms.iter().any(|term| term.is_name);
    let shares_name = terms.iter().any(|term| term.is_name && claim.has(&term.lemma));
    if has_name && !shares_name {
        return 0;
    }
    let specific = terms.iter().any(|term| !term.is_generic);
    let weight = |term: &Term| match () {
        () if term.is_name => NAME,
        () if term.is_generic => GENERIC,
        () => WORD,
    };
    let shared: u32 = terms.iter().filter(|term| claim.has(&term.lemma)).map(weight).sum();
    if specific && shared < WORD { 0 } else { shared }
}

fn property(claim: &Claim, owner: &Owner, terms: &[Term]) -> u32 {
    // "My dentist is Dr. Amin" is about the dentist, and about a property of the speaker.
    let is_theirs = claim.is_of(owner);
    // The words of the property, in full, name a slot of the fact.
    let of_slot = claim.slots.iter().filter(|slot| is_theirs || slot.owner == *owner).any(|slot| {
        let words: Vec<&str> = slot.attribute.split(' ').collect();
        terms.iter().all(|term| words.contains(&term.lemma.as_str()))
    });
    if of_slot {
        return if names_property(claim, terms) { 3 * NAME } else { 0 };
    }
    let all = terms.iter().all(|term| {
        let of_owner = matches!(owner, Owner::Relation(it) | Owner::Named(it) if *it == term.lemma);
        of_owner || claim.has(&term.lemma)
    });
    if all && is_theirs { overlap(claim, terms).max(GENERIC) } else { 0 }
}

/// Returns true unless a fact states a property of the thing: who moves the deploy moves no deploy
/// deadline.
fn names_property(claim: &Claim, terms: &[Term]) -> bool {
    let labels = claim.slots.iter().flat_map(|slot| slot.label.split(' '));
    let properties = labels.filter(|word| is_property(word) && *word != "name");
    let mut properties = properties.map(lemma).peekable();
    properties.peek().is_none()
        || properties.any(|property| terms.iter().any(|term| term.lemma == property))
}

/// Scores a fact in which somebody has a role: a relation of the speaker, or a job.
fn role(claim: &Claim, terms: &[Term]) -> u32 {
    let is_role = |slot: &crate::slot::Slot| {
        let valued = slot.value.iter().any(|lemma| terms.iter().any(|term| term.lemma == *lemma));
        let job = matches!(slot.attribute.as_str(), "job" | "employer");
        valued
            || job
                && terms.iter().any(|term| {
                    claim.is_of(&Owner::Named(term.lemma.clone()))
                        || claim.is_of(&Owner::Relation(term.lemma.clone()))
                })
    };
    let is_guest = stays(claim) && named(claim, terms);
    if claim.slots.iter().any(is_role) || is_guest { overlap(claim, terms) } else { 0 }
}

/// Returns true if a claim says that somebody lives or stays with somebody.
fn stays(claim: &Claim) -> bool {
    let verbs = ["live", "room", "share", "stay", "lodg", "lodge", "crash", "rent", "sleep"];
    claim.verbs.iter().any(|verb| verbs.contains(&verb.as_str()))
}

/// Returns true if a claim says that somebody is at or goes to these places, or is ill.
fn is_away(claim: &Claim, terms: &[Term]) -> bool {
    let ails = claim.terms.iter().any(|term| term.classes & Class::Ailment.bit() != 0);
    let is_named = |lemma: &String| terms.iter().any(|term| term.lemma == *lemma);
    let is_home = claim.slots.iter().any(|slot| slot.attribute == "home");
    let at = !is_home
        && claim.places.iter().any(|place| {
            matches!(place.preposition.as_str(), "in" | "at" | "to" | "on")
                && place.object.iter().any(is_named)
        });
    let visits = claim
        .verbs
        .iter()
        .any(|verb| matches!(verb.as_str(), "visit" | "stay" | "travel" | "tour"));
    ails || at || visits
}

/// Returns true if a claim has a name or relation of these terms.
fn named(claim: &Claim, terms: &[Term]) -> bool {
    let is_person = |term: &Term| term.is_name || term.classes & Class::Relation.bit() != 0;
    terms.iter().any(|term| is_person(term) && claim.has(&term.lemma))
}

/// Scores an injury or illness of these parts; without parts, any one of the owner.
fn ailment(claim: &Claim, owner: &Owner, parts: &[Term]) -> u32 {
    let ails = claim.terms.iter().any(|term| term.classes & Class::Ailment.bit() != 0);
    let has = |lemma: &String| parts.iter().any(|term| term.lemma == *lemma);
    let of_owner =
        claim.is_of(owner) || matches!(&claim.owner, Owner::Relation(relation) if has(relation));
    match () {
        () if !ails || !of_owner => 0,
        () if parts.is_empty() => GENERIC,
        () if parts.iter().any(|term| claim.has(&term.lemma)) => WORD,
        () => 0,
    }
}

/// Scores an opinion of these things.
fn opinion(claim: &Claim, owner: &Owner, terms: &[Term]) -> u32 {
    let is_opinion = |slot: &crate::slot::Slot| {
        slot.attribute.starts_with("opinion of ") && slot.owner == *owner
    };
    let opines = claim.slots.iter().any(is_opinion);
    if opines { overlap(claim, terms) / WORD * WORD } else { 0 }
}

/// Scores a fact about the same head noun with another word before it.
fn sibling(claim: &Claim, owner: &Owner, head: &Term, others: &[Term]) -> u32 {
    let at = claim.terms.iter().position(|term| term.lemma == head.lemma);
    let narrows = at.and_then(|at| at.checked_sub(1)).map(|at| &claim.terms[at]);
    let differs = narrows.is_some_and(|before| {
        before.classes & (Class::Verb.bit() | Class::Liking.bit()) == 0
            && others.iter().all(|other| !claim.has(&other.lemma))
    });
    if differs && claim.is_of(owner) && !head.is_generic { WORD } else { 0 }
}

/// Scores a fact that denies these things, or a diet or allergy that does.
fn denial(claim: &Claim, owner: &Owner, terms: &[Term]) -> u32 {
    if !claim.is_of(owner) {
        return 0;
    }
    let shares = terms.iter().any(|term| !term.is_generic && claim.has(&term.lemma));
    let allergic = claim.has("allergy") || claim.has("intoler") || claim.has("quit");
    if shares && (claim.is_negated || allergic) {
        return WORD;
    }
    let meat = [
        "meat", "fish", "chicken", "beef", "steak", "bacon", "pork", "dairy", "chees", "egg",
        "carb", "bread", "sugar", "gluten",
    ];
    let eats = terms.iter().any(|term| meat.contains(&term.lemma.as_str()));
    let diet = claim.slots.iter().any(|slot| slot.attribute == "diet");
    if eats && diet { WORD } else { 0 }
}

/// Returns true if a statement denies all that a fact affirms, or affirms what it denies, with the
/// same verb and no further condition.
pub(super) fn is_flipped(former: &Claim, news: &Claim) -> bool {
    if former.is_negated == news.is_negated || !former.is_of(&news.owner) || !news.is_firm {
        return false;
    }
    let objects = |claim: &Claim| -> Vec<String> {
        let terms = claim.terms.iter();
        let terms =
            terms.filter(|it| it.classes & Class::Time.bit() == 0 && !introduces(&it.lemma));
        terms.map(|term| term.lemma.clone()).collect()
    };
    if former.is_request && news.is_request {
        return false;
    }
    let (before, now) = (objects(former), objects(news));
    let (one, mut two) = (main_verbs(former), main_verbs(news));
    // "I'm not a vegetarian, never was."
    two.dedup();
    // "I don't love the new one" is about another thing.
    let only_verb = now.iter().all(|lemma| one.contains(&lemma.as_str()));
    let adds = before.iter().any(|lemma| !one.contains(&lemma.as_str()));
    one == two
        && one.len() == 1
        && !(only_verb && adds)
        && !now.is_empty()
        && now.iter().all(|lemma| before.contains(lemma))
}

/// Returns the verbs of a claim without those that only introduce it: "it turns out".
fn main_verbs(claim: &Claim) -> Vec<&str> {
    let verbs = claim.verbs.iter().map(String::as_str);
    verbs.filter(|verb| claim.verbs.len() < 2 || !introduces(verb)).collect()
}

fn introduces(verb: &str) -> bool {
    matches!(verb, "turn" | "think" | "guess" | "seem")
}
