//! Invisible characters: controls, bidirectional marks, zero-width characters.
//!
//! One classification serves both [`sanitize`], which strips them all, and the scan, which reports
//! those without a legitimate use in their context. Joiners and variation selectors are kept where
//! scripts and emoji need them: one at a time, between characters beyond ASCII.

use std::borrow::Cow;

use crate::view::{View, ViewBuilder};

/// Removes control, bidirectional and zero-width characters from `text`. Newline and tab are kept;
/// every other line break (CR LF, CR, vertical tab, form feed, NEL, U+2028, U+2029) becomes a
/// newline. Clean text is borrowed.
///
/// ```
/// use aios_guard::sanitize;
///
/// assert_eq!(sanitize("a\u{200B}b\u{202E}c\x1b[31m\r\nd"), "abc[31m\nd");
/// ```
#[must_use]
pub fn sanitize(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut kept_until = 0;
    for (offset, c, class) in classify(text) {
        let replacement = match class {
            Class::Visible => continue,
            Class::LineBreak => "\n",
            Class::Silent | Class::Hidden(_) => "",
        };
        out.push_str(&text[kept_until..offset]);
        out.push_str(replacement);
        kept_until = offset + c.len_utf8();
    }
    if kept_until == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[kept_until..]);
    Cow::Owned(out)
}

/// The visibility of a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// Visible, or needed by visible characters.
    Visible,
    /// A line break other than a newline.
    LineBreak,
    /// Invisible and stripped, but common in ordinary text: terminal codes, soft hyphens.
    Silent,
    /// Invisible and suspicious, with the name of the rule that finds it.
    Hidden(&'static str),
}

/// Returns each character with its byte offset and class.
pub(crate) fn classify(text: &str) -> impl Iterator<Item = (usize, char, Class)> + '_ {
    let mut chars = text.char_indices().peekable();
    let mut previous: Option<char> = None;
    std::iter::from_fn(move || {
        let (offset, c) = chars.next()?;
        let next = chars.peek().map(|&(_, next)| next);
        let class = if c.is_ascii() && ' ' <= c && c != '\x7f' {
            Class::Visible
        } else {
            class_of(offset, previous, c, next)
        };
        match class {
            Class::Visible => previous = Some(c),
            Class::LineBreak => previous = Some('\n'),
            Class::Silent | Class::Hidden(_) => {}
        }
        Some((offset, c, class))
    })
}

fn class_of(offset: usize, previous: Option<char>, c: char, next: Option<char>) -> Class {
    match c {
        '\n' | '\t' => Class::Visible,
        '\r' if next == Some('\n') => Class::Silent,
        '\r' | '\x0b' | '\x0c' | '\u{85}' | '\u{2028}' | '\u{2029}' => Class::LineBreak,
        _ if c.is_control() => Class::Silent,
        '\u{FEFF}' if offset == 0 => Class::Silent,
        '\u{200C}' | '\u{200D}' if joins(previous, next) => Class::Visible,
        '\u{FE00}'..='\u{FE0F}' if varies(previous, next) => Class::Visible,
        _ => invisible(c),
    }
}

/// Returns true if a joiner between these two characters has an effect.
fn joins(previous: Option<char>, next: Option<char>) -> bool {
    let letter = |c: Option<char>| {
        c.is_some_and(|c| !c.is_ascii() && !c.is_whitespace() && !c.is_control())
            && !c.is_some_and(is_joiner_or_selector)
            && c.is_some_and(|c| invisible(c) == Class::Visible)
    };
    // An emoji may carry one selector before it is joined to the next.
    let before = previous.is_some_and(|c| matches!(c, '\u{FE0F}')) || letter(previous);
    before && letter(next)
}

/// Returns true if a variation selector after `previous` has an effect.
fn varies(previous: Option<char>, next: Option<char>) -> bool {
    let is_keycap = |c: char| next == Some('\u{20E3}') && matches!(c, '0'..='9' | '#' | '*');
    previous.is_some_and(|c| is_keycap(c) || (!c.is_ascii() && !is_joiner_or_selector(c)))
}

fn is_joiner_or_selector(c: char) -> bool {
    matches!(c, '\u{200C}' | '\u{200D}' | '\u{FE00}'..='\u{FE0F}')
}

/// Returns `true` for characters that are invisible in every context.
pub(crate) fn is_invisible(c: char) -> bool {
    invisible(c) != Class::Visible
}

/// Returns the class of a character without its context. The ranges are Unicode's
/// `Default_Ignorable_Code_Point` with the bidirectional and annotation controls.
fn invisible(c: char) -> Class {
    match c {
        '\u{AD}' | '\u{200E}' | '\u{200F}' | '\u{61C}' => Class::Silent,
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => Class::Hidden("bidi-control"),
        '\u{E0000}'..='\u{E007F}' => Class::Hidden("tag-characters"),
        '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}' | '\u{180B}'..='\u{180D}' => {
            Class::Hidden("variation-selectors")
        }
        '\u{34F}'
        | '\u{115F}'
        | '\u{1160}'
        | '\u{17B4}'
        | '\u{17B5}'
        | '\u{180E}'
        | '\u{180F}'
        | '\u{200B}'..='\u{200D}'
        | '\u{2060}'..='\u{2065}'
        | '\u{206A}'..='\u{206F}'
        | '\u{3164}'
        | '\u{FEFF}'
        | '\u{FFA0}'
        | '\u{FFF0}'..='\u{FFFB}'
        | '\u{1BCA0}'..='\u{1BCA3}'
        | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0080}'..='\u{E00FF}'
        | '\u{E01F0}'..='\u{E0FFF}' => Class::Hidden("zero-width"),
        _ => Class::Visible,
    }
}

/// Removes the invisible characters of `text`.
pub(crate) fn plain(text: &str) -> View<'_> {
    let mut view = ViewBuilder::new(text);
    for (offset, c, class) in classify(text) {
        if !matches!(class, Class::Visible | Class::LineBreak) {
            view.replace(offset..offset + c.len_utf8(), "");
        }
    }
    view.finish().unwrap_or_else(|| View::same(text))
}
