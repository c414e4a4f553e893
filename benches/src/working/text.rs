//! Texts with the word distribution of natural language: the n-th word of the vocabulary is n times
//! rarer than the first (Zipf's law). The first words occur in most texts and on no list of stop
//! words, which is deliberately harder than English.

use crate::numbers::Numbers;

/// Number of words in the vocabulary.
const VOCABULARY: usize = 30_000;
/// Number of words per text.
const WORDS: std::ops::Range<usize> = 12..40;

/// A generator of texts.
#[derive(Debug, Clone)]
pub struct Texts {
    words: Vec<String>,
    /// Cumulative share of all text for the words up to this one, in units of 2^-64.
    shares: Vec<u64>,
    numbers: Numbers,
}

impl Texts {
    /// Creates the generator for a seed. The vocabulary is the same for all seeds.
    #[must_use]
    pub fn new(seed: u64) -> Texts {
        let whole: f64 = (1..=VOCABULARY).map(|rank| 1.0 / rank as f64).sum();
        let mut sum = 0.0;
        let mut share = |rank: usize| {
            sum += 1.0 / rank as f64;
            (sum / whole * u64::MAX as f64) as u64
        };
        Texts {
            words: (0..VOCABULARY).map(word).collect(),
            shares: (1..=VOCABULARY).map(&mut share).collect(),
            numbers: Numbers::new(seed),
        }
    }

    /// Returns a text of 12 to 39 words.
    pub fn text(&mut self) -> String {
        let count = WORDS.start + self.numbers.below(WORDS.len());
        let words: Vec<&str> = (0..count)
            .map(|_| {
                let draw = self.numbers.draw();
                let rank = self.shares.partition_point(|share| *share < draw);
                self.words[rank.min(VOCABULARY - 1)].as_str()
            })
            .collect();
        words.join(" ")
    }

    /// Returns a question in the words of a text: three to six of them, in random order.
    pub fn question(&mut self) -> String {
        let text = self.text();
        let mut words: Vec<&str> = text.split(' ').collect();
        let count = 3 + self.numbers.below(4);
        let drawn = (0..count).map(|_| words.swap_remove(self.numbers.below(words.len())));
        drawn.collect::<Vec<_>>().join(" ")
    }

    /// Returns three of the 20 most common words.
    pub fn common_question(&mut self) -> String {
        let drawn = (0..3).map(|_| self.words[self.numbers.below(20)].as_str());
        drawn.collect::<Vec<_>>().join(" ")
    }
}

/// Returns the word of this rank, unique to it: two to four syllables.
fn word(rank: usize) -> String {
    const ONSETS: &[u8; 16] = b"bdfghjklmnprstvz";
    const VOWELS: &[u8; 4] = b"aeou";
    let mut word = String::new();
    let mut rest = rank + ONSETS.len() * VOWELS.len();
    while 0 < rest {
        word.push(char::from(ONSETS[rest % ONSETS.len()]));
        rest /= ONSETS.len();
        word.push(char::from(VOWELS[rest % VOWELS.len()]));
        rest /= VOWELS.len();
    }
    word + "k"
}
