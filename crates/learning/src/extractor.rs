//! The extractor.

use serde::{Deserialize, Serialize};

use crate::heard::Heard;
use crate::message::Message;
use crate::sentence::sentences;
use crate::when::{Resolved, day_of, moments};
use crate::worth::{self, Weights, Worth};

/// x
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Extractor {
    /// x
    pub weights: Weights,
}

impl Extractor {
    /// x
    #[must_use]
    pub fn worth(&self, message: &Message, before: Option<&Message>, heard: &mut Heard) -> Worth {
        let asked = before.is_some_and(|before| {
            before.speaker != message.speaker && worth::asks(&sentences(before.read()))
        });
        let sentences = sentences(message.read());
        let numbers = worth::numbers(&sentences, heard, asked);
        heard.add(&sentences);
        Worth::of(numbers, &self.weights)
    }

    /// x
    #[must_use]
    pub fn times(&self, message: &Message) -> Vec<Resolved> {
        let Some(at) = message.at else { return Vec::new() };
        let text = message.read();
        let today = day_of(at, message.offset_seconds);
        let mut found = Vec::new();
        for sentence in sentences(text) {
            let moments = moments(&sentence, today);
            let resolved = moments
                .iter()
                .filter_map(|it| it.resolved(text, &sentence.words, message.offset_seconds));
            found.extend(resolved);
        }
        found
    }
}
