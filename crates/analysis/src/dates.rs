//! Dates in texts, whatever their spelling, where it is beyond doubt which day is meant.

use std::sync::LazyLock;

use regex::{Captures, Regex};

/// Hands each day that `text` names in another form than `2026-03-02` to `push`, in that form.
pub(crate) fn dates(text: &str, mut push: impl FnMut(String)) {
    if !has_year(text) {
        return;
    }
    for (pattern, read) in PATTERNS.iter() {
        for found in pattern.captures_iter(text) {
            let number = |name: &str| found.name(name)?.as_str().parse::<u32>().ok();
            let date = || {
                let (month, day) = read(&found)?;
                let fits = (1..=12).contains(&month) && (1..=31).contains(&day);
                fits.then_some((number("year")?, month, day))
            };
            if let Some((year, month, day)) = date() {
                push(format!("{year:04}-{month:02}-{day:02}"));
            }
        }
    }
}

/// Returns `true` if four digits that may be a year are in `text`: most texts have none.
fn has_year(text: &str) -> bool {
    text.as_bytes().windows(4).any(|bytes| {
        matches!(bytes, [b'1', b'9', ..] | [b'2', b'0', ..]) && bytes.iter().all(u8::is_ascii_digit)
    })
}

/// The month and the day.
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
        (format!(r"\b{year}[/.]{first}[/.]{second}\b"), |found| {
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

/// Day and month, or month and day: one of the two is no month, or both are the same.
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
