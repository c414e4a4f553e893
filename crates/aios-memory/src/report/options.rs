//! The options of a report.

use aios_record::Kind;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

/// Default length of the period of a report, in days.
pub const DAYS_DEFAULT: usize = 30;
/// Maximum number of days in a report. The newest days of a longer period are listed.
pub const DAYS_MAX: usize = 3660;

/// The options of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReportOptions {
    /// The first moment of the period, which ends at the time of the report. Default: `None`, which
    /// selects the period by `days`.
    pub since: Option<Timestamp>,
    /// The number of days of the period, today included, if `since` is `None`. Default:
    /// [`DAYS_DEFAULT`].
    pub days: usize,
    /// The kinds of the records. Default: all.
    pub kinds: Option<Vec<Kind>>,
}

impl Default for ReportOptions {
    fn default() -> ReportOptions {
        ReportOptions { since: None, days: DAYS_DEFAULT, kinds: None }
    }
}

impl ReportOptions {
    /// Sets the first moment of the period.
    #[must_use]
    pub fn with_since(self, since: Timestamp) -> ReportOptions {
        ReportOptions { since: Some(since), ..self }
    }

    /// Sets the number of days of the period, today included.
    #[must_use]
    pub fn with_days(self, days: usize) -> ReportOptions {
        ReportOptions { since: None, days, ..self }
    }

    /// Sets the kinds of the records. `None` for all.
    #[must_use]
    pub fn with_kinds(self, kinds: Option<Vec<Kind>>) -> ReportOptions {
        ReportOptions { kinds, ..self }
    }

    pub(super) fn admits(&self, kind: Kind) -> bool {
        self.kinds.as_ref().is_none_or(|kinds| kinds.contains(&kind))
    }

    /// Returns the first moment of the period: midnight in UTC if it is given in days.
    pub(super) fn begin(&self, now: Timestamp) -> Timestamp {
        let days = i64::try_from(self.days.max(1) - 1).unwrap_or(i64::MAX);
        let back = SignedDuration::from_hours(days.min(DAYS_MAX as i64) * 24);
        let midnight = now.to_zoned(TimeZone::UTC).start_of_day();
        let begin = midnight.ok().and_then(|day| day.timestamp().checked_sub(back).ok());
        self.since.or(begin).unwrap_or(Timestamp::MIN).min(now)
    }
}
