//! Marks of words, by which most pairs of statements without a common word are told apart.

#[cfg(test)]
mod tests;

use crate::claim::Term;

const PARTS: usize = 4;

/// A Bloom filter of 256 bits with one hash function: a set of words that may seem to have a word
/// that it has not.
///
/// Burton H. Bloom, "Space/time trade-offs in hash coding with allowable errors", Communications of
/// the ACM 13 (7), 1970.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Marks([u64; PARTS]);

impl Marks {
    /// Returns the marks of the lemmas of these terms.
    pub(super) fn of_terms(terms: &[Term]) -> Marks {
        Marks::default().with(terms.iter().map(|term| term.lemma.as_str()))
    }

    /// Adds words.
    pub(super) fn with<'a>(mut self, words: impl Iterator<Item = &'a str>) -> Marks {
        for word in words {
            let hash = hash(word);
            self.0[(hash >> 6) as usize % PARTS] |= 1 << (hash & 63);
        }
        self
    }

    /// Returns false if the sets have no common word.
    pub(super) fn may_meet(&self, other: &Marks) -> bool {
        self.0.iter().zip(&other.0).any(|(one, two)| one & two != 0)
    }
}

/// Returns the hash FNV-1a, folded to its upper half, which is mixed better.
fn hash(word: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    word.bytes().fold(0xcbf2_9ce4_8422_2325, step) >> 32
}
