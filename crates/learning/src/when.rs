//! Expressions of time, resolved against the day of their message.
//!
//! Kept are the words, the ISO 8601 value and its granularity. "Last week" is a week, and "two
//! years ago" is a year: no finer value than the words state is ever given. "A year ago" is about
//! the same month of the year before. Recurring times ("on Tuesdays") are not resolved.

mod absolute;
mod calendar;
mod duration;
mod granularity;
mod holiday;
mod moment;
mod part;
mod phrase;
mod quantity;
mod relative;

use jiff::civil::Date;

pub(crate) use calendar::{written, written_month};
pub use granularity::{Granularity, Relation};
pub use moment::Resolved;
pub(crate) use moment::{Moment, day_of};
pub(crate) use quantity::NUMBERS;

use crate::sentence::Sentence;
use crate::words::Word;

/// Finds the expressions of time in a sentence said on `today`, in order and without overlap.
pub(crate) fn moments(sentence: &Sentence, today: Date) -> Vec<Moment> {
    let words = &sentence.words;
    let tense = phrase::Tense::of(words);
    let mut moments = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let word = &words[at];
        let opens = phrase::opens(word) || holiday::opens(word) || quantity::opens(word);
        let found = if opens {
            holiday::read(words, at, today, tense)
                .or_else(|| part::read(words, at, today, tense))
                .or_else(|| duration::read(words, at, today))
                .or_else(|| relative::read(words, at, today, tense))
                .or_else(|| absolute::read(words, at, today, tense))
        } else {
            None
        };
        let Some(mut moment) = found else {
            at += 1;
            continue;
        };
        relate(words, &mut moment);
        at = moment.end;
        moments.push(moment);
    }
    moments
}

/// Reads "since" and "until" before an expression.
fn relate(words: &[Word], moment: &mut Moment) {
    let Some(before) = moment.first.checked_sub(1) else { return };
    match words[before].low.as_str() {
        "since" | "from" if moment.relation == Relation::At && words[before].low == "since" => {
            moment.relation = Relation::Since;
        }
        "until" | "till" | "through" => moment.relation = Relation::Until,
        _ => {}
    }
}
