//! "My N is V" and "V is my N": properties by the noun that names them.

use super::nouns::{DWELLINGS, OUSTING, PROPERTIES, SINGLE, is_property};
use super::value::{find, measure, name, phrase};
use crate::clause::{Clause, Owner, is_name};
use crate::lexicon::{Class, EXCLUSIVE};
use crate::slot::{Hold, Slot};
use crate::words::Word;

/// Returns true if the clause states such a property, so that it states nothing else.
pub(super) fn read(clause: &Clause<'_>, slots: &mut Vec<Slot>) -> bool {
    if clause.is_negated {
        return false;
    }
    slots.extend(relation_name(clause));
    let known = slots.len();
    slots.extend(inverse(clause));
    if clause.owner != Owner::Unknown {
        slots.extend(direct(clause));
    }
    known < slots.len()
}

/// "My roommate Desmond", "my girlfriend Ingrid".
fn relation_name(clause: &Clause<'_>) -> Option<Slot> {
    let words = clause.words;
    let at = words.iter().position(|word| word.is(Class::Relation))?;
    let mine = words[..at].iter().rev().take(3).any(|word| word.is(Class::Mine));
    let value = name(words, at + 1);
    let relation = &words[at].lemma;
    if !mine || value.is_empty() || words.get(at + 1 + value.len()).is_some_and(|it| it.low == "'s")
    {
        return None;
    }
    // The statement is about something else; the name holds beside other slots.
    let hold = if SINGLE.contains(&relation.as_str()) { Hold::Usual } else { Hold::Many };
    let slot = Slot::of(&Owner::Speaker, relation, value, hold)?;
    Some(Slot { label: words[at].low.clone(), ..slot })
}

/// "My N is V", "the N for M is V", "our N is on Monday", "my sister's N is V".
fn direct(clause: &Clause<'_>) -> Option<Slot> {
    let verb = clause.verb?;
    let (lemma, low) = (clause.verb_lemma(), clause.low(verb));
    let calls = |low: &str| {
        matches!(low, "called" | "named" | "codenamed" | "titled" | "nicknamed" | "dubbed")
    };
    let is_called = calls(low) || lemma == "be" && calls(clause.low(verb + 1));
    if let Some(slot) = moved(clause) {
        return Some(slot);
    }
    if lemma != "be" && !is_called || matches!(low, "was" | "were" | "been") {
        return None;
    }
    let subject = clause.subject();
    let owned = subject.iter().any(|word| word.is(Class::Mine) || word.low == "'s")
        || subject.iter().any(|word| word.low == "the")
        || matches!(clause.owner, Owner::Relation(_));
    let bare = subject.len() == 1 && clause.owner == Owner::Speaker;
    if !(owned || bare) || clause.is_past && !is_called {
        return None;
    }
    let rest = unquoted(&clause.words[verb + 1..]);
    if let Owner::Relation(relation) = &clause.owner {
        let is_own = subject.last().is_none_or(|word| word.is(Class::Relation) || is_name(word));
        if is_called && is_own {
            return Slot::of(&clause.owner, "name", name(rest, 0), Hold::One);
        }
        if !subject.iter().any(|word| word.low == "'s") {
            let now = rest.iter().take_while(|word| word.is(Class::Current)).count();
            let value = name(rest, now);
            let attribute = with_modifiers(subject, relation);
            let slot = Slot::of(&Owner::Speaker, &attribute, value, hold_of(relation))?;
            let label =
                subject.iter().filter(|word| attribute.split(' ').any(|it| it == word.lemma));
            let label: Vec<&str> = label.map(|word| word.low.as_str()).collect();
            return Some(Slot { label: label.join(" "), ..slot });
        }
    }
    // "My laptop is five years old" is about its age.
    let is_old = rest.iter().take(5).any(|word| word.low == "old");
    let nouns = nouns(subject);
    if is_old && nouns.iter().all(|noun| noun.low != "age") {
        return None;
    }
    let dwells = nouns.iter().any(|noun| DWELLINGS.contains(&noun.low.as_str()));
    if nouns.is_empty() || dwells && rest.first().is_some_and(|word| word.low == "in") {
        return None;
    }
    // "The film is in Dutch" is about some film.
    let is_some = !subject.iter().any(|it| it.is(Class::Mine) || it.is(Class::Work))
        && !nouns.iter().any(|noun| is_property(&noun.low))
        && rest.first().is_some_and(|word| word.low == "in");
    let value = value(rest, &nouns, is_called)?;
    if is_some && value.iter().any(|word| word.is(Class::Tongue)) {
        return None;
    }
    let counted = clause.words.iter().position(|word| word.end == value[value.len() - 1].end);
    if let Some(noun) = counted.and_then(|at| clause.words.get(at + 1))
        && value.iter().all(Word::is_number)
        && is_counted(noun)
    {
        // "My team is five people" is about their number.
        return super::habit::number_of(&clause.owner, noun, value);
    }
    let slot = labelled(&clause.owner, &nouns, is_called, value, Hold::One)?;
    let is_due = rest.iter().take(2).any(|word| word.low == "due");
    Some(if is_due { due(slot) } else { slot })
}

