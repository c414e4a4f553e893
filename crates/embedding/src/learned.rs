//! The word pieces of a vocabulary that carry meaning for its model.
//!
//! Every vocabulary has single characters of many scripts, so every text has pieces. For a script
//! that a model never learned, it has only these, and their vectors are noise that makes all texts
//! of the script look alike.
//!
//! A script is learned if at least one in [`LONG_SHARE`] of its pieces has more than one character,
//! or if it has [`MANY`] pieces, as Chinese does in a model that splits it into characters. The
//! bundled model has learned only Latin; in Cyrillic, its next script, 8 of 86 pieces have two
//! characters or more.

use std::collections::HashMap;

use unicode_script::{Script, UnicodeScript};

/// In a learned script, at least one piece in this many has more than one character.
const LONG_SHARE: usize = 4;
/// Number of pieces at which a script counts as learned, regardless of their length.
const MANY: usize = 1000;

/// The kind of a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    /// A word of a learned script, or a part of one.
    Word,
    /// Digits, punctuation, symbols.
    Mark,
    /// A piece of a script that is not learned.
    Unknown,
}

/// The pieces of one script.
#[derive(Default)]
struct Pieces {
    all: usize,
    long: usize,
}

impl Pieces {
    fn are_learned(&self) -> bool {
        MANY <= self.all || self.all <= self.long * LONG_SHARE
    }
}

/// Returns the kind of each piece of a vocabulary.
pub(crate) fn sorts<'a>(texts: impl Iterator<Item = &'a str> + Clone) -> Vec<Sort> {
    let mut scripts: HashMap<Script, Pieces> = HashMap::new();
    for text in texts.clone() {
        let is_long = text.chars().nth(1).is_some();
        let mut before = None;
        for script in text.chars().filter_map(script).filter(|&it| it != Script::Latin) {
            if before.replace(script) != Some(script) {
                let pieces = scripts.entry(script).or_default();
                pieces.all += 1;
                pieces.long += usize::from(is_long);
            }
        }
    }
    let is_learned = |script: Script| scripts.get(&script).is_none_or(Pieces::are_learned);
    let sort = |text: &str| match text.chars().filter_map(script).all(is_learned) {
        false => Sort::Unknown,
        true if text.chars().any(|c| script(c).is_some()) => Sort::Word,
        true => Sort::Mark,
    };
    texts.map(sort).collect()
}

/// Returns the script of a character, or `None` if it does not belong to a single one.
fn script(c: char) -> Option<Script> {
    match c {
        c if c.is_ascii() => c.is_ascii_alphabetic().then_some(Script::Latin),
        c => Some(c.script()).filter(|it| !matches!(it, Script::Common | Script::Inherited)),
    }
}

#[cfg(test)]
mod tests;
