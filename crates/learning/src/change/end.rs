//! Endings: "quit X", "X died", "X moved out", "off X".

use super::head::{distinctions, heads, heads_of_subject};
use super::item::{Around, Change, Shape, Target, long_object, object, terms};
use super::phrases::{CEASING, DEPARTING, ENDING, GAP_WORDS_MAX, OVER};
use super::{denial, life, passing, recover, wish};
use crate::claim::Term;
use crate::clause::{Clause, Owner};
use crate::lexicon::Class;
use crate::words::Word;

/// Reads the ending that a clause states.
pub(super) fn read(clause: &Clause<'_>, around: Around<'_, '_>, changes: &mut Vec<Change>) {
    let found = denial::read(clause, around)
        .or_else(|| wish::given_up(clause))
        .or_else(|| off(clause))
        .or_else(|| recover::healed(clause))
        .or_else(|| life::read(clause))
        .or_else(|| recover::again(clause))
        .or_else(|| ceasing(clause, around))
        .or_else(|| ending(clause, around, changes))
        .or_else(|| recover::recovered(clause));
    changes.extend(found);
    changes.extend(guest(clause));
}

/// Returns the index after the particle of a verb of several words.
fn particle(clause: &Clause<'_>, table: &[(&str, &str)]) -> Option<usize> {
    let verb = clause.verb?;
    let lemma = clause.verb_lemma();
    (verb + 1..(verb + 2 + GAP_WORDS_MAX).min(clause.words.len())).find_map(|at| {
        let low = clause.low(at);
        let fits = table.iter().any(|(first, second)| *first == lemma && *second == low)
            // "Let it run out", but not "let the kids run around".
            && (low != "run" || clause.low(at + 1) == "out");
        fits.then_some(at + 1)
    })
}

/// Returns true if an ending is limited to one time: "left work early today".
fn is_momentary(clause: &Clause<'_>) -> bool {
    is_one_occasion(clause)
        || clause
            .words
            .iter()
            .any(|word| matches!(word.low.as_str(), "early" | "today" | "tonight"))
            && !clause.has(Class::Current)
}

/// Returns true for "Yoga is cancelled this Monday".
fn is_one_occasion(clause: &Clause<'_>) -> bool {
    let over = matches!(clause.verb_lemma(), "cancel" | "close" | "be" | "call" | "drop");
    let dated = Class::Weekday.bit() | Class::Time.bit() | Class::Month.bit();
    let of = |word: &Word| matches!(word.low.as_str(), "this" | "next");
    let last = |it: &[Word]| it[0].low == "last" && it[1].is(Class::Weekday);
    let once =
        |it: &[Word]| last(it) || of(&it[0]) && it[1].classes & dated != 0 && it[1].low != "season";
    let on_day = |it: &[Word]| it[0].low == "on" && it[1].is(Class::Weekday);
    over && (clause.words.windows(2).any(once)
        || clause.rest().windows(2).any(on_day)
        || clause
            .words
            .iter()
            .any(|word| matches!(word.low.as_str(), "tonight" | "tomorrow" | "today")))
}