/// Returns words without the quotation mark before a name.
fn unquoted(words: &[Word]) -> &[Word] {
    let is_mark =
        |word: &Word| matches!(word.low.as_str(), "\"" | "'" | "`" | "\u{201c}" | "\u{2018}");
    match words {
        [first, rest @ ..] if is_mark(first) => rest,
        [called, mark, rest @ ..] if called.low.ends_with("ed") && is_mark(mark) => rest,
        _ => words,
    }
}

fn is_counted(noun: &Word) -> bool {
    noun.lemma == "person" || noun.lemma == "child" || noun.lemma == "member"
}

/// Names the property of "the thesis is due on May 30" as "the deadline for the thesis".
fn due(slot: Slot) -> Slot {
    let deadline = crate::lexicon::lemma("deadline");
    let mut words: Vec<&str> = slot.attribute.split(' ').chain([deadline.as_str()]).collect();
    words.sort_unstable();
    words.dedup();
    Slot { attribute: words.join(" "), label: format!("{} deadline", slot.label), ..slot }
}

/// "My birthday isn't May 1."
pub(super) fn denied(clause: &Clause<'_>) -> Option<Slot> {
    direct(&Clause { is_negated: false, ..clause.clone() })
}

/// "The rent went up to 920", "the sync was moved to 2 pm".
fn moved(clause: &Clause<'_>) -> Option<Slot> {
    let verb = clause.verb?;
    let moves = clause.words[verb].is(Class::Changing)
        || matches!(clause.verb_lemma(), "go" | "be" | "drop" | "fall" | "get" | "come");
    let to = find(clause.words, verb, &["to"]).filter(|to| to - verb <= 3)?;
    let value = measure(clause.words, to + 1);
    let subject = clause.subject();
    let owned = subject.iter().any(|word| word.is(Class::Mine) || word.low == "the");
    let nouns = nouns(subject);
    if !moves || !owned || value.is_empty() || nouns.is_empty() || clause.has_first_subject() {
        return None;
    }
    labelled(&clause.owner, &nouns, false, value, Hold::One)
}

fn hold_of(relation: &str) -> Hold {
    if SINGLE.contains(&relation) { Hold::One } else { Hold::Many }
}

/// Returns the relation with the words that narrow it: `doctor eye` for "my eye doctor".
fn with_modifiers(subject: &[Word], relation: &str) -> String {
    let modifiers = subject.iter().filter(|word| {
        word.is_content() && word.lemma != relation && !is_dated(word) && !is_name(word)
    });
    let mut words = vec![relation.to_owned()];
    words.extend(modifiers.map(|word| word.lemma.clone()));
    words.join(" ")
}

fn is_dated(word: &Word) -> bool {
    matches!(word.low.as_str(), "new" | "old" | "current" | "former" | "updated" | "actual")
}

