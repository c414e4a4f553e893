//! Cutting a plain text into pieces: words with their signs, characters of scripts without spaces,
//! symbols.

use std::borrow::Cow;

use unicode_categories::UnicodeCategories;
use unicode_normalization::char::is_combining_mark;

/// Maximum number of digit groups after the first.
const GROUPS_MAX: usize = 5;

/// A piece of a text.
pub(crate) enum Piece<'a> {
    /// Text between white space, symbols and scripts without spaces.
    Word(&'a str),
    /// A number that is written with spaces, in addition to its parts.
    Number(String),
    /// A run of a script without spaces.
    Run(&'a str),
    /// A symbol that is a term of its own: an emoji, an arrow.
    Symbol(&'a str),
}

/// Passes the pieces of `text` to `push`, in order.
pub(crate) fn cut(text: &str, mut push: impl FnMut(Piece<'_>)) {
    let is_gap = |c: char| c.is_whitespace() || c.is_control();
    let chunks: Vec<&str> = text.split(is_gap).filter(|chunk| !chunk.is_empty()).collect();
    let mut at = 0;
    while let Some(&chunk) = chunks.get(at) {
        let next = chunks.get(at + 1).copied().unwrap_or_default();
        if let Some(number) = spaced_number(&chunks[at..]) {
            push(Piece::Number(number));
        }
        let (chunk, taken) = with_unit(chunk, next);
        cut_chunk(&chunk, &mut push);
        at += taken;
    }
}

/// Returns `true` for characters of words.
pub(crate) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || (!c.is_ascii() && is_combining_mark(c))
}

/// Returns `true` for currency signs, which belong to the number beside them.
pub(crate) fn is_currency(c: char) -> bool {
    c == '$' || (!c.is_ascii() && c.is_symbol_currency())
}

/// Returns `true` for `%` and similar signs.
pub(crate) fn is_percent(c: char) -> bool {
    matches!(c, '%' | '\u{2030}')
}

/// Joins a number with the sign after or before it: `5 %`, `5 EUR` in its sign, `$ 5`. Also returns
/// the number of chunks used.
fn with_unit<'a>(chunk: &'a str, next: &str) -> (Cow<'a, str>, usize) {
    let is_digit = |c: char| c.is_ascii_digit();
    let unit = next.trim_end_matches(['.', ',', ';', ':', '!', '?', ')']);
    let mut unit_chars = unit.chars();
    let is_unit = unit_chars.next().is_some_and(|c| is_percent(c) || is_currency(c))
        && unit_chars.next().is_none();
    let mut chars = chunk.chars();
    let is_sign = chars.next().is_some_and(is_currency) && chars.next().is_none();
    if is_unit && chunk.ends_with(is_digit) && !chunk.starts_with(is_currency) {
        (Cow::Owned(format!("{chunk}{unit}")), 2)
    } else if is_sign && next.starts_with(is_digit) {
        (Cow::Owned(format!("{chunk}{next}")), 2)
    } else {
        (Cow::Borrowed(chunk), 1)
    }
}

/// Returns the number that `chunks` begin with if its groups of digits are separated by spaces.
fn spaced_number(chunks: &[&str]) -> Option<String> {
    let first = chunks.first()?.trim_start_matches(|c: char| c == '(' || is_currency(c));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_first = (1..=3).contains(&first.len()) && all_digits(first) && !first.starts_with('0');
    if !is_first {
        return None;
    }
    let mut number = first.to_owned();
    for group in chunks.iter().skip(1).take(GROUPS_MAX) {
        let digits = group.bytes().take_while(u8::is_ascii_digit).count();
        if digits != 3 {
            break;
        }
        number.push_str(&group[..digits]);
        if digits < group.len() {
            // Only decimals or the end of a sentence may follow the last group.
            let rest = group[digits..].trim_matches(|c: char| !is_word(c) && !is_percent(c));
            if !rest.is_empty() && (rest.len() != 2 || !all_digits(rest)) {
                return None;
            }
            break;
        }
    }
    (first.len() < number.len()).then_some(number)
}

/// The kind of piece that a character is part of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Word,
    Run,
    Symbol,
}

fn cut_chunk(chunk: &str, push: &mut impl FnMut(Piece<'_>)) {
    let mut rest = chunk;
    while let Some(first) = rest.chars().next() {
        let class = class(first);
        let end = match class {
            Class::Symbol => symbol_end(rest),
            _ => rest.find(|c| self::class(c) != class).unwrap_or(rest.len()),
        };
        let (piece, after) = rest.split_at(end);
        push(match class {
            Class::Word => Piece::Word(piece),
            Class::Run => Piece::Run(piece),
            Class::Symbol => Piece::Symbol(piece),
        });
        rest = after;
    }
}

/// Returns the end of the symbol at the beginning of `text`: two regional indicators are one flag.
fn symbol_end(text: &str) -> usize {
    let is_regional = |c: char| ('\u{1F1E6}'..='\u{1F1FF}').contains(&c);
    let mut chars = text.chars();
    let first = chars.next().map_or(0, char::len_utf8);
    match chars.next() {
        Some(next) if text.starts_with(is_regional) && is_regional(next) => first + next.len_utf8(),
        _ => first,
    }
}

fn class(c: char) -> Class {
    if c.is_ascii() {
        Class::Word
    } else if is_unspaced(c) {
        Class::Run
    } else if is_word(c) || c.is_punctuation() || c.is_control() || is_currency(c) {
        Class::Word
    } else {
        Class::Symbol
    }
}

/// Returns `true` if `term` is of a script that is written without spaces. Such a term is a single
/// character, or a pair of neighbouring characters, which need not be a word.
#[must_use]
pub fn is_run(term: &str) -> bool {
    term.chars().all(is_unspaced)
}

/// Returns `true` for letters and signs of scripts without spaces, and for Hangul, whose words
/// carry endings.
pub(crate) fn is_unspaced(c: char) -> bool {
    let is_block = matches!(u32::from(c),
        0xE00..=0xEFF         // Thai, Lao
        | 0xF00..=0xFFF       // Tibetan
        | 0x1000..=0x109F     // Myanmar
        | 0x1100..=0x11FF     // Hangul Jamo
        | 0x1780..=0x17FF     // Khmer
        | 0x1950..=0x19DF     // Tai Le, New Tai Lue
        | 0x1A20..=0x1AAF     // Tai Tham
        | 0x1B00..=0x1B7F     // Balinese
        | 0x3005..=0x3007     // iteration mark, closing mark, zero
        | 0x3040..=0x30FF     // Hiragana, Katakana
        | 0x3105..=0x318F     // Bopomofo, Hangul compatibility Jamo
        | 0x31A0..=0x31BF     // Bopomofo extended
        | 0x31F0..=0x31FF     // Katakana phonetic extensions
        | 0x3400..=0x4DBF     // Han extension A
        | 0x4E00..=0x9FFF     // Han
        | 0xA000..=0xA4CF     // Yi
        | 0xA980..=0xA9FF     // Javanese, Myanmar extended B
        | 0xAA60..=0xAADF     // Myanmar extended A, Tai Viet
        | 0xAC00..=0xD7FF     // Hangul syllables
        | 0xF900..=0xFAFF     // Han compatibility
        | 0xFF66..=0xFF9F     // half-width Katakana
        | 0x1B000..=0x1B16F   // Kana supplements
        | 0x20000..=0x3134F   // Han extensions B to G
    );
    is_block && is_word(c)
}
