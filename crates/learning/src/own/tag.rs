//! Markup and placeholders: `<status>done</status>`, `[image: a cat]`.

use super::blank::{Blank, head};

/// Bytes of the longest tag or placeholder, and of the longest content of an element.
const TAG_BYTES_MAX: usize = 200;
const CONTENT_BYTES_MAX: usize = 16 * 1024;

/// Tags that only format their words.
const FORMATS: &[&str] = &[
    "a", "b", "i", "u", "p", "em", "strong", "br", "span", "div", "li", "ul", "ol", "hr", "small",
];

/// First words of placeholders for files, images and other content.
const PLACEHOLDERS: &[&str] = &[
    "file",
    "files",
    "image",
    "photo",
    "picture",
    "document",
    "attachment",
    "audio",
    "video",
    "screenshot",
    "voice",
    "sticker",
    "gif",
    "pdf",
    "pasted",
    "redacted",
    "media",
    "request",
    "attached",
    "uploaded",
    "embedded",
    "link",
];

pub(super) fn read(blank: &mut Blank<'_>) {
    let text = blank.text;
    let mut from = 0;
    while let Some(at) = text[from..].find(['<', '[']).map(|at| from + at) {
        let end =
            if text[at..].starts_with('<') { element(text, at) } else { placeholder(text, at) };
        if let Some(end) = end {
            blank.add(at..end);
        }
        from = end.unwrap_or(at + 1);
    }
}

/// Returns the end of the element whose tag begins at `at`, with its content unless the tag only
/// formats it.
fn element(text: &str, at: usize) -> Option<usize> {
    let (name, end) = tag(text, at)?;
    let is_format = FORMATS.iter().any(|it| name.eq_ignore_ascii_case(it));
    if is_format || name.starts_with('/') || text[at..end].ends_with("/>") {
        return Some(end);
    }
    let close = format!("</{name}>");
    let content = head(&text[end..], CONTENT_BYTES_MAX).find(&close);
    Some(content.map_or(end, |content| end + content + close.len()))
}

/// Returns the name of the tag at `at`, with the slash of a closing one, and its end.
fn tag(text: &str, at: usize) -> Option<(&str, usize)> {
    let rest = head(&text[at + 1..], TAG_BYTES_MAX);
    let close = rest.find(['>', '<', '\n']).filter(|close| rest[*close..].starts_with('>'))?;
    let inner = &rest[..close];
    let name = inner.split([' ', '\t']).next().unwrap_or_default();
    let word = name.trim_start_matches('/').trim_end_matches('/');
    let is_name = word.starts_with(|c: char| c.is_ascii_alphabetic())
        && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    let name = name.trim_end_matches('/');
    is_name.then_some((name, at + close + 2))
}

/// Returns the end of a placeholder in brackets.
fn placeholder(text: &str, at: usize) -> Option<usize> {
    let rest = head(&text[at + 1..], TAG_BYTES_MAX);
    let close = rest.find([']', '\n']).filter(|close| rest[*close..].starts_with(']'))?;
    let first = rest[..close].split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let is_media = PLACEHOLDERS.iter().any(|it| first.eq_ignore_ascii_case(it));
    // A link of Markdown has its words in brackets.
    let is_link = rest[close + 1..].starts_with('(');
    (is_media && !is_link).then_some(at + close + 2)
}
