//! The worth of a message: the probability that a person would note a fact of it.
//!
//! Six numbers of the message and a logistic regression over them. `docs/LEARNING.md` has the
//! worth of each number and the way the weights were fitted.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::heard::Heard;
use crate::lexicon::Class;
use crate::sentence::{Mood, Sentence};
use crate::when::moments;
use crate::words::Word;

/// The six numbers of a message by which its worth is computed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Numbers {
    /// Sum of the clipped inverse document frequencies of content words in informative statements.
    pub information: f64,
    /// Content words in declarative sentences.
    pub content_words: f64,
    /// 1 if the message before ended with a question of somebody else, else 0.
    pub was_asked: f64,
    /// Expressions of time with a value on the calendar.
    pub times: f64,
    /// Words of the first person in statements.
    pub first_person: f64,
    /// `we`, `us` and `our`: what several people did is noted less often.
    pub plural: f64,
}

impl Numbers {
    /// Returns the six numbers on the scale of the weights: counts by their logarithm.
    #[must_use]
    pub fn scaled(&self) -> [f64; 6] {
        [
            self.information.ln_1p(),
            self.content_words.ln_1p(),
            self.was_asked,
            self.times.ln_1p(),
            self.first_person.ln_1p(),
            self.plural.ln_1p(),
        ]
    }
}

/// Weights of the six scaled [`Numbers`], and a constant.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Weights {
    /// Weights in the order of [`Numbers`].
    pub of_numbers: [f64; 6],
    /// The constant.
    pub constant: f64,
}

impl Default for Weights {
    /// Returns the weights fitted on five LoCoMo conversations (2,960 messages).
    fn default() -> Weights {
        Weights { of_numbers: [0.14, 0.78, 0.88, 1.24, 0.96, -0.43], constant: -3.26 }
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

/// Day for which expressions of time are counted: their number hardly depends on the day.
const ANY_DAY: Date = Date::constant(2024, 6, 12);

/// Counts the six numbers of a message. `was_asked` is true if the message before it ended with a
/// question.
pub(crate) fn numbers(sentences: &[Sentence], heard: &Heard, was_asked: bool) -> Numbers {
    let mut numbers = Numbers { was_asked: f64::from(u8::from(was_asked)), ..Numbers::default() };
    for sentence in sentences {
        numbers.times += moments(sentence, ANY_DAY).iter().map(|_| 1.0).sum::<f64>();
        numbers.plural +=
            words_of(sentence, |word| matches!(word.low.as_str(), "we" | "us" | "our"));
        if sentence.mood == Mood::Question {
            continue;
        }
        let content = sentence.words.iter().filter(|word| word.is_content());
        numbers.content_words += content.clone().map(|_| 1.0).sum::<f64>();
        if sentence.is_chatter() {
            continue;
        }
        numbers.first_person += words_of(sentence, |word| word.is(Class::First));
        numbers.information += content.map(|word| heard.idf(&word.lemma)).sum::<f64>();
    }
    numbers
}

fn words_of(sentence: &Sentence, is_counted: fn(&Word) -> bool) -> f64 {
    sentence.words.iter().filter(|word| is_counted(word)).map(|_| 1.0).sum()
}

/// Returns true if a message ends with a question.
pub(crate) fn ends_with_question(sentences: &[Sentence]) -> bool {
    sentences.last().is_some_and(|sentence| sentence.mood == Mood::Question)
}

/// Returns true if a message asks something.
pub(crate) fn asks(sentences: &[Sentence]) -> bool {
    sentences.iter().any(|sentence| sentence.mood == Mood::Question)
}
