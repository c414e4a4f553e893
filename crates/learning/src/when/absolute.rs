//! Times on the calendar: "7 May 2023", "May 7", "2023-05-07", "in 2019", "on the 15th".

use jiff::ToSpan;
use jiff::civil::Date;

use super::calendar::{Span, day_in, month_of, season_of, written, written_month};
use super::granularity::{Granularity, Relation};
use super::moment::Moment;
use super::phrase::Tense;
use crate::words::Word;

/// Reads an expression that begins at word `at`.
pub(super) fn read(words: &[Word], at: usize, today: Date, tense: Tense) -> Option<Moment> {
    iso(words, at)
        .or_else(|| day_and_month(words, at, today, tense))
        .or_else(|| part_of_month(words, at, today, tense))
        .or_else(|| month(words, at, today, tense))
        .or_else(|| season(words, at))
        .or_else(|| year(words, at))
        .or_else(|| day_of_month(words, at, today, tense))
}

fn low(words: &[Word], at: usize) -> &str {
    words.get(at).map_or("", |word| word.low.as_str())
}

fn moment(first: usize, end: usize, span: Span, said: String) -> Moment {
    Moment { first, end, span, relation: Relation::At, said }
}

fn iso(words: &[Word], at: usize) -> Option<Moment> {
    let text = low(words, at);
    let looks = text.len() == 10 && text.as_bytes()[4] == b'-' && text.as_bytes()[7] == b'-';
    let day: Date = looks.then(|| text.parse().ok()).flatten()?;
    Some(moment(at, at + 1, Span::day(day), written(day)))
}

/// Returns the number of a day: "7", "7th", "21st".
fn ordinal(low: &str) -> Option<i8> {
    let digits = low.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let suffix = &low[digits.len()..];
    if !matches!(suffix, "" | "st" | "nd" | "rd" | "th") {
        return None;
    }
    digits.parse::<i8>().ok().filter(|day| (1..=31).contains(day))
}

/// Returns a year of four digits.
fn year_of(low: &str) -> Option<i16> {
    if low.len() != 4 {
        return None;
    }
    low.parse::<i16>().ok().filter(|year| (1900..=2100).contains(year))
}

/// Returns a month, if the word is surely one: "may" and "march" are verbs, too.
fn sure_month(word: Option<&Word>) -> Option<i8> {
    let word = word?;
    let is_doubtful = matches!(word.low.as_str(), "may" | "march" | "mar" | "sun" | "sat");
    if is_doubtful && !word.is_capital {
        return None;
    }
    month_of(&word.low)
}

fn day_and_month(words: &[Word], at: usize, today: Date, tense: Tense) -> Option<Moment> {
    let (day, month, mut end) = match sure_month(words.get(at)) {
        Some(month) => {
            let next = if low(words, at + 1) == "the" { at + 2 } else { at + 1 };
            (ordinal(low(words, next))?, month, next + 1)
        }
        None => {
            let start = if low(words, at) == "the" { at + 1 } else { at };
            let day = ordinal(low(words, start))?;
            let next = if low(words, start + 1) == "of" { start + 2 } else { start + 1 };
            (day, sure_month(words.get(next))?, next + 1)
        }
    };
    let comma = usize::from(low(words, end) == ",");
    let year = year_of(low(words, end + comma));
    let (year, has_year) = match year {
        Some(year) => (year, true),
        None => (year_near(today, month, Some(day), tense), false),
    };
    if has_year {
        end += comma + 1;
    }
    let found = day_in(year, month, day)?;
    Some(moment(at, end, Span::day(found), written(found)))
}

/// Returns the year in which a month without one lies: the nearest in the direction of the tense.
fn year_near(today: Date, month: i8, day: Option<i8>, tense: Tense) -> i16 {
    let asked = (month, day.unwrap_or(today.day()));
    let now = (today.month(), today.day());
    match tense {
        Tense::Past if now < asked => today.year() - 1,
        Tense::Future if asked < now => today.year() + 1,
        _ => today.year(),
    }
}

