//! Objects of verbs, by which statements with the same frame are recognised.

use crate::clause::Clause;
use crate::lexicon::Class;
use crate::slots::phrase;
use crate::words::Word;

/// The object of a verb with a preposition: "on an iPad" in "I read on an iPad".
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) verb: String,
    pub(crate) preposition: String,
    pub(crate) object: Vec<String>,
}

impl Place {
    /// Returns the direct object of a verb, without a preposition.
    pub(super) fn direct(clause: &Clause<'_>) -> Option<Place> {
        const HOLDING: &[&str] = &["be", "have", "own", "get", "buy", "see", "do", "make", "know"];
        let verb = clause.verb.filter(|_| !clause.is_past && !clause.is_ahead)?;
        let object = phrase(clause.words, verb + 1);
        let is_plain = object.iter().all(|word| !word.is_number() && !word.is_sign);
        let holds = HOLDING.contains(&clause.verb_lemma()) || object.len() < 2;
        (is_plain && !holds).then(|| Place {
            verb: clause.verb_lemma().to_owned(),
            preposition: String::new(),
            object: object.iter().map(|word| word.lemma.clone()).collect(),
        })
    }

    pub(super) fn of(clause: &Clause<'_>) -> Option<Place> {
        const LIGHT: &[&str] =
            &["be", "have", "go", "get", "come", "move", "look", "think", "put", "do", "make"];
        let verb = clause.verb.filter(|_| !clause.is_past && !clause.is_ahead)?;
        // "Stores its data in Redis."
        let is_link =
            |word: &Word| matches!(word.low.as_str(), "on" | "at" | "in" | "with" | "for" | "to");
        let near = verb + 1..(verb + 5).min(clause.words.len());
        let at = near.clone().find(|at| is_link(&clause.words[*at]))?;
        let preposition = &clause.words[at];
        let between = clause.words[verb + 1..at].iter().filter(|word| word.is_content());
        if LIGHT.contains(&clause.verb_lemma()) {
            return None;
        }
        let object = phrase(clause.words, at + 1).iter().filter(|word| word.is_content());
        let dated = Class::Time.bit() | Class::Weekday.bit() | Class::Month.bit();
        let is_dated = object.clone().any(|it| it.classes & dated != 0 || it.is_number());
        let object: Vec<String> = object.map(|word| word.lemma.clone()).collect();
        (!is_dated && !object.is_empty()).then(|| Place {
            verb: [clause.verb_lemma()]
                .into_iter()
                .chain(between.map(|word| word.lemma.as_str()))
                .collect::<Vec<_>>()
                .join(" "),
            preposition: preposition.low.clone(),
            object,
        })
    }
}
