//! The part of a message that its author says: without what is quoted, pasted, or given as the
//! material of a task.
//!
//! [`own`] is the one place in which the text to read is chosen. It returns a text of the same
//! length, in which every foreign byte is a line break, so that byte offsets stay those of the
//! message.

mod code;
mod line;
mod quotation;
mod tag;
mod task;

use std::{borrow::Cow, ops::Range};

/// Returns `text` with line breaks in place of the words that are not the author's.
pub(crate) fn own(text: &str) -> Cow<'_, str> {
    let mut blank = Blank { text, ranges: Vec::new() };
    let blocks = line::read(&mut blank);
    tag::read(&mut blank);
    quotation::read(&mut blank);
    task::read(&mut blank, &blocks);
    blank.finish()
}

/// The foreign ranges of a text.
struct Blank<'t> {
    text: &'t str,
    ranges: Vec<Range<usize>>,
}

impl<'t> Blank<'t> {
    fn add(&mut self, range: Range<usize>) {
        if range.start < range.end {
            self.ranges.push(range);
        }
    }

    /// Returns true if the byte at `at` is foreign.
    fn covers(&self, at: usize) -> bool {
        self.ranges.iter().any(|range| range.contains(&at))
    }

    fn finish(self) -> Cow<'t, str> {
        if self.ranges.is_empty() {
            return Cow::Borrowed(self.text);
        }
        let mut ranges = self.ranges;
        ranges.sort_unstable_by_key(|range| range.start);
        let mut own = String::with_capacity(self.text.len());
        for range in ranges {
            let from = own.len();
            if range.end <= from {
                continue;
            }
            own.push_str(&self.text[from..range.start.max(from)]);
            own.extend(std::iter::repeat_n('\n', range.end - own.len()));
        }
        own.push_str(&self.text[own.len()..]);
        Cow::Owned(own)
    }
}

/// Returns the first `bytes_max` bytes of a text, fewer if they cut a character.
fn head(text: &str, bytes_max: usize) -> &str {
    let mut end = text.len().min(bytes_max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Returns the spans of the lines of a text, without their line breaks.
fn lines(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    text.split('\n').map(move |line| {
        let span = start..start + line.len();
        start = span.end + 1;
        span
    })
}
