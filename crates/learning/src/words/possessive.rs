//! The two readings of `'s`: a possessive ("my brother's car"), or "is" and "has" ("my brother's
//! in Leeds").

use super::word::Word;
use crate::lexicon::{self, Class};

/// Writes `'s` out as "is" or "has" unless the words after it are possessed.
pub(super) fn resolve(words: &mut [Word]) {
    for at in 1..words.len() {
        if words[at].low != "'s" {
            continue;
        }
        if let Some(low) = verb(words, at) {
            let (lemma, classes) = lexicon::read(low);
            words[at] = Word { low: low.to_owned(), lemma, classes, ..words[at].clone() };
        }
    }
}

/// Returns the verb for which the `'s` at `at` stands; `None` for a possessive.
fn verb(words: &[Word], at: usize) -> Option<&'static str> {
    // "At my sister's on Sunday" is a place.
    let placed = words[at.saturating_sub(3)..at].iter().any(|word| {
        matches!(word.low.as_str(), "at" | "to" | "from" | "than" | "of" | "with" | "as")
    });
    let skipped = words[at + 1..].iter().take_while(|word| is_adverb(word)).count();
    let next = words.get(at + 1 + skipped)?;
    let after = words.get(at + 2 + skipped);
    let ends = after.is_none_or(|it| !it.is_content() || it.is(Class::Time));
    let low = next.low.as_str();
    match () {
        () if placed => None,
        () if matches!(low, "got" | "been" | "gone" | "become" | "had") => Some("has"),
        () if is_participle(next) && ends => Some("has"),
        () if low == "not" || is_link(next) || low == "back" && ends => Some("is"),
        () if skipped > 0 && next.is(Class::Determiner) => Some("is"),
        // "My name's Alexandra": a name has nothing.
        () if is_own_property(words, at) && (next.is_capital || next.is_number()) => Some("is"),
        () if low.ends_with("ing") && next.is(Class::Verb) && ends && after.is_some() => {
            after.filter(|it| !it.is(Class::Auxiliary) && !it.is_sign).map(|_| "is")
        }
        () if (next.is(Class::Diet) || next.is(Class::Status) || next.is_number()) && ends => {
            Some("is")
        }
        () => None,
    }
}

/// Returns true for a property of the speaker that possesses nothing: "my name", "my birthday".
fn is_own_property(words: &[Word], at: usize) -> bool {
    const PROPERTIES: &[&str] = &["name", "surname", "nickname", "birthday", "address", "email"];
    let [.., mine, property] = &words[..at] else { return false };
    mine.is(Class::Mine) && PROPERTIES.contains(&property.low.as_str())
}

fn is_adverb(word: &Word) -> bool {
    word.low.ends_with("ly") && 4 < word.low.len()
        || matches!(word.low.as_str(), "just" | "now" | "also" | "still" | "already")
}

/// Returns true for a word that follows "is" and no possessive: a preposition or an article.
fn is_link(word: &Word) -> bool {
    matches!(
        word.low.as_str(),
        "a" | "an"
            | "the"
            | "my"
            | "our"
            | "in"
            | "at"
            | "on"
            | "off"
            | "from"
            | "with"
            | "away"
            | "out"
            | "up"
            | "over"
            | "under"
            | "near"
            | "no"
            | "called"
            | "named"
    )
}

fn is_participle(word: &Word) -> bool {
    const VERBS: [Class; 4] = [Class::Verb, Class::Ending, Class::Changing, Class::Ceasing];
    let is_past = word.low.ends_with("ed")
        || word.low != word.lemma && !word.low.ends_with("ing") && !word.low.ends_with('s')
        || word.low == "quit";
    // "The manager" has the stem of "manage".
    let is_noun = word.is(Class::Relation) || word.is(Class::Occupation);
    is_past && !is_noun && word.low != "used" && VERBS.iter().any(|class| word.is(*class))
}