/// Returns the nouns of a subject, without its owner.
fn nouns(subject: &[Word]) -> Vec<&Word> {
    let owned = subject.iter().rposition(|word| word.low == "'s");
    // "My company's name" is that of a thing, "my sister's name" that of an owner.
    let is_thing = |at: usize| {
        let of = at.checked_sub(1).map(|of| &subject[of]);
        let is_mine = subject[..at].iter().any(|word| word.is(Class::Mine));
        is_mine && of.is_some_and(|of| of.is_content() && !of.is(Class::Relation) && !is_name(of))
    };
    let from = owned.map_or(0, |at| if is_thing(at) { at - 1 } else { at + 1 });
    // An introduction before the possessive does not belong to the property.
    let mine = subject
        .iter()
        .rposition(|word| word.is(Class::Mine) || word.low == "the" && !follows_of(subject, word));
    let from = from.max(mine.map_or(0, |at| at + 1));
    let nouns = subject[from..].iter().filter(|word| {
        let of_phrase = word.low == "days" && subject.iter().any(|it| it.low == "these");
        let means = word.is_content() || word.is_number();
        means && !of_phrase && !is_dated(word) && !word.is(Class::Current)
    });
    nouns.collect()
}

fn follows_of(subject: &[Word], the: &Word) -> bool {
    let at = subject.iter().position(|word| word.start == the.start).unwrap_or(0);
    at.checked_sub(1).is_some_and(|before| matches!(subject[before].low.as_str(), "of" | "for"))
}

/// Creates a slot that is named by these nouns.
fn labelled(
    owner: &Owner,
    nouns: &[&Word],
    is_called: bool,
    value: &[Word],
    hold: Hold,
) -> Option<Slot> {
    let slot = Slot::of(owner, &attribute(nouns, is_called), value, hold)?;
    let fixed = matches!(slot.attribute.as_str(), "job" | "time zone");
    let words: Vec<&str> = nouns.iter().map(|word| word.low.as_str()).collect();
    let label = if is_called { format!("{} name", words.join(" ")) } else { words.join(" ") };
    Some(if fixed { slot } else { Slot { label, ..slot } })
}

/// Returns the name of a property: its words in alphabetical order, so that "the release deadline"
/// is "the deadline for the release".
fn attribute(nouns: &[&Word], is_called: bool) -> String {
    const NAMING: &[&str] = &["name", "titl", "codenam", "nicknam"];
    let mut words: Vec<&str> = nouns.iter().map(|word| word.lemma.as_str()).collect();
    words.sort_unstable();
    words.dedup();
    let names = |word: &str| NAMING.contains(&word) || word == "work";
    let is_name = is_called || 1 < words.len() && words.iter().any(|word| NAMING.contains(word));
    if is_name && words != ["job", "titl"] && words.iter().any(|word| !names(word)) {
        // "The working title of my novel" is its name.
        words.retain(|word| !names(word));
        return format!("{} name", words.join(" "));
    }
    match words.as_slice() {
        ["job", "titl"] | ["titl" | "role" | "occup" | "profess" | "position"] => "job".to_owned(),
        ["bedtim"] => "bedtime".to_owned(),
        ["timezon"] => "time zone".to_owned(),
        words => words.join(" "),
    }
}

fn value<'w>(rest: &'w [Word], nouns: &[&Word], is_called: bool) -> Option<&'w [Word]> {
    if nouns.last().is_some_and(|noun| noun.low == "name") && !names(rest) {
        return None;
    }
    let is_placed = rest.first().is_some_and(|it| matches!(it.low.as_str(), "in" | "at" | "on"));
    if is_placed && nouns.last().is_some_and(|noun| is_movable(noun)) {
        return None;
    }
    let dated = measure(rest, 0);
    if !dated.is_empty() {
        return Some(dated);
    }
    let mut at = 0;
    while rest.get(at).is_some_and(|word| {
        matches!(
            word.low.as_str(),
            "in" | "at" | "on" | "called" | "named" | "now" | "with" | "not" | "\"" | "'" | "`"
        ) || matches!(word.low.as_str(), "codenamed" | "titled" | "nicknamed" | "dubbed")
    }) {
        at += 1;
    }
    let named = name(rest, at);
    if !named.is_empty() {
        return Some(named);
    }
    let is_property = nouns.iter().any(|word| {
        PROPERTIES.contains(&word.low.as_str()) || PROPERTIES.contains(&word.lemma.as_str())
    });
    // "My job is at risk", "my plan is on hold".
    let is_bare = |it: &Word| it.is_content() && !it.is_number();
    if matches!(rest.first().map(|it| it.low.as_str()), Some("at" | "on"))
        && rest.get(1).is_some_and(is_bare)
        && nouns.last().is_some_and(|noun| noun.low != "status")
    {
        return None;
    }
    let is_value = rest.get(at).is_some_and(|it| it.classes & EXCLUSIVE != 0);
    if !is_property && !is_called && !is_value || is_property && is_state(rest, nouns) {
        return None;
    }
    let number = rest.iter().position(Word::is_number);
    if let Some(number) = number.filter(|_| rest.first().is_some_and(|word| word.low == "to")) {
        return Some(measure(rest, number));
    }
    let value = phrase(rest, at);
    (!value.is_empty()).then_some(value)
}

