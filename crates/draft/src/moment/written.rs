//! Points in time written in words: `8 May 2026`, `May 8, 2026, 1:56 PM`,
//! `Tue, 1 Jul 2003 10:52:37 +0200`, `2023/05/20 (Sat) 02:21`. The words may be in any order; names
//! of months and days are English. ISO 8601 is parsed by `jiff`.

use aios_record::Timestamp;
use jiff::{
    civil::{Date, Time},
    tz::{Offset, TimeZone},
};

/// Greatest offset from UTC, as in RFC 3339.
pub(super) const OFFSET_SECONDS_MAX: i32 = 24 * 60 * 60 - 1;

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Number of letters that distinguish the names of months and days.
const SHORT: usize = 3;

/// Highest month. In a date with slashes, a number up to this may be a day or a month.
const MONTH_MAX: i8 = 12;

/// Reason why words are not a point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The words are not a time.
    Unknown,
    /// Day and month are ambiguous.
    Ambiguous,
}

/// The parts of a point in time parsed so far.
#[derive(Debug, Default)]
struct Parts {
    year: Option<i16>,
    month: Option<i8>,
    day: Option<i8>,
    time: Option<Time>,
    is_afternoon: Option<bool>,
    offset: Option<Offset>,
    has_weekday: bool,
}

/// A time span written in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// The month that starts on this day.
    Month(Date),
    /// This day.
    Day(Date),
    /// A point in time.
    Moment(Timestamp),
}

/// Parses a point in time in words, in UTC if it has no offset.
pub(super) fn read(text: &str) -> Result<Timestamp, Fault> {
    parts(text)?.moment(&TimeZone::UTC).ok_or(Fault::Unknown)
}

/// Parses a month, a day or a point in time in words, in `zone` if it has no offset.
pub fn read_span(text: &str, zone: &TimeZone) -> Option<Written> {
    let parts = parts(text).ok()?;
    if parts.time.is_some() || parts.is_afternoon.is_some() || parts.offset.is_some() {
        return parts.moment(zone).map(Written::Moment);
    }
    let date = Date::new(parts.year?, parts.month?, parts.day.unwrap_or(1)).ok()?;
    match (parts.day, parts.has_weekday) {
        (Some(_), _) => Some(Written::Day(date)),
        (None, false) => Some(Written::Month(date)),
        (None, true) => None,
    }
}

fn parts(text: &str) -> Result<Parts, Fault> {
    let mut parts = Parts::default();
    let words = outside_brackets(text);
    let words = words.split(|c: char| c.is_whitespace() || c == ',');
    for word in words.filter(|word| !word.is_empty()) {
        parts.word(&word.to_lowercase())?;
    }
    Ok(parts)
}

/// Returns `text` without parentheses and their contents, which name days and time zones.
fn outside_brackets(text: &str) -> String {
    let mut outside = String::with_capacity(text.len());
    let mut depth = 0_usize;
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            c if depth == 0 => outside.push(c),
            _ => {}
        }
    }
    outside
}

impl Parts {
    fn word(&mut self, word: &str) -> Result<(), Fault> {
        let name = word.trim_end_matches('.');
        let is_of = |names: &[&str]| {
            SHORT <= name.len() && names.iter().any(|short| name.starts_with(short))
        };
        let is_first = word.starts_with(|c: char| c.is_ascii_digit());
        match name {
            "at" | "on" | "of" => Ok(()),
            "am" | "a.m" => set(&mut self.is_afternoon, false),
            "pm" | "p.m" => set(&mut self.is_afternoon, true),
            "z" | "utc" | "gmt" => set(&mut self.offset, Offset::UTC),
            _ if is_first && word.contains(':') => self.time(word),
            _ if is_first && name.contains(['/', '.', '-']) => self.date(name),
            _ if is_first => self.number(name),
            _ if word.starts_with(['+', '-']) => self.offset(word),
            _ if word.starts_with("utc") || word.starts_with("gmt") => self.offset(&word[3..]),
            _ if is_of(&WEEKDAYS) => {
                self.has_weekday = true;
                Ok(())
            }
            _ => {
                let found = MONTHS.iter().position(|short| is_of(&[short]));
                let month = found.and_then(|at| i8::try_from(at + 1).ok()).ok_or(Fault::Unknown)?;
                set(&mut self.month, month)
            }
        }
    }

