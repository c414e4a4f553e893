//! Other spellings of a query's words: `data base` for `database` and vice versa, and single typing
//! errors (`databse`, `prot`).
//!
//! Only the texts show if a spelling is a word, so these are guesses: a search looks each up in the
//! visible texts and uses those that occur. The work is bounded: few words of a query are guessed,
//! and each gives a few hundred spellings.

use std::collections::{HashMap, HashSet};

use crate::{Analyzer, Variant};

/// Maximum number of words of a query that are guessed.
const WORDS_MAX: usize = 4;
/// Minimum length of a word that is corrected. A shorter one is too similar to others.
const CHARS_MIN: usize = 4;
/// Minimum length of a word in which letters are changed. In a shorter one they are only swapped,
/// since most changes give a different word.
const CHANGED_CHARS_MIN: usize = 5;
/// Maximum length of a word of a language.
const CHARS_MAX: usize = 24;
/// Minimum length of half a word.
const HALF_CHARS_MIN: usize = 4;
/// Maximum number of corrections used for one word: those in the most texts.
const CORRECTIONS_MAX: usize = 3;
/// Share of a correction, relative to the word itself.
const CORRECTED_SHARE: f64 = 0.6;
/// Share of each half of a word.
const HALF_SHARE: f64 = 0.5;
/// Share of two words written as one.
const JOINED_SHARE: f64 = 1.0;

/// A word of a query as written.
#[derive(Debug, Clone)]
pub(crate) struct Spelled {
    pub(crate) word: String,
    /// Index of its term; `None` if the word only makes the query a question.
    pub(crate) at: Option<usize>,
    /// True if it directly follows the previous word.
    pub(crate) is_next: bool,
}

/// The place where a word of a query is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Texts contain it: no other spelling is tried.
    InTexts,
    /// No text contains it, but it is a word of the language: it may be written as two words, and
    /// is not corrected.
    InLanguage,
    /// Neither the texts nor the language have it.
    No,
}

/// Another spelling, valid if texts have all of its terms.
#[derive(Debug, Clone, PartialEq)]
pub struct Guess {
    variants: Vec<Variant>,
    /// True for a correction: of those, only a few per word are used.
    is_correction: bool,
}

impl Guess {
    /// Returns the terms that texts must have.
    pub fn terms(&self) -> impl Iterator<Item = &str> {
        self.variants.iter().map(|variant| variant.term.as_str())
    }

    /// Returns the variants of the valid `guesses`. `documents_with` returns the number of texts
    /// that have a term.
    #[must_use]
    pub fn taken(guesses: Vec<Guess>, documents_with: impl Fn(&str) -> u64) -> Vec<Variant> {
        let mut held: Vec<(u64, Guess)> = Vec::new();
        for guess in guesses {
            let least = guess.terms().map(&documents_with).min().unwrap_or(0);
            if 0 < least {
                held.push((least, guess));
            }
        }
        // A stable sort keeps the order of equal guesses, so the result is deterministic.
        held.sort_by_key(|(documents, _)| std::cmp::Reverse(*documents));
        let mut corrections: HashMap<usize, usize> = HashMap::new();
        let mut taken = Vec::new();
        for (_, Guess { variants, is_correction }) in held {
            if is_correction {
                let count = corrections.entry(variants[0].to).or_default();
                *count += 1;
                if CORRECTIONS_MAX < *count {
                    continue;
                }
            }
            taken.extend(variants);
        }
        taken
    }
}

/// Returns the guesses for `words`. Splits and corrections are only for words that no text has.
pub(crate) fn guesses(
    analyzer: &Analyzer,
    words: &[Spelled],
    known: impl Fn(usize) -> Known,
) -> Vec<Guess> {
    let mut guesses: Vec<Guess> = Vec::new();
    for pair in words.windows(2) {
        if let [first, second] = pair
            && second.is_next
        {
            guesses.extend(joined(analyzer, first, second));
        }
    }
    let mut seen = HashSet::new();
    let unknown = words.iter().filter_map(|word| Some((word, word.at?)));
    let unknown = unknown.map(|(word, at)| (word, at, known(at)));
    let unknown = unknown.filter(|(_, at, known)| *known != Known::InTexts && seen.insert(*at));
    for (Spelled { word, .. }, at, known) in unknown.take(WORDS_MAX) {
        let chars: Vec<char> = word.chars().collect();
        if CHARS_MIN <= chars.len() && chars.len() <= CHARS_MAX {
            guesses.extend(halves(analyzer, &chars, at));
            if known == Known::No {
                guesses.extend(corrections(analyzer, &chars, at));
            }
        }
    }
    guesses
}

