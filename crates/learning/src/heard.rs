//! Frequencies of the words said so far, kept by the caller.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::sentence::Sentence;

/// Words that are counted. When there are more, all counts are halved and words at 0 are dropped.
pub const HEARD_WORDS_MAX: usize = 50_000;

/// Messages and words heard so far: the corpus statistics of a conversation or a user.
///
/// A value of the caller, which can be serialised. Its size is at most [`HEARD_WORDS_MAX`] words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Heard {
    messages: u32,
    /// By word in its base form, the messages that have it.
    counts: HashMap<String, u32>,
}

impl Heard {
    /// Returns the number of messages heard, halved with the counts.
    #[must_use]
    pub fn messages(&self) -> u32 {
        self.messages
    }

    /// Returns the number of distinct words.
    #[must_use]
    pub fn words(&self) -> usize {
        self.counts.len()
    }

    /// Adds the words of a message.
    pub(crate) fn add(&mut self, sentences: &[Sentence]) {
        self.messages = self.messages.saturating_add(1);
        let words = sentences.iter().flat_map(|sentence| &sentence.words);
        let lemmas = words.filter(|word| word.is_content()).map(|word| word.lemma.as_str());
        let lemmas: HashSet<&str> = lemmas.collect();
        for lemma in lemmas {
            match self.counts.get_mut(lemma) {
                Some(count) => *count = count.saturating_add(1),
                None => {
                    self.counts.insert(lemma.to_owned(), 1);
                }
            }
        }
        if HEARD_WORDS_MAX < self.counts.len() {
            self.halve();
        }
    }

    fn halve(&mut self) {
        self.messages /= 2;
        self.counts.retain(|_, count| {
            *count /= 2;
            0 < *count
        });
    }

    /// Returns the inverse document frequency of a word, from 0 to [`IDF_MAX`].
    pub(crate) fn idf(&self, lemma: &str) -> f64 {
        let having = f64::from(self.counts.get(lemma).copied().unwrap_or(0));
        // A few imagined messages keep the first ones comparable with later ones.
        let messages = f64::from(self.messages) + MESSAGES_IMAGINED;
        (messages / (having + 1.0)).ln().clamp(0.0, IDF_MAX)
    }
}

/// Messages without the word that are added to those heard.
const MESSAGES_IMAGINED: f64 = 60.0;

/// Maximum weight of a word: a rare one says little more than a less rare one.
pub(crate) const IDF_MAX: f64 = 4.0;
