//! Answers of tools: text within a token budget, counted with `o200k` and including the last line.

#[cfg(test)]
mod tests;

use aios_memory::{
    Timestamp,
    context::{Tiktoken, TokenCounter},
};
use rmcp::model::{CallToolResult, ContentBlock};
use serde_json::Value;

/// Maximum number of steps until a stated token count that includes itself is stable. Its number of
/// digits grows at most twice.
const STEPS_MAX: usize = 8;

/// The answer of a tool.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    /// The text for the model.
    pub(crate) text: String,
    /// The same as JSON, for programs that request it.
    pub(crate) value: Value,
    /// Keys of the changed records, for the audit line.
    pub(crate) changed: Vec<String>,
    /// True if the text is the reason for a refusal.
    pub(crate) is_refusal: bool,
}

impl Answer {
    /// Returns the answer of a tool that changes nothing.
    pub(crate) fn read(text: String, value: Value) -> Answer {
        Answer::done(text, value, Vec::new())
    }

    /// Returns the answer of a tool that changed these records.
    pub(crate) fn done(text: String, value: Value, changed: Vec<String>) -> Answer {
        Answer { text, value, changed, is_refusal: false }
    }

    /// Returns the result for the protocol. If it has both, a host gives its model
    /// `structuredContent` instead of the text, so by default it is left out.
    pub(crate) fn into_result(self, is_structured: bool) -> CallToolResult {
        let content = vec![ContentBlock::text(self.text)];
        let mut result = match self.is_refusal {
            true => CallToolResult::error(content),
            false => CallToolResult::success(content),
        };
        result.structured_content = Some(self.value).filter(|_| is_structured);
        result
    }
}

/// Returns the number of tokens of a text.
pub(crate) fn tokens(text: &str) -> usize {
    Tiktoken::o200k().count(text).0
}

/// Returns a count with its noun: `1 record`, `2 records`.
pub(crate) fn number(count: usize, thing: &str) -> String {
    match count {
        1 => format!("1 {thing}"),
        _ => format!("{count} {thing}s"),
    }
}

/// Returns the day of a time, in UTC.
pub(crate) fn day(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d").to_string()
}

/// A text that grows piece by piece up to a token budget.
pub(crate) struct Budgeted {
    pieces: Vec<String>,
    tokens: usize,
    tokens_max: usize,
}

impl Budgeted {
    /// Starts a text of at most `tokens_max` tokens.
    pub(crate) fn new(tokens_max: usize) -> Budgeted {
        Budgeted { pieces: Vec::new(), tokens: 0, tokens_max }
    }

    /// Returns the number of tokens that are left if the last line has `closing` tokens.
    pub(crate) fn room(&self, closing: usize) -> usize {
        self.tokens_max.saturating_sub(self.tokens + closing)
    }

    /// Adds a piece that ends with a line break, if it fits.
    pub(crate) fn add(&mut self, piece: String, closing: usize) -> bool {
        let count = tokens(&piece);
        let fits = count <= self.room(closing);
        if fits {
            self.tokens += count;
            self.pieces.push(piece);
        }
        fits
    }

    /// Returns the number of pieces.
    pub(crate) fn len(&self) -> usize {
        self.pieces.len()
    }

    /// Adds the last line. `closing` renders it from the number of tokens, including its own, and
    /// the number of pieces. Drops pieces at the end if the whole has more tokens than the sum of
    /// its parts.
    pub(crate) fn close(mut self, closing: impl Fn(usize, usize) -> String) -> String {
        loop {
            let text = with_count(&self.pieces.concat(), |count| closing(count, self.pieces.len()));
            if self.pieces.is_empty() || tokens(&text) <= self.tokens_max {
                return text;
            }
            self.pieces.pop();
        }
    }
}

/// Returns `body` followed by a line with the number of tokens of the whole.
pub(crate) fn with_count(body: &str, line: impl Fn(usize) -> String) -> String {
    let mut text = format!("{body}{}", line(0));
    let mut stated = 0;
    for _ in 0..STEPS_MAX {
        let counted = tokens(&text);
        if counted == stated {
            break;
        }
        stated = counted;
        text = format!("{body}{}", line(stated));
    }
    text
}

/// Returns the longest rendering within `tokens_max` tokens. `render` truncates a text to a number
/// of characters, at most `chars_max`. Returns `None` if not even `chars_min` characters fit.
pub(crate) fn fitting(
    render: impl Fn(usize) -> String,
    chars_min: usize,
    chars_max: usize,
    tokens_max: usize,
) -> Option<String> {
    // A token has at least one character, or a part of one.
    let (mut low, mut high) = (chars_min, chars_max);
    let mut best = None;
    while low <= high {
        let middle = low + (high - low) / 2;
        let rendered = render(middle);
        if tokens(&rendered) <= tokens_max {
            best = Some(rendered);
            low = middle + 1;
        } else {
            match middle.checked_sub(1) {
                Some(less) => high = less,
                None => break,
            }
        }
    }
    best
}
