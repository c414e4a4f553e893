//! Who and where somebody is: name, age, home, employer, job, relationship.

use super::nouns::DWELLINGS;
use super::places;
use super::tense::{is_history, is_planned};
use super::value::{find, is_personal, measure, name, phrase};
use crate::clause::{Clause, Owner, is_name};
use crate::lexicon::{Class, EXCLUSIVE};
use crate::slot::{Hold, Slot};
use crate::words::Word;

/// Reads a clause. `is_current` says that its sentence is about the present, too.
pub(super) fn read(clause: &Clause<'_>, is_current: bool, slots: &mut Vec<Slot>) {
    if clause.is_negated && !clause.is_ahead {
        slots.extend(seeing(clause));
    }
    if clause.is_negated || clause.is_ahead || is_planned(clause) {
        return;
    }
    slots.extend(dwelling(clause));
    if !is_personal(clause) {
        return;
    }
    if is_current || !is_history(clause) {
        place_of_life(clause, slots);
    }
    slots.extend(relationship(clause));
    slots.extend(age(clause));
    slots.extend(own_name(clause));
}

/// Reads the home, the employer and the job that a clause states.
fn place_of_life(clause: &Clause<'_>, slots: &mut Vec<Slot>) {
    slots.extend(home(clause));
    let employer = employer(clause);
    let has_employer = employer.is_some();
    slots.extend(employer);
    if !has_employer {
        slots.extend(job(clause));
    }
}

/// Words of names that are organisations rather than places.
const ORGANISATIONS: &[&str] = &[
    "credit",
    "bank",
    "union",
    "insurance",
    "inc",
    "ltd",
    "llc",
    "mobile",
    "telecom",
    "energy",
    "fitness",
    "gym",
    "school",
    "college",
    "university",
    "team",
    "labs",
    "systems",
    "group",
];

fn is_place(value: &[Word]) -> bool {
    let first = value.first();
    first.is_some_and(is_name)
        && !value.iter().any(|word| {
            word.classes & EXCLUSIVE != 0
                || word.is(Class::Zone)
                || ORGANISATIONS.contains(&word.low.as_str())
        })
}

/// "My flat in Tampere", "our new place is in Cork".
fn dwelling(clause: &Clause<'_>) -> Option<Slot> {
    let is_dwelling = |word: &Word| {
        DWELLINGS.contains(&word.low.as_str()) || word.low == "room" && clause.has_first_subject()
    };
    let at = clause.words.iter().position(is_dwelling)?;
    let is_mine = clause.words[..at].iter().any(|word| word.is(Class::Mine));
    let before = find(clause.words, at, &["in", "near"])?;
    let value = name(clause.words, before + 1);
    let is_former =
        clause.words[..at].iter().any(|word| matches!(word.low.as_str(), "old" | "former"));
    let buys = matches!(clause.verb_lemma(), "buy" | "rent" | "find" | "own")
        || matches!(clause.verb_lemma(), "have" | "get" | "take") && clause.has(Class::Current);
    if buys && is_personal(clause) && is_place(value) {
        return Slot::of(&clause.owner, "home", value, Hold::One);
    }
    if !is_mine || !is_place(value) || clause.is_past || is_former {
        return None;
    }
    Slot::of(&clause.owner, "home", value, Hold::One)
}

