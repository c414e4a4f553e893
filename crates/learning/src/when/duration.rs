//! Times at a distance from the day of the message: "three weeks ago", "for seven years", "in two
//! weeks", "the past few months".

use jiff::{Span as Length, ToSpan, civil::Date};

use super::calendar::{Span, season_of, weekday_of, written, written_month};
use super::granularity::{Granularity, Relation};
use super::moment::Moment;
use super::phrase::low;
use super::quantity::{Quantity, Unit, is_about, number, quantity};
use crate::words::Word;

/// Reads an expression that begins at word `at`.
pub(super) fn read(words: &[Word], at: usize, today: Date) -> Option<Moment> {
    nearly_a_year(words, at, today)
        .or_else(|| ago(words, at, today))
        .or_else(|| named_ago(words, at, today))
        .or_else(|| lasting(words, at, today))
        .or_else(|| window(words, at, today))
        .or_else(|| ahead(words, at, today))
}

/// "Three weeks ago", "a few days back", "a week ago today", "it's been two years since".
fn ago(words: &[Word], at: usize, today: Date) -> Option<Moment> {
    let quantity = quantity(words, at)?;
    let end = quantity.end;
    let (until, is_today) = match (low(words, end), low(words, end + 1)) {
        ("ago", "today") => (end + 2, true),
        ("ago" | "back", _) => (end + 1, false),
        ("earlier" | "before", "") if words.len() <= end + 1 => (end + 1, false),
        ("since", _) if follows_been(words, at) => (end, false),
        _ => return None,
    };
    let first = at + usize::from(low(words, at) == "about");
    let text: Vec<&str> = words[first..end].iter().map(|word| word.low.as_str()).collect();
    let (mut span, mut said) = before(&quantity, today, &text.join(" "))?;
    if is_today && let Some(number) = quantity.exact() {
        span = Span::day(today.checked_sub(length(quantity.unit, number)).ok()?);
        said = written(span.first);
    }
    Some(Moment { first: at, end: until, span, relation: Relation::At, said })
}

/// Returns true if "been" or "is" precedes: "it's been two years since".
fn follows_been(words: &[Word], at: usize) -> bool {
    let before = at.checked_sub(1).map_or("", |before| low(words, before));
    matches!(before, "been" | "is" | "was")
}

/// Returns the time that lies a quantity before `today`, and its value in words. `text` has the
/// words of the quantity.
fn before(quantity: &Quantity, today: Date, text: &str) -> Option<(Span, String)> {
    let back = |number: i32| today.checked_sub(length(quantity.unit, number)).ok();
    let beside = |text: &str| format!("{text} before {}", written(today));
    let Some(number) = quantity.exact() else {
        return loosely_before(quantity, today).map(|span| (span, beside(&vaguely(text))));
    };
    let found = back(number)?;
    Some(match quantity.unit {
        Unit::Day => (Span::day(found), written(found)),
        Unit::Week => (Span::week(found)?, beside(&counted(text))),
        Unit::Weekend => (Span::weekend(found)?, beside(&counted(text))),
        Unit::Month => (Span::month(found), written_month(found)),
        // A calendar year would put the January before the last a year and a half ago.
        Unit::Year if number == 1 => {
            (Span::month(found), format!("about {}", written_month(found)))
        }
        Unit::Year => (Span::year(found), found.year().to_string()),
        Unit::Decade => {
            let decade = Span::decade(found)?;
            (decade, format!("the {}s", decade.first.year()))
        }
    })
}

/// Returns the days between the bounds of a loose quantity.
fn loosely_before(quantity: &Quantity, today: Date) -> Option<Span> {
    let days = match quantity.unit {
        Unit::Day => 1,
        Unit::Week | Unit::Weekend => 7,
        Unit::Month => 30,
        Unit::Year | Unit::Decade => 365,
    };
    let span = Span::days_before(today, quantity.most * days, quantity.least * days)?;
    let granularity = match quantity.unit {
        Unit::Year | Unit::Decade => Granularity::Decade,
        _ => Granularity::Days,
    };
    Some(Span { granularity, ..span })
}

