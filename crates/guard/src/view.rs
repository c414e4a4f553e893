//! A text as it is scanned, and the way back to the bytes of the original.

use std::{borrow::Cow, ops::Range};

/// A text made from another: parts copied, parts replaced, parts left out.
pub(crate) struct View<'t> {
    pub(crate) text: Cow<'t, str>,
    /// In the order of `text`. Empty if the text is the original.
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
    /// The original itself.
    pub(crate) fn same(text: &'t str) -> View<'t> {
        View { text: Cow::Borrowed(text), pieces: Vec::new() }
    }

    /// The bytes of the original that `span` of the view was made from: text left out at either
    /// end does not belong to it.
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

/// Makes a [`View`] from front to back.
pub(crate) struct ViewBuilder<'t> {
    source: &'t str,
    text: String,
    pieces: Vec<Piece>,
    /// The end of the source that is taken over so far.
    taken_until: usize,
}

impl<'t> ViewBuilder<'t> {
    pub(crate) fn new(source: &'t str) -> ViewBuilder<'t> {
        ViewBuilder { source, text: String::new(), pieces: Vec::new(), taken_until: 0 }
    }

    /// Puts `replacement` in the place of `range`, which may be empty only in what it becomes. All
    /// before it that was not replaced is copied.
    pub(crate) fn replace(&mut self, range: Range<usize>, replacement: &str) {
        self.copy_until(range.start);
        if !replacement.is_empty() {
            self.push(range.start, Some(range.end));
            self.text.push_str(replacement);
        }
        self.taken_until = range.end;
    }

    /// The view, or `None` if nothing was replaced.
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