fn home(clause: &Clause<'_>) -> Option<Slot> {
    let verb = clause.verb?;
    let words = clause.words;
    if let Some(value) = home_is(clause, verb) {
        // A capital may open the sentence: "Home is Bern".
        let is_own = matches!(&clause.owner, Owner::Named(name) if name == "home");
        let owner = if is_own { &Owner::Speaker } else { &clause.owner };
        return Slot::of(owner, "home", value, Hold::One);
    }
    if let Some(value) = residence(clause, verb) {
        return Slot::of(&clause.owner, "home", value, Hold::One);
    }
    let (prepositions, lasts): (&[&str], bool) = match clause.verb_lemma() {
        "live" | "resid" | "base" | "settl" | "dwell" => (&["in", "near", "at", "outside"], true),
        "be" if long_been(clause) || is_for_good(clause) => (&["in"], true),
        "move" | "reloc" => (&["to"], false),
        "be" if words.iter().any(|word| word.is(Class::Current)) => (&["in"], true),
        "call" if find(words, verb, &["home"]).is_some() => {
            let value = name(words, verb + 1);
            return Slot::of(&clause.owner, "home", value, Hold::One).filter(|_| is_place(value));
        }
        _ => return None,
    };
    // "I am moving to Cork" is not yet so.
    let is_coming = words[verb].low.ends_with("ing")
        && !lasts
        && !words[..verb].iter().any(|word| word.low == "been" || word.lemma == "end");
    if lasts && clause.is_past && words[verb].lemma != "base" && words[verb].lemma != "settl" {
        return None;
    }
    let into = matches!(clause.low(verb + 1), "in" | "into");
    let at = (verb + 1..words.len()).find(|at| {
        let low = words[*at].low.as_str();
        let named = words.get(at + 1).is_some_and(is_name);
        // "We're based out of Tallinn."
        if low == "of" && words[verb].low == "based" && words[at - 1].low == "out" {
            return true;
        }
        // "I moved in" has its place later.
        prepositions.contains(&low) || !lasts && into && low == "in" && named
    })?;
    // Words of another matter between verb and place: "moved my account to Cork Mutual".
    let between = &words[verb + 1..at];
    let mut between = between.iter().take_while(|word| lasts || word.low != "from");
    let other = between.any(|word| word.is_content() && !is_light(word));
    let named = name(words, at + 1);
    let small = places::lower(words, at + 1);
    let (value, is_small) = if named.is_empty() { (small, true) } else { (named, false) };
    let determined = words.get(at + 1).is_some_and(|word| word.low == "the");
    let is_wrong = is_coming || !(is_small || is_place(value)) || other || determined && !lasts;
    if is_wrong || !lasts && of_business(words) {
        return None;
    }
    Slot::of(&clause.owner, "home", value, Hold::One)
}

/// "I've been at Lonza since January", but not "since nine".
fn long_at(clause: &Clause<'_>) -> bool {
    let is_long = |it: &Word| {
        it.is(Class::Month) || matches!(it.low.as_str(), "spring" | "summer" | "autumn" | "winter")
    };
    let since = clause.words.windows(2).any(|it| it[0].low == "since" && is_long(&it[1]));
    let years = clause
        .words
        .windows(3)
        .any(|it| it[0].low == "for" && matches!(it[2].low.as_str(), "years" | "months"));
    let been = clause.words.iter().any(|word| word.low == "been");
    been && (since || years)
}

/// "I'm back in Oslo for good."
fn is_for_good(clause: &Clause<'_>) -> bool {
    clause.words.windows(2).any(|it| it[0].low == "for" && it[1].low == "good") && !clause.is_past
}

/// "I've been in Graz since university", "we've been in Cork for ten years".
fn long_been(clause: &Clause<'_>) -> bool {
    let been = clause.words.iter().any(|word| word.low == "been");
    let long = |it: &[Word]| it[0].low == "for" && it[2].low.starts_with("year");
    been && (clause.words.windows(3).any(long) || clause.words.iter().any(|it| it.low == "since"))
}

/// "I'm a resident of Cork", "I'm a Wellington resident."
fn residence<'w>(clause: &Clause<'w>, verb: usize) -> Option<&'w [Word]> {
    let at = find(clause.words, verb, &["resident", "local", "native"])?;
    let before = (verb + 1..at).find(|at| is_name(&clause.words[*at]));
    let value = match before {
        Some(start) => name(&clause.words[..at], start),
        None if matches!(clause.low(at + 1), "of" | "in") => name(clause.words, at + 2),
        None => return None,
    };
    (clause.verb_lemma() == "be" && !clause.is_past && is_place(value)).then_some(value)
}

