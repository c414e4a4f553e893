//! Phrases of time in a query ("in May 2023", "on 7 July", "last spring", "two weeks ago"), the
//! nearness of a time to them, and the detection of questions that ask for a time.
//!
//! Supported are English phrases with the names of days, months, seasons and years, English phrases
//! relative to now (`relative`), and days in numbers, `2026-03-02` and `02.03.2026`. All are in
//! UTC.

mod months;
mod relative;

use std::{ops::Range, sync::LazyLock};

use aios_record::Timestamp;
use jiff::{Span, ToSpan, civil::Date, tz::TimeZone};
use regex::{Captures, Regex};

use self::months::{month_number, season_month};

/// Days after the named time in which the nearness falls by a factor of e. Events are mentioned
/// more often after they happen than before.
const DAYS_AFTER: f64 = 14.0;
/// Days before the named time in which the nearness falls by a factor of e.
const DAYS_BEFORE: f64 = 7.0;

/// Returns true if a query asks for the time of something, in English: "When did Ada move?"
#[must_use]
pub fn asks_for_time(query: &str) -> bool {
    static ASKS: LazyLock<Regex> = LazyLock::new(|| {
        let pattern = concat!(
            r"(?i)\bwhen (?:did|does|do|was|were|is|are|will|has|have|had|should|can|would)\b",
            r"|\bhow long\b",
            r"|\b(?:what|which) (?:year|month|day|date|week|weekday|weekend|season|decade|century)\b",
        );
        Regex::new(pattern).expect("the pattern is a constant")
    });
    ASKS.is_match(query)
}

/// Times that a query names; empty for most queries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct When {
    parts: Vec<Part>,
    /// Times relative to now.
    days: Vec<Range<Date>>,
}

/// A year, a part of every year, or a part of one year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    year: Option<i16>,
    within: Within,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    Year,
    /// Three months, the first of them given.
    Season(i8),
    Month(i8),
    Day(i8, i8),
}

impl When {
    /// Returns the times that `query` names if it is asked at `now`.
    pub(crate) fn parse(query: &str, now: Timestamp) -> When {
        let mut parts = Vec::new();
        let (days, mut rest) = relative::take(query, now.to_zoned(TimeZone::UTC).date());
        for (pattern, read) in PATTERNS.iter() {
            let taken =
                pattern.replace_all(&rest, |captures: &Captures<'_>| match read(captures) {
                    Some(part) => {
                        parts.push(part);
                        " ".to_owned()
                    }
                    None => captures[0].to_owned(),
                });
            rest = taken.into_owned();
        }
        // A part without a year gets the year that is named elsewhere in the query.
        let year = parts.iter().find_map(|part: &Part| part.year);
        for part in &mut parts {
            part.year = part.year.or(year);
        }
        When { parts, days }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.parts.is_empty() && self.days.is_empty()
    }

    /// Returns the nearness of a time to the named times: 1 within them, less with the distance, 0
    /// if no time is named.
    pub(crate) fn nearness(&self, moment: Timestamp) -> f64 {
        let date = moment.to_zoned(TimeZone::UTC).date();
        let named = self.parts.iter().flat_map(|part| part.spans(date.year()));
        let near = named.chain(self.days.iter().cloned()).map(|span| {
            let days = |from: Date, to: Date| {
                from.until(to).map_or(f64::INFINITY, |span| f64::from(span.get_days()))
            };
            if date < span.start {
                (-days(date, span.start) / DAYS_BEFORE).exp()
            } else if span.end <= date {
                (-(1.0 + days(span.end, date)) / DAYS_AFTER).exp()
            } else {
                1.0
            }
        });
        near.fold(0.0, f64::max)
    }
}

impl Part {
    /// Returns the ranges of days; a part without a year has those around `year`.
    fn spans(self, year: i16) -> impl Iterator<Item = Range<Date>> {
        let years = match self.year {
            Some(year) => year..=year,
            None => year.saturating_sub(1)..=year.saturating_add(1),
        };
        years.filter_map(move |year| self.within.span(year))
    }
}

