//! The value written after a name, in the notations of configuration, code, markup, command lines
//! and prose.

use std::{ops::Range, sync::LazyLock};

use regex::Regex;

/// The connection between a value and its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Notation {
    /// `NAME=value`, without spaces.
    Equals,
    /// `name = value`, `name := value`, `'name' => value`, `name == value`.
    Assigned,
    /// `name: value`.
    Colon,
    /// `name("value")`, `("name", "value")`, `name,value,`.
    Argument,
    /// `<name>value</name>`, `name="NAME" value="value"`, `{"name": "NAME", "value": "value"}`.
    Element,
    /// `name is value`.
    Words,
    /// `name value`.
    Gap,
}

/// A value in the text.
pub(super) struct Value {
    pub(super) notation: Notation,
    pub(super) is_quoted: bool,
    pub(super) span: Range<usize>,
}

/// Maximum white space between a name, a sign and a value, in bytes.
const SPACE_BYTES_MAX: usize = 60;

/// Maximum distance from a `name` to its `value`, in bytes.
const PAIR_BYTES_MAX: usize = 240;

/// The colon in Chinese and Japanese.
const WIDE_COLON: char = '\u{ff1a}';

/// Returns the values that may belong to the name at `name`, most likely first.
pub(super) fn values(text: &str, name: Range<usize>) -> impl Iterator<Item = Value> + '_ {
    let closed = closers(text, name.end);
    let near = &text[name.end..text.floor_char_boundary(name.end + PAIR_BYTES_MAX)];
    // Arguments can be anything; the secret ones are literals, or cells of a table.
    let is_cell = closed == name.end && text.as_bytes().get(closed) == Some(&b',');
    (0..WAYS).filter_map(move |way| {
        let after = |found: regex::Match<'_>| name.end + found.end();
        let (notation, start) = match way {
            0 => sign(text, name.clone(), closed)?,
            1 if may_pair(near) => (Notation::Element, after(PAIR.find(near)?)),
            2 if may_type(near) => (Notation::Assigned, after(TYPED.find(near)?)),
            1 | 2 => return None,
            _ => spaced(text, name.clone(), closed)?,
        };
        let value = read(text, notation, start)?;
        (value.is_quoted || notation != Notation::Argument || is_cell).then_some(value)
    })
}

/// Returns `true` if [`PAIR`] can match: the name ends a field, a line or a tag.
fn may_pair(near: &str) -> bool {
    const TAG_BYTES_MAX: usize = 64;
    let is_between = |byte: &u8| byte.is_ascii_whitespace() || b"\\\"',".contains(byte);
    let between = near.bytes().take_while(|byte| is_between(byte)).count();
    let (between, rest) = near.as_bytes().split_at(between);
    let ends_field = between.contains(&b',') || between.contains(&b'\n');
    let is_placed = ends_field
        || rest.first().is_some_and(|first| first.eq_ignore_ascii_case(&b'v'))
        || near.bytes().take(TAG_BYTES_MAX).any(|byte| byte == b'>');
    let is_value = |word: &[u8]| word.eq_ignore_ascii_case(b"value");
    is_placed && (rest.starts_with(b"</") || rest.windows("value".len()).any(is_value))
}

/// Returns `true` if [`TYPED`] can match.
fn may_type(near: &str) -> bool {
    const TYPE_BYTES_MAX: usize = 64;
    let is_apart = matches!(near.as_bytes(), [b':' | b' ' | b'\t', ..]);
    is_apart && near.bytes().take(TYPE_BYTES_MAX).any(|byte| byte == b'=')
}

/// Number of ways in which a value can follow its name.
const WAYS: usize = 4;