/// "Home is Utrecht", "home for me is in Utrecht".
fn home_is<'w>(clause: &Clause<'w>, verb: usize) -> Option<&'w [Word]> {
    let subject = clause.subject().iter().filter(|word| !word.is_sign);
    let mut subject = subject.filter(|word| !word.is(Class::Mine) && !word.is(Class::Time));
    let opens = subject.next().is_some_and(|word| word.low == "home");
    let in_place = usize::from(clause.low(verb + 1) == "in");
    let now = clause.words[verb + 1..].iter().take_while(|word| word.is(Class::Current)).count();
    let value = name(clause.words, verb + 1 + now + in_place);
    let rest = subject.all(|word| !word.is_content());
    (opens && rest && clause.verb_lemma() == "be" && !clause.is_past && is_place(value))
        .then_some(value)
}

fn is_light(word: &Word) -> bool {
    word.low.ends_with("ly") || word.is(Class::Relation) || word.is(Class::Time)
}

fn of_business(words: &[Word]) -> bool {
    words.iter().any(|word| {
        matches!(word.low.as_str(), "account" | "team" | "stack" | "repo" | "meeting" | "data")
            || word.classes & EXCLUSIVE != 0
    })
}

fn employer(clause: &Clause<'_>) -> Option<Slot> {
    let verb = clause.verb?;
    let words = clause.words;
    let lemma = clause.verb_lemma();
    let at = match lemma {
        // "I work out at the gym."
        "work" if !clause.is_past && clause.low(verb + 1) != "out" => {
            find(words, verb, &["at", "for", "with"])?
        }
        "employ" => find(words, verb, &["at", "by"])?,
        "hire" => find(words, verb, &["by", "at"])?,
        "join" | "rejoin" => verb,
        "be" if clause.low(verb + 1) == "at" && (clause.has(Class::Current) || long_at(clause)) => {
            verb + 1
        }
        "start" | "get" | "accept" | "land" | "have" | "begin" | "take" => {
            let job = ["job", "position", "role", "work", "working", "offer", "gig"];
            let job = find(words, verb, &job);
            // "A job interview at Bosch" is no job.
            let next = job.map_or("", |job| clause.low(job + 1));
            if matches!(next, "interview" | "offer" | "application" | "opening" | "ad" | "fair") {
                return None;
            }
            let at = find(words, job?, &["at", "with", "for"])?;
            if lemma == "have" && clause.is_past {
                return None;
            }
            at
        }
        _ => return None,
    };
    let mut value = name(words, at + 1);
    let called = find(words, at, &["called", "named"]).filter(|_| value.is_empty());
    if let Some(called) = called.filter(|called| called - at <= 4) {
        // "I work for a startup called Nimbus."
        value = name(words, called + 1);
    }
    let determined = words.get(at + 1).is_some_and(|word| word.low == "the");
    // "I work with Tom" names a colleague.
    let is_colleague = lemma == "work" && words[at].low == "with" && value.len() == 1;
    if value.is_empty() || lemma == "join" && determined || is_colleague {
        return None;
    }
    if value.iter().any(|word| word.is(Class::Weekday) || word.is(Class::Relation)) {
        return None;
    }
    Slot::of(&clause.owner, "employer", value, Hold::One)
}

