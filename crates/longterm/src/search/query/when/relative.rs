//! Phrases of a time relative to now: "yesterday", "two weeks ago", "last spring", "this month".

use std::{ops::Range, sync::LazyLock};

use jiff::{
    Span, ToSpan,
    civil::{Date, Weekday},
};
use regex::{Captures, Regex};

use super::months::{month_number, season_month};

/// Returns the days that phrases in `query` mean on the day `today`, and the query without the
/// phrases.
pub(super) fn take(query: &str, today: Date) -> (Vec<Range<Date>>, String) {
    let mut days = Vec::new();
    let mut rest = query.to_owned();
    for (pattern, read) in PATTERNS.iter() {
        let taken = pattern.replace_all(&rest, |found: &Captures<'_>| match read(found, today) {
            Some(span) => {
                days.push(span);
                " ".to_owned()
            }
            None => found[0].to_owned(),
        });
        rest = taken.into_owned();
    }
    (days, rest)
}

/// Reader of a phrase; returns `None` if the days are outside the calendar.
type Read = fn(&Captures<'_>, Date) -> Option<Range<Date>>;

/// Patterns from the most to the least specific; each removes its words for those after it.
static PATTERNS: LazyLock<Vec<(Regex, Read)>> = LazyLock::new(|| {
    let count = concat!(
        r"(?P<count>\d{1,3}|a couple of|a few|several|an?|one|two|three|four|five|six|seven",
        r"|eight|nine|ten|eleven|twelve)",
    );
    let unit = r"(?P<unit>day|week|month|year)s?";
    let patterns: [(String, Read); 9] = [
        (r"the day before yesterday".to_owned(), |_, today| day(today, -2)),
        (r"yesterday|last night".to_owned(), |_, today| day(today, -1)),
        (r"today|tonight|this (?:morning|afternoon|evening)".to_owned(), |_, today| day(today, 0)),
        (format!("{count} {unit} ago"), ago),
        (format!("(?:the )?(?:last|past|previous) {count} {unit}"), |found, today| {
            let start = today.checked_sub(span(found, counted(found)?)?).ok()?;
            Some(start..today.tomorrow().ok()?)
        }),
        (r"(?P<which>this|last|previous) (?P<unit>week|month|year)".to_owned(), calendar),
        (
            r"(?P<which>this|last) (?P<season>spring|summer|fall|autumn|winter)".to_owned() + YEAR,
            |found, today| {
                let month = season_month(&found["season"]);
                recurring(found, today, month, 3)
            },
        ),
        (r"last (?P<weekday>mon|tues|wednes|thurs|fri|satur|sun)day".to_owned(), |found, today| {
            let at = weekday(&found["weekday"])?;
            let before = today.yesterday().ok()?;
            let passed = at.until(before.weekday());
            day(before, -i64::from(passed))
        }),
        (
            concat!(
                r"(?P<which>this|last) (?P<month>january|february|march|april|may|june|july",
                r"|august|september|october|november|december)",
            )
            .to_owned()
                + YEAR,
            |found, today| recurring(found, today, month_number(&found["month"])?, 1),
        ),
    ];
    let compiled = patterns.into_iter().map(|(pattern, read)| {
        let pattern = Regex::new(&format!(r"(?i)\b(?:{pattern})\b"));
        (pattern.expect("the pattern is a constant"), read)
    });
    compiled.collect()
});

fn day(today: Date, days: i64) -> Option<Range<Date>> {
    let day = today.checked_add(days.days()).ok()?;
    Some(day..day.tomorrow().ok()?)
}

/// Reads "N units ago", as a range as precise as the unit.
fn ago(found: &Captures<'_>, today: Date) -> Option<Range<Date>> {
    let then = today.checked_sub(span(found, counted(found)?)?).ok()?;
    let (start, length): (Date, Span) = match found["unit"].to_lowercase().as_str() {
        "day" => (then, 1.day()),
        "week" => (then.checked_sub(3.days()).ok()?, 1.week()),
        "month" => (then.checked_sub(15.days()).ok()?, 1.month()),
        _ => (then.first_of_year(), 1.year()),
    };
    Some(start..start.checked_add(length).ok()?)
}

/// Reads "this" or "last" with a week, month or year.
fn calendar(found: &Captures<'_>, today: Date) -> Option<Range<Date>> {
    let since_monday = i64::from(today.weekday().to_monday_zero_offset());
    let start = match found["unit"].to_lowercase().as_str() {
        "week" => today.checked_sub(since_monday.days()).ok()?,
        "month" => today.first_of_month(),
        _ => today.first_of_year(),
    };
    let length = span(found, 1)?;
    match found["which"].eq_ignore_ascii_case("this") {
        true => Some(start..start.checked_add(length).ok()?),
        false => Some(start.checked_sub(length).ok()?..start),
    }
}

/// Pattern of a year after a season or month, which makes the phrase absolute.
const YEAR: &str = r"\b(?P<year>,?(?: of)? (?:19|20)\d\d)?";

/// Reads "this" or "last" with a season or month: the one of this year, or the last one that is
/// over.
fn recurring(found: &Captures<'_>, today: Date, month: i8, months: i64) -> Option<Range<Date>> {
    if found.name("year").is_some() {
        return None;
    }
    let of_year = |year: i16| {
        let start = Date::new(year, month, 1).ok()?;
        Some(start..start.checked_add(months.months()).ok()?)
    };
    let this = of_year(today.year())?;
    match found["which"].eq_ignore_ascii_case("this") || this.end <= today {
        true => Some(this),
        false => of_year(today.year().checked_sub(1)?),
    }
}

fn counted(found: &Captures<'_>) -> Option<i64> {
    let words = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    match found["count"].to_lowercase().as_str() {
        "a" | "an" => Some(1),
        "a couple of" => Some(2),
        "a few" | "several" => Some(3),
        "eleven" => Some(11),
        "twelve" => Some(12),
        word => match words.iter().position(|known| *known == word) {
            Some(at) => i64::try_from(at + 1).ok(),
            None => word.parse().ok(),
        },
    }
}

/// Returns a span of `count` of the named unit.
fn span(found: &Captures<'_>, count: i64) -> Option<Span> {
    match found["unit"].to_lowercase().as_str() {
        "day" => Some(count.days()),
        "week" => Some(count.weeks()),
        "month" => Some(count.months()),
        "year" => Some(count.years()),
        _ => None,
    }
}

fn weekday(start: &str) -> Option<Weekday> {
    let starts = ["mon", "tues", "wednes", "thurs", "fri", "satur", "sun"];
    let at = starts.iter().position(|known| start.eq_ignore_ascii_case(known))?;
    Weekday::from_monday_zero_offset(i8::try_from(at).ok()?).ok()
}
