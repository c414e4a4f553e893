//! Habits and holdings: diet, time zone, rising, commute, counts, opinions, tools, teams, trips.

use super::tense::is_planned;
use super::value::{find, is_personal, measure, name, phrase};
use crate::clause::{Clause, Owner, is_name};
use crate::lexicon::{Class, EXCLUSIVE};
use crate::slot::{Hold, Slot};
use crate::words::Word;

pub(super) fn read(clause: &Clause<'_>, slots: &mut Vec<Slot>) {
    if clause.owner == Owner::Unknown {
        return;
    }
    slots.extend(opinion(clause));
    if clause.is_negated || clause.is_ahead {
        return;
    }
    slots.extend(diet(clause));
    slots.extend(zone(clause));
    slots.extend(rising(clause));
    slots.extend(commute(clause));
    slots.extend(count(clause));
    slots.extend(kind(clause));
    slots.extend(group(clause));
    slots.extend(trip(clause));
}

fn diet(clause: &Clause<'_>) -> Option<Slot> {
    let eats = clause.verb.filter(|_| clause.verb_lemma() == "eat" && !clause.is_past);
    let all = |low: &str| matches!(low, "everything" | "anything" | "meat");
    if let Some(verb) = eats.filter(|verb| all(clause.low(verb + 1)) && is_personal(clause)) {
        return Slot::of(&clause.owner, "diet", &clause.words[verb + 1..verb + 2], Hold::One);
    }
    let at = clause.words.iter().position(|word| word.is(Class::Diet))?;
    let links = clause.words[..at].iter().rev().take(3).any(|word| {
        matches!(word.lemma.as_str(), "be" | "go" | "turn" | "becom" | "become" | "on" | "eat")
    });
    let is_modifier = clause.words.get(at + 1).is_some_and(|next| {
        next.is_content() && !next.is(Class::Time) && next.low != "diet" && !next.is(Class::Current)
    });
    // "I tried being vegan", "my wife is making me go vegan."
    let is_tried = clause.words[..at]
        .iter()
        .any(|it| matches!(it.lemma.as_str(), "try" | "tri" | "make" | "consid" | "pretend"));
    let was = is_tried || clause.words[..at].iter().any(|word| word.low == "was");
    if !links || is_modifier || was || !is_personal(clause) {
        return None;
    }
    Slot::of(&clause.owner, "diet", &clause.words[at..=at], Hold::One)
}

fn zone(clause: &Clause<'_>) -> Option<Slot> {
    let at = clause.words.iter().position(|word| word.is(Class::Zone) && word.is_capital)?;
    let placed = at.checked_sub(1).is_some_and(|before| {
        matches!(clause.words[before].low.as_str(), "in" | "on" | "to" | "is" | "use" | "am")
    });
    let timed = clause.words.iter().any(|it| matches!(it.low.as_str(), "time" | "timezone"));
    if !placed && !timed || clause.is_past {
        return None;
    }
    Slot::of(&clause.owner, "time zone", &clause.words[at..=at], Hold::One)
}

/// "I get up at 6", "I go to bed at ten".
fn rising(clause: &Clause<'_>) -> Option<Slot> {
    let verb = clause.verb?;
    let next = clause.low(verb + 1);
    let (attribute, from) = match (clause.verb_lemma(), next) {
        ("get" | "wake", "up") => ("wake-up time", verb + 2),
        ("rise", _) => ("wake-up time", verb + 1),
        ("go", "to") if matches!(clause.low(verb + 2), "bed" | "sleep") => ("bedtime", verb + 3),
        _ => return None,
    };
    let at = find(clause.words, from, &["at", "around", "by"])?;
    let today = find(clause.words, 0, &["today", "yesterday", "tomorrow"]).is_some();
    let value = measure(clause.words, at);
    let is_some_day = |word: &Word| {
        word.is(Class::Weekday) && word.low != "weekdays"
            || matches!(
                word.low.as_str(),
                "weekend" | "weekends" | "holiday" | "holidays" | "vacation"
            )
    };
    let some_days = clause.words.iter().any(is_some_day);
    if today || some_days || matches!(clause.low(verb), "got" | "woke" | "rose" | "went") {
        return None;
    }
    Slot::of(&clause.owner, attribute, value, Hold::One)
}

