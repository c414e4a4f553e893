//! Dates in texts, in any spelling that unambiguously denotes a day.

use std::{ops::Range, sync::LazyLock};

use regex::{Captures, Regex};

/// A day in a text.
pub(crate) struct Date {
    /// Position in the text.
    pub(crate) range: Range<usize>,
    /// The day in the form `2026-03-02`.
    pub(crate) day: String,
    /// Position of the month, if it is written out.
    month: Option<Range<usize>>,
}

/// Returns the days in `text`.
pub(crate) fn dates(text: &str) -> Vec<Date> {
    if !has_year(text) {
        return Vec::new();
    }
    let mut dates = Vec::new();
    for (pattern, read) in PATTERNS.iter() {
        dates.extend(pattern.captures_iter(text).filter_map(|found| {
            let (month, day) = read(&found)?;
            let fits = (1..=12).contains(&month) && (1..=31).contains(&day);
            let year = number(&found, "year").filter(|_| fits)?;
            Some(Date {
                range: found.get(0)?.range(),
                day: format!("{year:04}-{month:02}-{day:02}"),
                month: found.name("month").map(|month| month.range()),
            })
        }));
    }
    dates
}

/// Removes the numbers of `dates` from `text`. Alone they do not identify a day: 2 March and 3
/// February have the same numbers. Names of months and dates that are part of a longer word are
/// kept.
pub(crate) fn without_numbers(text: &str, mut dates: Vec<Date>) -> String {
    dates.retain(|date| stands_alone(text, &date.range));
    dates.sort_by_key(|date| date.range.start);
    let (mut rest, mut at) = (String::with_capacity(text.len()), 0);
    for Date { range, month, .. } in dates {
        // If two overlap, only the first is removed.
        if at <= range.start {
            rest.push_str(&text[at..range.start]);
            rest.push_str(month.map_or("", |month| &text[month]));
            at = range.end;
        }
    }
    rest.push_str(&text[at..]);
    rest
}

/// Returns `true` if only punctuation separates `range` from white space.
fn stands_alone(text: &str, range: &Range<usize>) -> bool {
    let before = text[..range.start].trim_end_matches(['(', '[', '"', '\'']);
    let after =
        text[range.end..].trim_start_matches(['.', ',', ';', ':', '!', '?', ')', ']', '"', '\'']);
    (before.is_empty() || before.ends_with(char::is_whitespace))
        && (after.is_empty() || after.starts_with(char::is_whitespace))
}

/// Returns `true` if `text` has four digits that may be a year: most texts have none.
fn has_year(text: &str) -> bool {
    text.as_bytes().windows(4).any(|bytes| {
        matches!(bytes, [b'1', b'9', ..] | [b'2', b'0', ..]) && bytes.iter().all(u8::is_ascii_digit)
    })
}

/// Reads the month and the day of a match.
type Read = fn(&Captures<'_>) -> Option<(u32, u32)>;

static PATTERNS: LazyLock<Vec<(Regex, Read)>> = LazyLock::new(|| {
    let month = concat!(
        r"(?P<month>january|february|march|april|may|june|july|august|september|october",
        r"|november|december|jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec)\b\.?"
    );
    let year = r"(?P<year>(?:19|20)\d\d)\b";
    let (first, second) = (r"(?P<first>\d{1,2})", r"(?P<second>\d{1,2})");
    let patterns: [(String, Read); 5] = [
        (format!(r"\b{first}\. ?{second}\. ?{year}"), |found| {
            Some((number(found, "second")?, number(found, "first")?))
        }),
        (format!(r"\b{year}[/.-]{first}[/.-]{second}\b"), |found| {
            Some((number(found, "first")?, number(found, "second")?))
        }),
        (format!(r"\b{first}[/-]{second}[/-]{year}"), slashed),
        (format!(r"(?i)\b{first}(?:st|nd|rd|th|\.)?(?: of)? {month},? ?{year}"), |found| {
            Some((month_number(&found["month"])?, number(found, "first")?))
        }),
        (format!(r"(?i)\b{month} {first}(?:st|nd|rd|th)?,? {year}"), |found| {
            Some((month_number(&found["month"])?, number(found, "first")?))
        }),
    ];
    let compiled = patterns
        .into_iter()
        .map(|(pattern, read)| (Regex::new(&pattern).expect("the pattern is a constant"), read));
    compiled.collect()
});

/// Reads day and month, or month and day: one of the two cannot be a month, or both are the same.
fn slashed(found: &Captures<'_>) -> Option<(u32, u32)> {
    let (first, second) = (number(found, "first")?, number(found, "second")?);
    match (12 < first, 12 < second) {
        (true, false) => Some((second, first)),
        (false, true) => Some((first, second)),
        _ => (first == second).then_some((first, second)),
    }
}

fn number(found: &Captures<'_>, name: &str) -> Option<u32> {
    found.name(name)?.as_str().parse().ok()
}

fn month_number(name: &str) -> Option<u32> {
    let months =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let start = name.get(..3)?.to_lowercase();
    (1..).zip(months).find(|(_, month)| *month == start).map(|(number, _)| number)
}
