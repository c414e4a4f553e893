//! Texts that are distributed like language: a vocabulary whose n-th word is n times rarer than its
//! first (Zipf's law). The first words are in most texts, and no list of stop words knows them:
//! that is harder than English, on purpose.

use crate::numbers::Numbers;

/// How many words there are.
const VOCABULARY: usize = 30_000;
/// How long a text is, in words.
const WORDS: std::ops::Range<usize> = 12..40;

/// Makes texts.
#[derive(Debug, Clone)]
pub struct Texts {
    words: Vec<String>,
    /// The share of all text that the words up to this one make up, in units of 2^-64.
    shares: Vec<u64>,
    numbers: Numbers,
}

impl Texts {
    /// The texts of this seed; the vocabulary is the same for all.
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

    /// A text of 12 to 39 words.
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

    /// What somebody may ask who remembers a text: three to six of its words, in no order.
    pub fn question(&mut self) -> String {
        let text = self.text();
        let mut words: Vec<&str> = text.split(' ').collect();
        let count = 3 + self.numbers.below(4);
        let drawn = (0..count).map(|_| words.swap_remove(self.numbers.below(words.len())));
        drawn.collect::<Vec<_>>().join(" ")
    }

    /// Three words that are each in one text of ten or more.
    pub fn common_question(&mut self) -> String {
        let drawn = (0..3).map(|_| self.words[self.numbers.below(20)].as_str());
        drawn.collect::<Vec<_>>().join(" ")
    }
}

/// The word of this rank: two to four syllables, never the same for two ranks.
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