/// "Quit X", "gave X up", "X was cancelled".
fn ending(
    clause: &Clause<'_>,
    around: Around<'_, '_>,
    changes: &mut Vec<Change>,
) -> Option<Change> {
    let verb = clause.verb?;
    if clause.is_negated || is_momentary(clause) {
        return None;
    }
    let with = (clause.low(verb + 1) == "with").then_some(verb + 2);
    let done = with.filter(|_| matches!(clause.low(verb), "done" | "finished"));
    let after = particle(clause, ENDING).or(done);
    let single = clause.words[verb].is(Class::Ending)
        && !is_light_use(clause, verb)
        && !passing::is_passing(clause, verb);
    if after.is_none() && !single {
        return None;
    }
    // "The plane took off", "took Friday off".
    let takes_off = clause.verb_lemma() == "take" && after.is_some();
    let is_span = |at: usize| clause.words[verb + 1..at].iter().any(|it| it.is(Class::Time));
    // "I'm taking a week off running" is a pause.
    if takes_off
        && after.is_none_or(|at| at == verb + 2 || clause.words.len() <= at + 1 || is_span(at))
    {
        return None;
    }
    if passing::is_stowed(clause, around) {
        return None;
    }
    // "Finished another painting" is about none that was mentioned.
    let is_new = |low: &str| matches!(low, "a" | "an" | "another" | "some" | "this" | "these");
    let is_span = clause.words.get(verb + 2).is_some_and(|word| word.is(Class::Time));
    if single && is_new(clause.low(verb + 1)) && !is_span {
        return None;
    }
    let (found, things) = named(clause, around, after);
    if found.is_empty() {
        return None;
    }
    if matches!(clause.verb_lemma(), "scrap" | "shelv" | "shelve" | "cancel" | "abandon" | "call") {
        let plan = Target::Plan(found.clone());
        changes.push(Change::new(&clause.owner, Shape::Retraction, plan));
    }
    let lost = clause.verb_lemma() == "lose" && !is_passive(clause, verb);
    let target = if lost { Target::Owned(found) } else { Target::Terms(found) };
    let mut change = Change::new(&clause.owner, Shape::Retraction, target).of(things, clause);
    if change.verb == "go" {
        // "I've gone off sushi" is a turn of taste, "the sushi is gone" none.
        change.verb = "go off".to_owned();
    }
    Some(change)
}

fn is_passive(clause: &Clause<'_>, verb: usize) -> bool {
    let is_done = |word: &Word| matches!(word.lemma.as_str(), "be" | "get");
    clause.words[..verb].iter().any(is_done) && !clause.words[verb].low.ends_with("ing")
}

/// Returns the words that name what a verb of ending ends, and the heads of their phrases. `after`
/// is the index after the particle of the verb.
fn named(
    clause: &Clause<'_>,
    around: Around<'_, '_>,
    after: Option<usize>,
) -> (Vec<Term>, Vec<Term>) {
    let verb = clause.verb.unwrap_or(0);
    let passive = is_passive(clause, verb);
    let from = after.unwrap_or(verb + 1);
    // "I left the Lions for the Falcons" ends the former only.
    let trades = matches!(clause.verb_lemma(), "leave" | "ditch" | "dump" | "drop" | "abandon");
    let named = skip_with(&clause.words[from..]);
    let mut found = terms(if trades { object(named) } else { long_object(named) });
    let mut things = if found.is_empty() { Vec::new() } else { heads(named) };
    if let Some(after) = after {
        let between = &clause.words[verb + 1..(after - 1).max(verb + 1)];
        found.extend(terms(between));
        things.extend(heads(between));
    }
    // "I crashed the Skoda and sold it."
    let refers = clause.words[verb + 1..].iter().any(|it| matches!(it.low.as_str(), "it" | "them"));
    if found.is_empty()
        && refers
        && let Some(before) = around.before
    {
        found.extend(terms(before.words));
        things.extend(heads(before.rest()));
        // "Pepper caught a mouse and let it go" is about the mouse.
        if things.is_empty() {
            things.extend(heads_of_subject(before.subject()));
        }
    }
    if passive || found.is_empty() {
        found.extend(terms(clause.subject()));
        things.extend(heads_of_subject(clause.subject()));
    }
    let end = (verb..clause.words.len()).find(|at| clause.low(*at) == "from").filter(|_| passive);
    if let Some(from) = end {
        found.extend(terms(object(&clause.words[from + 1..])));
        things.extend(heads(&clause.words[from + 1..]));
    }
    (found, things)
}

