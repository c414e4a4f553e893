//! Parsing time spans as people write them: `yesterday`, `2 weeks ago`, `2026-05`, `8.5.2026`.
//!
//! A span without a time zone is in the zone of the reader. Times in files are parsed by
//! [`parse_timestamp`].

use aios_draft::moment::{Written, compact_day, excerpt, latest, parse_timestamp, read_span};
use aios_record::Timestamp;
use jiff::{
    Span, Zoned,
    civil::{Date, DateTime, Weekday},
    tz::{AmbiguousOffset, TimeZone},
};

/// A time span, from its first moment up to, but excluding, `end`. For a single moment both are
/// equal, unless its hour is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// The first moment.
    pub begin: Timestamp,
    /// The first moment after the span.
    pub end: Timestamp,
}

/// The lowest number read as seconds since 1970 (in 1973). A smaller one is more likely a partial
/// date.
const SECONDS_MIN: f64 = 1e8;

/// The names of the days of the week, Monday first.
const WEEKDAYS: &[&str] =
    &["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

impl Period {
    /// Parses a time span in the time zone of `now`:
    /// - a year, month or day: `2026`, `2026-05`, `May 2026`, `2026-05-08`, `20260508`, `8.5.2026`
    ///   (with dots the day comes first), `8 May 2026`, `Fri, 8th May 2026`; a year has 4 digits;
    /// - `today`, `yesterday`, `tomorrow`, `this week`, `last month`, `monday` (the latest one,
    ///   including today), `last monday` (the latest one before today); weeks start on Monday;
    /// - a moment: `now`, `3h`, `7d`, `2 weeks ago` (`m` is minutes, `mo` months), or any form of
    ///   [`parse_timestamp`], in the zone of `now` if it names none. A time of the hour that is
    ///   repeated at the end of summer time begins with its first and ends with its second one.
    ///
    /// A date with slashes is accepted if only one reading of it is a date. Bounds after the last
    /// supported moment become that moment.
    ///
    /// # Errors
    /// A message with the accepted forms if `text` has none of them, or with both readings if it is
    /// ambiguous.
    pub fn parse(text: &str, now: &Zoned) -> Result<Period, String> {
        let text = text.trim();
        let words = text.to_lowercase();
        let unknown = || {
            format!(
                "`{}` is not a time; expected a form such as 2026, 2026-05, 2026-05-08, 8.5.2026, \
                 8 May 2026, yesterday, last monday, 7d, 3h, 2 weeks ago, 2026-05-08T13:56, or \
                 seconds since 1970 with at least nine digits",
                excerpt(text)
            )
        };
        let zone = now.time_zone();
        if let Some(dates) = dates_of_numbers(&words)? {
            return between(dates, zone).ok_or_else(unknown);
        }
        if let Some(dates) = dates_of_words(&words, now.date()) {
            return between(dates, zone).ok_or_else(unknown);
        }
        if words == "now" {
            return Ok(Period::moment(now.timestamp()));
        }
        if let Some(span) = ago(&words) {
            let then = now.checked_sub(span).map_err(|_| unknown())?;
            return Ok(Period::moment(then.timestamp()));
        }
        // jiff's civil parser would drop an offset or a zone.
        let named_zone = text.ends_with(['Z', 'z', ']']) || has_offset(text);
        if let (false, Ok(civil)) = (named_zone, text.parse::<DateTime>()) {
            return of_civil(civil, zone).ok_or_else(unknown);
        }
        match read_span(text, zone) {
            Some(Written::Moment(moment)) => return Ok(Period::moment(moment.min(latest()))),
            Some(Written::Day(date)) => return between(day(date), zone).ok_or_else(unknown),
            Some(Written::Month(first)) => {
                return between(month(first), zone).ok_or_else(unknown);
            }
            None => {}
        }
        if text.parse::<f64>().is_ok_and(|number| number.abs() < SECONDS_MIN) {
            return Err(unknown());
        }
        parse_timestamp(text).map(Period::moment).map_err(|_| unknown())
    }

    /// Returns the last moment of the span.
    #[must_use]
    pub fn last(self) -> Timestamp {
        let before = self.end.checked_sub(Span::new().microseconds(1)).unwrap_or(self.end);
        self.begin.max(before)
    }

    fn moment(moment: Timestamp) -> Period {
        Period { begin: moment, end: moment }
    }
}

/// Returns the moment of a time without a zone. At the end of summer time it occurs twice, and the
/// span reaches from the first to the second occurrence.
fn of_civil(civil: DateTime, zone: &TimeZone) -> Option<Period> {
    let both = zone.to_ambiguous_zoned(civil);
    let compatible = both.clone().compatible().ok()?.timestamp();
    let end = match both.offset() {
        AmbiguousOffset::Fold { .. } => both.later().ok()?.timestamp(),
        AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Gap { .. } => compatible,
    };
    Some(Period { begin: compatible, end })
}

/// Returns the span from the start of `first` to the start of `after`, up to the last moment.
fn between((first, after): (Date, Date), zone: &TimeZone) -> Option<Period> {
    let begin = |date: Date| match date.to_zoned(zone.clone()) {
        Ok(zoned) => Some(zoned.timestamp().min(latest())),
        Err(_) => (Date::MAX.year() == date.year()).then(latest),
    };
    Some(Period { begin: begin(first)?, end: begin(after)? })
}

/// Parses a numeric date, and returns its first day and the day after it.
fn dates_of_numbers(text: &str) -> Result<Option<(Date, Date)>, String> {
    if let Some(date) = compact_day(text) {
        return Ok(Some(day(date)));
    }
    for mark in ['-', '/', '.'] {
        let parts: Vec<&str> = text.split(mark).collect();
        let is_date = parts.iter().all(|part| {
            !part.is_empty() && part.len() <= 4 && part.bytes().all(|byte| byte.is_ascii_digit())
        });
        if !is_date {
            continue;
        }
        let number = |at: usize| parts[at].parse::<i16>().unwrap_or_default();
        let is_year = |at: usize| parts[at].len() == 4;
        return match parts.len() {
            1 if is_year(0) => Ok(date(number(0), 1, 1).map(|it| whole(it, Span::new().years(1)))),
            2 if is_year(0) => Ok(date(number(0), number(1), 1).map(month)),
            2 if is_year(1) && mark == '.' => Ok(date(number(1), number(0), 1).map(month)),
            3 if is_year(0) => Ok(date(number(0), number(1), number(2)).map(day)),
            3 if is_year(2) && mark == '.' => Ok(date(number(2), number(1), number(0)).map(day)),
            3 if is_year(2) && mark == '/' => of_two_readings(
                text,
                date(number(2), number(1), number(0)),
                date(number(2), number(0), number(1)),
            ),
            _ => continue,
        };
    }
    Ok(None)
}

/// Returns the day of a date whose first number may be the day or the month.
fn of_two_readings(
    text: &str,
    day_first: Option<Date>,
    month_first: Option<Date>,
) -> Result<Option<(Date, Date)>, String> {
    match (day_first, month_first) {
        (Some(one), Some(other)) if one != other => {
            Err(format!("`{}` is ambiguous: {one} or {other}; write one of these", excerpt(text)))
        }
        (one, other) => Ok(one.or(other).map(day)),
    }
}

/// Parses a day or a range of days in words.
fn dates_of_words(words: &str, today: Date) -> Option<(Date, Date)> {
    let days = |count: i32| today.checked_add(Span::new().try_days(count).ok()?).ok();
    let weekday = |name: &str| {
        let at = WEEKDAYS.iter().position(|known| *known == name)?;
        Weekday::from_monday_zero_offset(i8::try_from(at).ok()?).ok()
    };
    let named = match words {
        "today" => return Some(day(today)),
        "yesterday" => return Some(day(days(-1)?)),
        "tomorrow" => return Some(day(days(1)?)),
        other => other,
    };
    // Today, if it is that weekday.
    let since = |wanted: Weekday| days(-i32::from(today.weekday().since(wanted)));
    if let Some(wanted) = weekday(named) {
        return Some(day(since(wanted)?));
    }
    let (which, unit) = named.split_once(char::is_whitespace)?;
    let back = match which {
        "this" => 0,
        "last" => 1,
        _ => return None,
    };
    let (first, length) = match unit.trim() {
        "week" => (since(Weekday::Monday)?, Span::new().weeks(1)),
        "month" => (today.first_of_month(), Span::new().months(1)),
        "year" => (today.first_of_year(), Span::new().years(1)),
        name => {
            let wanted = weekday(name).filter(|_| back == 1)?;
            let last = since(wanted)?;
            return Some(day(if last < today { last } else { days(-7)? }));
        }
    };
    Some(whole(first.checked_sub(length.checked_mul(back).ok()?).ok()?, length))
}

/// Parses a relative time as the span before now: a duration in jiff's friendly format.
fn ago(words: &str) -> Option<Span> {
    let article = words.strip_prefix("a ").or_else(|| words.strip_prefix("an "));
    let counted = article.map_or_else(|| words.to_owned(), |unit| format!("1 {unit}"));
    if !counted.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    counted.parse::<Span>().ok().map(Span::abs)
}

/// Returns `true` if the time in `text` has an offset from UTC.
fn has_offset(text: &str) -> bool {
    let time = text.split_once(['T', 't', ' ']).map_or("", |(_, time)| time);
    time.contains(['+', '-'])
}

fn date(year: i16, month: i16, day: i16) -> Option<Date> {
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

fn day(date: Date) -> (Date, Date) {
    whole(date, Span::new().days(1))
}

fn month(first: Date) -> (Date, Date) {
    whole(first, Span::new().months(1))
}

fn whole(first: Date, length: Span) -> (Date, Date) {
    (first, first.saturating_add(length))
}

#[cfg(test)]
mod tests;
