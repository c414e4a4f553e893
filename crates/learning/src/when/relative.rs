//! Times beside the day of the message: "yesterday", "last Friday", "the week after next".

use jiff::ToSpan;
use jiff::civil::Date;

use super::calendar::{
    Span, month_of, season_of, weekday_after, weekday_before, weekday_of, written, written_month,
};
use super::granularity::Relation;
use super::moment::Moment;
use super::phrase::{Tense, low};
use super::quantity::number;
use crate::lexicon::Class;
use crate::words::Word;

/// Reads an expression that begins at word `at`.
pub(super) fn read(words: &[Word], at: usize, today: Date, tense: Tense) -> Option<Moment> {
    named_day(words, at, today)
        .or_else(|| beyond(words, at, today))
        .or_else(|| on_the_weekend(words, at, today, tense))
        .or_else(|| from_day(words, at, today, tense))
        .or_else(|| beside(words, at, today, tense))
        .or_else(|| weekday(words, at, today, tense))
}

fn day(first: usize, end: usize, day: Date) -> Moment {
    moment(first, end, Span::day(day), written(day))
}

fn moment(first: usize, end: usize, span: Span, said: String) -> Moment {
    Moment { first, end, span, relation: Relation::At, said }
}

fn named_day(words: &[Word], at: usize, today: Date) -> Option<Moment> {
    let (one, two, three) = (low(words, at), low(words, at + 1), low(words, at + 2));
    let yesterday = today.yesterday().ok();
    let tomorrow = today.tomorrow().ok();
    match (one, two, three) {
        ("the", "day", "before") if low(words, at + 3) == "yesterday" => {
            Some(day(at, at + 4, yesterday?.yesterday().ok()?))
        }
        ("the", "day", "after") if low(words, at + 3) == "tomorrow" => {
            Some(day(at, at + 4, tomorrow?.tomorrow().ok()?))
        }
        ("day", "before", "yesterday") => Some(day(at, at + 3, yesterday?.yesterday().ok()?)),
        ("day", "after", "tomorrow") => Some(day(at, at + 3, tomorrow?.tomorrow().ok()?)),
        ("yesterday", ..) => Some(day(at, at + 1, yesterday?)),
        ("last", "night" | "evening", _) => Some(day(at, at + 2, yesterday?)),
        ("tomorrow", ..) => Some(day(at, at + 1, tomorrow?)),
        ("today" | "tonight", ..) => Some(day(at, at + 1, today)),
        ("this", "morning" | "afternoon" | "evening", _) => Some(day(at, at + 2, today)),
        ("the", "night", "before") if low(words, at + 3) == "last" => {
            Some(day(at, at + 4, yesterday?.yesterday().ok()?))
        }
        ("the", "other", "day" | "night" | "evening" | "morning" | "afternoon") => {
            let said = format!("a few days before {}", written(today));
            Some(moment(at, at + 3, Span::days_before(today, 6, 2)?, said))
        }
        ("the", "other", "week") => {
            let said = format!("one to three weeks before {}", written(today));
            Some(moment(at, at + 3, Span::days_before(today, 21, 7)?, said))
        }
        _ => None,
    }
}

/// "The week after next", "the weekend before last".
fn beyond(words: &[Word], at: usize, today: Date) -> Option<Moment> {
    let start = at + usize::from(low(words, at) == "the");
    let step: i32 = match (low(words, start + 1), low(words, start + 2)) {
        ("after", "next") => 2,
        ("before", "last") => -2,
        _ => return None,
    };
    let count = step.abs();
    let (span, said) = match low(words, start) {
        "week" => {
            let found = Span::week(today.checked_add(step.weeks()).ok()?)?;
            (found, format!("{count} weeks {} {}", side(step.signum()), written(today)))
        }
        "weekend" => {
            let found = Span::weekend(today.checked_add(step.weeks()).ok()?)?;
            (found, format!("the weekend of {}", written(found.first)))
        }
        "month" => {
            let found = Span::month(today.checked_add(step.months()).ok()?);
            (found, written_month(found.first))
        }
        "year" => {
            let found = Span::year(today.checked_add(step.years()).ok()?);
            (found, found.first.year().to_string())
        }
        _ => return None,
    };
    Some(moment(at, start + 3, span, said))
}

/// "Over the weekend": the last one in the past tense, the coming one in the future tense.
fn on_the_weekend(words: &[Word], at: usize, today: Date, tense: Tense) -> Option<Moment> {
    let placed = matches!(low(words, at), "on" | "over" | "at" | "during");
    if !placed || low(words, at + 1) != "the" || low(words, at + 2) != "weekend" {
        return None;
    }
    let (span, step) = match tense {
        Tense::Past => (last_weekend(today)?, -1),
        Tense::Future => (Span::weekend(today)?, 0),
        Tense::Other => return None,
    };
    let said = format!("the weekend {} {}", side(step), written(today));
    Some(moment(at, at + 3, span, said))
}

/// "A week from Friday", "two weeks from tomorrow".
fn from_day(words: &[Word], at: usize, today: Date, tense: Tense) -> Option<Moment> {
    let weeks = match low(words, at) {
        "a" => 1,
        name => number(name).filter(|weeks| 0 < *weeks)?,
    };
    if !low(words, at + 1).starts_with("week") || low(words, at + 2) != "from" {
        return None;
    }
    let from = match weekday_of(low(words, at + 3)) {
        Some(weekday) if tense != Tense::Past => weekday_after(today, weekday)?,
        None if low(words, at + 3) == "tomorrow" => today.tomorrow().ok()?,
        _ => return None,
    };
    let found = from.checked_add(weeks.weeks()).ok()?;
    Some(day(at, at + 4, found))
}