/// Writes "several weeks" and "few weeks" as "a few weeks".
fn vaguely(text: &str) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    match words[..] {
        [.., "few" | "several" | "some", unit] => format!("a few {unit}"),
        _ => text.to_owned(),
    }
}

/// Removes "past", "last" and "the" before a number.
fn counted(text: &str) -> String {
    text.trim_start_matches("the ").trim_start_matches("past ").to_owned()
}

fn length(unit: Unit, number: i32) -> Length {
    match unit {
        Unit::Day => number.days(),
        Unit::Week | Unit::Weekend => number.weeks(),
        Unit::Month => number.months(),
        Unit::Year => number.years(),
        Unit::Decade => number.saturating_mul(10).years(),
    }
}

/// "Just under a year ago", "more than a year ago", "for nearly a year now": a calendar year or a
/// month would be wrong for most of these.
fn nearly_a_year(words: &[Word], at: usize, today: Date) -> Option<Moment> {
    let opens = usize::from(low(words, at) == "for");
    let start = at + opens;
    let (length, far, near) = match (low(words, start), low(words, start + 1)) {
        ("just" | "a" | "little", "under") | ("less", "than") => (2, 12, 9),
        ("nearly" | "almost" | "under", _) => (1, 12, 9),
        ("just", "over") | ("more", "than") => (2, 18, 12),
        ("over", _) => (1, 18, 12),
        _ => return None,
    };
    let year = start + length;
    if !matches!(low(words, year), "a" | "one") || low(words, year + 1) != "year" {
        return None;
    }
    let (end, relation) = match low(words, year + 2) {
        "ago" => (year + 3, Relation::At),
        "now" => (year + 3, Relation::Since),
        _ if opens == 1 && has_perfect(words) => (year + 2, Relation::Since),
        _ => return None,
    };
    let first = today.checked_sub(far.months()).ok()?;
    let last = today.checked_sub(near.months()).ok()?;
    let span = Span { first, last, granularity: Granularity::Season };
    let said = format!("{near} to {far} months before {}", written(today));
    let said = if near < far { said } else { written_month(first) };
    Some(Moment { first: at, end, span, relation, said })
}

/// "Two summers ago", "three Fridays ago".
fn named_ago(words: &[Word], at: usize, today: Date) -> Option<Moment> {
    let start = at + usize::from(low(words, at) == "a" && low(words, at + 1) == "couple");
    let (number, next) = match (low(words, start), low(words, start + 1)) {
        ("couple", "of") => (2, start + 2),
        ("couple", _) => (2, start + 1),
        (word, _) => (number(word).filter(|number| 0 < *number)?, start + 1),
    };
    let name = low(words, next).strip_suffix('s')?;
    if !matches!(low(words, next + 1), "ago" | "back") {
        return None;
    }
    let (span, said) = match (season_of(name), weekday_of(name)) {
        (Some(month), _) => {
            let last = super::relative::season_beside(today, month, -1)?;
            let back = i16::try_from(number - 1).ok()?;
            let span = Span::season(last.first.year().checked_sub(back)?, month)?;
            (span, format!("{name} {}", span.first.year()))
        }
        (_, Some(weekday)) => {
            let day = today.nth_weekday(-number, weekday).ok()?;
            (Span::day(day), written(day))
        }
        _ => return None,
    };
    Some(Moment { first: at, end: next + 2, span, relation: Relation::At, said })
}