impl Within {
    fn span(self, year: i16) -> Option<Range<Date>> {
        let (month, day, length): (i8, i8, Span) = match self {
            Within::Year => (1, 1, 1.year()),
            Within::Season(month) => (month, 1, 3.months()),
            Within::Month(month) => (month, 1, 1.month()),
            Within::Day(month, day) => (month, day, 1.day()),
        };
        let start = Date::new(year, month, day).ok()?;
        Some(start..start.checked_add(length).ok()?)
    }
}

type Read = fn(&Captures<'_>) -> Option<Part>;

/// Patterns from the most to the least specific; each removes its words for those after it.
static PATTERNS: LazyLock<Vec<(Regex, Read)>> = LazyLock::new(|| {
    let month = concat!(
        r"(?P<month>january|february|march|april|may|june|july|august|september|october",
        r"|november|december|jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec)\b\.?"
    );
    let year = r"(?P<year>(?:19|20)\d\d)";
    let day = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?";
    let patterns: [(String, Read); 7] = [
        (format!(r"\b{year}-(?P<number>\d\d)-(?P<day>\d\d)\b"), |found| {
            day_part(found, found["number"].parse().ok()?)
        }),
        (format!(r"\b(?P<day>\d{{1,2}})\. ?(?P<number>\d{{1,2}})\. ?{year}\b"), |found| {
            day_part(found, found["number"].parse().ok()?)
        }),
        (format!(r"(?i)\b{day}(?: of)? {month}(?:,? ?{year})?\b"), |found| {
            day_part(found, month_number(&found["month"])?)
        }),
        (format!(r"(?i)\b{month} {day}\b(?:,? ?{year}\b)?"), |found| {
            day_part(found, month_number(&found["month"])?)
        }),
        (format!(r"(?i)(?P<before>\b\w+ )?\b{month}(?:,? (?:of )?{year}\b)?"), month_part),
        (
            format!(r"(?i)\b(?P<season>spring|summer|fall|autumn|winter)(?: of)? {year}\b"),
            |found| {
                let month = season_month(&found["season"]);
                Some(Part { year: year_number(found), within: Within::Season(month) })
            },
        ),
        (format!(r"(?i)\b(?:in|during|since|of|year) {year}\b"), |found| {
            Some(Part { year: year_number(found), within: Within::Year })
        }),
    ];
    let compiled = patterns
        .into_iter()
        .map(|(pattern, read)| (Regex::new(&pattern).expect("the pattern is a constant"), read));
    compiled.collect()
});

fn day_part(found: &Captures<'_>, month: i8) -> Option<Part> {
    let day = found["day"].parse().ok()?;
    // A leap year, so that the 29th of February is a day.
    Date::new(2024, month, day).ok()?;
    Some(Part { year: year_number(found), within: Within::Day(month, day) })
}

/// Reads a month without a day. Ambiguous words such as `may` and `march` count only if they are
/// written or used like a month.
fn month_part(found: &Captures<'_>) -> Option<Part> {
    let name = &found["month"];
    let year = year_number(found);
    let before = found.name("before").map_or("", |word| word.as_str().trim()).to_lowercase();
    let placed = PLACING_WORDS.contains(&before.as_str());
    let capital = name.starts_with(char::is_uppercase);
    let lower = name.trim_end_matches('.').to_lowercase();
    let ambiguous = ["may", "march", "mar", "jan", "jun", "sep", "dec"].contains(&lower.as_str());
    if year.is_none() && ambiguous && !(capital && (lower != "may" || placed)) {
        return None;
    }
    Some(Part { year, within: Within::Month(month_number(name)?) })
}

const PLACING_WORDS: &[&str] =
    &["in", "of", "since", "until", "by", "during", "last", "next", "early", "late", "mid"];

fn year_number(found: &Captures<'_>) -> Option<i16> {
    found.name("year")?.as_str().parse().ok()
}

#[cfg(test)]
mod tests;