fn joined(analyzer: &Analyzer, first: &Spelled, second: &Spelled) -> Option<Guess> {
    let term = analyzer.stem(&format!("{}{}", first.word, second.word));
    let variant = |to| Variant { term: term.clone(), to, share: JOINED_SHARE };
    let variants: Vec<Variant> = [first.at, second.at].into_iter().flatten().map(variant).collect();
    (!variants.is_empty()).then_some(Guess { variants, is_correction: false })
}

fn halves(analyzer: &Analyzer, chars: &[char], to: usize) -> Vec<Guess> {
    let half = |chars: &[char]| Variant {
        term: analyzer.stem(&chars.iter().collect::<String>()),
        to,
        share: HALF_SHARE,
    };
    let cuts = HALF_CHARS_MIN..(chars.len() + 1).saturating_sub(HALF_CHARS_MIN);
    let cut = |at: usize| {
        let (first, second) = chars.split_at(at);
        Guess { variants: vec![half(first), half(second)], is_correction: false }
    };
    cuts.map(cut).filter(|guess| !guess.terms().any(|half| analyzer.asks(half))).collect()
}

/// Returns the terms of all words that differ in one omitted, inserted, changed or swapped letter
/// (Damerau, "A technique for computer detection and correction of spelling errors", 1964). The
/// first letter changes only by a swap, since errors elsewhere are much more frequent.
fn corrections(analyzer: &Analyzer, chars: &[char], to: usize) -> Vec<Guess> {
    let mut seen: HashSet<String> = HashSet::new();
    seen.insert(analyzer.stem(&chars.iter().collect::<String>()));
    let mut guesses = Vec::new();
    let mut offer = |spelling: &[char]| {
        let term = analyzer.stem(&spelling.iter().collect::<String>());
        if !analyzer.asks(&term) && seen.insert(term.clone()) {
            let variants = vec![Variant { term, to, share: CORRECTED_SHARE }];
            guesses.push(Guess { variants, is_correction: true });
        }
    };
    for at in 1..chars.len() {
        let mut swapped = chars.to_vec();
        swapped.swap(at - 1, at);
        offer(&swapped);
    }
    if chars.len() < CHANGED_CHARS_MIN {
        return guesses;
    }
    for at in 1..chars.len() {
        let mut shorter = chars.to_vec();
        shorter.remove(at);
        offer(&shorter);
    }
    let letters = letters(chars[chars.len() - 1]);
    for at in 1..=chars.len() {
        for letter in letters.clone() {
            let mut longer = chars.to_vec();
            longer.insert(at, letter);
            offer(&longer);
            if at < chars.len() {
                let mut changed = chars.to_vec();
                changed[at] = letter;
                offer(&changed);
            }
        }
    }
    guesses
}

/// Returns the letters of the script of `c`, as in plain texts; only `c` if its script is not
/// listed.
fn letters(c: char) -> std::ops::RangeInclusive<char> {
    let scripts = [
        'a'..='z',
        '\u{3b1}'..='\u{3c9}',   // Greek
        '\u{430}'..='\u{44f}',   // Cyrillic
        '\u{561}'..='\u{586}',   // Armenian
        '\u{5d0}'..='\u{5ea}',   // Hebrew
        '\u{621}'..='\u{64a}',   // Arabic
        '\u{905}'..='\u{939}',   // Devanagari
        '\u{10d0}'..='\u{10f0}', // Georgian
    ];
    scripts.into_iter().find(|letters| letters.contains(&c)).unwrap_or(c..=c)
}
