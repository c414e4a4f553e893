//! The days of an answer.

use aios_learning::{Granularity, Resolved};
use aios_record::Timestamp;
use jiff::{civil::Date, tz::TimeZone};

/// Days of a given answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Given {
    pub(super) first: Date,
    pub(super) last: Date,
    pub(super) granularity: Granularity,
}

impl Given {
    pub(super) fn of(resolved: &Resolved) -> Given {
        let end = date(resolved.to);
        let last = end.yesterday().unwrap_or(end);
        Given { first: date(resolved.from), last, granularity: resolved.granularity }
    }
}

/// Returns the day of a moment.
pub(super) fn date(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}
