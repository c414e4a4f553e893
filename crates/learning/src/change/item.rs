//! A change that a message states.

use serde::{Deserialize, Serialize};

use super::head::{Kind, kind_of};
use crate::claim::Term;
use crate::clause::{Clause, Owner};
use crate::lexicon::Class;
use crate::words::Word;

/// The shape of a contradiction between a message and a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Shape {
    /// Another value takes the place of the former one.
    Replacement,
    /// The same thing is affirmed that was denied, or denied that was affirmed.
    Polarity,
    /// The former value ends, and no other takes its place.
    Retraction,
}

/// Something that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) owner: Owner,
    pub(crate) shape: Shape,
    pub(crate) target: Target,
    /// The things that end, without the words that narrow them; one of them is in a fact that ends.
    /// `None` if any word of the target may name a fact.
    pub(crate) heads: Option<Vec<Term>>,
    /// Words to which the ending is limited: "in the evening". All of them are in a fact that ends.
    pub(crate) limits: Vec<Term>,
    /// Lemma of the verb of the clause.
    pub(crate) verb: String,
    /// True if a doing ends: "stopped using Vim".
    pub(crate) is_doing: bool,
    /// True if words say that it is for good: "left Ghent for Oslo", "in March".
    pub(crate) is_final: bool,
    pub(crate) kind: Kind,
    /// True for "used to": only what the same verb says ends.
    pub(crate) is_former: bool,
}

/// The facts that a change ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// Facts about these things.
    Terms(Vec<Term>),
    /// Facts that state the value of this property.
    Property(Vec<Term>),
    /// Facts in which this person or thing has its role; it no longer has it.
    Role(Vec<Term>),
    /// The job of the owner.
    Job,
    /// The partner of the owner.
    Partner,
    /// Facts that deny these things.
    Denial(Vec<Term>),
    /// Facts about the first term, which the others narrow: "my phone battery".
    Headed(Term, Vec<Term>),
    /// Facts that somebody has these things.
    Owned(Vec<Term>),
    /// Facts in which this person lives or stays with somebody.
    Guest(Vec<Term>),
    /// Facts that somebody is away at these places, or ill with these.
    Away(Vec<Term>),
    /// Injuries and illnesses of these parts of the body, or of this person.
    Ailment(Vec<Term>),
    /// Opinions of these things.
    Opinion(Vec<Term>),
    /// Plans and wishes about these things.
    Plan(Vec<Term>),
    /// Facts about the head noun with another modifier: "dark mode" for "light mode".
    Sibling(Term, Vec<Term>),
}

impl Target {
    /// Returns the words that name what ended; `None` if a slot or a plan decides.
    pub(crate) fn terms(&self) -> Option<&[Term]> {
        match self {
            Target::Terms(terms)
            | Target::Property(terms)
            | Target::Headed(_, terms)
            | Target::Owned(terms) => Some(terms),
            _ => None,
        }
    }
}

/// The clauses beside a clause.
#[derive(Clone, Copy)]
pub(super) struct Around<'c, 'w> {
    pub(super) before: Option<&'c Clause<'w>>,
    pub(super) after: Option<&'c Clause<'w>>,
}

impl Change {
    pub(crate) fn new(owner: &Owner, shape: Shape, target: Target) -> Change {
        Change {
            owner: owner.clone(),
            shape,
            target,
            heads: None,
            limits: Vec::new(),
            verb: String::new(),
            is_doing: false,
            is_final: false,
            kind: Kind::Thing,
            is_former: false,
        }
    }

    #[must_use]
    pub(super) fn of(self, heads: Vec<Term>, clause: &Clause<'_>) -> Change {
        let kinds = heads.iter().map(|term| kind_of(&term.lemma));
        let kind = kinds.into_iter().find(|kind| *kind != Kind::Thing).unwrap_or(Kind::Thing);
        let (verb, is_doing) = (clause.verb_lemma().to_owned(), is_doing(clause));
        // A number alone names what is said of the same thing.
        let about = || terms(clause.words).into_iter().filter(names).collect();
        let heads = if heads.is_empty() { about() } else { heads };
        let is_final = is_final(clause);
        Change { heads: Some(heads), verb, is_doing, is_final, kind, ..self }
    }

    #[must_use]
    pub(super) fn within(self, limits: Vec<Term>) -> Change {
        Change { limits, ..self }
    }
}

/// Returns true if the object of a verb is a doing: "stopped using Vim".
fn is_doing(clause: &Clause<'_>) -> bool {
    let next = clause.verb.and_then(|verb| clause.words.get(verb + 1));
    next.is_some_and(|word| word.low.ends_with("ing") && 4 < word.low.len())
}

fn is_final(clause: &Clause<'_>) -> bool {
    // The perfect says what holds since: "we've left Perth".
    let says = ["have", "has", "for", "forever", "good", "behind", "finally", "permanently"];
    clause.words.iter().any(|word| says.contains(&word.low.as_str()) || word.is(Class::Month))
}

/// Returns true for a term by which a thing can be named.
fn names(term: &Term) -> bool {
    let is_number = term.classes & Class::Number.bit() != 0
        || term.lemma.starts_with(|c: char| c.is_ascii_digit());
    !is_number && !matches!(term.lemma.as_str(), "longer" | "more")
}

/// Returns the terms of the words with meaning, without times.
pub(crate) fn terms(words: &[Word]) -> Vec<Term> {
    let words = words.iter().filter(|word| word.is_content() && !word.is(Class::Time));
    let is_adverb = |word: &Word| word.low.ends_with("ly") && !word.is_capital;
    words.filter(|word| !is_adverb(word)).map(Term::of).collect()
}

/// Returns the words up to the next mark, conjunction or preposition of another matter.
pub(crate) fn object(words: &[Word]) -> &[Word] {
    until(words, &["to", "in", "on", "for", "by", "after"])
}

/// Returns the words of [`object`], with "to" and "for" as parts: "the trip to Peru".
pub(crate) fn long_object(words: &[Word]) -> &[Word] {
    until(words, &["in", "on", "by", "after"])
}

fn until<'w>(words: &'w [Word], prepositions: &[&str]) -> &'w [Word] {
    let end = words.iter().enumerate().position(|(at, word)| {
        word.is_sign && !matches!(word.low.as_str(), "." | "&" | "\"")
            || 0 < at && word.is(Class::Conjunction) && word.low != "as"
            || word.is(Class::Current)
            || 0 < at && prepositions.contains(&word.low.as_str())
            || matches!(word.low.as_str(), "because" | "last" | "when" | "today" | "yesterday")
    });
    &words[..end.unwrap_or(words.len())]
}