/// A `value` next to a `name`: in YAML, JSON, XML and property lists, with at most one field
/// between.
static PAIR: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r#"(?ix)^(?:
        [\\"'\s,]{0,40}(?:[\\"']{0,4}\w{1,20}[\\"']{0,4}\s?[:=]\s?(?:true|false|null|[\\"']{1,4}
            [^"'\\\n]{0,40}[\\"']{1,4})\s{0,3},?\s{0,9})?
            [\\"']{0,4}(?-u:\b)value[\\"']{0,4}\s{0,3}[:=]\s{0,3}
        |["'][^<>\n]{0,60}>\s{0,20}<value>
        |</\w{1,20}>\s{0,20}<\w{1,20}>)"#;
    Regex::new(pattern).expect("a constant, tested")
});

/// A type between the name and its value: `name: &str = "`, `name string = "`.
static TYPED: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"(?x)^(?:
        \s?:\s{0,3}[&*]?(?:'\w{1,10}\s)?[A-Za-z_][\w.:<>\[\]?]{0,30}\s{0,3}=\s{0,3}
        |\s{1,3}[A-Za-z_*\[][\w.:<>\[\]?]{0,30}\s{1,3}=\s{1,3})";
    Regex::new(pattern).expect("a constant, tested")
});

/// Returns the position after the closing quotes and brackets that follow a name.
fn closers(text: &str, mut at: usize) -> usize {
    const CLOSERS_MAX: usize = 10;
    for _ in 0..CLOSERS_MAX {
        let rest = &text[at..];
        let length = match rest.as_bytes() {
            [b'\\' | b'"' | b'\'' | b'`' | b']', ..] => 1,
            [b'[', b']', ..] => 2,
            [b'*', b'*', ..] => 2,
            _ if rest.starts_with("&quot;") => "&quot;".len(),
            _ => break,
        };
        at += length;
    }
    at
}

/// Reads a sign after the name: the notation, and the start of its value.
fn sign(text: &str, name: Range<usize>, closed: usize) -> Option<(Notation, usize)> {
    let at = closed + space(text, closed);
    let rest = &text.as_bytes()[at..];
    let is_closed = closed != name.end;
    let (notation, length) = match rest {
        [b':', b':', b'=', ..] => (Notation::Assigned, 3),
        [b':', b':', b':', b'=', ..] => (Notation::Assigned, 4),
        [b'=', b'=', b'=', ..] => (Notation::Assigned, 3),
        [b'?', b'?', b'=', ..] | [b'|', b'|', b'=', ..] => (Notation::Assigned, 3),
        [b':' | b'?' | b'+' | b'.' | b'!' | b'=', b'=', ..] => (Notation::Assigned, 2),
        [b'=' | b'-', b'>', ..] => (Notation::Assigned, 2),
        [b'=', ..] if at == name.end && !space_follows(text, at + 1) => (Notation::Equals, 1),
        [b'=', ..] => (Notation::Assigned, 1),
        [b':', b':', ..] => return None,
        [b':', ..] => (Notation::Colon, 1),
        _ if text[at..].starts_with(WIDE_COLON) => (Notation::Colon, WIDE_COLON.len_utf8()),
        [b'>', ..] if is_closed || is_tag(text, name.start) => (Notation::Element, 1),
        [b'(', ..] if at == name.end => (Notation::Argument, 1),
        [b',', ..] if is_closed => (Notation::Argument, 1),
        [b',', ..] if at == name.end && !space_follows(text, at + 1) => (Notation::Argument, 1),
        [b'|', ..] => (Notation::Gap, 1),
        _ => return None,
    };
    Some((notation, at + length))
}

fn space_follows(text: &str, at: usize) -> bool {
    text.as_bytes().get(at).is_none_or(u8::is_ascii_whitespace)
}

/// Returns `true` if the name at `start` is the name of a tag.
fn is_tag(text: &str, start: usize) -> bool {
    let before = text[..start].trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == ':');
    before.ends_with('<')
}

/// Reads white space or "is" after the name: the notation, and the start of its value.
fn spaced(text: &str, name: Range<usize>, closed: usize) -> Option<(Notation, usize)> {
    let gap = space(text, closed);
    if gap == 0 {
        // Some configurations have `password"value"`.
        let bytes = text.as_bytes();
        let before = name.start.checked_sub(1).map(|before| bytes[before]);
        let is_quote = closed == name.end + 1
            && matches!(bytes[name.end], b'"' | b'\'')
            && before.is_none_or(|byte| byte.is_ascii_whitespace());
        return is_quote.then_some((Notation::Gap, name.end));
    }
    let rest = &text[closed + gap..];
    let verbs = ["is: ", "is:", "is ", "= ", "ist ", "est ", "es ", "to "];
    let verb = verbs.iter().find(|verb| rest.starts_with(**verb));
    match verb {
        Some(verb) => Some((Notation::Words, closed + gap + verb.len())),
        None => Some((Notation::Gap, closed + gap)),
    }
}

/// Returns the length of the white space at `at` within its line.
fn space(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes()[at..].iter().take(SPACE_BYTES_MAX);
    bytes.take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}