fn job(clause: &Clause<'_>) -> Option<Slot> {
    let verb = clause.verb?;
    let words = clause.words;
    let lemma = clause.verb_lemma();
    let at = match lemma {
        "be" if !clause.is_past => verb + 1,
        "becom" | "become" => verb + 1,
        "promot" | "promote" => find(words, verb, &["to"])? + 1,
        "work" | "retrain" | "hire" if !clause.is_past || lemma != "work" => {
            find(words, verb, &["as"])? + 1
        }
        "make" if clause.low(verb + 1) == "me" => verb + 2,
        "get" | "make" if find(words, verb, &["promoted"]).is_some() => {
            find(words, verb, &["to"])? + 1
        }
        "turn" | "start" => find(words, verb, &["as", "into"])? + 1,
        _ => return None,
    };
    let value = phrase(words, at);
    // "I'm no chef."
    let after = value.last().and_then(|last| words.iter().position(|it| it.start == last.start));
    let after = after.map_or(0, |last| last + 1);
    let is_figure = matches!(
        (clause.low(after), clause.low(after + 1)),
        ("at", "heart") | ("in", "training" | "spirit" | "disguise")
    );
    let is_hedged = matches!(
        clause.low(at),
        "basically" | "practically" | "virtually" | "essentially" | "almost"
    );
    let is_denied = clause.low(at) == "no" || is_figure || is_hedged;
    let heads = value.last().is_some_and(|word| word.is(Class::Occupation)) && !is_denied;
    let of_mine = words.get(at).is_some_and(|word| word.is(Class::Mine));
    let is_praise = lemma == "be" && value.iter().any(|it| QUALITIES.contains(&it.low.as_str()));
    if !heads || of_mine || is_praise {
        return None;
    }
    Slot::of(&clause.owner, "job", value, Hold::One)
}

/// Adjectives of skill. "A bad cook" does not name a job.
const QUALITIES: &[&str] = &[
    "bad",
    "terrible",
    "good",
    "great",
    "horrible",
    "awful",
    "lousy",
    "decent",
    "poor",
    "keen",
    "avid",
    "careful",
    "slow",
    "fast",
    "quick",
    "excellent",
    "brilliant",
    "amazing",
    "big",
    "huge",
    "heavy",
    "light",
    "strong",
    "weak",
    "passable",
    "mediocre",
    "enthusiastic",
    "hopeless",
    "fantastic",
    "wonderful",
    "better",
    "best",
    "worst",
    "worse",
    "nervous",
    "natural",
    "lazy",
    "messy",
    "clumsy",
    "safe",
    "reckless",
    "cautious",
    "aggressive",
    "pretty",
    "competent",
    "capable",
    "talented",
    "gifted",
    "passionate",
    "born",
    "fine",
    "nice",
    "cool",
    "serious",
];

fn relationship(clause: &Clause<'_>) -> Option<Slot> {
    if let Some(slot) = seeing(clause) {
        return Some(slot);
    }
    let together = clause.words.windows(3).position(|it| {
        it[0].low == "in" && it[1].is(Class::Determiner) && it[2].low == "relationship"
    });
    if let Some(at) = together.filter(|_| !clause.is_past) {
        let value = &clause.words[at..at + 3];
        return Slot::of(&clause.owner, "relationship", value, Hold::One);
    }
    if let Some(slot) = beginning(clause) {
        return Some(slot);
    }
    let at = clause.words.iter().position(|word| word.is(Class::Status))?;
    let before = at.checked_sub(1).map(|before| &clause.words[before])?;
    let links = matches!(before.lemma.as_str(), "be" | "get")
        || matches!(before.low.as_str(), "now" | "happily" | "officially" | "newly" | "still")
        || before.low.ends_with("ly");
    let is_noun = clause.words.get(at + 1).is_some_and(|next| {
        next.is_content() && !next.is(Class::Time) && !is_name(next) && !next.is(Class::Current)
    });
    let was = clause.words[..at].iter().any(|word| matches!(word.low.as_str(), "was" | "were"));
    // "We're getting married in June" is a plan.
    let is_coming = before.low == "getting" || is_figurative(clause, at);
    if !links || is_noun || was || is_coming {
        return None;
    }
    Slot::of(&clause.owner, "relationship", &clause.words[at..=at], Hold::One)
}

