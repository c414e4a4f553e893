//! Supersession: cases of messages that state facts, and a last one that ends at most one of them.

use aios_learning::{Extractor, Heard, Known, Message, supersede};
use aios_record::Timestamp;
use jiff::{civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::metrics::ratio;

/// Shares of cases in which the rules end the correct facts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Supersession {
    /// Number of cases in which the last message ends a fact.
    pub updates: usize,
    /// Share of these in which exactly this fact is ended.
    pub exact: f64,
    /// Number of cases in which the last message ends no fact.
    pub negatives: usize,
    /// Share of these in which no fact is ended.
    pub negatives_kept: f64,
    /// Share of the other facts that are wrongly ended, over all cases.
    pub unrelated_lost: f64,
}

/// A case.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Case {
    messages: Vec<Said>,
    /// Index of the message that states the fact in question.
    target: usize,
    expect: Expected,
}

#[derive(Debug, Clone, Deserialize)]
struct Said {
    text: String,
    /// A day or a timestamp.
    #[serde(default)]
    date: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
struct Expected {
    /// True if the fact is current after the last message.
    target_current: bool,
}

impl Case {
    /// Returns true if the target is a message before the last.
    pub(crate) fn has_target(&self) -> bool {
        self.target + 1 < self.messages.len()
    }

    /// Learns from the messages in order, as a memory does, and returns the indexes of those before
    /// the last that have no current fact.
    fn lost(&self) -> Vec<usize> {
        let extractor = Extractor::default();
        let mut heard = Heard::default();
        let mut current: Vec<Known> = Vec::new();
        let mut before: Option<Message> = None;
        for (at, said) in self.messages.iter().enumerate() {
            let message = said.message(at);
            let ended = supersede(&current, &message);
            current.retain(|known| !ended.iter().any(|it| it.key == known.key()));
            let learned = extractor.extract(&message, before.as_ref(), &mut heard);
            let known = |draft| Known::of(message.key.clone(), draft);
            current.extend(learned.drafts.iter().map(known));
            before = Some(message);
        }
        let facts = 0..self.messages.len() - 1;
        facts.filter(|at| !current.iter().any(|known| known.key() == at.to_string())).collect()
    }
}

impl Said {
    fn message(&self, at: usize) -> Message {
        let message = Message::new(at.to_string(), self.text.as_str());
        Message { at: self.date.as_deref().and_then(noon), ..message }
    }
}

/// Returns a timestamp, or noon of a day; `None` for other texts.
fn noon(text: &str) -> Option<Timestamp> {
    let day: Option<Date> = text.parse().ok();
    let noon = day.and_then(|day| TimeZone::UTC.to_timestamp(day.at(12, 0, 0, 0)).ok());
    text.parse().ok().or(noon)
}

/// Measures the rules on cases; `None` without cases.
pub(crate) fn measure(cases: &[Case]) -> Option<Supersession> {
    if cases.is_empty() {
        return None;
    }
    let (mut exact, mut updates, mut kept, mut lost, mut unrelated) = (0, 0, 0, 0, 0);
    for case in cases {
        let ended = case.lost();
        let is_ended = ended.contains(&case.target);
        let wrong = ended.iter().filter(|at| **at != case.target).count();
        unrelated += case.messages.len() - 2;
        lost += wrong;
        if case.expect.target_current {
            kept += usize::from(!is_ended && wrong == 0);
        } else {
            updates += 1;
            exact += usize::from(is_ended && wrong == 0);
        }
    }
    let negatives = cases.len() - updates;
    let share = |part: usize, whole: usize| ratio(part, whole.max(1));
    Some(Supersession {
        updates,
        exact: share(exact, updates),
        negatives,
        negatives_kept: share(kept, negatives),
        unrelated_lost: share(lost, unrelated),
    })
}
