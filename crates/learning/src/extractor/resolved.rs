//! Times of a sentence, resolved against its message.

use crate::message::Message;
use crate::sentence::Sentence;
use crate::when::{Moment, Resolved, day_of, moments};

/// Returns the times of one sentence of a message.
pub(super) fn times(message: &Message, sentence: &Sentence) -> Vec<Resolved> {
    public(message, sentence, &moments_of(message, sentence))
}

/// Returns the expressions of time of a sentence. Empty if the message has no time.
pub(super) fn moments_of(message: &Message, sentence: &Sentence) -> Vec<Moment> {
    let Some(at) = message.at else { return Vec::new() };
    moments(sentence, day_of(at, message.offset_seconds))
}

/// Returns the public form of expressions of time.
pub(super) fn public(message: &Message, sentence: &Sentence, moments: &[Moment]) -> Vec<Resolved> {
    let (text, offset) = (message.read(), message.offset_seconds);
    moments.iter().filter_map(|it| it.resolved(text, &sentence.words, offset)).collect()
}