/// "For seven years", "seven years now", "over the past few months": since when.
fn lasting(words: &[Word], at: usize, today: Date) -> Option<Moment> {
    let opens = matches!(low(words, at), "for" | "over" | "in" | "these");
    let mut start = at + usize::from(opens);
    start += usize::from(low(words, start) == "the");
    let past = matches!(low(words, start), "past" | "last");
    if past && !matches!(low(words, start + 1), "couple" | "few") {
        start += 1;
    }
    let quantity = quantity(words, start)?;
    let now = low(words, quantity.end) == "now";
    let is_for = low(words, at) == "for";
    let is_since = now || opens && past || is_for && has_perfect(words);
    let is_far = past || !matches!(quantity.unit, Unit::Day | Unit::Weekend);
    if !is_since || !is_far || low(words, quantity.end) == "ago" {
        return None;
    }
    let end = quantity.end + usize::from(now);
    let first = start + usize::from(is_about(low(words, start)));
    let text: Vec<&str> = words[first..quantity.end].iter().map(|it| it.low.as_str()).collect();
    let (span, said) = before(&quantity, today, &text.join(" "))?;
    Some(Moment { first: at, end, span, relation: Relation::Since, said: format!("since {said}") })
}

/// Returns true if a sentence says that something has been so: "have", but not "have to".
fn has_perfect(words: &[Word]) -> bool {
    (0..words.len()).any(|at| match low(words, at) {
        "have" | "has" => low(words, at + 1) != "to",
        low => low == "been",
    })
}

/// "In the last month", "this past week": the days until today rather than a calendar month.
fn window(words: &[Word], at: usize, today: Date) -> Option<Moment> {
    let placed = matches!(low(words, at), "in" | "over" | "during" | "within" | "for" | "this");
    let start = at + usize::from(placed);
    let named = start + usize::from(low(words, start) == "the");
    let is_window = match low(words, named) {
        "past" => true,
        "last" => placed && named == start + 1,
        _ => false,
    };
    let unit = low(words, named + 1);
    let back = match unit {
        "week" => 1.weeks(),
        "month" => 1.months(),
        "year" => 1.years(),
        _ => return None,
    };
    if !is_window || low(words, named + 2) == "of" {
        return None;
    }
    let first = today.checked_sub(back).ok()?;
    let granularity = if unit == "year" { Granularity::Year } else { Granularity::Days };
    let span = Span { first, last: today, granularity };
    let said = format!("the {unit} until {}", written(today));
    Some(Moment { first: at, end: named + 2, span, relation: Relation::At, said })
}

/// "In two weeks", "two days from now", "in a few days", "over the next two weeks".
fn ahead(words: &[Word], at: usize, today: Date) -> Option<Moment> {
    let opens = matches!(low(words, at), "in" | "over" | "during" | "within");
    let mut start = at + usize::from(opens);
    start += usize::from(low(words, start) == "the");
    let is_next = matches!(low(words, start), "next" | "coming");
    if is_next && !matches!(low(words, start + 1), "couple" | "few") {
        start += 1;
    }
    let quantity = quantity(words, start)?;
    let mut end = quantity.end;
    let from_now = low(words, end) == "from" && matches!(low(words, end + 1), "now" | "today");
    if from_now {
        end += 2;
    }
    let is_in = low(words, at) == "in" && start == at + 1;
    if !(is_in || from_now || is_next) || matches!(low(words, end), "ago" | "of") {
        return None;
    }
    let forward = |number: i32| today.checked_add(length(quantity.unit, number)).ok();
    let (least, most) = if is_next { (0, quantity.most) } else { (quantity.least, quantity.most) };
    if least < most {
        let (first, last) = (forward(least)?, forward(most)?);
        let is_long = matches!(quantity.unit, Unit::Year | Unit::Decade);
        let granularity = if is_long { Granularity::Decade } else { Granularity::Days };
        let said = format!("until {}", written(last));
        let said = if least == 0 { said } else { format!("{} {said}", written(first)) };
        let span = Span { first, last, granularity };
        return Some(Moment { first: at, end, span, relation: Relation::At, said });
    }
    let found = forward(most)?;
    let (span, said) = match quantity.unit {
        Unit::Day => (Span::day(found), written(found)),
        Unit::Week => (Span::week(found)?, format!("{most} weeks after {}", written(today))),
        Unit::Month => (Span::month(found), written_month(found)),
        Unit::Year => (Span::year(found), found.year().to_string()),
        Unit::Weekend | Unit::Decade => return None,
    };
    Some(Moment { first: at, end, span, relation: Relation::At, said })
}