/// Reads the value from `at` on, after white space.
fn read(text: &str, notation: Notation, at: usize) -> Option<Value> {
    let mut at = at + space(text, at);
    if matches!(notation, Notation::Colon | Notation::Element | Notation::Assigned) {
        at = past_block(text, at, notation);
    }
    at += prefix(&text[at..]);
    let rest = &text[at..];
    let escapes = rest.len() - rest.trim_start_matches('\\').len();
    let opened = &rest[escapes.min(rest.len())..];
    let quote =
        ["\"", "'", "`", "&quot;", "&#34;", "&#39;"].iter().find(|q| opened.starts_with(**q));
    let quoted = quote.and_then(|quote| {
        let start = at + escapes + quote.len();
        let length = quoted(&text[start..], quote, escapes)?;
        Some((true, start..start + length))
    });
    let (is_quoted, span) = quoted.unwrap_or_else(|| {
        let start = at + quote.map_or(0, |quote| escapes + quote.len());
        (false, start..start + bare(&text[start..], notation))
    });
    (!span.is_empty()).then_some(Value { notation, is_quoted, span })
}

/// Skips the block marks of YAML before a value, and the line break in an element.
fn past_block(text: &str, at: usize, notation: Notation) -> usize {
    let rest = &text[at..];
    let marks = ["|-", ">-", "|+", ">+", "|", ">", "!!str"];
    let mark = marks.iter().find(|mark| rest.starts_with(**mark));
    let length = mark.map_or(0, |mark| mark.len());
    if length == 0 && notation != Notation::Element {
        return at;
    }
    let blank = rest.as_bytes()[length..].iter().take(SPACE_BYTES_MAX);
    at + length + blank.take_while(|byte| byte.is_ascii_whitespace()).count()
}

/// Returns the length of the letters or signs that belong to the quote after them, as in `b"..."`.
fn prefix(rest: &str) -> usize {
    let letters = rest.bytes().take_while(|byte| b"bBrRfFuUNL@$".contains(byte)).count();
    let is_quote = matches!(rest.as_bytes().get(letters), Some(b'"' | b'\''));
    if is_quote && letters <= 2 { letters } else { 0 }
}

/// Returns the length of a quoted value, if its quote is closed in the same line.
fn quoted(text: &str, quote: &str, escapes: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let first = quote.as_bytes()[0];
    let mut escaped = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        // A quote that is escaped when it opens is also closed by an escaped one.
        let is_closed =
            byte == first && text[at..].starts_with(quote) && (escapes != 0 || escaped % 2 == 0);
        if is_closed {
            return Some(at - escapes.min(escaped));
        }
        if byte == b'\n' {
            return None;
        }
        escaped = if byte == b'\\' { escaped + 1 } else { 0 };
    }
    None
}

/// Returns the length of a value that ends with white space, a quote, markup, or a list separator.
fn bare(text: &str, notation: Notation) -> usize {
    let bytes = text.as_bytes();
    let is_name = |at: usize| {
        let name = bytes[at.min(bytes.len())..].iter().take(SPACE_BYTES_MAX);
        let length = name.take_while(|b| b.is_ascii_alphanumeric() || b"_-. ".contains(b)).count();
        0 < length && matches!(bytes.get(at + length), Some(b'=' | b':'))
    };
    let ends = |at: usize| match bytes[at] {
        b'"' | b'\'' | b'`' | b'\\' => true,
        b'<' => bytes.get(at + 1).is_some_and(|b| *b == b'/' || b.is_ascii_alphabetic()) && at != 0,
        b'&' | b';' => is_name(at + 1) || bytes[at..].starts_with(b"&quot;"),
        b',' => notation == Notation::Argument || is_name(at + 1),
        byte => byte.is_ascii_whitespace(),
    };
    let length = (0..bytes.len()).find(|at| ends(*at)).unwrap_or(bytes.len());
    trimmed(&text[..text.floor_char_boundary(length)])
}

/// Returns the length of a bare value without the punctuation of its context.
fn trimmed(value: &str) -> usize {
    const OUTSIDE_MAX: usize = 8;
    const WEIGHED_BYTES_MAX: usize = 512;
    let mut value = value;
    for _ in 0..OUTSIDE_MAX {
        let Some(last) = value.chars().next_back() else { break };
        let unopened = |open: char| {
            value.len() <= WEIGHED_BYTES_MAX
                && value.matches(open).count() < value.matches(last).count()
        };
        let is_outside = match last {
            ',' | ';' | '.' | ':' => true,
            ')' => unopened('('),
            ']' => unopened('['),
            '}' => unopened('{'),
            _ => false,
        };
        if !is_outside {
            break;
        }
        value = &value[..value.len() - 1];
    }
    value.len()
}
