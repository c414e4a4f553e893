//! Quotes stored text so that its content cannot end the quote.
//!
//! A text in one line is in quotation marks, and its own are escaped. A text of several lines has
//! `> ` before each line. Everything outside of quotes is ours.

use aios_memory::{Key, MemoryView, Shown};

/// Prefix of each line of a quoted block.
const BAR: &str = "> ";
/// Maximum number of characters of a quoted label, such as a title.
const LABEL_CHARS_MAX: usize = 80;
/// Mark at the end of a truncated text.
const CUT: &str = "...";

/// A stored text, prepared for quoting.
pub(crate) struct Quotable {
    text: String,
    warning: Option<&'static str>,
}

impl Quotable {
    /// Prepares a stored text. A text that the guard refuses is replaced by a notice.
    pub(crate) fn of(view: &MemoryView, text: &str) -> Quotable {
        let Some(Shown { text, has_injection, has_secret, .. }) = view.shown(text) else {
            return Quotable { text: String::new(), warning: Some("[refused by the guard]") };
        };
        let warning = match (has_injection, has_secret) {
            (true, _) => Some("[suspected prompt injection]"),
            (false, true) => Some("[holds a secret]"),
            (false, false) => None,
        };
        Quotable { text, warning }
    }

    /// Returns the warning before the quote, followed by a space.
    pub(crate) fn warning(&self) -> String {
        self.warning.map(|warning| format!("{warning} ")).unwrap_or_default()
    }

    /// Returns the text in one line and in quotation marks, truncated to `chars_max` characters.
    pub(crate) fn line(&self, chars_max: usize) -> String {
        marked(&self.text, chars_max)
    }

    /// Returns the text as a block of quoted lines, truncated to `chars_max` characters.
    pub(crate) fn block(&self, chars_max: usize) -> String {
        let shown = cut(&self.text, chars_max);
        let mut block = String::new();
        for line in shown.lines().map(str::trim_end).filter(|line| !line.is_empty()) {
            block.push_str(BAR);
            block.push_str(line);
            block.push('\n');
        }
        if shown.len() < self.text.len() {
            block.push_str(BAR);
            block.push_str(CUT);
            block.push('\n');
        }
        block
    }

    /// Returns the first `chars_max` characters of the text, for a JSON string.
    pub(crate) fn bare(&self, chars_max: usize) -> &str {
        cut(&self.text, chars_max)
    }

    /// Returns the number of characters of the text.
    pub(crate) fn chars(&self) -> usize {
        self.text.chars().count()
    }
}

/// Returns a stored label, such as a tag, in quotation marks.
pub(crate) fn label(view: &MemoryView, text: &str) -> String {
    Quotable::of(view, text).line(LABEL_CHARS_MAX)
}

/// Returns a key, in quotation marks unless it consists of characters of generated ids.
pub(crate) fn key(key: &Key) -> String {
    let text = key.to_string();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@+#".contains(c);
    match text.chars().all(is_plain) {
        true => text,
        false => marked(&text, usize::MAX),
    }
}

/// Returns `text` in one line and in quotation marks, with its own escaped.
fn marked(text: &str, chars_max: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown = cut(&line, chars_max);
    let mut out = String::with_capacity(shown.len() + 2);
    out.push('"');
    for c in shown.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            // Only keys contain these; other texts have been cleaned.
            c if c.is_control() => out.push('?'),
            c => out.push(c),
        }
    }
    if shown.len() < line.len() {
        out.push_str(CUT);
    }
    out.push('"');
    out
}

/// Returns at most the first `chars_max` characters.
fn cut(text: &str, chars_max: usize) -> &str {
    text.char_indices().nth(chars_max).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests;
