//! Detection of a text's language by its letters (whatlang: trigrams, after Cavnar and Trenkle,
//! "N-Gram-Based Text Categorization", 1994).

use std::sync::OnceLock;

use whatlang::{Detector, Lang};

use crate::Language;

/// Bytes of a text that are examined.
const BYTES_MAX: usize = 2048;
/// Minimum length of a text in characters.
const CHARS_MIN: usize = 12;
/// Least confidence in a language, 0 to 1. A wrong language adds a few terms to a text and removes
/// none.
const CONFIDENCE_MIN: f64 = 0.15;

/// Each language besides English whose endings can be removed, with its whatlang name.
const LANGUAGES: [(Lang, Language); 7] = [
    (Lang::Deu, Language::German),
    (Lang::Spa, Language::Spanish),
    (Lang::Fra, Language::French),
    (Lang::Ita, Language::Italian),
    (Lang::Por, Language::Portuguese),
    (Lang::Nld, Language::Dutch),
    (Lang::Rus, Language::Russian),
];

/// Returns the languages that can be detected, except English.
pub(crate) fn others() -> [Language; LANGUAGES.len()] {
    LANGUAGES.map(|(_, language)| language)
}

/// Returns the language of `text` if it is one of [`others`].
pub(crate) fn language(text: &str) -> Option<Language> {
    static DETECTOR: OnceLock<Detector> = OnceLock::new();
    let detector = DETECTOR.get_or_init(|| {
        let known = LANGUAGES.map(|(known, _)| known);
        Detector::with_allowlist(known.into_iter().chain([Lang::Eng]).collect())
    });
    let start = &text[..text.floor_char_boundary(BYTES_MAX)];
    if start.chars().take(CHARS_MIN).count() < CHARS_MIN {
        return None;
    }
    let found = detector.detect(start)?;
    let (_, language) = LANGUAGES.iter().find(|(known, _)| *known == found.lang())?;
    (CONFIDENCE_MIN <= found.confidence()).then_some(*language)
}
