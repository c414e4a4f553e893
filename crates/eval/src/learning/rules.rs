//! The rules in isolation: their speed, and the values that they find.

use std::{hint::black_box, time::Instant};

use aios_learning::{Extractor, Grounding, Heard, grounded};
use serde::Serialize;

use super::input::Conversation;
use crate::metrics::ratio;

/// Number of rounds over each conversation. The fastest one is used, because other programs
/// disturbed it least.
const ROUNDS: usize = 5;

/// Occurrence of facts' values in the messages that the facts cite.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Grounded {
    /// Number of facts with a value.
    pub values: usize,
    /// Share of these values that occur in a cited message and are not negated there; 1 without
    /// values.
    pub share: f64,
}

/// Returns the number of messages per second from which the rules extract facts.
pub(crate) fn speed(conversations: &[Conversation]) -> f64 {
    let extractor = Extractor::default();
    let (mut messages, mut seconds) = (0, 0.0);
    for conversation in conversations {
        let mut fastest = f64::INFINITY;
        for _ in 0..ROUNDS {
            let mut heard = Heard::default();
            let began = Instant::now();
            for (message, before) in conversation.in_order() {
                black_box(extractor.extract(message, before, &mut heard));
            }
            fastest = fastest.min(began.elapsed().as_secs_f64());
        }
        seconds += fastest;
        messages += conversation.messages.len();
    }
    ratio(messages, 1) / seconds.max(f64::EPSILON)
}

/// Checks the values of all facts.
pub(crate) fn grounded_values(conversations: &[Conversation]) -> Grounded {
    let extractor = Extractor::default();
    let (mut values, mut found) = (0, 0);
    for conversation in conversations {
        let mut heard = Heard::default();
        for (message, before) in conversation.in_order() {
            for draft in extractor.extract(message, before, &mut heard).drafts {
                let Some(value) = draft.value else { continue };
                let of = |it: &&aios_learning::Message| draft.evidence.contains(&it.key);
                let texts = before.into_iter().chain([message]).filter(of);
                let texts: Vec<&str> = texts.map(|it| it.text.as_str()).collect();
                values += 1;
                found += usize::from(grounded(&value, &texts) == Grounding::Grounded);
            }
        }
    }
    Grounded { values, share: if values == 0 { 1.0 } else { ratio(found, values) } }
}