/// "I bike to work", "I take the tram to the office".
fn commute(clause: &Clause<'_>) -> Option<Slot> {
    const GOALS: &[&str] = &["work", "office", "campus", "uni", "university", "school", "class"];
    if clause.verb_lemma() == "commut" {
        let by = find(clause.words, 0, &["by", "with"])?;
        let at = (by + 1..clause.words.len()).find(|at| clause.words[*at].is(Class::Transport))?;
        return Slot::of(&clause.owner, "commute", &clause.words[at..=at], Hold::One);
    }
    let by = clause.words.windows(2).position(|it| it[0].low == "by" && it[1].is(Class::Transport));
    let goes = clause.verb_lemma() == "go" && clause.words[clause.verb?].low != "went";
    let to_work = clause.words.windows(2).any(|it| it[0].low == "to" && it[1].low == "work");
    if let Some(at) = by.filter(|_| goes && to_work) {
        return Slot::of(&clause.owner, "commute", &clause.words[at + 1..at + 2], Hold::One);
    }
    let at = clause.words.iter().position(|word| word.is(Class::Transport))?;
    let to = find(clause.words, at + 1, &["to", "into"])?;
    let goal = [to + 1, to + 2].into_iter().find(|at| GOALS.contains(&clause.low(*at)))?;
    let once = find(clause.words, 0, &["today", "yesterday", "once", "tomorrow"]).is_some();
    if once || clause.is_past || 4 < goal - at || clause.low(clause.verb?) == "took" {
        return None;
    }
    Slot::of(&clause.owner, "commute", &clause.words[at..=at], Hold::One)
}

/// "I have two cats."
fn count(clause: &Clause<'_>) -> Option<Slot> {
    let verb = clause.verb?;
    // "We've got three hens."
    let has_got = clause.low(verb) == "got"
        && verb.checked_sub(1).is_some_and(|it| matches!(clause.low(it), "have" | "has"));
    let holds = has_got || matches!(clause.verb_lemma(), "have" | "own" | "be");
    if !holds || clause.is_past {
        return None;
    }
    let mut at = verb + 1;
    let there = clause.subject().iter().any(|word| word.low == "there");
    if clause.verb_lemma() == "be" && !there && clause.low(at) != "down" && clause.low(at) != "up" {
        return None;
    }
    while matches!(clause.low(at), "now" | "got" | "down" | "up" | "to" | "about") {
        at += 1;
    }
    let (number, noun) = (clause.words.get(at)?, clause.words.get(at + 1)?);
    let one = noun.lemma == "child" || noun.is(Class::Pet);
    let down = clause.words[..at].iter().any(|it| it.low == "down");
    let is_plural = number.low == "one" && (one || down)
        || noun.low.ends_with('s')
        || noun.lemma == "child"
        || noun.lemma == "person";
    if !number.is_number()
        || is_of_occasion(&clause.words[at + 1..])
        || !is_plural
        || is_matter(noun)
        || !noun.is_content()
        || noun.is(Class::Time)
    {
        return None;
    }
    number_of(&clause.owner, noun, &clause.words[at..=at])
}

/// Returns true for a matter of the moment, whose number says nothing of somebody: "two questions".
fn is_matter(noun: &Word) -> bool {
    const MATTERS: &[&str] = &[
        "questions",
        "meetings",
        "things",
        "ideas",
        "points",
        "issues",
        "problems",
        "options",
        "choices",
        "requests",
        "tickets",
        "calls",
        "appointments",
        "interviews",
        "exams",
        "tests",
        "reasons",
        "favours",
        "favors",
        "thoughts",
        "concerns",
        "comments",
        "errors",
        "bugs",
        "tasks",
        "errands",
        "deadlines",
        "emails",
        "messages",
        "tabs",
        "suggestions",
        "offers",
    ];
    MATTERS.contains(&noun.low.as_str())
}

/// Returns true if a number holds for a day or a group only: "three kids in my class today".
fn is_of_occasion(rest: &[Word]) -> bool {
    const GROUPS: &[&str] = &[
        "class",
        "classroom",
        "course",
        "group",
        "workshop",
        "camp",
        "session",
        "shift",
        "lesson",
        "ward",
        "practice",
    ];
    const DAYS: &[&str] = &["today", "tonight", "tomorrow", "yesterday"];
    let of_day = |word: &Word| DAYS.contains(&word.low.as_str()) || word.is(Class::Weekday);
    let link = rest.iter().position(|word| matches!(word.low.as_str(), "in" | "on" | "at"));
    let of_group = link.is_some_and(|at| {
        rest[at..].iter().take(4).any(|word| GROUPS.contains(&word.low.as_str()))
    });
    of_group || rest.iter().any(of_day)
}

/// Creates the slot for the number of things of a kind.
pub(super) fn number_of(owner: &Owner, noun: &Word, value: &[Word]) -> Option<Slot> {
    let attribute = format!("number of {}", noun.lemma);
    let slot = Slot::of(owner, &attribute, value, Hold::One)?;
    Some(Slot { label: format!("number of {}", noun.low), ..slot })
}