/// Returns true if a verb of ending has another sense here: "stop by", "left for work".
fn is_light_use(clause: &Clause<'_>, verb: usize) -> bool {
    let next = clause.low(verb + 1);
    matches!(next, "by" | "for" | "at" | "in" | "to" | "off")
        || clause.verb_lemma() == "lose" && matches!(next, "to" | "weight" | "track" | "a")
        || matches!(next, "a" | "an")
            && matches!(
                clause.verb_lemma(),
                "drop" | "leave" | "return" | "kick" | "close" | "stop"
            )
        || clause.verb_lemma() == "leave" && next == "my"
        || matches!(clause.verb_lemma(), "end" | "fire") && next == "up"
        || clause.verb_lemma() == "cancel" && next == "on"
}

fn skip_with(words: &[Word]) -> &[Word] {
    let skipped = words.iter().take_while(|word| {
        matches!(
            word.low.as_str(),
            "with" | "of" | "from" | "on" | "to" | "out" | "off" | "going" | "in"
        ) || matches!(word.low.as_str(), "at" | "being" | "as" | "my" | "the" | "a" | "an" | "our")
            || matches!(word.low.as_str(), "doing" | "using" | "taking" | "seeing" | "having")
    });
    &words[skipped.count()..]
}

/// "X died", "the trip is off", "X moved out".
fn ceasing(clause: &Clause<'_>, around: Around<'_, '_>) -> Option<Change> {
    let verb = clause.verb?;
    if clause.is_negated && !never_happens(clause, verb) || is_one_occasion(clause) {
        return None;
    }
    let next = clause.low(verb + 1);
    let is_over = clause.verb_lemma() == "be"
        && (OVER.contains(&next)
            && !is_determined(clause, verb + 2)
            && !(next == "off" && matches!(clause.low(verb + 2), "to" | "for" | "on" | "work"))
            || next == "no" && clause.low(verb + 2) == "more")
        || OVER.contains(&clause.low(verb))
            && is_passive(clause, verb)
            && !clause.words[verb].is(Class::Ending);
    let leaves = leaves_for_good(clause, verb);
    // "The bank closed its branch" is about the branch.
    let has_object = clause.words[verb].is(Class::Ending)
        && clause.words.get(verb + 1).is_some_and(|it| it.is(Class::Determiner) || it.is_content());
    let has_object = has_object && !clause.words[verb + 1].is(Class::Time);
    let single = clause.words[verb].is(Class::Ceasing) && !has_object || leaves;
    let is_over = is_over || never_happens(clause, verb);
    let out_of = next == "out" && clause.low(verb + 2) == "of";
    if out_of && !clause.low(verb + 3).starts_with("our") {
        return None;
    }
    if !is_over && !single && particle(clause, CEASING).is_none() {
        return None;
    }
    // "My parrot flew away and died."
    let is_left_out =
        clause.subject().iter().all(|word| !word.is_content() && !word.is(Class::Third));
    let before = around.before.filter(|it| is_left_out && it.owner == clause.owner);
    let whole = before.unwrap_or(clause).subject();
    let of_other = whole.iter().rposition(|word| word.low == "'s");
    let own = &whole[of_other.map_or(0, |at| at + 1)..];
    let mut subject = terms(own);
    if is_over && matches!(clause.low(verb + 2), "between" | "with") {
        subject.extend(terms(clause.rest()));
    }
    let is_speaker = before.unwrap_or(clause).has_first_subject();
    let flees = next == "away" && clause.low(verb + 2) == "from" && clause.low(verb + 3) != "home";
    if subject.is_empty() || is_speaker || flees || passing::is_pause(clause, own) {
        return None;
    }
    // Somebody who retires or moves out loses a role; all else about them stays.
    let role = leaves || matches!(clause.verb_lemma(), "retire" | "resign" | "move" | "step");
    let head = own.iter().rev().find(|word| word.is_content());
    let head = head.filter(|word| !is_over && !word.is_capital && !word.is(Class::Generic));
    let target = match head {
        _ if role => Target::Role(subject),
        Some(head) => Target::Headed(Term::of(head), subject),
        None => Target::Terms(subject),
    };
    let owner = match &clause.owner {
        Owner::Named(_) | Owner::Relation(_) if of_other.is_none() => Owner::Speaker,
        owner => owner.clone(),
    };
    let mut things = heads_of_subject(own);
    if is_over && matches!(clause.low(verb + 2), "between" | "with") {
        things.extend(heads(clause.rest()));
    }
    let change = Change::new(&owner, Shape::Retraction, target);
    Some(change.of(things, clause).within(distinctions(own)))
}