    /// Parses the year as `2026`, or the day as `8` or `8th`.
    fn number(&mut self, word: &str) -> Result<(), Fault> {
        let digits = ["st", "nd", "rd", "th"].iter().find_map(|end| word.strip_suffix(end));
        let digits = digits.unwrap_or(word);
        match digits.len() {
            4 => set(&mut self.year, number(digits)?),
            1 | 2 => set(&mut self.day, number(digits)?),
            _ => Err(Fault::Unknown),
        }
    }

    /// Parses `2026/05/08`, `08.05.2026`, `8-May-2026`, or `25/12/2026`, if only one number can be
    /// the month.
    fn date(&mut self, word: &str) -> Result<(), Fault> {
        let numbers: Vec<&str> = word.trim_end_matches('.').split(['/', '.', '-']).collect();
        let [first, second, third] = numbers[..] else { return Err(Fault::Unknown) };
        if second.starts_with(|c: char| c.is_alphabetic()) {
            return [first, second, third].into_iter().try_for_each(|part| self.word(part));
        }
        let (year, month, day) = match (first.len(), third.len()) {
            (4, 1 | 2) => (first, number(second)?, number(third)?),
            (1 | 2, 4) => {
                let (first, second): (i8, i8) = (number(first)?, number(second)?);
                let may_swap = first <= MONTH_MAX && second <= MONTH_MAX && first != second;
                match word.contains('.') {
                    true => (third, second, first),
                    false if may_swap => return Err(Fault::Ambiguous),
                    false if first <= MONTH_MAX => (third, first, second),
                    false => (third, second, first),
                }
            }
            _ => return Err(Fault::Unknown),
        };
        set(&mut self.year, number(year)?)?;
        set(&mut self.month, month)?;
        set(&mut self.day, day)
    }

    /// Parses `13:56`, `13:56:07.25`, `1:56pm`, `13:56:07+02:00` or `13:56z`.
    fn time(&mut self, word: &str) -> Result<(), Fault> {
        let clock = |c: char| c.is_ascii_digit() || c == ':' || c == '.';
        let (time, rest) = word.split_at(word.find(|c| !clock(c)).unwrap_or(word.len()));
        let hour = time.split(':').next().unwrap_or_default();
        let padded = if hour.len() == 1 { format!("0{time}") } else { time.to_owned() };
        let time: Time = padded.trim_end_matches('.').parse().map_err(|_| Fault::Unknown)?;
        set(&mut self.time, time)?;
        if rest.is_empty() { Ok(()) } else { self.word(rest) }
    }

    /// Parses `+02:00`, `+0200` or `+2`.
    fn offset(&mut self, word: &str) -> Result<(), Fault> {
        let digits: String = word[1..].chars().filter(|c| *c != ':').collect();
        let (hours, minutes) = match digits.len() {
            1 | 2 => (digits.as_str(), "0"),
            4 => digits.split_at(2),
            _ => return Err(Fault::Unknown),
        };
        let (hours, minutes) = (number::<i32>(hours)?, number::<i32>(minutes)?);
        let seconds = (hours * 60 + minutes) * 60;
        if OFFSET_SECONDS_MAX < seconds || 59 < minutes {
            return Err(Fault::Unknown);
        }
        let signed = if word.starts_with('-') { -seconds } else { seconds };
        // `GMT` may precede the offset.
        self.offset = Some(Offset::from_seconds(signed).map_err(|_| Fault::Unknown)?);
        Ok(())
    }

    /// Returns the point in time, in `zone` if no offset was given.
    fn moment(self, zone: &TimeZone) -> Option<Timestamp> {
        let date = Date::new(self.year?, self.month?, self.day?).ok()?;
        let time = self.time.unwrap_or_default();
        let hour = match (self.is_afternoon, time.hour()) {
            (None, hour) => hour,
            (Some(_), 0 | 13..) => return None,
            (Some(is_afternoon), hour) => hour % 12 + if is_afternoon { 12 } else { 0 },
        };
        if self.is_afternoon.is_some() && self.time.is_none() {
            return None;
        }
        let time = time.with().hour(hour).build().ok()?;
        let zone = self.offset.map_or_else(|| zone.clone(), TimeZone::fixed);
        Some(date.to_datetime(time).to_zoned(zone).ok()?.timestamp())
    }
}

/// Sets a part. Fails if it already has another value.
fn set<T: PartialEq>(part: &mut Option<T>, value: T) -> Result<(), Fault> {
    match part {
        Some(known) if *known != value => Err(Fault::Unknown),
        _ => {
            *part = Some(value);
            Ok(())
        }
    }
}

fn number<T: std::str::FromStr>(digits: &str) -> Result<T, Fault> {
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| is_number).ok_or(Fault::Unknown)
}
