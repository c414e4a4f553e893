//! Content words of a text: its words and numbers in lower case, stemmed, without function words.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{LazyLock, Mutex, PoisonError},
};

use aios_analysis::{Analyzer, Language};

/// Words without content. In answers, "May" is a month more often than a verb.
const FUNCTION_WORDS: &str = "a about after all also am an and any are as at be because been \
    before being both but by can could did do does doing each for from had has have having he her \
    hers him his how i if in into is it its just me my of on or our out over own she should so \
    some such than that the their them then there these they this those through to too under until \
    up us was we were what when where which while who whom why will with would you your";

/// Returns the distinct content words of a text.
pub(crate) fn content(text: &str) -> BTreeSet<String> {
    let mut stems = STEMS.lock().unwrap_or_else(PoisonError::into_inner);
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let mut found = BTreeSet::new();
    for word in words {
        let word = word.to_lowercase();
        let stem = stems.entry(word).or_insert_with_key(|word| stem(word));
        found.extend(stem.clone());
    }
    found
}

/// Stems of the words seen so far; `None` for function words.
static STEMS: LazyLock<Mutex<HashMap<String, Option<String>>>> = LazyLock::new(Mutex::default);

fn stem(word: &str) -> Option<String> {
    let is_number = word.starts_with(|c: char| c.is_ascii_digit());
    let is_long = is_number || 1 < word.chars().count();
    if !is_long || FUNCTION_WORDS.split_whitespace().any(|it| it == word) {
        return None;
    }
    let stem = Analyzer::of(Language::English).terms(word).into_iter().next();
    Some(stem.unwrap_or_else(|| word.to_owned()))
}

/// Returns the share of `wanted` among `given`; `None` if nothing is wanted.
pub(crate) fn share(wanted: &BTreeSet<String>, given: &BTreeSet<String>) -> Option<f64> {
    let there = wanted.intersection(given).count();
    (!wanted.is_empty()).then(|| crate::metrics::ratio(there, wanted.len()))
}