/// "Last week", "this summer", "next month", "this past weekend", "last Friday".
fn beside(words: &[Word], at: usize, today: Date, tense: Tense) -> Option<Moment> {
    let mut next = at;
    if low(words, next) == "the" || low(words, next) == "this" && low(words, next + 1) == "past" {
        next += 1;
    }
    let step = match low(words, next) {
        "last" | "past" | "previous" => -1,
        "this" => 0,
        "next" | "coming" | "upcoming" | "following" => 1,
        _ => return None,
    };
    let end = next + 2;
    let name = low(words, next + 1);
    // "The last week of term" and, in a story, "the next week" are not beside the message.
    let is_after = low(words, at) == "the" && step == 1 || low(words, next) == "following";
    let is_of = low(words, end) == "of" && month_of(name).is_none() && season_of(name).is_none();
    if is_after && tense == Tense::Past || is_of {
        return None;
    }
    let (span, said) = match name {
        "week" => {
            let found = Span::week(today.checked_add(step.weeks()).ok()?)?;
            (found, format!("the week {} {}", side(step), written(today)))
        }
        "weekend" => {
            let found = match step {
                -1 => last_weekend(today)?,
                0 if tense == Tense::Past => last_weekend(today)?,
                _ => Span::weekend(today.checked_add(step.weeks()).ok()?)?,
            };
            (found, format!("the weekend {} {}", side(step), written(today)))
        }
        "month" => {
            let found = Span::month(today.checked_add(step.months()).ok()?);
            (found, written_month(found.first))
        }
        "year" => {
            let found = Span::year(today.checked_add(step.years()).ok()?);
            (found, found.first.year().to_string())
        }
        name => match (weekday_of(name), named_month(words, next + 1), season_of(name)) {
            (Some(weekday), ..) => {
                let past = step < 0 || step == 0 && tense == Tense::Past;
                let found = if past {
                    weekday_before(today, weekday)?
                } else {
                    weekday_after(today, weekday)?
                };
                (Span::day(found), written(found))
            }
            (_, Some(month), _) => {
                let found = month_beside(today, month, step)?;
                (found, written_month(found.first))
            }
            (_, _, Some(month)) => {
                let found = season_beside(today, month, step)?;
                (found, format!("{name} {}", found.first.year()))
            }
            _ => return None,
        },
    };
    Some(moment(at, end, span, said))
}

/// Returns a month; "may" and "march" are verbs if they are written small.
fn named_month(words: &[Word], at: usize) -> Option<i8> {
    let word = words.get(at)?;
    let doubtful = matches!(word.low.as_str(), "may" | "march" | "mar") && !word.is_capital;
    if doubtful { None } else { month_of(&word.low) }
}

fn side(step: i32) -> &'static str {
    match step {
        -1 => "before",
        0 => "of",
        _ => "after",
    }
}

/// Returns the weekend that ended before `today`; on a Sunday, the one a week before.
fn last_weekend(today: Date) -> Option<Span> {
    Span::weekend(today.checked_sub(1.weeks()).ok()?)
}

/// Returns the nearest such month before today's month, in this year, or after today's month.
fn month_beside(today: Date, month: i8, step: i32) -> Option<Span> {
    let year = match step {
        -1 if today.month() <= month => today.year() - 1,
        1 if month <= today.month() => today.year() + 1,
        _ => today.year(),
    };
    Some(Span::month(Date::new(year, month, 1).ok()?))
}

/// Returns the season before `today`, around it, or after it.
pub(super) fn season_beside(today: Date, month: i8, step: i32) -> Option<Span> {
    let this = Span::season(today.year(), month)?;
    match step {
        // January and February belong to the winter that began the year before.
        0 if month == 12 && today.month() < 3 => Span::season(today.year() - 1, month),
        0 => Some(this),
        -1 if this.last < today => Some(this),
        -1 => Span::season(today.year() - 1, month)
            .filter(|last| last.last < today)
            .or_else(|| Span::season(today.year() - 2, month)),
        _ if today < this.first && this.first.year() != today.year() => Some(this),
        _ => Span::season(today.year() + 1, month),
    }
}

/// A bare weekday: behind in the past tense, ahead in the future one. Plural ones recur.
fn weekday(words: &[Word], at: usize, today: Date, tense: Tense) -> Option<Moment> {
    let weekday = weekday_of(low(words, at))?;
    let before = at.checked_sub(1).map(|before| &words[before]);
    let recurs = before.is_some_and(|word| matches!(word.low.as_str(), "every" | "each"));
    let until = before.is_some_and(|word| matches!(word.low.as_str(), "until" | "till"));
    if recurs || !words[at].is_capital && !words[at].is(Class::Weekday) {
        return None;
    }
    let found = match tense {
        _ if until => weekday_after(today, weekday)?,
        Tense::Past => weekday_before(today, weekday)?,
        Tense::Future => weekday_after(today, weekday)?,
        Tense::Other => return None,
    };
    Some(day(at, at + 1, found))
}
