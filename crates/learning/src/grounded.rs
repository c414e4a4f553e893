//! Grounding: a value that is stored occurs in its messages.

use aios_record::forms::forgotten;

use crate::lexicon::Class;
use crate::sentence::sentences;
use crate::words::Word;

/// Longest value that is checked, in bytes. A longer one counts as absent.
pub const VALUE_BYTES_MAX: usize = 4 * 1024;

/// The place of a value in its messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Grounding {
    /// It occurs, between word bounds, and is affirmed or denied as in the value.
    Grounded,
    /// It occurs only with the opposite polarity: the messages deny it.
    Denied,
    /// It does not occur.
    Absent,
}

/// Looks a value up in the texts of its messages.
///
/// Case, compatibility variants and white space do not count; word bounds and negation do: "live
/// in Cork" is not grounded in "I do not live in Cork", nor "Cork" in "Corkscrew".
///
/// ```
/// use aios_learning::{Grounding, grounded};
///
/// assert_eq!(grounded("cork", &["I live in Cork."]), Grounding::Grounded);
/// assert_eq!(grounded("Cork", &["I live in Bremen, not Cork."]), Grounding::Denied);
/// assert_eq!(grounded("Cork", &["I bought a corkscrew."]), Grounding::Absent);
/// ```
#[must_use]
pub fn grounded(value: &str, messages: &[&str]) -> Grounding {
    if VALUE_BYTES_MAX < value.len() {
        return Grounding::Absent;
    }
    let folded = forgotten(value);
    let wanted = words_of(&folded);
    if wanted.is_empty() {
        return Grounding::Absent;
    }
    let is_negative = wanted.iter().any(|word| is_negation(word));
    let mut found = Grounding::Absent;
    for message in messages {
        match occurrence(&wanted, is_negative, message) {
            Grounding::Grounded => return Grounding::Grounded,
            Grounding::Denied => found = Grounding::Denied,
            Grounding::Absent => {}
        }
    }
    found
}

fn words_of(text: &str) -> Vec<String> {
    let words = sentences(text).into_iter().flat_map(|sentence| sentence.words);
    let words = words.filter(|word| !word.is_sign || is_unit(&word.low));
    words.map(|word| word.low).collect()
}

/// Signs that are a part of a value: "5 %", "$5", "C++".
fn is_unit(low: &str) -> bool {
    matches!(low, "%" | "$" | "+" | "#" | "\u{20ac}" | "\u{a3}")
}

fn is_negation(low: &str) -> bool {
    matches!(low, "not" | "no" | "never" | "without" | "none" | "neither" | "nor")
}

fn occurrence(wanted: &[String], is_negative: bool, message: &str) -> Grounding {
    let mut found = Grounding::Absent;
    for sentence in sentences(&forgotten(message)) {
        let words = sentence.words;
        for start in 0..words.len() {
            if !begins(&words[start..], wanted) {
                continue;
            }
            if is_negative || !is_denied(&words, start) {
                return Grounding::Grounded;
            }
            found = Grounding::Denied;
        }
    }
    found
}

/// Returns true if `words` begin with those of a value, signs aside.
fn begins(words: &[Word], wanted: &[String]) -> bool {
    let counts = |word: &&Word| !word.is_sign || is_unit(&word.low);
    let mut here = words.iter().filter(counts);
    words.first().is_some_and(|word| counts(&word))
        && wanted.iter().all(|low| here.next().is_some_and(|word| word.low == *low))
}

/// Returns true if a negation before the word at `at` reaches it: no mark, conjunction or other
/// subject stands between them.
fn is_denied(words: &[Word], at: usize) -> bool {
    for word in words[..at].iter().rev().take(8) {
        if is_negation(&word.low) {
            return true;
        }
        let ends = word.is_sign && !matches!(word.low.as_str(), "'" | "\"")
            || word.is(Class::Conjunction) && !matches!(word.low.as_str(), "and" | "or" | "as")
            || matches!(word.low.as_str(), "i" | "we" | "only" | "just");
        if ends {
            return false;
        }
    }
    false
}
