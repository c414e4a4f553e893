//! Numbers of units of time: "three weeks", "a couple of days", "five or six years", "a year and a
//! half", "a fortnight".

use super::phrase::low;
use crate::words::Word;

/// A number of units, exact or between two bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quantity {
    pub(super) least: i32,
    pub(super) most: i32,
    pub(super) unit: Unit,
    /// Index of the word after it.
    pub(super) end: usize,
}

impl Quantity {
    /// Returns the number if the words state one.
    pub(super) fn exact(&self) -> Option<i32> {
        (self.least == self.most).then_some(self.least)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Day,
    Week,
    Weekend,
    Month,
    Year,
    Decade,
}

/// Number words from zero on.
pub(crate) const NUMBERS: [&str; 21] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
];

const TENS: [&str; 4] = ["twenty", "thirty", "forty", "fifty"];

/// Returns true for a word that makes a quantity approximate and does not move it far.
pub(super) fn is_about(low: &str) -> bool {
    matches!(low, "about" | "around" | "roughly" | "nearly" | "almost" | "over" | "approximately")
}

/// Returns true for a number of two words: "twenty-five".
pub(super) fn opens(word: &Word) -> bool {
    word.low.contains('-') && number(&word.low).is_some()
}

/// Reads a number and its unit from word `at` on.
pub(super) fn quantity(words: &[Word], at: usize) -> Option<Quantity> {
    let at = at + usize::from(is_about(low(words, at)));
    if let Some(half) = half(words, at) {
        return Some(half);
    }
    let amount = amount(words, at)?;
    let (unit, factor) = unit(low(words, amount.end))?;
    let (mut least, mut most) = (amount.least, amount.most);
    if let (-1, _) = (least, most) {
        (least, most) = few(unit);
    }
    Some(Quantity { least: least * factor, most: most * factor, unit, end: amount.end + 1 })
}

/// Reads "half a year", "a year and a half", "one and a half years".
fn half(words: &[Word], at: usize) -> Option<Quantity> {
    let is = |from: usize, expected: &[&str]| {
        expected.iter().enumerate().all(|(step, word)| low(words, from + step) == *word)
    };
    let months = |months: i32, end: usize| {
        Some(Quantity { least: months, most: months, unit: Unit::Month, end })
    };
    if is(at, &["half", "a", "year"]) || is(at, &["a", "half", "year"]) {
        return months(6, at + 3);
    }
    if is(at + 1, &["year", "and", "a", "half"]) && matches!(low(words, at), "a" | "one") {
        return months(18, at + 5);
    }
    let whole = number(low(words, at))?;
    let is_half = is(at + 1, &["and", "a", "half"]) && low(words, at + 4).starts_with("year");
    if is_half { months(12 * whole + 6, at + 5) } else { None }
}

/// A number or a pair of bounds, without its unit. `least` is -1 for "a few".
struct Amount {
    least: i32,
    most: i32,
    end: usize,
}

/// Reads "three", "3", "a", "a couple of", "a few", "two or three".
fn amount(words: &[Word], at: usize) -> Option<Amount> {
    let low = |at: usize| low(words, at);
    let exact = |number: i32, end: usize| Some(Amount { least: number, most: number, end });
    let loose = |end: usize| Some(Amount { least: -1, most: -1, end });
    match (low(at), low(at + 1), low(at + 2)) {
        ("a" | "the" | "past" | "last" | "next", "couple", "of") => return exact(2, at + 3),
        ("a" | "the" | "past" | "last" | "next", "couple", _) => return exact(2, at + 2),
        ("couple", "of", _) => return exact(2, at + 2),
        ("a" | "the" | "past" | "last" | "next", "few", _) => return loose(at + 2),
        ("few" | "several" | "some", ..) => return loose(at + 1),
        ("half", "a", _) => return None,
        ("a" | "an", "dozen", _) => return exact(12, at + 2),
        ("a" | "an", ..) => return exact(1, at + 1),
        _ => {}
    }
    let first = number(low(at))?;
    let second = matches!(low(at + 1), "or" | "to" | "-").then(|| number(low(at + 2))).flatten();
    match second.filter(|second| first < *second) {
        Some(second) => Some(Amount { least: first, most: second, end: at + 3 }),
        None => exact(first, at + 1),
    }
}

/// Reads a whole number in words or digits, at most 1,000.
pub(super) fn number(low: &str) -> Option<i32> {
    let simple = |low: &str| {
        let at = NUMBERS.iter().position(|name| *name == low)?;
        i32::try_from(at).ok()
    };
    let tens = |low: &str| {
        let at = TENS.iter().position(|name| *name == low)?;
        i32::try_from(10 * (at + 2)).ok()
    };
    let compound = |(first, second): (&str, &str)| {
        let ones = simple(second).filter(|ones| (1..10).contains(ones))?;
        Some(tens(first)? + ones)
    };
    let digits = || low.parse::<i32>().ok().filter(|number| (1..=1_000).contains(number));
    simple(low)
        .or_else(|| tens(low))
        .or_else(|| low.split_once('-').and_then(compound))
        .or_else(digits)
}

/// Returns the bounds of "a few" units.
fn few(unit: Unit) -> (i32, i32) {
    match unit {
        Unit::Day => (2, 6),
        Unit::Week | Unit::Weekend => (2, 4),
        Unit::Month | Unit::Year | Unit::Decade => (2, 5),
    }
}

/// Returns a unit by its name, and the number of these units in one of that name.
fn unit(low: &str) -> Option<(Unit, i32)> {
    Some(match low {
        "day" | "days" | "night" | "nights" => (Unit::Day, 1),
        "week" | "weeks" => (Unit::Week, 1),
        "fortnight" | "fortnights" => (Unit::Week, 2),
        "weekend" | "weekends" => (Unit::Weekend, 1),
        "month" | "months" => (Unit::Month, 1),
        "year" | "years" | "yr" | "yrs" => (Unit::Year, 1),
        "decade" | "decades" => (Unit::Decade, 1),
        _ => return None,
    })
}
