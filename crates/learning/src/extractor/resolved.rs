//! Times of a sentence, resolved against its message.

use crate::message::Message;
use crate::sentence::Sentence;
use crate::when::{Resolved, day_of, moments};

/// Returns the times of one sentence of a message.
pub(super) fn times(message: &Message, sentence: &Sentence) -> Vec<Resolved> {
    let Some(at) = message.at else { return Vec::new() };
    let (text, offset) = (message.read(), message.offset_seconds);
    let moments = moments(sentence, day_of(at, offset));
    moments.iter().filter_map(|it| it.resolved(text, &sentence.words, offset)).collect()
}
