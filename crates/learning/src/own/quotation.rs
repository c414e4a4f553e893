//! Texts in quotation marks.
//!
//! A quoted name or title is the author's ("my cat is called 'Mungo'"). A quotation that is a text
//! of its own is not: it follows a colon, fills its line, has several sentences, or speaks of
//! itself.

use super::blank::{Blank, head};

/// Words of the shortest quotation that is a text of its own.
const WORDS_MIN: usize = 3;

/// Bytes of the longest quotation.
const BYTES_MAX: usize = 2000;

pub(super) fn read(blank: &mut Blank<'_>) {
    let text = blank.text;
    let mut from = 0;
    while let Some((start, end)) = next(text, from) {
        let inner = text[start..end].trim_matches(is_mark);
        if WORDS_MIN <= inner.split_whitespace().count() && is_text(text, start, end, inner) {
            blank.add(start..end);
        }
        from = end;
    }
}

fn is_mark(c: char) -> bool {
    matches!(c, '"' | '\'' | '`' | '\u{201c}' | '\u{201d}' | '\u{2018}' | '\u{2019}')
}

/// Returns the span of the first quotation after `from`, with its marks. A quotation ends in its
/// paragraph.
fn next(text: &str, from: usize) -> Option<(usize, usize)> {
    for (at, open) in text[from..].char_indices().filter(|(_, c)| is_mark(*c)) {
        let start = from + at;
        let close = match open {
            '\u{201c}' => '\u{201d}',
            '\u{2018}' => '\u{2019}',
            '\u{201d}' | '\u{2019}' => continue,
            c => c,
        };
        if text[..start].ends_with(char::is_alphanumeric) {
            continue;
        }
        let inner = start + open.len_utf8();
        let rest = head(&text[inner..], BYTES_MAX);
        let limit = rest.find("\n\n").unwrap_or(rest.len());
        let closes = |at: usize| {
            let after = rest[at + close.len_utf8()..].chars().next();
            0 < at && !rest[..at].ends_with(' ') && after.is_none_or(|c| !c.is_alphanumeric())
        };
        let end = rest[..limit].match_indices(close).map(|(at, _)| at).find(|at| closes(*at));
        if let Some(end) = end {
            return Some((start, inner + end + close.len_utf8()));
        }
    }
    None
}

/// Returns true if a quotation is a text of its own.
fn is_text(text: &str, start: usize, end: usize, inner: &str) -> bool {
    const SPEECH: &[&str] = &["i ", "i'", "we ", "my ", "our ", "the user", "hi", "im "];
    let before = text[..start].trim_end_matches([' ', '\t']);
    let after = text[end..].trim_start_matches([' ', '\t', '.', '!', '?', ';', ',']);
    let fills = (before.is_empty() || before.ends_with('\n'))
        && (after.is_empty() || after.starts_with('\n'));
    let is_several = inner.contains(". ") || inner.contains("! ") || inner.contains(".\n");
    let low = inner.to_lowercase();
    let speaks = SPEECH.iter().any(|it| low.starts_with(it));
    let says = [" i ", " i'", " my ", " we ", "the user"].iter().any(|it| low.contains(it));
    fills || before.ends_with([':', '=']) || speaks || is_several && says
}
