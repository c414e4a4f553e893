//! Times on the calendar: "7 May 2023", "May 7", "2023-05-07", "in 2019", "on the 15th".

use jiff::ToSpan;
use jiff::civil::Date;

use super::calendar::{Span, day_in, season_of, written, written_month};
use super::granularity::Relation;
use super::moment::Moment;
use super::phrase::{Tense, low, ordinal_name, sure_month, year_near, year_of};
use crate::lexicon::Class;
use crate::words::Word;

/// Reads an expression that begins at word `at`.
pub(super) fn read(words: &[Word], at: usize, today: Date, tense: Tense) -> Option<Moment> {
    iso(words, at)
        .or_else(|| in_signs(words, at))
        .or_else(|| day_and_month(words, at, today, tense))
        .or_else(|| month(words, at, today, tense))
        .or_else(|| season(words, at, today, tense))
        .or_else(|| decade(words, at))
        .or_else(|| year(words, at))
        .or_else(|| day_of_month(words, at, today, tense))
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

/// "5/23/2023", if only one order of day and month is possible.
fn in_signs(words: &[Word], at: usize) -> Option<Moment> {
    let mut parts = low(words, at).split('/');
    let (first, second) = (parts.next()?.parse::<i8>().ok()?, parts.next()?.parse::<i8>().ok()?);
    let year = year_of(parts.next()?)?;
    let (month, day) = match (first, second) {
        (month, day) if month <= 12 && (12 < day || month == day) => (month, day),
        (day, month) if month <= 12 && 12 < day => (month, day),
        _ => return None,
    };
    let found = day_in(year, month, day)?;
    Some(moment(at, at + 1, Span::day(found), written(found)))
}

/// Returns the number of a day: "7", "7th", "21st", "seventh".
fn ordinal(low: &str) -> Option<i8> {
    if let Some(named) = ordinal_name(low) {
        return Some(named);
    }
    let digits = low.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let suffix = &low[digits.len()..];
    if !matches!(suffix, "" | "st" | "nd" | "rd" | "th") {
        return None;
    }
    digits.parse::<i8>().ok().filter(|day| (1..=31).contains(day))
}

/// Reads the year after a day or month, and the index after it: "2021", ", 2021", "last year", "of
/// this year".
fn year_after(words: &[Word], at: usize, today: Date) -> Option<(i16, usize)> {
    let next = at + usize::from(matches!(low(words, at), "," | "of"));
    if let Some(year) = year_of(low(words, next)) {
        return Some((year, next + 1));
    }
    let year = match (low(words, next), low(words, next + 1)) {
        ("last", "year") => today.year() - 1,
        ("this", "year") => today.year(),
        ("next", "year") => today.year() + 1,
        _ => return None,
    };
    Some((year, next + 2))
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
    let year = match year_after(words, end, today) {
        Some((year, after)) => {
            end = after;
            year
        }
        None => year_near(today, month, Some(day), tense),
    };
    let found = day_in(year, month, day)?;
    Some(moment(at, end, Span::day(found), written(found)))
}

/// "May 2023", or a month after a preposition: "in May", "since March".
fn month(words: &[Word], at: usize, today: Date, tense: Tense) -> Option<Moment> {
    let month = sure_month(words.get(at))?;
    if let Some((year, end)) = year_after(words, at + 1, today) {
        let found = Span::month(day_in(year, month, 1)?);
        return Some(moment(at, end, found, written_month(found.first)));
    }
    let before = at.checked_sub(1).map_or("", |before| low(words, before));
    let placed = matches!(
        before,
        "in" | "since" | "until" | "till" | "by" | "of" | "from" | "during" | "around"
    );
    if !placed {
        return None;
    }
    let year = year_near(today, month, None, if before == "since" { Tense::Past } else { tense });
    let found = Span::month(day_in(year, month, 1)?);
    Some(moment(at, at + 1, found, written_month(found.first)))
}

/// "Summer of 2019", "summer last year", or a season after a preposition: "in the spring".
fn season(words: &[Word], at: usize, today: Date, tense: Tense) -> Option<Moment> {
    let start = at + usize::from(low(words, at) == "the");
    let name = low(words, start);
    let month = season_of(name)?;
    if let Some((year, end)) = year_after(words, start + 1, today) {
        return Some(moment(at, end, Span::season(year, month)?, format!("{name} {year}")));
    }
    let before = at.checked_sub(1).map_or("", |before| low(words, before));
    let ends = words.get(start + 1).is_none_or(|word| word.is_sign || word.is(Class::Closed));
    if !matches!(before, "in" | "during" | "over" | "since") || !ends {
        return None;
    }
    let this = Span::season(today.year(), month)?;
    let year = match tense {
        _ if before == "since" && today < this.first => today.year() - 1,
        _ if before == "since" => today.year(),
        Tense::Past if today < this.first => today.year() - 1,
        Tense::Future if this.last < today => today.year() + 1,
        Tense::Other => return None,
        _ => today.year(),
    };
    Some(moment(at, start + 1, Span::season(year, month)?, format!("{name} {year}")))
}

/// "The 1980s", "the nineties".
fn decade(words: &[Word], at: usize) -> Option<Moment> {
    const NAMES: [&str; 7] =
        ["thirties", "forties", "fifties", "sixties", "seventies", "eighties", "nineties"];
    let name = low(words, at + 1);
    let placed = at.checked_sub(1).map_or("", |before| low(words, before));
    if low(words, at) != "the" || !matches!(placed, "in" | "since" | "of" | "during") {
        return None;
    }
    let digits = name.strip_suffix('s').and_then(|it| it.parse::<i16>().ok());
    let named = NAMES.iter().position(|it| *it == name).and_then(|it| i16::try_from(it).ok());
    let start = match (digits, named) {
        (Some(year), _) if (1900..=2100).contains(&year) && year % 10 == 0 => year,
        (Some(year), _) if (30..=90).contains(&year) && year % 10 == 0 => 1900 + year,
        (_, Some(at)) => 1930 + 10 * at,
        _ => return None,
    };
    let found = Span::decade(day_in(start, 1, 1)?)?;
    Some(moment(at, at + 2, found, format!("the {start}s")))
}

/// A year after a preposition: "in 2019", "since 2016".
fn year(words: &[Word], at: usize) -> Option<Moment> {
    let before = at.checked_sub(1).map_or("", |before| low(words, before));
    let placed =
        matches!(before, "in" | "since" | "until" | "till" | "by" | "of" | "during" | "around");
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
    // "On the 2nd floor" is a place.
    let follows = words.get(at + 2);
    if follows.is_some_and(|word| !word.is_sign && !word.is(Class::Closed)) {
        return None;
    }
    let day = ordinal(text).filter(|_| text.starts_with(|c: char| c.is_ascii_digit()))?;
    let months = match tense {
        Tense::Past if today.day() < day => -1,
        Tense::Future if day < today.day() => 1,
        _ => 0,
    };
    let month = today.first_of_month().checked_add(months.months()).ok()?;
    let found = day_in(month.year(), month.month(), day)?;
    Some(moment(at, at + 2, Span::day(found), written(found)))
}