/// "I hate cilantro", "I love coffee".
fn opinion(clause: &Clause<'_>) -> Option<Slot> {
    if let Some(slot) = judgement(clause) {
        return Some(slot);
    }
    let main = clause.verb?;
    let words = clause.words;
    // "I've grown to love it" is about loving.
    let opines = |at: &usize| words[*at].is(Class::Liking) || words[*at].is(Class::Disliking);
    let grown = matches!(clause.verb_lemma(), "grow" | "come" | "learn" | "start" | "begin");
    let last = if grown { (main + 4).min(words.len()) } else { main + 1 };
    let bears = matches!(clause.verb_lemma(), "stand" | "bear" | "take") && clause.is_negated;
    let verb = if bears { main } else { (main..last).find(opines)? };
    let likes = words[verb].is(Class::Liking) && !clause.is_negated && !bears;
    let dislikes = bears || words[verb].is(Class::Disliking) || words[verb].is(Class::Liking);
    let denied_dislike = clause.is_negated && words[verb].is(Class::Disliking);
    if !likes && !dislikes || denied_dislike || clause.is_past && !grown || !is_personal(clause) {
        return None;
    }
    let object = phrase(clause.words, verb + 1);
    let object: Vec<&Word> = object.iter().filter(|word| word.is_content()).collect();
    if object.is_empty() {
        return None;
    }
    let joined = |of: fn(&Word) -> &str| {
        let words: Vec<&str> = object.iter().map(|word| of(word)).collect();
        format!("opinion of {}", words.join(" "))
    };
    let attribute = joined(|word| &word.lemma);
    let mut slot = Slot::of(&clause.owner, &attribute, &clause.words[verb..=verb], Hold::One)?;
    if clause.is_negated
        && let Some(head) = clause.head
    {
        // The denial is a part of the value.
        slot.start = words[head].start;
    }
    // Two verbs of liking are one opinion.
    slot.label = joined(|word| &word.low);
    slot.value = vec![if likes { "+" } else { "-" }.to_owned()];
    Some(slot)
}

/// "I find opera boring", "cilantro is great".
fn judgement(clause: &Clause<'_>) -> Option<Slot> {
    const GOOD: &[&str] = &[
        "great",
        "good",
        "delicious",
        "tasty",
        "awesome",
        "amazing",
        "brilliant",
        "lovely",
        "wonderful",
        "fun",
        "fantastic",
        "excellent",
        "yummy",
        "relaxing",
    ];
    const BAD: &[&str] = &[
        "boring",
        "awful",
        "terrible",
        "disgusting",
        "overrated",
        "dull",
        "gross",
        "horrible",
        "bad",
        "annoying",
        "pointless",
        "tedious",
        "unbearable",
    ];
    let at = clause
        .words
        .iter()
        .rposition(|word| GOOD.contains(&word.low.as_str()) || BAD.contains(&word.low.as_str()))?;
    let verb = clause.verb?;
    let words = match clause.verb_lemma() {
        "find" | "consid" | "consider" if verb < at => &clause.words[verb + 1..at],
        "be" if matches!(clause.low(verb), "is" | "are") => clause.subject(),
        _ => return None,
    };
    let object: Vec<&Word> = words.iter().filter(|word| word.is_content()).collect();
    let is_thing = |word: &&Word| !is_name(word) || word.start == clause.words[0].start;
    let [thing] = object.as_slice() else { return None };
    let general = !words.iter().any(|word| word.is(Class::Determiner) || word.low == "'s");
    let single = is_thing(thing) && !thing.is(Class::Work) && !thing.is(Class::Relation);
    if !general || !single {
        return None;
    }
    let attribute = format!("opinion of {}", thing.lemma);
    let slot = Slot::of(&Owner::Speaker, &attribute, &clause.words[at..=at], Hold::One)?;
    let likes = GOOD.contains(&clause.low(at)) != clause.is_negated;
    let value = vec![if likes { "+" } else { "-" }.to_owned()];
    Some(Slot { label: format!("opinion of {}", thing.low), value, ..slot })
}

/// Attributes of the kinds of values that exclude each other.
const KINDS: &[(Class, &str)] = &[
    (Class::Drink, "drink"),
    (Class::Instrument, "instrument"),
    (Class::Tongue, "language"),
    (Class::Editor, "editor"),
    (Class::System, "operating system"),
    (Class::Database, "database"),
    (Class::Vehicle, "car"),
    (Class::Device, "device"),
    (Class::Medicine, "medication"),
    (Class::Software, "tool"),
];

/// Names of products that are common words too.
const COMMON: &[&str] = &[
    "spring", "seat", "fish", "brave", "signal", "sketch", "surface", "mini", "linear", "flask",
    "rails", "cursor", "arch", "mint", "sentry", "atom", "galaxy", "pixel", "notion",
];

