//! The language of a text, as far as its letters tell (whatlang: trigrams, after Cavnar and
//! Trenkle, "N-Gram-Based Text Categorization", 1994).

use std::sync::OnceLock;

use whatlang::{Detector, Lang};

use crate::Language;

/// Bytes of a text that are looked at.
const BYTES_MAX: usize = 2048;
/// Characters of the shortest text that is looked at.
const CHARS_MIN: usize = 12;
/// The least confidence, 0 to 1, in a language. A text that is taken for one that it is not in has
/// a few terms more, and loses none.
const CONFIDENCE_MIN: f64 = 0.15;

/// Each language beside English whose endings can be removed, with whatlang's name of it.
const LANGUAGES: [(Lang, Language); 7] = [
    (Lang::Deu, Language::German),
    (Lang::Spa, Language::Spanish),
    (Lang::Fra, Language::French),
    (Lang::Ita, Language::Italian),
    (Lang::Por, Language::Portuguese),
    (Lang::Nld, Language::Dutch),
    (Lang::Rus, Language::Russian),
];

/// The languages that are told apart, but for English.
pub(crate) fn others() -> [Language; LANGUAGES.len()] {
    LANGUAGES.map(|(_, language)| language)
}

/// The language of `text` if it is one of [`others`].
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
