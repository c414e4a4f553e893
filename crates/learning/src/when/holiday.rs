//! Holidays with one date in most of the English-speaking world: "Christmas Eve", "last Easter".
//!
//! Thanksgiving is that of the United States. Holidays whose date depends on the country without a
//! majority, as Mother's Day, are not here.

use jiff::civil::{Date, Weekday};

use super::calendar::{Span, written};
use super::granularity::Relation;
use super::moment::Moment;
use super::phrase::{Tense, low, year_of};
use crate::lexicon::Class;
use crate::words::Word;

/// The rule by which a year has its day.
#[derive(Debug, Clone, Copy)]
enum Rule {
    On(i8, i8),
    /// The n-th weekday of a month.
    Nth(i8, i8, Weekday),
    /// Days after Easter Sunday.
    Easter(i32),
    /// The day after Thanksgiving.
    BlackFriday,
}

/// Names, longest first.
const HOLIDAYS: [(&[&str], Rule); 22] = [
    (&["new", "year", "'s", "eve"], Rule::On(12, 31)),
    (&["new", "years", "eve"], Rule::On(12, 31)),
    (&["new", "year", "'s", "day"], Rule::On(1, 1)),
    (&["new", "years", "day"], Rule::On(1, 1)),
    (&["christmas", "eve"], Rule::On(12, 24)),
    (&["xmas", "eve"], Rule::On(12, 24)),
    (&["christmas", "day"], Rule::On(12, 25)),
    (&["christmas"], Rule::On(12, 25)),
    (&["xmas"], Rule::On(12, 25)),
    (&["boxing", "day"], Rule::On(12, 26)),
    (&["halloween"], Rule::On(10, 31)),
    (&["valentine", "'s", "day"], Rule::On(2, 14)),
    (&["valentines", "day"], Rule::On(2, 14)),
    (&["thanksgiving", "day"], Rule::Nth(11, 4, Weekday::Thursday)),
    (&["thanksgiving"], Rule::Nth(11, 4, Weekday::Thursday)),
    (&["black", "friday"], Rule::BlackFriday),
    (&["labor", "day"], Rule::Nth(9, 1, Weekday::Monday)),
    (&["memorial", "day"], Rule::Nth(5, -1, Weekday::Monday)),
    (&["good", "friday"], Rule::Easter(-2)),
    (&["easter", "monday"], Rule::Easter(1)),
    (&["easter", "sunday"], Rule::Easter(0)),
    (&["easter"], Rule::Easter(0)),
];

/// Returns true if a holiday may begin with this word.
pub(super) fn opens(word: &Word) -> bool {
    word.is_capital && HOLIDAYS.iter().any(|(name, _)| name[0] == word.low)
}

/// Reads a holiday that begins at word `at`, or at the word after "last", "this" or "next".
pub(super) fn read(words: &[Word], at: usize, today: Date, tense: Tense) -> Option<Moment> {
    let step = match low(words, at) {
        "last" => Some(-1),
        "this" => Some(0),
        "next" => Some(1),
        _ => None,
    };
    let start = at + usize::from(step.is_some());
    words.get(start).filter(|word| opens(word))?;
    let is_there = |name: &[&str]| {
        name.iter().enumerate().all(|(step, word)| low(words, start + step) == *word)
    };
    let (name, rule) = HOLIDAYS.iter().find(|(name, _)| is_there(name))?;
    let end = start + name.len();
    let before = at.checked_sub(1).map_or("", |before| low(words, before));
    if matches!(before, "every" | "each" | "a" | "the") || names_a_thing(words, end) {
        return None;
    }
    let of = usize::from(low(words, end) == "of" || low(words, end) == ",");
    let (day, end) = match year_of(low(words, end + of)) {
        Some(year) => (rule.day(year)?, end + of + 1),
        None => (near(*rule, today, step, tense)?, end),
    };
    let said = written(day);
    Some(Moment { first: at, end, span: Span::day(day), relation: Relation::At, said })
}

/// Returns true if the holiday describes a noun: "a Christmas party".
fn names_a_thing(words: &[Word], end: usize) -> bool {
    let next = words.get(end).filter(|word| !word.is_sign);
    let goes_on = |word: &Word| {
        let is_function = word.is(Class::Closed) || word.is(Class::Conjunction);
        word.low != "'s" && (is_function || word.is(Class::Time) || word.is_number())
    };
    next.is_some_and(|word| !goes_on(word))
}

/// Returns the day in the direction of `step` or else of the tense.
fn near(rule: Rule, today: Date, step: Option<i32>, tense: Tense) -> Option<Date> {
    let direction = match (step, tense) {
        (Some(0), _) => return rule.day(today.year()),
        (Some(step), _) => step,
        (None, Tense::Past) => -1,
        (None, Tense::Future) => 1,
        (None, Tense::Other) => return None,
    };
    let this = rule.day(today.year())?;
    match direction {
        -1 if today <= this => rule.day(today.year() - 1),
        1 if this < today => rule.day(today.year() + 1),
        _ => Some(this),
    }
}

impl Rule {
    fn day(self, year: i16) -> Option<Date> {
        match self {
            Rule::On(month, day) => Date::new(year, month, day).ok(),
            Rule::Nth(month, nth, weekday) => {
                Date::new(year, month, 1).ok()?.nth_weekday_of_month(nth, weekday).ok()
            }
            Rule::Easter(after) => easter(year)?.checked_add(jiff::Span::new().days(after)).ok(),
            Rule::BlackFriday => Rule::Nth(11, 4, Weekday::Thursday).day(year)?.tomorrow().ok(),
        }
    }
}

/// Returns Easter Sunday of the Gregorian calendar ("A New York correspondent", Nature, 1876).
fn easter(year: i16) -> Option<Date> {
    let year_of_all = i32::from(year);
    let (a, b, c) = (year_of_all % 19, year_of_all / 100, year_of_all % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (b - (b + 8) / 25 + 1) / 3;
    let h = (19 * a + b - d - g + 15) % 30;
    let l = (32 + 2 * e + 2 * (c / 4) - h - c % 4) % 7;
    let sum = h + l - 7 * ((a + 11 * h + 22 * l) / 451) + 114;
    Date::new(year, i8::try_from(sum / 31).ok()?, i8::try_from(sum % 31 + 1).ok()?).ok()
}
