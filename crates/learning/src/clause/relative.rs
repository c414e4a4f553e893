//! Relative clauses: "my brother, who moved to Oslo" is about the brother, "a man who drives a
//! Tesla" about nobody who is known.

use super::owner::{Owner, is_name};
use super::parts::{Clause, is_light};
use crate::lexicon::Class;
use crate::words::Word;

/// Relations that a person has to several others, so that "a friend" is any of them.
const SEVERAL: &[&str] = &[
    "friend",
    "cousin",
    "colleagu",
    "cowork",
    "neighbour",
    "neighbor",
    "mate",
    "buddi",
    "client",
    "custom",
    "teacher",
    "classmat",
    "teammat",
    "uncl",
    "aunt",
    "doctor",
    "baby",
    "parent",
    "lead",
    "intern",
];

/// Returns the owner of a clause that opens with a relative pronoun, and names beside it. `said`
/// are the words before the clause, and `before` is the clause before it.
pub(super) fn owner(
    said: &[Word],
    before: Option<&Clause<'_>>,
    clause: &Clause<'_>,
) -> Option<(Owner, Vec<String>)> {
    let opening = clause.words.iter().position(|word| !word.is_sign)?;
    let pronoun = clause.low(opening);
    let rest = clause.subject().get(opening + 1..)?;
    let is_subject = rest.iter().all(|word| word.is_sign || is_light(word));
    let is_relative = match pronoun {
        "who" | "which" => is_subject,
        "that" => is_subject && opening == 0 && said.last().is_some_and(|word| !word.is_sign),
        "whose" => true,
        _ => false,
    };
    // "Guess who's engaged" is about the speaker.
    let is_riddle = said.last().is_none_or(|word| word.low == "guess");
    if !is_relative || is_riddle {
        return None;
    }
    let (start, end) = antecedent(said, matches!(pronoun, "who" | "whose"));
    if let Some(before) = before.filter(|it| is_same(it, &said[..start])) {
        return Some((before.owner.clone(), before.aliases.clone()));
    }
    let holds = before.is_some_and(|it| {
        matches!(it.verb_lemma(), "have" | "get" | "adopt" | "buy") && it.owner == Owner::Speaker
    });
    let (owner, aliases) = of_phrase(&said[start..end], holds);
    // Of a person who is not known nothing follows but what is called theirs.
    let is_anybody = pronoun == "who" && matches!(owner, Owner::Other(_));
    Some((if is_anybody { Owner::Unknown } else { owner }, aliases))
}

/// Returns true if the phrase after `words` says who the subject of the clause is: "I'm a nurse
/// who lives here".
fn is_same(clause: &Clause<'_>, words: &[Word]) -> bool {
    let Some(verb) = clause.verb.filter(|_| clause.verb_lemma() == "be") else { return false };
    let is_somebody = match clause.owner {
        Owner::Speaker => clause.subject().iter().any(|it| matches!(it.low.as_str(), "i" | "we")),
        Owner::Relation(_) | Owner::Named(_) => true,
        Owner::Other(_) | Owner::Unknown => false,
    };
    let verb = &clause.words[verb];
    let between = words.iter().filter(|word| verb.end <= word.start);
    is_somebody && between.clone().all(|word| !word.is(Class::Preposition) && !word.is_content())
}

/// Returns the bounds of the noun phrase before a relative pronoun. A person's phrase may have a
/// place behind it: "the guy at the gym who".
fn antecedent(said: &[Word], is_person: bool) -> (usize, usize) {
    let mut end = said.iter().rposition(|word| !word.is_sign).map_or(0, |at| at + 1);
    for _ in 0..2 {
        let start = phrase_start(said, end);
        let link = start.checked_sub(1).map_or("", |at| said[at].low.as_str());
        let is_place = matches!(link, "in" | "at" | "from" | "on" | "near");
        let noun = start.checked_sub(2).map(|at| &said[at]);
        let noun = noun.filter(|noun| noun.is_content() && !noun.is(Class::Verb));
        if !is_person || !is_place || noun.is_none() {
            return (start, end);
        }
        end = start - 1;
    }
    (phrase_start(said, end), end)
}

/// Returns the start of the noun phrase that ends at `end`.
fn phrase_start(said: &[Word], end: usize) -> usize {
    let mut start = end;
    while 0 < start {
        let word = &said[start - 1];
        let ends = word.is_sign
            || word.low == "'s"
            || word.is(Class::Preposition)
            || word.is(Class::Conjunction)
            || word.is(Class::Auxiliary);
        if ends {
            break;
        }
        start -= 1;
        if word.is(Class::Determiner) || word.is(Class::First) || word.is(Class::Third) {
            break;
        }
    }
    start
}

/// Returns the owner that a noun phrase names. `holds` is true if the speaker has it.
fn of_phrase(phrase: &[Word], holds: bool) -> (Owner, Vec<String>) {
    let Some(last) = phrase.last() else { return (Owner::Unknown, Vec::new()) };
    let is_mine = phrase.iter().any(|word| word.is(Class::Mine));
    let names = |from: usize| {
        let names = phrase[from..].iter().filter(|word| is_name(word));
        names.map(|word| word.lemma.clone()).collect::<Vec<_>>()
    };
    if let Some(at) = phrase.iter().rposition(|word| word.is(Class::Relation)) {
        let lemma = phrase[at].lemma.clone();
        let is_one = holds && !SEVERAL.contains(&lemma.as_str());
        let is_last = phrase[at + 1..].iter().all(is_name);
        if is_last && (is_mine || is_one) {
            return (Owner::Relation(lemma), names(at + 1));
        }
    }
    match () {
        () if matches!(last.low.as_str(), "i" | "me" | "we" | "us") => (Owner::Speaker, Vec::new()),
        () if is_mine && last.is(Class::Work) => (Owner::Speaker, Vec::new()),
        () if is_name(last) => (Owner::Named(last.lemma.clone()), names(0)),
        () if last.is_content() => (Owner::Other(last.lemma.clone()), Vec::new()),
        () => (Owner::Unknown, Vec::new()),
    }
}
