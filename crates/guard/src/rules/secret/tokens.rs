//! Tokens whose shape identifies their issuer.
//!
//! A token is a prefix and a run of an alphabet with a minimum length; the match covers the whole
//! run, however long. Shapes of several parts have a pattern.

mod table;

use std::sync::{LazyLock, OnceLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex::Regex;

use self::table::{
    Alphabet::{self, Alphanumeric, Base64, Dotted, Hex, Upper, Url},
    SHAPES, TOKENS,
};
use super::{
    super::{Match, is_full},
    value,
};
use crate::{Kind::Token, entropy};

struct Tables {
    literals: AhoCorasick,
    patterns: Vec<OnceLock<Regex>>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let prefixes = TOKENS.iter().map(|(_, prefix, ..)| *prefix);
    let literals = prefixes.chain(SHAPES.iter().map(|(_, literal, ..)| *literal));
    let literals = AhoCorasick::builder().kind(Some(AhoCorasickKind::DFA)).build(literals);
    let patterns = SHAPES.iter().map(|_| OnceLock::new()).collect();
    Tables { literals: literals.expect("literals are constants, tested"), patterns }
});

/// Maximum number of failed tries per stretch of text, and the length of a stretch.
const TRIES_MAX: usize = 32;
const STRETCH_BYTES: usize = 1024;

/// Maximum number of bytes of a run that are examined, and of bytes from the literal of a shape of
/// several parts in which it is searched; the last part may be longer.
const RUN_BYTES_MAX: usize = 1024;
const SHAPE_BYTES_MAX: usize = 1024;

/// The same for a shape that starts with its literal.
const ANCHORED_BYTES_MAX: usize = 4 << 10;

/// Finds tokens by their shape.
pub(super) fn find(text: &str, matches: &mut Vec<Match>) {
    let tables = &*TABLES;
    let (mut found_until, mut stretch_until, mut tries) = (0, 0, 0);
    for literal in tables.literals.find_overlapping_iter(text) {
        if is_full(matches) {
            return;
        }
        if literal.start() < found_until {
            continue;
        }
        if stretch_until <= literal.start() {
            (stretch_until, tries) = (literal.start() + STRETCH_BYTES, 0);
        }
        tries += 1;
        if TRIES_MAX < tries {
            continue;
        }
        let index = literal.pattern().as_usize();
        let found = match TOKENS.get(index) {
            Some(&(rule, _, alphabet, length_min)) => {
                prefixed(text, literal.range(), alphabet, length_min).map(|span| (rule, span))
            }
            None => {
                let index = index - TOKENS.len();
                shaped(text, literal.start(), index, &tables.patterns[index])
                    .map(|span| (SHAPES[index].0, span))
            }
        };
        if let Some((rule, span)) = found {
            found_until = span.end;
            tries = 0;
            matches.push(Match { rule, kind: Token, span });
        }
    }
}

type Span = std::ops::Range<usize>;

/// Returns the token of a prefix, if a run of its alphabet follows.
fn prefixed(text: &str, prefix: Span, alphabet: Alphabet, length_min: usize) -> Option<Span> {
    let bytes = text.as_bytes();
    let is_part = |byte: u8| match alphabet {
        Alphanumeric => byte.is_ascii_alphanumeric(),
        Upper => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
        Hex => byte.is_ascii_hexdigit(),
        Url => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
        Base64 => byte.is_ascii_alphanumeric() || b"_-+/=".contains(&byte),
        Dotted => byte.is_ascii_alphanumeric() || b"_-.=".contains(&byte),
    };
    if is_inside(bytes, prefix.start) {
        return None;
    }
    let run = |from: usize, length_max: usize| {
        bytes[from..].iter().take(length_max).take_while(|byte| is_part(**byte)).count()
    };
    // A long run is examined at its start before its end is searched.
    let near = prefix.end + run(prefix.end, RUN_BYTES_MAX);
    if near - prefix.end < length_min || !is_drawn(&text[prefix.end..near]) {
        return None;
    }
    let mut end = near + run(near, usize::MAX);
    while end != prefix.end && matches!(bytes[end - 1], b'.' | b'-') {
        end -= 1;
    }
    let is_word = bytes.get(end).is_some_and(u8::is_ascii_alphanumeric);
    (prefix.end + length_min <= end && !is_word).then_some(prefix.start..end)
}

