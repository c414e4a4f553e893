//! A text whose foreign words are made blank.

use std::{borrow::Cow, ops::Range};

/// The foreign ranges of a text.
pub(super) struct Blank<'t> {
    pub(super) text: &'t str,
    pub(super) ranges: Vec<Range<usize>>,
}

impl<'t> Blank<'t> {
    pub(super) fn of(text: &'t str) -> Blank<'t> {
        Blank { text, ranges: Vec::new() }
    }

    pub(super) fn add(&mut self, range: Range<usize>) {
        if range.start < range.end {
            self.ranges.push(range);
        }
    }

    /// Returns true if the byte at `at` is foreign.
    pub(super) fn covers(&self, at: usize) -> bool {
        self.ranges.iter().any(|range| range.contains(&at))
    }

    pub(super) fn finish(self) -> Cow<'t, str> {
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
pub(super) fn head(text: &str, bytes_max: usize) -> &str {
    let mut end = text.len().min(bytes_max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Returns the spans of the lines of a text, without their line breaks.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    text.split('\n').map(move |line| {
        let span = start..start + line.len();
        start = span.end + 1;
        span
    })
}
