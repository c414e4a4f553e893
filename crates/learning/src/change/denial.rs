//! Denials of what was so: "no longer X", "not X any more", "never X again", "used to X".

use super::head::{heads, heads_of_subject};
use super::item::{Around, Change, Shape, Target, object, terms};
use super::passing::{is_of_day, limits};
use crate::claim::Term;
use crate::clause::{Clause, Owner};
use crate::lexicon::Class;
use crate::words::Word;

/// "I no longer X", "not X any more", "never X again", "used to X".
pub(super) fn read(clause: &Clause<'_>, around: Around<'_, '_>) -> Option<Change> {
    let lows: Vec<&str> = clause.words.iter().map(|word| word.low.as_str()).collect();
    let pair =
        |first: &str, second: &str| lows.windows(2).any(|it| it[0] == first && it[1] == second);
    // "I can't eat any more sushi" is about an amount.
    let is_amount =
        |it: &[Word]| it[1].low == "more" && it[2].is_content() && !it[2].is(Class::Time);
    let amounts = clause.words.windows(3).any(|it| it[0].low == "any" && is_amount(it));
    let any = pair("any", "more") && !amounts || pair("any", "longer");
    let denied = clause.words.iter().any(|word| word.is(Class::Negation));
    let now = lows.contains(&"nowadays") || lows.contains(&"now") || pair("these", "days");
    let used =
        clause.head.is_some_and(|head| clause.low(head) == "used" && clause.low(head + 1) == "to");
    let ends = pair("no", "longer")
        || pair("no", "more")
        || any && denied
        || clause.is_negated && (now || has_not_since(clause, around))
        || lows.contains(&"never") && lows.contains(&"again")
        || used;
    if !ends || used && still_holds(clause, around) || is_of_day(clause) {
        return None;
    }
    // "No more meat for me" is about meat only.
    let bare = lows.windows(2).position(|it| it == ["no", "more"]);
    let from = bare.filter(|at| clause.verb.is_none_or(|verb| verb < *at));
    let mut found = terms(object(&clause.words[from.map_or(0, |at| at + 2)..]));
    if from.is_none() || found.is_empty() {
        found = terms(clause.words);
    }
    if matches!(clause.owner, Owner::Relation(_) | Owner::Named(_)) {
        // The owner itself is not what ended.
        let subject: Vec<&str> = clause.subject().iter().map(|it| it.lemma.as_str()).collect();
        let rest = found.iter().filter(|term| {
            !subject.contains(&term.lemma.as_str()) && !matches!(&*term.lemma, "longer" | "more")
        });
        let rest: Vec<_> = rest.cloned().collect();
        // "Sue is no longer here" may be so for an hour, "no longer with us" is for good.
        if rest.is_empty() && pair("no", "longer") && !pair("with", "us") {
            return None;
        }
        if !rest.is_empty() {
            found = rest;
        }
    }
    if found.is_empty() {
        return None;
    }
    let change = Change::new(&clause.owner, Shape::Retraction, Target::Terms(found));
    let after = bare.map(|at| heads(&clause.words[at + 2..])).filter(|it| !it.is_empty());
    let change = change.of(after.unwrap_or_else(|| denied_heads(clause)), clause);
    Some(Change { is_former: used, ..change.within(limits(clause)) })
}

/// Returns true for "I used to be vegan and still am".
fn still_holds(clause: &Clause<'_>, around: Around<'_, '_>) -> bool {
    let is_still = |of: &Clause<'_>| of.words.iter().any(|word| word.low == "still");
    is_still(clause) || around.after.is_some_and(is_still)
}

/// Returns the heads of what a clause denies: the object, else the verb and what it leads to.
fn denied_heads(clause: &Clause<'_>) -> Vec<Term> {
    let no = |it: &[Word]| it[0].low == "no" && it[1].is_content() && it[1].low != "longer";
    if let Some(at) = clause.words.windows(2).position(no) {
        return heads(&clause.words[at + 1..]);
    }
    let mut things = heads(clause.rest());
    let has_object = clause.rest().first().is_some_and(|word| {
        word.is_content() && !word.is(Class::Time) || word.is(Class::Determiner)
    });
    // "I don't speak to my landlord any more" leaves the speaking.
    let is_led = clause.rest().first().is_some_and(|word| word.is(Class::Preposition));
    let does = clause.verb.filter(|_| !has_object && !is_led || things.is_empty());
    things.extend(does.map(|verb| &clause.words[verb]).filter(|it| it.is_content()).map(Term::of));
    // "My colour used to be green" is about green, and "green used to be my colour" too.
    let is_value = clause.rest().first().is_some_and(|word| word.is(Class::Mine));
    let used = clause.head.is_some_and(|head| clause.low(head) == "used");
    let is_bare = clause.rest().iter().all(|word| !word.is_content() || word.low == "longer");
    let is_state = clause.verb_lemma() == "be" && (!used || is_value || things.is_empty());
    if is_bare || is_state {
        things.extend(heads_of_subject(clause.subject()));
    }
    things
}

/// "I haven't smoked since March", "I haven't vaped in four months".
fn has_not_since(clause: &Clause<'_>, around: Around<'_, '_>) -> bool {
    let perfect = clause.head.is_some_and(|head| matches!(clause.low(head), "have" | "has"));
    let long = ["month", "months", "year", "years"];
    let once = ["be", "see", "visit", "hear", "meet", "talk", "go", "travel", "speak"];
    let in_long = clause.words.windows(3).any(|it| {
        matches!(it[0].low.as_str(), "in" | "for")
            && it[1..].iter().any(|word| long.contains(&word.low.as_str()))
    });
    let since = clause.words.iter().any(|word| matches!(word.low.as_str(), "since" | "ages"));
    let opens = |next: &Clause<'_>| next.low(0) == "since";
    let since = since || around.after.is_some_and(opens);
    perfect && (since || in_long && !once.contains(&clause.verb_lemma()))
}