/// "I use Vim", "my laptop runs Windows", "I drive a Skoda".
fn kind(clause: &Clause<'_>) -> Option<Slot> {
    let verb = clause.verb?;
    let holds = [
        "use", "run", "drive", "play", "learn", "drink", "have", "take", "prefer", "own", "studi",
        "study", "be", "get", "buy", "instal", "adopt", "work", "write", "choos", "choose",
        "deploy", "put", "start", "code", "host", "practic", "speak",
    ];
    // "I drove a Kia" was so once, but "I bought a Kia" is so since.
    let enters = ["get", "buy", "instal", "adopt", "choos", "choose", "start", "deploy", "put"];
    let is_former = clause.is_past && !enters.contains(&clause.verb_lemma());
    if !holds.contains(&clause.verb_lemma()) || is_former || is_planned(clause) {
        return None;
    }
    let at =
        (verb + 1..clause.words.len()).find(|at| clause.words[*at].classes & EXCLUSIVE != 0)?;
    if 6 < at - verb || is_of_other(clause, &clause.words[verb + 1..at], &clause.words[at]) {
        return None;
    }
    // "I have a meeting on Monday" is about a day, "getting married in the spring" about a season.
    let found = &clause.words[at];
    let is_common =
        found.is(Class::Weekday) || COMMON.contains(&found.low.as_str()) && !found.is_capital;
    if is_common && clause.verb_lemma() != "use" {
        return None;
    }
    let (_, attribute) = KINDS.iter().find(|(class, _)| clause.words[at].is(*class))?;
    Slot::of(&clause.owner, attribute, &clause.words[at..=at], Hold::Usual)
}

/// Returns true if a value is that of somebody or something between it and the verb: "I bought my
/// son an iPhone", "I'm a fan of Porsche", or only describes: "it's Irish".
fn is_of_other(clause: &Clause<'_>, between: &[Word], value: &Word) -> bool {
    let is_link = clause.verb_lemma() == "be";
    let is_thing = |word: &Word| word.is_content() && word.classes & EXCLUSIVE == 0;
    let is_somebody = |word: &Word| word.is(Class::Relation) && !word.is(Class::Pet);
    is_link && (value.is(Class::Tongue) || between.iter().any(is_thing))
        || between.iter().any(is_somebody)
}

/// "I play for the Rovers", "my daughter goes to Hillside school", "I study physics".
fn group(clause: &Clause<'_>) -> Option<Slot> {
    let verb = clause.verb?;
    let words = clause.words;
    let capital = |at: usize| {
        let value = name(words, at);
        (!value.is_empty()).then_some(value)
    };
    match clause.verb_lemma() {
        "play" | "sign" | "transfer" | "run" | "swim" => {
            let at = find(words, verb, &["for", "to", "with"])?;
            Slot::of(&clause.owner, "team", capital(at + 1)?, Hold::Usual)
        }
        "go" | "attend" | "enrol" | "start" | "be" | "chang" | "change" | "switch" => {
            let at = find(words, verb, &["to", "at", "in"]).unwrap_or(verb);
            let value = capital(at + 1)?;
            let school = ["school", "college", "university", "academy", "kindergarten", "nursery"];
            let is_child = matches!(&clause.owner, Owner::Relation(it)
                if matches!(it.as_str(), "daughter" | "son" | "child"));
            let is_school = find(words, at, &school).is_some() || is_child;
            is_school.then(|| Slot::of(&clause.owner, "school", value, Hold::Usual)).flatten()
        }
        "prefer" => {
            let at = find(words, verb, &["for", "when"])?;
            let purpose = phrase(words, at + 1).last()?;
            let attribute = format!("preference for {}", purpose.low);
            Slot::of(&clause.owner, &attribute, phrase(words, verb + 1), Hold::Usual)
        }
        "report" if clause.low(verb + 1) == "to" => {
            let attribute = crate::lexicon::lemma("manager");
            let slot = Slot::of(&clause.owner, &attribute, capital(verb + 2)?, Hold::One)?;
            Some(Slot { label: "manager".to_owned(), ..slot })
        }
        "studi" | "study" | "major" if !clause.is_past => {
            let at = if clause.low(verb + 1) == "in" { verb + 2 } else { verb + 1 };
            Slot::of(&clause.owner, "field of study", phrase(words, at), Hold::Usual)
        }
        _ => None,
    }
}

/// "We're going to Crete in August."
fn trip(clause: &Clause<'_>) -> Option<Slot> {
    let verb = clause.verb?;
    let goes = matches!(clause.verb_lemma(), "go" | "fli" | "fly" | "travel" | "head" | "sail");
    if !goes || !clause.words[verb].low.ends_with("ing") || clause.low(verb + 1) != "to" {
        return None;
    }
    let value = name(clause.words, verb + 2);
    let is_word = |word: &Word| word.is(Class::Weekday) || word.is(Class::Relation);
    if value.iter().any(is_word) {
        return None;
    }
    Slot::of(&clause.owner, "trip", value, Hold::Usual)
}
