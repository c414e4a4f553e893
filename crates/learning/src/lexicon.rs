//! Words by class: the closed classes of English, and open words by kind.
//!
//! The tables are lists of words separated by spaces; verbs are in their base form.

mod class;
mod closed;
mod irregular;
mod kinds;
mod lemma;
mod verbs;

use std::{
    collections::{HashMap, HashSet},
    sync::OnceLock,
};

use foldhash::fast::FixedState;

pub(crate) use class::{Class, EXCLUSIVE};
pub(crate) use lemma::lemma;

/// Returns the classes of a word by its lower-case form and its lemma.
pub(crate) fn classes(low: &str, lemma: &str) -> u64 {
    let tables = Tables::get();
    let by_form = tables.forms.get(low).copied().unwrap_or(0);
    let by_lemma = tables.lemmas.get(lemma).copied().unwrap_or(0);
    let mut classes = by_form | by_lemma;
    if classes == 0 && kinds::OCCUPATION_ENDINGS.iter().any(|ending| low.ends_with(ending)) {
        classes |= Class::Occupation.bit();
    }
    if classes == 0 && kinds::MEDICINE_ENDINGS.iter().any(|ending| low.ends_with(ending)) {
        classes |= Class::Medicine.bit();
    }
    classes
}

/// Returns the lemma and the classes of a lower-case word.
pub(crate) fn read(low: &str) -> (String, u64) {
    static KNOWN: OnceLock<Table<&str, (String, u64)>> = OnceLock::new();
    // Most words of a text are of the closed classes; they are not stemmed again.
    let known = KNOWN.get_or_init(|| {
        let words = closed::FORMS.iter().flat_map(|(_, words)| words.split_whitespace());
        let read = |word: &'static str| {
            let lemma = lemma(word);
            let classes = classes(word, &lemma);
            (word, (lemma, classes))
        };
        words.map(read).collect()
    });
    if let Some((lemma, classes)) = known.get(low) {
        return (lemma.clone(), *classes);
    }
    let lemma = lemma(low);
    let classes = classes(low, &lemma);
    (lemma, classes)
}

/// Returns the words of a contraction that is written as one word, separated by spaces.
pub(crate) fn contraction(low: &str) -> Option<&'static str> {
    if 9 < low.len() {
        return None;
    }
    let found = closed::CONTRACTIONS.iter().find(|(short, _)| *short == low);
    found.map(|(_, long)| *long)
}

/// Returns true if `'s` after this word is "is" rather than a possessive.
pub(crate) fn takes_is(low: &str) -> bool {
    closed::TAKE_IS.split(' ').any(|word| word == low)
}

/// Returns true if a word is a verb in its base form, and no past tense is written alike.
pub(crate) fn is_base_verb(low: &str) -> bool {
    static BASES: OnceLock<HashSet<&str>> = OnceLock::new();
    const ALIKE: &[&str] = &["read", "put", "cut", "quit", "let", "hit", "hurt", "split", "found"];
    let bases = BASES.get_or_init(|| {
        let verbs = verbs::LEMMAS.iter().filter(|(class, _)| *class == Class::Verb);
        verbs.flat_map(|(_, words)| words.split_whitespace()).collect()
    });
    bases.contains(low) && !ALIKE.contains(&low)
}

/// Fixed hashing: the tables hold our own words only.
type Table<K, V> = HashMap<K, V, FixedState>;

struct Tables {
    forms: Table<&'static str, u64>,
    lemmas: Table<String, u64>,
}

impl Tables {
    fn get() -> &'static Tables {
        static TABLES: OnceLock<Tables> = OnceLock::new();
        TABLES.get_or_init(|| {
            let mut tables = Tables { forms: Table::default(), lemmas: Table::default() };
            for (class, words) in closed::FORMS.iter().chain(kinds::FORMS) {
                for word in words.split_whitespace() {
                    *tables.forms.entry(word).or_default() |= class.bit();
                }
            }
            for (class, words) in verbs::LEMMAS.iter().chain(kinds::LEMMAS) {
                for word in words.split_whitespace() {
                    *tables.lemmas.entry(lemma(word)).or_default() |= class.bit();
                }
            }
            tables
        })
    }
}
