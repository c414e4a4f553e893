//! Days denoted by an answer in a dataset: "7 May 2023", "the week before 14 August 2023", "10
//! years ago".

use aios_learning::{Extractor, Granularity, Message};
use jiff::{
    ToSpan,
    civil::{Date, Weekday},
    tz::TimeZone,
};

use super::given::Given;

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

/// Spans before a day: the words for a span, its first and last day counted back from that day, and
/// its granularity. The first match is used.
const SPANS: [(&str, i32, i32, Granularity); 7] = [
    ("week of", 6, -6, Granularity::Week),
    ("two weekends", 16, 8, Granularity::Weekend),
    ("weekend", 9, 1, Granularity::Weekend),
    ("two weeks", 17, 11, Granularity::Week),
    ("2 weeks", 17, 11, Granularity::Week),
    ("week", 7, 1, Granularity::Week),
    ("days", 7, 1, Granularity::Days),
];

const NUMBERS: [&str; 10] =
    ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];

/// Days of an expected answer, and the coarsest granularity that is correct.
pub(super) struct Expected {
    first: Date,
    last: Date,
    granularity: Granularity,
}

impl Expected {
    /// Parses the answer to a question about messages of `day`; `None` if it is not a time.
    pub(super) fn read(question: &str, answer: &str, day: Date) -> Option<Expected> {
        let answer = answer.to_lowercase().replace(['.', '`'], " ");
        if is_about_a_span(&question.to_lowercase()) {
            return None;
        }
        if let Some(years) = years(&answer) {
            let start = day.checked_sub(years.years()).ok()?;
            let (first, last) = (start.first_of_year(), start.last_of_year());
            return Some(Expected { first, last, granularity: Granularity::Year });
        }
        let named = named(&answer, day)?;
        let is_before = answer.contains("before") || is_week_of_a_day(&answer);
        if !is_before && !answer.contains("after") {
            let Given { first, last, granularity } = named;
            return Some(Expected { first, last, granularity });
        }
        relative(&answer, named.first, is_before)
    }

    pub(super) fn is_answered_by(&self, given: &Given) -> bool {
        self.meets(given) && given.granularity <= self.granularity
    }

    pub(super) fn meets(&self, given: &Given) -> bool {
        given.first <= self.last && self.first <= given.last
    }
}

/// Returns true for "the week of 3 May", but not for "the last week of May".
fn is_week_of_a_day(answer: &str) -> bool {
    answer.trim_start_matches("the ").starts_with("week of")
}

/// Returns true for a question whose answer needs the times of two events.
fn is_about_a_span(question: &str) -> bool {
    let is_long = question.starts_with("how long");
    question.starts_with("how many")
        || question.contains("how many weeks")
        || question.contains(" before ") && is_long
        || question.starts_with("how long did")
}

/// Returns the time named by an answer.
fn named(answer: &str, day: Date) -> Option<Given> {
    let text = capitalised(&format!("It was in {answer}"));
    let noon = TimeZone::UTC.to_timestamp(day.at(12, 0, 0, 0)).ok()?;
    let message = Message::new("answer", text).with_time(noon, 0);
    let time = Extractor::default().times(&message).into_iter().next_back()?;
    Some(Given::of(&time))
}

/// Returns the time before or after `day` that an answer names.
fn relative(answer: &str, day: Date, is_before: bool) -> Option<Expected> {
    if let Some((_, weekday)) = WEEKDAYS.iter().find(|(name, _)| answer.contains(name)) {
        let found = day.nth_weekday(if is_before { -1 } else { 1 }, *weekday).ok()?;
        return Some(Expected { first: found, last: found, granularity: Granularity::Day });
    }
    let (from, to, granularity) = SPANS
        .into_iter()
        .find(|(words, ..)| answer.contains(words))
        .map_or((1, 1, Granularity::Day), |(_, from, to, granularity)| (from, to, granularity));
    let back = |days: i32| day.checked_sub(days.days()).ok();
    Some(Expected { first: back(from)?, last: back(to)?, granularity })
}

/// Parses "4 years" or "10 years ago".
fn years(answer: &str) -> Option<i32> {
    let mut words = answer.split_whitespace();
    let (number, unit) = (words.next()?, words.next()?);
    let named = NUMBERS.iter().position(|name| *name == number);
    let number = named.and_then(|at| i32::try_from(at + 1).ok()).or_else(|| number.parse().ok())?;
    let is_whole = matches!(words.next(), None | Some("ago"));
    (is_whole && unit.starts_with("year")).then_some(number)
}

/// Capitalises each word, as the names of months are written.
fn capitalised(text: &str) -> String {
    let words = text.split(' ').map(|word| {
        let mut chars = word.chars();
        let first = chars.next().map(|c| c.to_ascii_uppercase().to_string()).unwrap_or_default();
        first + chars.as_str()
    });
    words.collect::<Vec<_>>().join(" ")
}
