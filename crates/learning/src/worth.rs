//! The worth of a message: the probability that a person would note a fact of it.
//!
//! Five numbers of the message and a logistic regression over them. `docs/LEARNING.md` has the
//! worth of each number and the way the weights were fitted.

use serde::{Deserialize, Serialize};

use crate::heard::Heard;
use crate::lexicon::Class;
use crate::sentence::{Mood, Sentence};

/// The five numbers of a message by which its worth is computed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Numbers {
    /// Sum of the clipped inverse document frequencies of content words in informative statements.
    pub information: f64,
    /// Content words in declarative sentences.
    pub content_words: f64,
    /// 1 if the message before asked something, else 0.
    pub was_asked: f64,
    /// Words of time.
    pub times: f64,
    /// Words of the first person in statements.
    pub first_person: f64,
}

impl Numbers {
    /// Returns the five numbers on the scale of the weights: counts by their logarithm.
    #[must_use]
    pub fn scaled(&self) -> [f64; 5] {
        [
            self.information.ln_1p(),
            self.content_words.ln_1p(),
            self.was_asked,
            self.times.ln_1p(),
            self.first_person.ln_1p(),
        ]
    }
}

/// Weights of the five scaled [`Numbers`], and a constant.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Weights {
    /// Weights in the order of [`Numbers`].
    pub of_numbers: [f64; 5],
    /// The constant.
    pub constant: f64,
}

impl Default for Weights {
    /// Returns the weights fitted on five LoCoMo conversations (2,960 messages).
    fn default() -> Weights {
        Weights { of_numbers: [0.13, 0.76, 0.89, 0.77, 0.72], constant: -3.31 }
    }
}

/// The worth of a message, with the numbers that it was computed from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Worth {
    /// Probability that the message has a fact worth noting, 0 to 1.
    pub score: f64,
    /// The numbers of the message.
    pub numbers: Numbers,
}

impl Worth {
    pub(crate) fn of(numbers: Numbers, weights: &Weights) -> Worth {
        let weighted = numbers.scaled().into_iter().zip(weights.of_numbers).map(|(n, w)| n * w);
        let sum: f64 = weights.constant + weighted.sum::<f64>();
        Worth { score: 1.0 / (1.0 + (-sum).exp()), numbers }
    }
}

/// Counts the five numbers of a message. `was_asked` is true if the message before it asked.
pub(crate) fn numbers(sentences: &[Sentence], heard: &Heard, was_asked: bool) -> Numbers {
    let mut numbers = Numbers { was_asked: f64::from(u8::from(was_asked)), ..Numbers::default() };
    for sentence in sentences {
        numbers.times += count(sentence, Class::Time) + count(sentence, Class::Month);
        if sentence.mood == Mood::Question {
            continue;
        }
        let content = sentence.words.iter().filter(|word| word.is_content());
        numbers.content_words += content.clone().map(|_| 1.0).sum::<f64>();
        if sentence.is_chatter() {
            continue;
        }
        numbers.first_person += count(sentence, Class::First);
        numbers.information += content.map(|word| heard.idf(&word.lemma)).sum::<f64>();
    }
    numbers
}

fn count(sentence: &Sentence, class: Class) -> f64 {
    sentence.words.iter().filter(|word| word.is(class)).map(|_| 1.0).sum()
}

/// Returns true if a message asks something.
pub(crate) fn asks(sentences: &[Sentence]) -> bool {
    sentences.iter().any(|sentence| sentence.mood == Mood::Question)
}
