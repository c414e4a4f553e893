//! The plain form of a text: one spelling where Unicode has several with the same meaning for a
//! search.
//!
//! Compatibility forms (full-width, ligatures, superscripts) are replaced by NFKD, then composed
//! again. Accents, the vowel signs of Hebrew and Arabic (mostly omitted in writing) and invisible
//! characters are removed. Digits become ASCII, hyphens and apostrophes a single form. Signs that
//! make other syllables, as in Thai or Devanagari, are kept.

use std::borrow::Cow;

use aios_record::forms::is_ignorable;
use unicode_normalization::UnicodeNormalization;

/// Returns the plain form of `text`; letters keep their case. ASCII is borrowed.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let compatible = text.chars().filter(|c| !is_ignorable(*c)).nfkd();
    Cow::Owned(compatible.filter(|c| !is_optional(*c)).nfc().map(simple).collect())
}

/// Converts to lower case by case folding, which expands some letters (the German sharp s to `ss`).
pub(crate) fn lower(text: &str) -> String {
    match text.is_ascii() {
        true => text.to_ascii_lowercase(),
        false => caseless::default_case_fold_str(text),
    }
}

/// Returns `true` for marks that readers of a script omit or ignore.
fn is_optional(c: char) -> bool {
    matches!(u32::from(c),
        0x300..=0x36F         // accents
        | 0x591..=0x5BD       // Hebrew points
        | 0x5BF | 0x5C1..=0x5C2 | 0x5C4..=0x5C5 | 0x5C7
        | 0x610..=0x61A       // Arabic marks
        | 0x640               // tatweel
        | 0x64B..=0x65F | 0x670 | 0x6D6..=0x6DC | 0x6DF..=0x6E4 | 0x6E7..=0x6E8
        | 0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF | 0x20D0..=0x20FF | 0xFE20..=0xFE2F
        | 0x1F3FB..=0x1F3FF   // skin tones of emoji
    )
}

fn simple(c: char) -> char {
    match c {
        '\u{2010}'..='\u{2013}' | '\u{2212}' => '-',
        // A dash between clauses.
        '\u{2014}' | '\u{2015}' => ' ',
        '\u{2018}' | '\u{2019}' | '\u{2BC}' => '\'',
        c => ascii_digit(c).unwrap_or(c),
    }
}

/// The zeros of scripts with their own digits; nine more digits follow each.
const ZEROS: &[char] = &[
    '\u{660}', '\u{6F0}', '\u{966}', '\u{9E6}', '\u{A66}', '\u{AE6}', '\u{B66}', '\u{BE6}',
    '\u{C66}', '\u{CE6}', '\u{D66}', '\u{E50}', '\u{ED0}', '\u{F20}', '\u{1040}', '\u{17E0}',
];

fn ascii_digit(c: char) -> Option<char> {
    let value = |zero: &char| u32::from(c).checked_sub(u32::from(*zero)).filter(|at| *at < 10);
    match ('\u{660}'..='\u{17E9}').contains(&c) {
        true => char::from_digit(ZEROS.iter().find_map(value)?, 10),
        false => None,
    }
}
