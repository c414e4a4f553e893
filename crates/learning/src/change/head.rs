//! The head of a phrase: the thing itself, without the words that only narrow it.
//!
//! "The battery of my Skoda" is a battery, "the piano lesson" a lesson, and "both horses" are
//! horses. A thing ends if it is the head of what a verb of ending is about.

use crate::claim::Term;
use crate::clause::is_name;
use crate::lexicon::{Class, EXCLUSIVE};
use crate::words::Word;

/// Nouns for a tie to another thing: to cancel the membership is to leave the club.
const TIES: &[&str] = &[
    "account",
    "addiction",
    "career",
    "contract",
    "habit",
    "hobby",
    "internship",
    "job",
    "licence",
    "license",
    "life",
    "membership",
    "plan",
    "policy",
    "position",
    "post",
    "role",
    "studies",
    "subscription",
];

/// Nouns for a way of learning something, as lemmas.
const COURSES: &[&str] = &["class", "cours", "lesson", "train"];

/// Abbreviations that do not count as names.
const ABBREVIATIONS: &[&str] = &["api", "cd", "cv", "dvd", "pdf", "tv", "ui", "url", "vm", "vpn"];

/// Nouns for a journey to another place, as lemmas.
const JOURNEYS: &[&str] =
    &["flight", "holiday", "journey", "reserv", "tour", "trip", "vacat", "visit"];

/// Nouns for a quantity of what follows "of".
const QUANTITIES: &[&str] =
    &["bunch", "couple", "half", "lot", "lots", "pair", "rest", "members", "use"];

/// Returns the heads of the phrase that these words begin with. A name of several words is a head
/// with each of them, and a tie with the thing that it leads to.
pub(super) fn heads(words: &[Word]) -> Vec<Term> {
    let start = words.iter().take_while(|word| is_opening(word)).count();
    let end = start + length(&words[start..]);
    let owned = words[start..end].iter().rposition(is_possessive).map_or(0, |at| at + 1);
    let phrase = &words[start + owned..end];
    let rest = words.get(end + 1..).unwrap_or_default();
    let follows = words.get(end).map_or("", |word| word.low.as_str());
    let Some(at) = phrase.iter().rposition(is_thing) else {
        return if follows == "of" { heads(rest) } else { Vec::new() };
    };
    let head = &phrase[at];
    if follows == "of" && QUANTITIES.contains(&head.low.as_str()) {
        return heads(rest);
    }
    // "Python 2" is one of several; a number alone names nothing.
    if let Some(version) = phrase.get(at + 1)
        && (is_name(head) || head.classes & EXCLUSIVE != 0)
    {
        return vec![Term::of(version)];
    }
    let is_train = matches!(head.low.as_str(), "train" | "trains");
    if is_tie(head) || kind_of(&head.lemma) != Kind::Thing && !is_train {
        let mut found: Vec<Term> = narrowing(&words[start..end]);
        if matches!(follows, "to" | "at" | "of" | "with" | "for" | "on" | "in" | "from") {
            found.extend(heads(rest));
        }
        return found;
    }
    if is_gerund(head) && at == 0 {
        return doing(head, &words[end..]);
    }
    let named = is_name(head) && !ABBREVIATIONS.contains(&head.low.as_str());
    let names = phrase[..at].iter().rev().take_while(|word| named && is_name(word));
    let first = at - names.count();
    phrase[first..=at].iter().map(Term::of).collect()
}

/// Returns the heads of a subject: those of its last phrase after a mark.
pub(super) fn heads_of_subject(subject: &[Word]) -> Vec<Term> {
    let opens = |word: &Word| word.is_sign && !is_possessive(word) && word.low != ".";
    let from = subject.iter().rposition(opens).map_or(0, |at| at + 1);
    let part = &subject[from..];
    let skipped = part.iter().take_while(|word| is_adverbial(word)).count();
    heads(&part[skipped..])
}

