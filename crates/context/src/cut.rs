//! Cutting a text at the end of a sentence or a word.

use unicode_segmentation::UnicodeSegmentation;

/// Minimum number of tokens that a cut text keeps. Texts that would be shorter are omitted.
pub const CUT_TOKENS_MIN: usize = 50;

/// Returns the result of `attempt` for the longest proper prefix of `text` within `bytes_max` that
/// ends with a sentence (Unicode Standard Annex 29, in which a line break also ends one) and for
/// which `attempt` returns a value.
pub(crate) fn at_sentence_end<T>(
    text: &str,
    bytes_max: usize,
    attempt: impl FnMut(&str) -> Option<T>,
) -> Option<T> {
    let window = window(text, bytes_max);
    longest(text, window.split_sentence_bound_indices().map(|(start, _)| start), attempt)
}

/// Does the same for the ends of words, which include those of characters in scripts without
/// spaces.
pub(crate) fn at_word_end<T>(
    text: &str,
    bytes_max: usize,
    attempt: impl FnMut(&str) -> Option<T>,
) -> Option<T> {
    let window = window(text, bytes_max);
    longest(text, window.split_word_bound_indices().map(|(start, _)| start), attempt)
}

fn window(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

/// Returns the result of `attempt` for the longest proper prefix of `text` that ends before one of
/// `bounds` and for which `attempt` returns a value.
///
/// Binary search: calls `attempt` once per halving of the number of bounds, and assumes that every
/// shorter prefix of a fitting one also fits.
fn longest<T>(
    text: &str,
    bounds: impl Iterator<Item = usize>,
    mut attempt: impl FnMut(&str) -> Option<T>,
) -> Option<T> {
    let mut ends: Vec<usize> = bounds
        .map(|start| text[..start].trim_end().len())
        .filter(|&end| 0 < end && end < text.len())
        .collect();
    ends.dedup();
    let mut best = None;
    let (mut low, mut high) = (0, ends.len());
    while low < high {
        let middle = low + (high - low) / 2;
        match attempt(&text[..ends[middle]]) {
            Some(fit) => {
                best = Some(fit);
                low = middle + 1;
            }
            None => high = middle,
        }
    }
    best
}
