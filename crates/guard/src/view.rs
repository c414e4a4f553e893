//! A transformed text for scanning, with a mapping to the bytes of the original.

use std::{borrow::Cow, ops::Range};

/// A text derived from another: parts copied, parts replaced, parts omitted.
pub(crate) struct View<'t> {
    pub(crate) text: Cow<'t, str>,
    /// Sorted by position in `text`. Empty if the text is the original.
    pieces: Vec<Piece>,
}

/// A part of the view, up to the next one. Texts are at most [`SCAN_BYTES_MAX`] long.
///
/// [`SCAN_BYTES_MAX`]: crate::SCAN_BYTES_MAX
struct Piece {
    at: u32,
    source: u32,
    /// The end in the original, if the piece is not a copy.
    replaced_until: Option<u32>,
}

impl<'t> View<'t> {
    /// Creates a view of the unchanged text.
    pub(crate) fn same(text: &'t str) -> View<'t> {
        View { text: Cow::Borrowed(text), pieces: Vec::new() }
    }

    /// Returns the bytes of the original from which `span` of the view was made, without omitted
    /// text at either end.
    pub(crate) fn origin(&self, span: Range<usize>) -> Range<usize> {
        if self.pieces.is_empty() || span.is_empty() {
            return span;
        }
        let piece = |offset: usize| {
            let after = self.pieces.partition_point(|piece| piece.at as usize <= offset);
            &self.pieces[after.saturating_sub(1)]
        };
        let (first, last) = (piece(span.start), piece(span.end - 1));
        let start = match first.replaced_until {
            Some(_) => first.source as usize,
            None => first.source as usize + (span.start - first.at as usize),
        };
        let end = match last.replaced_until {
            Some(end) => end as usize,
            None => last.source as usize + (span.end - last.at as usize),
        };
        start..end
    }
}

/// Builds a [`View`] from front to back.
pub(crate) struct ViewBuilder<'t> {
    source: &'t str,
    text: String,
    pieces: Vec<Piece>,
    /// End of the part of the source that has been processed.
    taken_until: usize,
}

impl<'t> ViewBuilder<'t> {
    pub(crate) fn new(source: &'t str) -> ViewBuilder<'t> {
        ViewBuilder { source, text: String::new(), pieces: Vec::new(), taken_until: 0 }
    }

    /// Replaces `range` by `replacement`, which may be empty; `range` may not. Copies all text
    /// before it that was not replaced.
    pub(crate) fn replace(&mut self, range: Range<usize>, replacement: &str) {
        self.copy_until(range.start);
        if !replacement.is_empty() {
            self.push(range.start, Some(range.end));
            self.text.push_str(replacement);
        }
        self.taken_until = range.end;
    }

    /// Returns the view, or `None` if nothing was replaced.
    pub(crate) fn finish(mut self) -> Option<View<'t>> {
        if self.taken_until == 0 {
            return None;
        }
        self.copy_until(self.source.len());
        Some(View { text: Cow::Owned(self.text), pieces: self.pieces })
    }

    fn copy_until(&mut self, end: usize) {
        if self.taken_until < end {
            self.push(self.taken_until, None);
            self.text.push_str(&self.source[self.taken_until..end]);
        }
    }

    fn push(&mut self, source: usize, replaced_until: Option<usize>) {
        let narrow = |offset: usize| u32::try_from(offset).expect("a scanned text is short");
        let (at, source) = (narrow(self.text.len()), narrow(source));
        self.pieces.push(Piece { at, source, replaced_until: replaced_until.map(narrow) });
    }
}
