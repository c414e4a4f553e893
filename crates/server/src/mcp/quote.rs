//! Quotation of stored text, so that no content ends its quote.
//!
//! A text on one line stands in quotation marks, with those in it escaped. A text of several lines
//! has `> ` before each line. Everything outside of quotes is ours.

use aios_memory::{Key, MemoryView, Shown};

/// Beginning of each line of a quoted block.
const BAR: &str = "> ";
/// Maximum number of characters of a quoted label, such as a title.
const LABEL_CHARS_MAX: usize = 80;
/// End of a text whose rest is left out.
const CUT: &str = "...";

/// A stored text, ready to be quoted.
pub(crate) struct Quotable {
    text: String,
    warning: Option<&'static str>,
}

impl Quotable {
    /// Prepares a stored text. One that the guard refuses is replaced by a statement of that.
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

    /// Returns the warning that stands before the quote, with a space after it.
    pub(crate) fn warning(&self) -> String {
        self.warning.map(|warning| format!("{warning} ")).unwrap_or_default()
    }

    /// Returns the text on one line in quotation marks, cut off after `chars_max` characters.
    pub(crate) fn line(&self, chars_max: usize) -> String {
        marked(&self.text, chars_max)
    }

    /// Returns the text as a block of quoted lines, cut off after `chars_max` characters.
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

    /// Returns the first `chars_max` characters of the text, for a string of JSON.
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

/// Returns a key: bare if it has the characters of an id that a program makes, else in quotation
/// marks.
pub(crate) fn key(key: &Key) -> String {
    let text = key.to_string();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@+#".contains(c);
    match text.chars().all(is_plain) {
        true => text,
        false => marked(&text, usize::MAX),
    }
}

/// Returns `text` on one line in quotation marks, with its own escaped.
fn marked(text: &str, chars_max: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown = cut(&line, chars_max);
    let mut out = String::with_capacity(shown.len() + 2);
    out.push('"');
    for c in shown.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            // Only a key holds them: texts are cleaned before.
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