/// Returns `true` if a token at `start` would be the end of a longer word.
fn is_inside(bytes: &[u8], start: usize) -> bool {
    start.checked_sub(1).is_some_and(|before| bytes[before].is_ascii_alphanumeric())
}

/// Returns the span of a shape around a literal. If the pattern has a group, only the group is
/// secret.
fn shaped(text: &str, literal: usize, index: usize, pattern: &OnceLock<Regex>) -> Option<Span> {
    let (_, sign, before, source) = SHAPES[index];
    if sign == "." && !is_bot_dot(text.as_bytes(), literal) {
        return None;
    }
    let earliest = text.ceil_char_boundary(literal.saturating_sub(before));
    let start = text[earliest..literal].rfind(ENDS).map_or(earliest, |end| earliest + end + 1);
    let pattern =
        pattern.get_or_init(|| Regex::new(source).expect("patterns are constants, tested"));
    if before == 0 && sign.starts_with(char::is_alphanumeric) && is_inside(text.as_bytes(), literal)
    {
        return None;
    }
    let length_max = if before == 0 { ANCHORED_BYTES_MAX } else { SHAPE_BYTES_MAX };
    let near = &text[start..text.floor_char_boundary(literal + length_max)];
    let near = if before == 0 { near } else { &near[..near.find(ENDS).unwrap_or(near.len())] };
    let captures = pattern.captures(near)?;
    let whole = captures.get(0)?;
    // A later literal belongs to a token of its own, and a URL may have any host before it.
    let is_part = !sign.starts_with('.') && is_inside(text.as_bytes(), start + whole.start());
    if literal - start < whole.start() || is_part {
        return None;
    }
    let found = captures.get(1).unwrap_or(whole).range();
    let end = start + found.end;
    let is_cut = found.end == near.len();
    let rest = text.as_bytes()[end..].iter().take_while(|byte| {
        is_cut && (byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
    });
    let end = end + rest.count();
    let is_word = text.as_bytes().get(end).is_some_and(u8::is_ascii_alphanumeric);
    (!is_word && is_drawn(&text[start + found.start..end])).then(|| start + found.start..end)
}

/// Characters that do not occur within a token of several parts.
const ENDS: [char; 9] = [' ', '\n', '\t', '"', '\'', ';', ',', '<', '>'];

/// Returns `true` for the first dot of a bot's token: six characters are between it and the second.
fn is_bot_dot(bytes: &[u8], dot: usize) -> bool {
    const MIDDLE: usize = 6;
    bytes.get(dot + MIDDLE + 1) == Some(&b'.')
        && dot.checked_sub(1).is_some_and(|before| bytes[before].is_ascii_alphanumeric())
}

/// Returns `true` if a body looks random, not written: varied, and with a digit or mixed case.
fn is_drawn(body: &str) -> bool {
    const BITS_MIN: f64 = 2.4;
    const JUDGED_BYTES_MAX: usize = 512;
    let body = &body[..body.floor_char_boundary(JUDGED_BYTES_MAX)];
    let has = |is: fn(&u8) -> bool| body.bytes().any(|byte| is(&byte));
    let is_mixed = has(u8::is_ascii_digit)
        || body
            .as_bytes()
            .windows(2)
            .filter(|two| two[0].is_ascii_lowercase() != two[1].is_ascii_lowercase())
            .count()
            * 4
            > body.len();
    let is_name = !has(u8::is_ascii_uppercase) && value::is_wordlike(body);
    is_mixed && !is_name && BITS_MIN <= entropy::bits_per_byte(body)
}