/// Returns true if an article or a possessive stands at `at`: "off her food", "off the table".
fn is_determined(clause: &Clause<'_>, at: usize) -> bool {
    clause.words.get(at).is_some_and(|it| it.is(Class::Determiner) || it.is(Class::Mine))
}

/// "I'm off sugar", "Mum is off the crutches", "Dad is over the flu".
fn off(clause: &Clause<'_>) -> Option<Change> {
    let verb = clause.verb.filter(|_| clause.verb_lemma() == "be" && !clause.is_negated)?;
    let now = clause.words[verb + 1..].iter().take_while(|word| word.is(Class::Current)).count();
    let at = verb + 1 + now;
    let next = clause.low(at + 1);
    let opens = match clause.low(at) {
        _ if passing::is_of_day(clause) => false,
        "off" => !matches!(next, "to" | "for" | "on" | "work"),
        "over" => matches!(next, "the" | "my" | "his" | "her"),
        _ => false,
    };
    let personal = clause.has_first_subject() || matches!(clause.owner, Owner::Relation(_));
    let found = terms(object(clause.words.get(at + 1..)?));
    let change = Change::new(&clause.owner, Shape::Retraction, Target::Terms(found));
    let is_named = opens && personal && change.target.terms().is_some_and(|it| !it.is_empty());
    is_named.then(|| change.of(heads(&clause.words[at + 1..]), clause))
}

/// "Femi left in April", "Gunnar left last year".
fn leaves_for_good(clause: &Clause<'_>, verb: usize) -> bool {
    let next = clause.words.get(verb + 1);
    let month = clause.words.get(verb + 2).is_some_and(|word| word.is(Class::Month));
    let then = next.is_none_or(|next| match next.low.as_str() {
        "in" => month,
        "last" => matches!(clause.low(verb + 2), "week" | "month" | "year" | "summer" | "spring"),
        "us" | "." | "!" => true,
        _ => false,
    });
    clause.verb_lemma() == "leave" && then && !clause.has_first_subject()
}

/// "The Japan trip isn't happening."
fn never_happens(clause: &Clause<'_>, verb: usize) -> bool {
    let denied = (clause.head.unwrap_or(verb)..=verb + 1).any(|at| clause.low(at) == "not");
    let happens = clause.words[verb..].iter().take(3).any(|word| {
        matches!(word.low.as_str(), "happening" | "on" | "possible") || word.low == "ahead"
    });
    denied && happens && !clause.has(Class::Hypothesis)
}

/// "Nia went back home", "Kofi got his own place": somebody who stayed with the speaker is gone.
fn guest(clause: &Clause<'_>) -> Option<Change> {
    let personal = matches!(clause.owner, Owner::Named(_) | Owner::Relation(_));
    let own = clause.words.windows(2).any(|it| it[0].low == "own" && it[1].lemma == "place");
    let departs = own || particle(clause, DEPARTING).is_some();
    let subject = terms(clause.subject());
    // "Ollie's gone home for Easter" comes back.
    let is_visit = clause.rest().windows(2).any(|it| it[0].low == "for" && it[1].low != "good");
    let departs = departs && !is_visit;
    if !personal || clause.is_negated || !departs || subject.is_empty() {
        return None;
    }
    Some(Change::new(&Owner::Speaker, Shape::Retraction, Target::Guest(subject)))
}