/// Returns true for a thing whose place or level is no value of it: "my car is in Leeds", "my phone
/// is at 5%", "my address is on the invoice".
fn is_movable(noun: &Word) -> bool {
    let moves = [Class::Vehicle, Class::Transport, Class::Device, Class::Instrument, Class::Pet];
    moves.iter().any(|class| noun.is(*class))
        || matches!(noun.low.as_str(), "phone" | "mobile" | "laptop" | "tablet" | "computer")
        || matches!(noun.low.as_str(), "address" | "email" | "number" | "name" | "bag" | "wallet")
}

/// Returns true if words after "is" say in which state a property is, and not its value: "my budget
/// is tight", "my job is killing me", "the deadline is insane".
fn is_state(rest: &[Word], nouns: &[&Word]) -> bool {
    let mut words = rest.iter().skip_while(|it| {
        it.is(Class::Current) || it.low.ends_with("ly") || matches!(it.low.as_str(), "so" | "too")
    });
    let (Some(first), next) = (words.next(), words.next()) else { return true };
    let does_to = first.low.ends_with("ing") && next.is_some_and(|it| it.is(Class::First));
    let ends =
        next.is_none_or(|it| !it.is_content() || it.is(Class::Time) || it.is(Class::Greeting));
    let is_measured = nouns.last().is_some_and(|noun| MEASURED.contains(&noun.low.as_str()));
    let is_measure = |it: &Word| {
        it.low.contains(|c: char| c.is_ascii_digit())
            || it.is_number()
            || [Class::Weekday, Class::Month, Class::Time].iter().any(|of| it.is(*of))
    };
    does_to || (ends && is_quality(first) || is_measured) && !rest.iter().any(is_measure)
}

/// Properties whose value is a number or a time.
const MEASURED: &[&str] = &[
    "budget", "deadline", "birthday", "weight", "height", "salary", "rent", "rate", "score",
    "limit", "number", "date",
];

/// Returns true for a word that says how something is.
fn is_quality(word: &Word) -> bool {
    const QUALITIES: &[&str] = &[
        "tight",
        "hell",
        "bad",
        "terrible",
        "awful",
        "horrible",
        "good",
        "great",
        "fine",
        "ok",
        "okay",
        "nice",
        "lovely",
        "boring",
        "hard",
        "tough",
        "easy",
        "long",
        "short",
        "late",
        "early",
        "full",
        "empty",
        "packed",
        "busy",
        "crazy",
        "mad",
        "insane",
        "mental",
        "broken",
        "wrong",
        "weird",
        "strange",
        "rubbish",
        "shit",
        "ridiculous",
        "brutal",
        "rough",
        "stressful",
        "exhausting",
        "fun",
        "amazing",
        "brilliant",
        "perfect",
        "messy",
        "unclear",
        "unknown",
        "gone",
        "dead",
        "simple",
        "secret",
        "irrelevant",
        "missing",
        "unchanged",
    ];
    const ENDINGS: &[&str] = &["less", "ful", "ous", "able", "ible"];
    QUALITIES.contains(&word.low.as_str()) || ENDINGS.iter().any(|it| word.low.ends_with(it))
}

