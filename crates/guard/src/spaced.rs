//! Joining of spaced-out letters, `i g n o r e` or `i.g.n.o.r.e`.

use crate::view::{View, ViewBuilder};

/// Minimum number of letters in a row. Fewer are initials or a list.
const LETTERS_MIN: usize = 6;

/// Longest gap between two letters of one word, in bytes.
const GAP_BYTES_MAX: usize = 4;

/// Joins the spaced-out letters of `text`. `None` if there are none. A gap that differs from the
/// first one of its run becomes a space between words.
pub(crate) fn joined(text: &str) -> Option<View<'_>> {
    let bytes = text.as_bytes();
    let mut view = ViewBuilder::new(text);
    let mut at = 0;
    while at < bytes.len() {
        if !is_letter(bytes, at) || (0 < at && is_part(bytes[at - 1])) {
            at += 1;
            continue;
        }
        let gaps = gaps(bytes, at);
        let Some((_, last)) = gaps.last().copied().filter(|_| LETTERS_MIN <= gaps.len() + 1) else {
            at += 1;
            continue;
        };
        let usual = &text[gaps[0].0..gaps[0].1];
        for &(start, end) in &gaps {
            view.replace(start..end, if &text[start..end] == usual { "" } else { " " });
        }
        at = last + 1;
    }
    view.finish()
}

/// Returns the gaps between single letters from `at` on.
fn gaps(bytes: &[u8], at: usize) -> Vec<(usize, usize)> {
    let mut gaps = Vec::new();
    let mut letter = at;
    loop {
        let gap = bytes[letter + 1..].iter().take(GAP_BYTES_MAX + 1).take_while(|b| is_gap(**b));
        let next = letter + 1 + gap.count();
        let length = next - letter - 1;
        let is_single = is_letter(bytes, next) && !bytes.get(next + 1).is_some_and(|b| is_part(*b));
        if length == 0 || GAP_BYTES_MAX < length || !is_single {
            return gaps;
        }
        gaps.push((letter + 1, next));
        letter = next;
    }
}

fn is_letter(bytes: &[u8], at: usize) -> bool {
    bytes.get(at).is_some_and(u8::is_ascii_alphabetic)
}

/// Returns `true` for a part of a word: a letter next to one is not single.
fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || !byte.is_ascii()
}

fn is_gap(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'.' | b'-' | b'_' | b'*' | b'|' | b'/' | b',' | b'+')
}
