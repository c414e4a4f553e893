//! A text as a model reads it: look-alike letters, full width, accents, entities and markup are
//! folded to plain letters.
//!
//! Letters that look like ASCII ones become those (NFKD, then the skeleton of UTS 39), so that an
//! English phrase matches in any script. Latin letters lose their accents; other scripts are kept.
//! Not here: spaced-out letters, which `spaced` joins.

mod markup;

use std::sync::LazyLock;

use unicode_normalization::char::decompose_compatible;

use crate::view::{View, ViewBuilder};

/// Longer runs of white space become one space or line break: rules match no more than this.
const SPACE_BYTES_MAX: usize = 24;

/// Folds `plain`. `None` if it is its own folded form.
pub(crate) fn folded(plain: &str) -> Option<View<'_>> {
    let bytes = plain.as_bytes();
    let mut view = ViewBuilder::new(plain);
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if byte.is_ascii_whitespace() {
            let length = space(&bytes[at..]);
            if SPACE_BYTES_MAX < length {
                let is_line = bytes[at..at + length].contains(&b'\n');
                view.replace(at..at + length, if is_line { "\n" } else { " " });
                at += length;
                continue;
            }
        }
        if byte.is_ascii() {
            at += match markup::at(plain, at) {
                Some((length, replacement)) => {
                    replace(&mut view, at, length, replacement);
                    length
                }
                None => 1,
            };
            continue;
        }
        let c = plain[at..].chars().next().expect("a character boundary");
        match fold(c) {
            Fold::Keep => {}
            Fold::Drop => view.replace(at..at + c.len_utf8(), ""),
            Fold::To(ascii) => {
                let mut buffer = [0; 4];
                let letter = char::from(ascii).encode_utf8(&mut buffer);
                view.replace(at..at + c.len_utf8(), letter);
            }
            Fold::Parts => view.replace(at..at + c.len_utf8(), &parts(c)),
        }
        at += c.len_utf8();
    }
    view.finish()
}

/// Returns the length of the white space that `bytes` starts with.
fn space(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

/// Replaces markup by the folded form of the character that it represents, or removes it.
fn replace(view: &mut ViewBuilder<'_>, at: usize, length: usize, replacement: Option<char>) {
    let text = match replacement.map(|c| (c, fold(c))) {
        None | Some((_, Fold::Drop)) => String::new(),
        Some((c, Fold::Keep)) => c.to_string(),
        Some((_, Fold::To(ascii))) => char::from(ascii).to_string(),
        Some((c, Fold::Parts)) => parts(c),
    };
    view.replace(at..at + length, &text);
}

/// The folded form of one character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fold {
    Keep,
    Drop,
    To(u8),
    /// See [`parts`].
    Parts,
}

/// As [`folding`], from a table for the most common scripts.
fn fold(c: char) -> Fold {
    /// Latin, Greek, Cyrillic, Arabic and the scripts of India; signs and symbols up to kana.
    const TABLE_LENGTH: usize = 0x3000;
    static TABLE: LazyLock<Vec<Fold>> = LazyLock::new(|| {
        let folds = (0..).take(TABLE_LENGTH).map(|code| char::from_u32(code).map(folding));
        folds.map(|fold| fold.unwrap_or(Fold::Keep)).collect()
    });
    TABLE.get(c as usize).copied().unwrap_or_else(|| folding(c))
}

fn folding(c: char) -> Fold {
    if c.is_ascii() {
        return Fold::Keep;
    }
    if is_mark(c) || crate::hidden::is_invisible(c) {
        return Fold::Drop;
    }
    if c.is_whitespace() {
        return Fold::To(b' ');
    }
    // Hangul syllables and voiced kana are not decomposed: rules match them whole.
    if matches!(c, '\u{3040}'..='\u{30FF}' | '\u{AC00}'..='\u{D7A3}') {
        return Fold::Keep;
    }
    let folded = parts(c);
    let mut chars = folded.chars();
    match (chars.next(), chars.next()) {
        (None, _) => Fold::Drop,
        (Some(only), None) if only == c => Fold::Keep,
        (Some(only), None) if only.is_ascii() => Fold::To(only as u8),
        _ => Fold::Parts,
    }
}

/// Returns the characters of the compatibility form of `c` without marks, look-alikes as ASCII.
fn parts(c: char) -> String {
    let mut parts = String::new();
    decompose_compatible(c, |part| {
        if !is_mark(part) {
            parts.push(look_alike(part).unwrap_or(part));
        }
    });
    parts
}

/// Returns the ASCII letter or digit that `c` looks like. The lower case is tried first, since a
/// capital `I` of any script looks like a small `l`.
fn look_alike(c: char) -> Option<char> {
    if c.is_ascii() {
        return None;
    }
    let alike = |c: char| {
        let mut buffer = [0; 4];
        let mut skeleton =
            unicode_security::skeleton(c.encode_utf8(&mut buffer)).filter(|c| !is_mark(*c));
        let only = skeleton.next().filter(char::is_ascii_alphanumeric)?;
        skeleton.next().is_none().then_some(only)
    };
    c.to_lowercase().next().and_then(alike).or_else(|| alike(c))
}

/// Returns true for marks that change the look or stress of a letter, not the spelling: accents,
/// overlays, the vowel signs and elongation of Arabic, the nukta of Indian scripts.
fn is_mark(c: char) -> bool {
    matches!(
        c,
        '\u{300}'..='\u{36F}'
            | '\u{483}'..='\u{489}'
            | '\u{640}'
            | '\u{64B}'..='\u{65F}'
            | '\u{670}'
            | '\u{93C}'
            | '\u{1AB0}'..='\u{1AFF}'
            | '\u{1DC0}'..='\u{1DFF}'
            | '\u{20D0}'..='\u{20FF}'
            | '\u{FE20}'..='\u{FE2F}'
    )
}