/// Returns true for "engaged in a debate" and "married to the job".
fn is_figurative(clause: &Clause<'_>, at: usize) -> bool {
    let dated = |word: &Word| {
        word.is(Class::Month) || word.is(Class::Time) || word.is_number() || is_name(word)
    };
    let is_somebody = |word: &Word| word.is(Class::Relation) || is_name(word);
    let object = &clause.words[(at + 2).min(clause.words.len())..];
    match (clause.low(at), clause.low(at + 1)) {
        ("engaged", "in") => !object.iter().take(2).any(dated),
        ("married", "to") => clause.low(at + 2) == "the" && !object.iter().take(4).any(is_somebody),
        ("divorced", "from") => !object.iter().take(3).any(is_somebody) && !clause.has(Class::Mine),
        _ => false,
    }
}

/// "I'm seeing someone."
fn seeing(clause: &Clause<'_>) -> Option<Slot> {
    let at = clause.words.iter().position(|it| matches!(it.low.as_str(), "seeing" | "dating"))?;
    let someone = |low: &str| matches!(low, "someone" | "somebody" | "anyone" | "anybody");
    let sees = someone(clause.low(at + 1)) && clause.owner == Owner::Speaker && !clause.is_past;
    let value = clause.words.get(at..at + 2).filter(|_| sees)?;
    let slot = Slot::of(&clause.owner, "relationship", value, Hold::One)?;
    let status = if clause.is_negated { "single" } else { "dating" };
    Some(Slot { value: vec![crate::lexicon::lemma(status)], ..slot })
}

/// "I have a boyfriend now", "we had our wedding", "we tied the knot".
fn beginning(clause: &Clause<'_>) -> Option<Slot> {
    let words = clause.words;
    let verb = clause.verb?;
    if let Some(slot) = idiom(clause, verb) {
        return Some(slot);
    }
    let holds = matches!(clause.verb_lemma(), "have" | "get" | "meet" | "find");
    let is_new = words.get(verb + 1).is_some_and(|it| matches!(it.low.as_str(), "a" | "got"));
    let at = words.iter().position(|word| {
        holds && is_new && word.is(Class::Spouse)
            || word.low == "wedding" && clause.has(Class::Mine) && !clause.is_ahead
    })?;
    let is_of_speaker = clause.owner == Owner::Speaker;
    is_of_speaker.then(|| Slot::of(&clause.owner, "relationship", &words[at..=at], Hold::One))?
}

/// "We tied the knot", "he proposed to me", each the start of a relationship.
fn idiom(clause: &Clause<'_>, verb: usize) -> Option<Slot> {
    const IDIOMS: &[(&str, &str, &str)] = &[
        ("tie", "knot", "married"),
        ("get", "hitched", "married"),
        ("exchang", "vows", "married"),
        ("pop", "question", "engaged"),
        ("propos", "me", "engaged"),
        ("ask", "marry", "engaged"),
    ];
    let after = verb + 1..(verb + 5).min(clause.words.len());
    let fits = |(first, second, _): &&(&str, &str, &str)| {
        clause.verb_lemma() == *first && after.clone().any(|at| clause.low(at) == *second)
    };
    let (_, _, status) = IDIOMS.iter().find(fits)?;
    if clause.is_negated || clause.is_ahead {
        return None;
    }
    let slot = Slot::of(&Owner::Speaker, "relationship", &clause.words[verb..=verb], Hold::One)?;
    Some(Slot { value: vec![crate::lexicon::lemma(status)], ..slot })
}

