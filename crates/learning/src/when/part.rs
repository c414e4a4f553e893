//! Parts of a month or year: "early August", "the first weekend of May", "late last year", "the end
//! of 2021".

use jiff::{ToSpan, civil::Date};

use super::calendar::{Span, day_in, month_of, weekday_of, written, written_month};
use super::granularity::{Granularity, Relation};
use super::moment::Moment;
use super::phrase::{Tense, low, ordinal_name, sure_month, year_near, year_of};
use crate::words::Word;

/// Reads an expression that begins at word `at`.
pub(super) fn read(words: &[Word], at: usize, today: Date, tense: Tense) -> Option<Moment> {
    nth(words, at, today, tense).or_else(|| part(words, at, today, tense))
}

/// A month or year, named or relative.
struct Whole {
    span: Span,
    end: usize,
}

/// Reads "August", "August 2021", "last month", "this year", "2021".
fn whole(words: &[Word], at: usize, today: Date, tense: Tense) -> Option<Whole> {
    let of = |span: Span, end: usize| Some(Whole { span, end });
    if let Some(month) = sure_month(words.get(at)) {
        let written = year_of(low(words, at + 1));
        let year = written.unwrap_or_else(|| year_near(today, month, None, tense));
        let span = Span::month(day_in(year, month, 1)?);
        return of(span, at + 1 + usize::from(written.is_some()));
    }
    if let Some(year) = year_of(low(words, at)) {
        return of(Span::year(day_in(year, 1, 1)?), at + 1);
    }
    let step = match low(words, at) {
        "last" => -1,
        "this" => 0,
        "next" => 1,
        "the" if tense != Tense::Past => 0,
        _ => return None,
    };
    match low(words, at + 1) {
        "month" => of(Span::month(today.checked_add(step.months()).ok()?), at + 2),
        "year" => of(Span::year(today.checked_add(step.years()).ok()?), at + 2),
        _ => None,
    }
}

/// "Early August", "mid-May", "the end of June", "the middle of last month", "late 2021".
fn part(words: &[Word], at: usize, today: Date, tense: Tense) -> Option<Moment> {
    let (name, joined) = match low(words, at).split_once('-') {
        Some((part, rest)) => (part, Some(rest)),
        None => (low(words, at), None),
    };
    let third = match name {
        "early" | "beginning" | "start" => 0,
        "mid" | "middle" => 1,
        "late" | "end" => 2,
        _ => return None,
    };
    let is_noun = matches!(name, "beginning" | "start" | "middle" | "end");
    let whole = match joined {
        Some(rest) => joined_whole(rest, at, today, tense)?,
        None => {
            let next = at + 1 + usize::from(low(words, at + 1) == "of");
            if is_noun && next == at + 1 && sure_month(words.get(next)).is_none() {
                return None;
            }
            whole(words, next, today, tense)?
        }
    };
    let (span, value) = third_of(whole.span, third)?;
    let relation = Relation::At;
    Some(Moment { first: at, end: whole.end, span, relation, said: format!("{name} {value}") })
}

/// Reads the month or year of "mid-June", "mid-2021".
fn joined_whole(rest: &str, at: usize, today: Date, tense: Tense) -> Option<Whole> {
    let span = match (month_of(rest), year_of(rest)) {
        (Some(month), _) => Span::month(day_in(year_near(today, month, None, tense), month, 1)?),
        (_, Some(year)) => Span::year(day_in(year, 1, 1)?),
        _ => return None,
    };
    Some(Whole { span, end: at + 1 })
}

/// Returns the first, second or last third of a month or year, and the name of the whole.
fn third_of(whole: Span, third: i32) -> Option<(Span, String)> {
    let start = whole.first;
    if whole.granularity == Granularity::Year {
        let first = start.checked_add((4 * third).months()).ok()?;
        let last = first.checked_add(3.months()).ok()?.last_of_month();
        let span = Span { first, last, granularity: Granularity::Season };
        return Some((span, start.year().to_string()));
    }
    let first = start.checked_add((10 * third).days()).ok()?;
    let last = if third == 2 { whole.last } else { first.checked_add(9.days()).ok()? };
    let span = Span { first, last, granularity: Granularity::PartOfMonth };
    Some((span, written_month(start)))
}

/// "The first week of August", "the second Tuesday in May", "the last day of last month".
fn nth(words: &[Word], at: usize, today: Date, tense: Tense) -> Option<Moment> {
    let start = at + usize::from(low(words, at) == "the");
    let nth = match low(words, start) {
        "last" => -1,
        name => ordinal_name(name).filter(|nth| (1..=5).contains(nth))?,
    };
    if !matches!(low(words, start + 2), "of" | "in") {
        return None;
    }
    let whole = whole(words, start + 3, today, tense)?;
    if whole.span.granularity != Granularity::Month {
        return None;
    }
    let month = whole.span.first;
    let span = match low(words, start + 1) {
        "day" if nth == -1 => Span::day(whole.span.last),
        "day" => Span::day(month.checked_add((i32::from(nth) - 1).days()).ok()?),
        "week" => week_of(whole.span, nth)?,
        "weekend" => {
            let saturday = month.nth_weekday_of_month(nth, jiff::civil::Weekday::Saturday).ok()?;
            Span::weekend(saturday)?
        }
        name => Span::day(month.nth_weekday_of_month(nth, weekday_of(name)?).ok()?),
    };
    let said = if span.granularity == Granularity::Day {
        written(span.first)
    } else {
        format!("{} to {}", written(span.first), written(span.last))
    };
    Some(Moment { first: at, end: whole.end, span, relation: Relation::At, said })
}

/// Returns seven days of a month, counted from its first or last day.
fn week_of(month: Span, nth: i8) -> Option<Span> {
    let first = match nth {
        -1 => month.last.checked_sub(6.days()).ok()?,
        nth => month.first.checked_add((7 * (i32::from(nth) - 1)).days()).ok()?,
    };
    let last = first.checked_add(6.days()).ok()?.min(month.last);
    Some(Span { first, last, granularity: Granularity::Week })
}
