//! The parts of one clause.

use super::owner::Owner;
use crate::lexicon::Class;
use crate::words::Word;

#[derive(Debug, Clone)]
pub(crate) struct Clause<'w> {
    pub(crate) words: &'w [Word],
    pub(crate) owner: Owner,
    /// Names beside the relation of the owner: `oskar` in "my brother Oskar".
    pub(crate) aliases: Vec<String>,
    /// Index of the first verb or auxiliary; the subject is before it.
    pub(crate) head: Option<usize>,
    /// Index of the main verb.
    pub(crate) verb: Option<usize>,
    pub(crate) is_negated: bool,
    /// True if it is going to be so.
    pub(crate) is_ahead: bool,
    /// True if it was so, by the tense of `be`, `have` or a verb of state.
    pub(crate) is_past: bool,
}

impl Clause<'_> {
    pub(crate) fn has(&self, class: Class) -> bool {
        self.words.iter().any(|word| word.is(class))
    }

    pub(crate) fn low(&self, at: usize) -> &str {
        self.words.get(at).map_or("", |word| word.low.as_str())
    }

    pub(crate) fn lemma(&self, at: usize) -> &str {
        self.words.get(at).map_or("", |word| word.lemma.as_str())
    }

    /// Returns true if the pronoun that is this subject may stand for the owner.
    pub(super) fn is_called_by(&self, subject: &[Word]) -> bool {
        let pronoun = subject.iter().rev().find(|word| !word.is_sign && !is_light(word));
        let pronoun = pronoun.map_or("", |word| word.low.as_str());
        let kind = |relation: &String, list: &[&str]| {
            relation.rsplit(' ').next().is_some_and(|noun| list.contains(&noun))
        };
        match &self.owner {
            Owner::Named(_) => matches!(pronoun, "he" | "she"),
            Owner::Relation(it) if kind(it, MALE) => pronoun == "he",
            Owner::Relation(it) if kind(it, FEMALE) => pronoun == "she",
            Owner::Relation(it) => {
                matches!(pronoun, "he" | "she") || pronoun == "they" && it == "parent"
            }
            _ => false,
        }
    }

    pub(crate) fn subject(&self) -> &[Word] {
        &self.words[..self.head.unwrap_or(0)]
    }

    /// Returns true if the subject is `I` or `we`, or left out by the speaker.
    pub(crate) fn has_first_subject(&self) -> bool {
        let subject = self.subject();
        let is_first = |word: &Word| matches!(word.low.as_str(), "i" | "we" | "me" | "us");
        subject.iter().any(is_first)
            || subject.iter().all(|word| !word.is_content()) && self.owner == Owner::Speaker
    }

    /// Returns true for "had" and "was": a state that is over.
    pub(crate) fn is_past_state(&self) -> bool {
        self.head.is_some_and(|head| matches!(self.low(head), "had" | "was" | "were"))
    }

    /// Returns true for a passive or a state of the present: "I am called".
    pub(crate) fn is_state(&self) -> bool {
        self.head != self.verb
            && self.head.is_some_and(|head| matches!(self.low(head), "am" | "is" | "are"))
    }

    /// Returns the words after the main verb.
    pub(crate) fn rest(&self) -> &[Word] {
        self.verb.map_or(self.words, |verb| &self.words[verb + 1..])
    }

    pub(crate) fn verb_lemma(&self) -> &str {
        self.verb.map_or("", |verb| self.lemma(verb))
    }
}

/// Relations that "he" stands for, and those that "she" stands for.
const MALE: &[&str] = &[
    "father",
    "brother",
    "son",
    "husband",
    "boyfriend",
    "uncle",
    "nephew",
    "grandpa",
    "grandfath",
    "grandson",
];
const FEMALE: &[&str] = &[
    "mother",
    "sister",
    "daughter",
    "wife",
    "girlfriend",
    "aunt",
    "niec",
    "grandma",
    "grandmoth",
    "granddaught",
    "gran",
    "nan",
];

/// Returns true for a word that may stand before the subject or in its place, and says nothing.
pub(super) fn is_light(word: &Word) -> bool {
    word.is(Class::Conjunction)
        || word.is(Class::Greeting)
        || word.is(Class::Current)
        || word.low.ends_with("ly")
        || matches!(word.low.as_str(), "just" | "then" | "even" | "still" | "have" | "had")
}
