//! Temporal questions, answered from the time expressions in the messages of their evidence.
//!
//! The answer is the expression in the sentence that shares most words with the question, otherwise
//! the day of the first message. It is correct if its days overlap those of the expected answer and
//! it is not coarser. Questions about the span between two events, and those whose answer is not a
//! time, are excluded.

mod expected;
mod given;

use std::collections::{HashMap, HashSet};

use aios_exchange::labelled::Question;
use aios_learning::{Extractor, Granularity, Message, Relation, Resolved};
use jiff::civil::Date;
use serde::Serialize;

use self::{
    expected::Expected,
    given::{Given, date},
};
use super::input::Conversation;
use crate::metrics::ratio;

/// Category of LoCoMo's questions about times.
const CATEGORY_TEMPORAL: u64 = 2;

/// Number of leading characters by which words of a sentence and a question are compared.
const STEM_CHARS: usize = 5;

/// Shares of temporal questions that are answered correctly.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Temporal {
    /// Number of questions whose answer is a time.
    pub questions: usize,
    /// Share answered by the resolved expression, or else by the day of the first message.
    pub resolved: f64,
    /// The same if coarser times that overlap the answer count as correct.
    pub resolved_or_coarser: f64,
    /// Share answered by the day of the first message.
    pub message_day: f64,
}

/// Measures all conversations; `None` if no question has a time as its answer.
pub(crate) fn measure(conversations: &[Conversation]) -> Option<Temporal> {
    let (mut asked, mut right, mut met, mut dated) = (0, 0, 0, 0);
    for conversation in conversations {
        let messages: HashMap<&str, &Message> =
            conversation.messages.iter().map(|it| (it.key.as_str(), it)).collect();
        let questions = conversation.answerable().filter(|it| it.category == CATEGORY_TEMPORAL);
        for question in questions {
            let evidence = question.evidence.iter();
            let evidence: Vec<&Message> =
                evidence.filter_map(|key| messages.get(key.as_str()).copied()).collect();
            let days: Vec<Date> = evidence.iter().filter_map(|it| Some(date(it.at?))).collect();
            let (Some(first), Some(last)) = (days.first(), days.last()) else { continue };
            let answer = question.answer.as_deref().unwrap_or_default();
            let Some(expected) = Expected::read(&question.text, answer, *last) else { continue };
            asked += 1;
            let by_day = Given { first: *first, last: *first, granularity: Granularity::Day };
            let given = found(question, &evidence).map_or(by_day, |it| Given::of(&it));
            dated += usize::from(expected.is_answered_by(&by_day));
            right += usize::from(expected.is_answered_by(&given));
            met += usize::from(expected.meets(&given));
        }
    }
    let share = |count| ratio(count, asked);
    (0 < asked).then(|| Temporal {
        questions: asked,
        resolved: share(right),
        resolved_or_coarser: share(met),
        message_day: share(dated),
    })
}

/// Returns the first expression in the sentence that shares most words with the question.
fn found(question: &Question, evidence: &[&Message]) -> Option<Resolved> {
    let extractor = Extractor::default();
    let asked = stems(&question.text);
    let mut best: Option<(usize, Resolved)> = None;
    for message in evidence {
        for sentence in message.text.split_inclusive(['.', '!', '?']) {
            let shared = stems(sentence).intersection(&asked).count();
            let part = Message { text: sentence.to_owned(), ..(*message).clone() };
            for time in extractor.times(&part) {
                let is_better = best.as_ref().is_none_or(|it| it.0 < shared);
                if time.relation != Relation::Until && is_better {
                    best = Some((shared, time));
                }
            }
        }
    }
    best.map(|(_, found)| found)
}

fn stems(text: &str) -> HashSet<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|it| 3 < it.len());
    words.map(|it| it.to_lowercase().chars().take(STEM_CHARS).collect()).collect()
}
