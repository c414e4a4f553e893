//! Slots: properties that have one value at a time.

use crate::clause::Owner;
use crate::words::Word;

/// A property of somebody and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) owner: Owner,
    /// Lemmas that name the property, such as `home` or `deadlin releas`, by which slots are equal.
    pub(crate) attribute: String,
    /// Words that name the property, such as `deadline release`.
    pub(crate) label: String,
    /// Span of the value in the text, in bytes.
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Lemmas of the value.
    pub(crate) value: Vec<String>,
    pub(crate) hold: Hold,
}

/// The way in which a slot holds its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hold {
    /// One value at a time: another one replaces it.
    One,
    /// Usually one value: another one replaces it if a word says that something changed.
    Usual,
    /// Several values.
    Many,
}

impl Slot {
    /// Creates a slot whose value are these words. `None` without words.
    pub(crate) fn of(owner: &Owner, attribute: &str, value: &[Word], hold: Hold) -> Option<Slot> {
        let (first, last) = (value.first()?, value.last()?);
        let lemmas = value.iter().filter(|word| !word.is_sign && !is_article(&word.low));
        let lemmas: Vec<String> = lemmas.map(|word| word.lemma.clone()).collect();
        if lemmas.is_empty() {
            return None;
        }
        Some(Slot {
            owner: owner.clone(),
            attribute: attribute.to_owned(),
            label: attribute.to_owned(),
            start: first.start,
            end: last.end,
            value: lemmas,
            hold,
        })
    }

    /// Returns true if two values are the same, or one is a part of the other.
    pub(crate) fn is_restated_by(&self, other: &Slot) -> bool {
        let (short, long) = if self.value.len() <= other.value.len() {
            (&self.value, &other.value)
        } else {
            (&other.value, &self.value)
        };
        short.iter().all(|lemma| long.contains(lemma))
    }
}

fn is_article(low: &str) -> bool {
    matches!(low, "a" | "an" | "the" | "my" | "our" | "'s")
}
