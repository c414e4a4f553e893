//! A resolved time, in a text and as a value.

use aios_record::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

use super::calendar::Span;
use super::granularity::{Granularity, Relation};
use crate::words::Word;

/// An expression of time and its meaning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolved {
    /// The words, verbatim.
    pub expression: String,
    /// The value in ISO 8601: a day (`2023-05-07`), week (`2023-W22`), month (`2023-05`), year
    /// (`2022`), or an interval of days or months (`2023-05-20/2023-05-21`).
    pub iso: String,
    /// The fineness that the words state.
    pub granularity: Granularity,
    /// The relation of the statement to this time.
    pub relation: Relation,
    /// Start of the time, in the time zone of the message.
    pub from: Timestamp,
    /// End of the time, exclusive, in the time zone of the message.
    pub to: Timestamp,
}

/// An expression of time in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Moment {
    /// First and last word of the expression in its sentence; the last is exclusive.
    pub(crate) first: usize,
    pub(crate) end: usize,
    pub(crate) span: Span,
    pub(crate) relation: Relation,
    /// The value in words, for the text of a fact.
    pub(crate) said: String,
}

impl Moment {
    /// Returns the public form of this moment. `None` if a bound is outside the calendar.
    pub(crate) fn resolved(&self, text: &str, words: &[Word], offset: i32) -> Option<Resolved> {
        let (start, end) = (words[self.first].start, words[self.end - 1].end);
        Some(Resolved {
            expression: text[start..end].to_owned(),
            iso: self.span.iso(),
            granularity: self.span.granularity,
            relation: self.relation,
            from: instant(self.span.first, offset)?,
            to: instant(self.span.last.tomorrow().ok()?, offset)?,
        })
    }
}

/// Returns the day of a timestamp in a zone `offset` seconds east of UTC. An offset outside the
/// calendar counts as 0.
pub(crate) fn day_of(at: Timestamp, offset: i32) -> Date {
    Offset::from_seconds(offset).unwrap_or(Offset::UTC).to_datetime(at).date()
}

fn instant(day: Date, offset: i32) -> Option<Timestamp> {
    let zone = Offset::from_seconds(offset).unwrap_or(Offset::UTC);
    zone.to_timestamp(day.at(0, 0, 0, 0)).ok()
}