/// Returns true if the words after "my name is" may be a name: not "on the list", "pronounced",
/// "hard to spell".
fn names(rest: &[Word]) -> bool {
    const SAID: &[&str] = &[
        "pronounced",
        "spelled",
        "spelt",
        "written",
        "misspelled",
        "misspelt",
        "mispronounced",
        "taken",
        "missing",
        "hard",
        "easy",
        "difficult",
        "short",
        "long",
        "common",
        "rare",
        "unusual",
        "weird",
        "boring",
        "wrong",
        "correct",
        "fine",
        "irrelevant",
        "important",
    ];
    let mut words =
        rest.iter().skip_while(|word| word.is(Class::Current) || word.low.ends_with("ly"));
    let first = words.next();
    first.is_some_and(|word| !word.is(Class::Preposition) && !SAID.contains(&word.low.as_str()))
}

/// "I gave you the wrong birthday, it's March 14": a value for the property of an earlier clause.
pub(super) fn referring(clauses: &[Clause<'_>], slots: &mut Vec<Slot>) {
    for (at, clause) in clauses.iter().enumerate().skip(1) {
        let Some(verb) = clause.verb.filter(|_| clause.verb_lemma() == "be") else { continue };
        let subject = clause.subject().iter().filter(|word| !word.is_sign && word.low != "and");
        if clause.is_negated || !subject.map(|word| word.low.as_str()).eq(["it"]) {
            continue;
        }
        let now = clause.rest().iter().take_while(|word| word.is(Class::Current)).count();
        let (dated, named) =
            (measure(clause.words, verb + 1 + now), name(clause.words, verb + 1 + now));
        let value = if dated.is_empty() { named } else { dated };
        let before = clauses[..at].iter().flat_map(|clause| clause.words);
        let noun = before.rev().find(|word| {
            PROPERTIES.contains(&word.low.as_str()) && word.low != "name"
                || SINGLE.contains(&word.lemma.as_str())
        });
        let Some(noun) = noun else { continue };
        if !slots.iter().any(|slot| slot.attribute == noun.lemma) {
            slots.extend(labelled(&Owner::Speaker, &[noun], false, value, Hold::One));
        }
    }
}

/// "Noodle Barn has become my favourite restaurant", "Hugo is my manager".
fn inverse(clause: &Clause<'_>) -> Option<Slot> {
    let verb = clause.verb?;
    let links = matches!(clause.verb_lemma(), "be" | "becom" | "become")
        || OUSTING.contains(&clause.verb_lemma());
    let rest = &clause.words[verb + 1..];
    // "Pablo is the client contact now."
    let is_the = |word: &Word| {
        word.low == "the" && clause.has(Class::Current) && matches!(clause.owner, Owner::Named(_))
    };
    let mine = rest.iter().position(|word| word.is(Class::Mine) || is_the(word))?;
    let opened = rest[..mine].iter().all(|word| !word.is_content() || word.low == "as");
    let replaced = OUSTING.contains(&clause.verb_lemma());
    let as_my = mine.checked_sub(1).is_some_and(|before| rest[before].low == "as");
    if !links || !(opened || replaced && as_my) || clause.low(verb) == "was" {
        return None;
    }
    let end = rest[mine..].iter().position(|word| {
        word.is_sign
            || word.is(Class::Current)
            || word.is(Class::Conjunction)
            || matches!(word.low.as_str(), "these" | "this")
    });
    let property = &rest[mine..end.map_or(rest.len(), |end| mine + end)];
    let owner = property.iter().position(|word| word.low == "'s");
    let (owner, nouns) = match owner {
        Some(at) => {
            (Owner::Relation(property[at.checked_sub(1)?].lemma.clone()), &property[at + 1..])
        }
        None => (Owner::Speaker, &property[1..]),
    };
    let nouns: Vec<&Word> =
        nouns.iter().filter(|word| word.is_content() && !is_dated(word)).collect();
    let subject = clause.subject();
    let start = subject.iter().position(|word| word.is_content() && !word.is(Class::Verb))?;
    if nouns.is_empty() || subject.iter().any(|word| word.is(Class::First)) {
        return None;
    }
    let value = &subject[start..];
    let single = nouns
        .last()
        .is_some_and(|noun| !noun.is(Class::Relation) || { SINGLE.contains(&noun.lemma.as_str()) });
    let hold = if single { Hold::One } else { Hold::Many };
    labelled(&owner, &nouns, false, value, hold)
}
