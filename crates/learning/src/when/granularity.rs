//! Fineness of a time, and the relation of a statement to it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Fineness of a resolved time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Granularity {
    /// One day.
    Day,
    /// Some days around a date ("a few days ago").
    Days,
    /// Saturday and Sunday.
    Weekend,
    /// A calendar week, Monday first, or seven days of a month ("the first week of May").
    Week,
    /// A part of a month ("early August").
    PartOfMonth,
    /// A calendar month.
    Month,
    /// Three or four months: a season (winter begins in December) or a part of a year.
    Season,
    /// A calendar year, or the twelve months before the message.
    Year,
    /// Ten years or more.
    Decade,
}

impl Granularity {
    /// Returns the name in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Granularity::Day => "day",
            Granularity::Days => "days",
            Granularity::Weekend => "weekend",
            Granularity::Week => "week",
            Granularity::PartOfMonth => "part_of_month",
            Granularity::Month => "month",
            Granularity::Season => "season",
            Granularity::Year => "year",
            Granularity::Decade => "decade",
        }
    }
}

impl fmt::Display for Granularity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Relation of a statement to a resolved time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Relation {
    /// It happens within this time.
    At,
    /// It has been so from this time on ("for seven years", "since May").
    Since,
    /// It is so until the end of this time.
    Until,
}