fn age(clause: &Clause<'_>) -> Option<Slot> {
    let verb = clause.verb?;
    let turns = matches!(clause.verb_lemma(), "turn" | "hit" | "reach");
    if !turns && (clause.verb_lemma() != "be" || clause.is_past) {
        return None;
    }
    let mut at = verb + 1;
    while clause.words.get(at).is_some_and(|word| {
        matches!(word.low.as_str(), "now" | "just" | "only" | "already" | "almost")
    }) {
        at += 1;
    }
    let value = measure(clause.words, at);
    let [number] = value else { return None };
    let is_age = number.low.parse::<u8>().map_or(number.is(Class::Number), |it| it <= 120);
    let after = clause.words.get(at + 1);
    let ends = after.is_none_or(|word| {
        word.is_sign && !matches!(word.low.as_str(), "%" | "/")
            || matches!(word.low.as_str(), "years" | "and" | "now" | "yesterday" | "today" | "on")
            || matches!(word.low.as_str(), "last" | "this" | "in" | "already" | "next" | "as")
    });
    let years = clause.low(at + 1) == "years" && !clause.low(at + 2).starts_with("old");
    // "My dad is 70 next week."
    let coming = |word: &Word| matches!(word.low.as_str(), "next" | "soon" | "tomorrow");
    let is_coming = !turns && clause.words.iter().any(coming);
    if !is_age || !ends || years || is_coming || clause.words[at].low != number.low {
        return None;
    }
    Slot::of(&clause.owner, "age", value, Hold::One)
}

/// "I'm Mara Quist", "call me Mara", "I go by Mara".
fn own_name(clause: &Clause<'_>) -> Option<Slot> {
    let verb = clause.verb?;
    let words = clause.words;
    let nominative = clause.subject().iter().rev().find(|word| !is_light(word));
    let nominative = nominative.is_some_and(|word| word.low == "i")
        && !clause.subject().iter().any(|word| word.low == "for");
    let at = match clause.verb_lemma() {
        "be" if nominative && clause.owner == Owner::Speaker && !clause.is_past => verb + 1,
        "call" if matches!(clause.low(verb + 1), "me" | "i") => verb + 2,
        "call" if nominative && clause.low(verb) == "called" && clause.is_state() => verb + 1,
        "go" if clause.low(verb + 1) == "by" => verb + 2,
        _ => return None,
    };
    if words.get(at).is_none_or(|word| word.low == "the") {
        return None;
    }
    let value = name(words, at);
    let first = value.first()?;
    const PEOPLES: &[&str] = &["ian", "ish", "ese", "can", "man", "ist", "ic"];
    let is_people = value.len() == 1 && PEOPLES.iter().any(|ending| first.low.ends_with(ending));
    let known = first.classes != 0;
    let after = words.get(at + value.len());
    let ends = after.is_none_or(|word| word.is_sign || !word.is_content());
    if is_people || known || !ends {
        return None;
    }
    Slot::of(&Owner::Speaker, "name", value, Hold::One)
}

/// "I took my husband's name, so it's Mara Oyelaran now."
pub(super) fn renamed(clauses: &[Clause<'_>], slots: &mut Vec<Slot>) {
    let named = clauses.iter().flat_map(|clause| clause.words).any(|word| word.low == "name");
    for clause in clauses.iter().filter(|_| named) {
        let Some(verb) = clause.verb.filter(|_| clause.verb_lemma() == "be") else { continue };
        let it = clause.subject().iter().any(|word| word.low == "it");
        let value = name(clause.words, verb + 1);
        let owner = owner_of_name(clauses);
        if it && !value.is_empty() && !slots.iter().any(|slot| slot.attribute == "name") {
            slots.extend(Slot::of(&owner, "name", value, Hold::One));
        }
    }
}

/// Returns the owner of the name that clauses mention: "my niece's name".
fn owner_of_name(clauses: &[Clause<'_>]) -> Owner {
    let words = clauses.iter().flat_map(|clause| clause.words.windows(3));
    let mut of_relation =
        words.filter(|it| it[0].is(Class::Relation) && it[1].low == "'s" && it[2].low == "name");
    // "I took my husband's name" is about the speaker's own.
    let takes = clauses.iter().any(|clause| matches!(clause.verb_lemma(), "take" | "adopt"));
    let relation = of_relation.next().filter(|_| !takes);
    relation.map_or(Owner::Speaker, |it| Owner::Relation(it[0].lemma.clone()))
}