/// Returns the words that tell a thing from others of its sort: "practice" in "the practice exam".
pub(super) fn distinctions(words: &[Word]) -> Vec<Term> {
    let start = words.iter().take_while(|word| is_opening(word)).count();
    let end = start + length(&words[start..]);
    let owned = words[start..end].iter().rposition(is_possessive).map_or(0, |at| at + 1);
    let phrase = &words[start + owned..end];
    let Some((head, before)) = phrase.split_last() else { return Vec::new() };
    if is_tie(head) || kind_of(&head.lemma) != Kind::Thing {
        return Vec::new();
    }
    let tells = |word: &&Word| word.is(Class::Generic) || word.is(Class::Work);
    before.iter().filter(|word| is_thing(word)).filter(tells).map(Term::of).collect()
}

/// The kind of a thing that ends, by the lemma of its noun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Thing,
    /// A journey, by which only a plan to go somewhere ends.
    Journey,
    /// A course or one lesson of it, by whose end the learning need not end.
    Course,
}

/// Returns the kind of a noun with this lemma.
pub(crate) fn kind_of(lemma: &str) -> Kind {
    match lemma {
        _ if JOURNEYS.contains(&lemma) => Kind::Journey,
        _ if COURSES.contains(&lemma) => Kind::Course,
        _ => Kind::Thing,
    }
}

fn is_thing(word: &Word) -> bool {
    word.is_content() && !word.is_number() && !word.is(Class::Time)
}

fn is_opening(word: &Word) -> bool {
    !word.is_content() && !word.is_number() || matches!(word.low.as_str(), "longer" | "more")
}

/// Returns true for an adjective that narrows any noun: "my old account".
fn is_age(word: &Word) -> bool {
    matches!(word.low.as_str(), "old" | "former" | "current" | "extra" | "other")
}

fn is_tie(word: &Word) -> bool {
    TIES.contains(&word.low.as_str())
}

fn narrowing(words: &[Word]) -> Vec<Term> {
    words.iter().filter(|word| is_thing(word) && !is_age(word)).map(Term::of).collect()
}

/// "Drinking coffee" is about both, "volunteering at the shelter" about volunteering.
fn doing(gerund: &Word, rest: &[Word]) -> Vec<Term> {
    let opens = rest.first().is_some_and(|word| word.is(Class::Determiner));
    let object = if opens { heads(rest) } else { Vec::new() };
    if object.is_empty() { vec![Term::of(gerund)] } else { object }
}

fn is_gerund(word: &Word) -> bool {
    word.low.ends_with("ing") && word.is(Class::Verb)
}

fn is_adverbial(word: &Word) -> bool {
    !word.is_content() && !word.is(Class::Determiner)
        || word.is(Class::Time)
        || word.low.ends_with("ly") && !word.is_capital
}

/// The possessive, which is a mark alone after a plural: "the kids' room".
fn is_possessive(word: &Word) -> bool {
    matches!(word.low.as_str(), "'s" | "'" | "\u{2019}")
}

/// Returns the number of words of the noun phrase that these words begin with.
fn length(words: &[Word]) -> usize {
    let ends = |(at, word): (usize, &Word)| {
        let sign = word.is_sign && !matches!(word.low.as_str(), "." | "&" | "\"");
        let closes = sign && !(is_possessive(word) && words.get(at + 1).is_some());
        let dot = word.low == "." && words.get(at + 1).is_none_or(|next| !next.is_content());
        let after = 0 < at && !is_possessive(word) && is_closing(word);
        closes || dot || after
    };
    words.iter().enumerate().position(ends).unwrap_or(words.len())
}

fn is_closing(word: &Word) -> bool {
    let classes = [
        Class::Preposition,
        Class::Conjunction,
        Class::Auxiliary,
        Class::Determiner,
        Class::First,
        Class::Current,
    ];
    classes.iter().any(|class| word.is(*class)) && !word.is(Class::Month)
        || word.low.ends_with("ly") && !word.is_capital
        || matches!(word.low.as_str(), "last" | "next" | "today" | "yesterday" | "tomorrow" | "to")
        || matches!(word.low.as_str(), "tonight" | "early" | "ago" | "completely" | "there")
}
