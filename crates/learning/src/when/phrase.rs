//! Parts of expressions of time: numbers, units, and the tense of the sentence around them.

use crate::lexicon::Class;
use crate::words::Word;

/// Direction in time of a sentence, which decides whether "on Friday" is behind or ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tense {
    Past,
    Future,
    Other,
}

impl Tense {
    pub(super) fn of(words: &[Word]) -> Tense {
        const PAST: &[&str] = &[
            "was", "were", "did", "had", "went", "got", "left", "lost", "sold", "bought", "broke",
            "gave", "took", "made", "became", "began", "drove", "ate", "wrote", "spoke", "told",
            "said", "thought", "met", "came", "saw", "found", "grew", "woke", "slept", "kept",
            "taught", "died", "flew", "rode", "sent", "spent", "brought", "caught", "built",
            "held", "knew", "swam", "threw", "won", "ran", "just",
        ];
        let past = words.iter().any(|word| {
            PAST.contains(&word.low.as_str())
                || word.is(Class::Verb) && word.low.ends_with("ed") && word.low != "need"
        });
        let mut pairs = words.windows(2);
        let ahead = pairs.any(|pair| {
            pair[0].low == "going" && pair[1].low == "to"
                || pair[0].is(Class::Auxiliary)
                    && pair[1].low.ends_with("ing")
                    && matches!(pair[0].low.as_str(), "am" | "is" | "are")
        });
        let will = words.iter().any(|word| matches!(word.low.as_str(), "will" | "shall"));
        match (past, will || ahead) {
            (true, false) => Tense::Past,
            (false, true) => Tense::Future,
            _ => Tense::Other,
        }
    }
}

/// Returns true if an expression of time may begin with this word.
pub(super) fn opens(word: &Word) -> bool {
    const OPENINGS: &[&str] = &[
        "last",
        "this",
        "next",
        "past",
        "previous",
        "a",
        "an",
        "the",
        "in",
        "for",
        "over",
        "on",
        "few",
        "couple",
        "several",
        "early",
        "mid",
        "late",
        "end",
        "beginning",
        "start",
        "coming",
        "these",
        "half",
    ];
    word.is(Class::Time)
        || word.is_number()
        || word.is(Class::Weekday)
        || word.is(Class::Month)
        || OPENINGS.contains(&word.low.as_str())
        || word.low.starts_with("mid-")
}

/// A number of units, exact or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Amount {
    pub(super) number: i32,
    pub(super) is_exact: bool,
    /// Index of the word after it.
    pub(super) end: usize,
}

/// Reads "three", "3", "a", "a couple of", "a few", "about 3".
pub(super) fn amount(words: &[Word], mut at: usize) -> Option<Amount> {
    const NUMBERS: [&str; 21] = [
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
    let low = |at: usize| words.get(at).map_or("", |word| word.low.as_str());
    if matches!(low(at), "about" | "around" | "nearly" | "almost" | "roughly" | "over") {
        at += 1;
    }
    let exact = |number: i32, end: usize| Some(Amount { number, is_exact: true, end });
    let loose = |number: i32, end: usize| Some(Amount { number, is_exact: false, end });
    match (low(at), low(at + 1), low(at + 2)) {
        ("a" | "the" | "past" | "last", "couple", "of") => return exact(2, at + 3),
        ("a" | "the" | "past" | "last", "couple", _) => return exact(2, at + 2),
        ("couple", "of", _) => return exact(2, at + 2),
        ("a" | "the" | "past" | "last", "few", _) => return loose(3, at + 2),
        ("few" | "several" | "some", ..) => return loose(3, at + 1),
        ("half", "a", _) => return None,
        ("a" | "an", ..) => return exact(1, at + 1),
        _ => {}
    }
    let word = low(at);
    if let Some(number) = NUMBERS.iter().position(|name| *name == word) {
        return exact(i32::try_from(number).ok()?, at + 1);
    }
    let number = word.parse::<i32>().ok().filter(|number| (1..=1_000).contains(number))?;
    exact(number, at + 1)
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

pub(super) fn unit(low: &str) -> Option<Unit> {
    Some(match low {
        "day" | "days" | "night" | "nights" => Unit::Day,
        "week" | "weeks" => Unit::Week,
        "weekend" | "weekends" => Unit::Weekend,
        "month" | "months" => Unit::Month,
        "year" | "years" | "yrs" => Unit::Year,
        "decade" | "decades" => Unit::Decade,
        _ => return None,
    })
}