/// "Early August", "mid-May", "the end of June", "the beginning of the month".
fn part_of_month(words: &[Word], at: usize, today: Date, tense: Tense) -> Option<Moment> {
    let (part, joined) = match low(words, at).split_once('-') {
        Some((part, month)) => (part, Some(month)),
        None => (low(words, at), None),
    };
    let (from, to) = match part {
        "early" | "beginning" | "start" => (1, 10),
        "mid" => (11, 20),
        "late" | "end" => (21, 31),
        _ => return None,
    };
    let next = if low(words, at + 1) == "of" { at + 2 } else { at + 1 };
    let (month, end) = match joined {
        Some(month) => (month_of(month)?, at + 1),
        None => (sure_month(words.get(next))?, next + 1),
    };
    let written_year = year_of(low(words, end));
    let year = written_year.unwrap_or_else(|| year_near(today, month, None, tense));
    let first = day_in(year, month, from)?;
    let last = first.last_of_month().min(first.checked_add((to - from).days()).ok()?);
    let span = Span { first, last, granularity: Granularity::PartOfMonth };
    let end = end + usize::from(written_year.is_some());
    Some(moment(at, end, span, format!("{part} {}", written_month(first))))
}

/// "May 2023", or a month after a preposition: "in May", "since March".
fn month(words: &[Word], at: usize, today: Date, tense: Tense) -> Option<Moment> {
    let month = sure_month(words.get(at))?;
    let comma = usize::from(low(words, at + 1) == ",");
    if let Some(year) = year_of(low(words, at + 1 + comma)) {
        let found = Span::month(day_in(year, month, 1)?);
        return Some(moment(at, at + 2 + comma, found, written_month(found.first)));
    }
    let before = at.checked_sub(1).map_or("", |before| low(words, before));
    let placed = matches!(before, "in" | "since" | "until" | "till" | "by" | "of" | "from");
    if !placed {
        return None;
    }
    let year = year_near(today, month, None, if before == "since" { Tense::Past } else { tense });
    let found = Span::month(day_in(year, month, 1)?);
    Some(moment(at, at + 1, found, written_month(found.first)))
}

fn season(words: &[Word], at: usize) -> Option<Moment> {
    let month = season_of(low(words, at))?;
    let next = if low(words, at + 1) == "of" { at + 2 } else { at + 1 };
    let year = year_of(low(words, next))?;
    let said = format!("{} {year}", low(words, at));
    Some(moment(at, next + 1, Span::season(year, month)?, said))
}

/// A year after a preposition: "in 2019", "since 2016".
fn year(words: &[Word], at: usize) -> Option<Moment> {
    let before = at.checked_sub(1).map_or("", |before| low(words, before));
    let placed = matches!(before, "in" | "since" | "until" | "till" | "by" | "of" | "during");
    let year = year_of(low(words, at)).filter(|_| placed)?;
    let found = Span::year(day_in(year, 1, 1)?);
    Some(moment(at, at + 1, found, year.to_string()))
}

/// "On the 15th": of this month, or of the one beside it in the direction of the tense.
fn day_of_month(words: &[Word], at: usize, today: Date, tense: Tense) -> Option<Moment> {
    let before = at.checked_sub(1).map_or("", |before| low(words, before));
    let text = low(words, at + 1);
    let is_ordinal = text.ends_with(|c: char| c.is_ascii_alphabetic());
    if low(words, at) != "the" || !matches!(before, "on" | "until" | "till") || !is_ordinal {
        return None;
    }
    let day = ordinal(text)?;
    let months = match tense {
        Tense::Past if today.day() < day => -1,
        Tense::Future if day < today.day() => 1,
        _ => 0,
    };
    let month = today.first_of_month().checked_add(months.months()).ok()?;
    let found = day_in(month.year(), month.month(), day)?;
    Some(moment(at, at + 2, Span::day(found), written(found)))
}
