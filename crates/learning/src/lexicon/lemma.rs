//! Base forms of words.

use std::{collections::HashMap, sync::OnceLock};

use foldhash::fast::FixedState;
use rust_stemmers::{Algorithm, Stemmer};

use super::irregular::FORMS;

/// Returns the base form of a lower-case word: that of an irregular one, else its English stem.
pub(crate) fn lemma(low: &str) -> String {
    static STEMMER: OnceLock<Stemmer> = OnceLock::new();
    if let Some(base) = irregular(low) {
        return base.to_owned();
    }
    if !low.is_ascii() || !low.bytes().all(|b| b.is_ascii_alphabetic()) {
        return low.to_owned();
    }
    STEMMER.get_or_init(|| Stemmer::create(Algorithm::English)).stem(low).into_owned()
}

/// Returns the base form of an irregular word.
fn irregular(low: &str) -> Option<&'static str> {
    static BASES: OnceLock<HashMap<&str, &str, FixedState>> = OnceLock::new();
    let forms = BASES.get_or_init(|| {
        let lines = FORMS.lines().filter_map(|line| line.split_once(':'));
        let forms = lines.flat_map(|(base, forms)| {
            forms.split_whitespace().map(move |form| (form, base.trim()))
        });
        forms.collect()
    });
    forms.get(low).copied()
}
