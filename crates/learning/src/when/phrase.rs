//! Parts of expressions of time, and the tense of the sentence around them.

use jiff::civil::Date;

use super::calendar::month_of;
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
            "held", "knew", "swam", "threw", "won", "ran", "just", "sang", "felt", "heard",
            "stood", "fell", "chose", "paid", "wore", "lent", "led", "fought", "hid", "rang",
            "stole", "tore", "forgot", "fed", "hung", "sat", "shot", "stuck", "shook", "swept",
            "drank", "spilt",
        ];
        let past = words.iter().any(|word| {
            PAST.contains(&word.low.as_str())
                || word.is(Class::Verb) && word.low.ends_with("ed") && word.low != "need"
        }) || words.windows(2).any(|pair| {
            let subject = pair[0].low.as_str();
            matches!(subject, "i" | "we" | "he" | "she" | "they") && pair[1].low.ends_with("ed")
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
        "middle",
        "during",
        "within",
        "just",
        "under",
        "nearly",
        "almost",
        "more",
        "less",
        "about",
        "around",
        "roughly",
        "at",
        "back",
    ];
    word.is(Class::Time)
        || word.is_number()
        || word.is(Class::Weekday)
        || word.is(Class::Month)
        || OPENINGS.contains(&word.low.as_str())
        || word.low.starts_with("mid-")
        || ordinal_name(&word.low).is_some()
}

/// Returns the lower-case word at an index; empty beyond the end.
pub(super) fn low(words: &[Word], at: usize) -> &str {
    words.get(at).map_or("", |word| word.low.as_str())
}

/// Returns a year of four digits.
pub(super) fn year_of(low: &str) -> Option<i16> {
    if low.len() != 4 {
        return None;
    }
    low.parse::<i16>().ok().filter(|year| (1900..=2100).contains(year))
}

/// Returns a month, if the word is surely one: "may" and "march" are verbs, too.
pub(super) fn sure_month(word: Option<&Word>) -> Option<i8> {
    let word = word?;
    let is_doubtful = matches!(word.low.as_str(), "may" | "march" | "mar" | "sun" | "sat");
    if is_doubtful && !word.is_capital {
        return None;
    }
    month_of(&word.low)
}

/// Returns the year in which a month without one lies: the nearest in the direction of the tense.
pub(super) fn year_near(today: Date, month: i8, day: Option<i8>, tense: Tense) -> i16 {
    let asked = (month, day.unwrap_or(today.day()));
    let now = (today.month(), today.day());
    match tense {
        Tense::Past if now < asked => today.year() - 1,
        Tense::Future if asked < now => today.year() + 1,
        _ => today.year(),
    }
}

/// Reads an ordinal in words: "first" to "thirty-first".
pub(super) fn ordinal_name(low: &str) -> Option<i8> {
    const NAMES: [&str; 20] = [
        "first",
        "second",
        "third",
        "fourth",
        "fifth",
        "sixth",
        "seventh",
        "eighth",
        "ninth",
        "tenth",
        "eleventh",
        "twelfth",
        "thirteenth",
        "fourteenth",
        "fifteenth",
        "sixteenth",
        "seventeenth",
        "eighteenth",
        "nineteenth",
        "twentieth",
    ];
    let simple = |low: &str| {
        let at = NAMES.iter().position(|name| *name == low)?;
        i8::try_from(at + 1).ok()
    };
    match low.split_once('-') {
        Some(("twenty", ones)) => simple(ones).filter(|ones| *ones < 10).map(|ones| 20 + ones),
        Some(("thirty", "first")) => Some(31),
        _ if low == "thirtieth" => Some(30),
        _ => simple(low),
    }
}
