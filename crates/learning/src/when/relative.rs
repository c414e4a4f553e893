//! Times relative to the day of the message: "yesterday", "three weeks ago", "last Friday".

use jiff::ToSpan;
use jiff::civil::Date;

use super::calendar::{
    Span, month_of, season_of, weekday_after, weekday_before, weekday_of, written, written_month,
};
use super::granularity::{Granularity, Relation};
use super::moment::Moment;
use super::phrase::{Tense, Unit, amount, unit};
use crate::lexicon::Class;
use crate::words::Word;

/// Reads an expression that begins at word `at`.
pub(super) fn read(words: &[Word], at: usize, today: Date, tense: Tense) -> Option<Moment> {
    named_day(words, at, today)
        .or_else(|| ago(words, at, today))
        .or_else(|| lasting(words, at, today))
        .or_else(|| ahead(words, at, today))
        .or_else(|| beside(words, at, today, tense))
        .or_else(|| weekday(words, at, today, tense))
}

fn low(words: &[Word], at: usize) -> &str {
    words.get(at).map_or("", |word| word.low.as_str())
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
        ("the", "other", "day" | "night") => {
            let said = format!("a few days before {}", written(today));
            Some(moment(at, at + 3, Span::days_before(today, 6, 2)?, said))
        }
        _ => None,
    }
}

/// "Three weeks ago", "a few days back".
fn ago(words: &[Word], at: usize, today: Date) -> Option<Moment> {
    let amount = amount(words, at)?;
    let unit = unit(low(words, amount.end))?;
    let end = amount.end + 1;
    if !matches!(low(words, end), "ago" | "back" | "earlier" | "before") {
        return None;
    }
    if matches!(low(words, end), "earlier" | "before") && end + 1 < words.len() {
        return None;
    }
    let first = if low(words, at) == "about" { at + 1 } else { at };
    let said = |what: &str| format!("{what} before {}", written(today));
    let number = amount.number;
    let words_of = || {
        let written = words[first..end].iter().map(|word| word.low.as_str());
        written.collect::<Vec<_>>().join(" ")
    };
    let (span, said) = match unit {
        Unit::Day if amount.is_exact => {
            let found = today.checked_sub(number.days()).ok()?;
            (Span::day(found), written(found))
        }
        Unit::Day => (Span::days_before(today, 6, 2)?, said("a few days")),
        Unit::Week if amount.is_exact => {
            (Span::week(today.checked_sub(number.weeks()).ok()?)?, said(&words_of()))
        }
        Unit::Week => (Span::days_before(today, 28, 14)?, said("a few weeks")),
        Unit::Weekend => {
            let last = last_weekend(today)?;
            let found = last.first.checked_sub((number - 1).weeks()).ok()?;
            (Span::weekend(found)?, said(&words_of()))
        }
        Unit::Month if amount.is_exact => {
            let found = today.checked_sub(number.months()).ok()?;
            (Span::month(found), written_month(found))
        }
        Unit::Month => (Span::days_before(today, 150, 60)?, said("a few months")),
        Unit::Year if amount.is_exact => {
            let found = Span::year(today.checked_sub(number.years()).ok()?);
            (found, found.first.year().to_string())
        }
        Unit::Year => {
            let span = Span::days_before(today, 5 * 365, 2 * 365)?;
            (Span { granularity: Granularity::Decade, ..span }, said("a few years"))
        }
        Unit::Decade => {
            let found = Span::decade(today.checked_sub((number * 10).years()).ok()?)?;
            (found, format!("the {}s", found.first.year()))
        }
    };
    Some(moment(at, end + 1, span, said))
}

/// "For seven years", "seven years now", "over the past two months": since when.
fn lasting(words: &[Word], at: usize, today: Date) -> Option<Moment> {
    let opens = matches!(low(words, at), "for" | "over" | "in");
    let mut start = if opens { at + 1 } else { at };
    if matches!(low(words, start), "the") {
        start += 1;
    }
    let past = matches!(low(words, start), "past" | "last");
    if past && !matches!(low(words, start + 1), "couple" | "few") {
        start += 1;
    }
    let amount = amount(words, start)?;
    let unit = unit(low(words, amount.end))?;
    let end = amount.end + 1;
    let now = low(words, end) == "now";
    let holds = words.iter().any(|word| matches!(word.low.as_str(), "have" | "has" | "been"));
    let is_since = now || opens && (past || low(words, at) == "for" && holds);
    if !is_since || !amount.is_exact || matches!(low(words, end), "ago") {
        return None;
    }
    let number = amount.number;
    let (span, said) = match unit {
        Unit::Year => {
            let span = Span::year(today.checked_sub(number.years()).ok()?);
            (span, format!("since {}", span.first.year()))
        }
        Unit::Month => {
            let span = Span::month(today.checked_sub(number.months()).ok()?);
            (span, format!("since {}", written_month(span.first)))
        }
        Unit::Week => {
            let span = Span::week(today.checked_sub(number.weeks()).ok()?)?;
            (span, format!("since {number} weeks before {}", written(today)))
        }
        Unit::Decade => {
            let span = Span::decade(today.checked_sub((number * 10).years()).ok()?)?;
            (span, format!("since the {}s", span.first.year()))
        }
        Unit::Day | Unit::Weekend => return None,
    };
    let end = if now { end + 1 } else { end };
    Some(Moment { first: at, end, span, relation: Relation::Since, said })
}

/// "In two weeks", "two days from now".
fn ahead(words: &[Word], at: usize, today: Date) -> Option<Moment> {
    let opens = low(words, at) == "in";
    let amount = amount(words, if opens { at + 1 } else { at })?;
    let unit = unit(low(words, amount.end))?;
    let mut end = amount.end + 1;
    let from_now = low(words, end) == "from" && matches!(low(words, end + 1), "now" | "today");
    if from_now {
        end += 2;
    }
    if !opens && !from_now || matches!(low(words, end), "ago" | "of") {
        return None;
    }
    let number = amount.number;
    let (span, said) = match unit {
        Unit::Day if amount.is_exact => {
            let found = today.checked_add(number.days()).ok()?;
            (Span::day(found), written(found))
        }
        Unit::Week if amount.is_exact => {
            let found = Span::week(today.checked_add(number.weeks()).ok()?)?;
            (found, format!("{number} weeks after {}", written(today)))
        }
        Unit::Month if amount.is_exact => {
            let found = Span::month(today.checked_add(number.months()).ok()?);
            (found, written_month(found.first))
        }
        Unit::Year if amount.is_exact => {
            let found = Span::year(today.checked_add(number.years()).ok()?);
            (found, found.first.year().to_string())
        }
        _ => return None,
    };
    Some(moment(at, end, span, said))
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

fn season_beside(today: Date, month: i8, step: i32) -> Option<Span> {
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
