//! Splits long texts into pieces that are searched separately.

use std::ops::Range;

use aios_embedding::Embedder;
use unicode_segmentation::UnicodeSegmentation;

/// Approximate maximum number of tokens per piece. A text up to this length is not split, even if
/// an embedder takes fewer tokens: a split text is found by fewer of its words, which costs more
/// than it gains (Cranfield with MiniLM, nDCG@10: .444 whole, .440 cut).
const CHUNK_TOKENS_MAX: usize = 500;
/// Approximate number of tokens that a piece repeats from the end of the previous one.
const OVERLAP_TOKENS: usize = 50;

/// Splits `text` into ranges of about 500 tokens, or of the maximum of `embedder` if that is lower.
/// A text of up to about 500 tokens is one range; a blank text has none. Ranges end at sentence
/// ends if there are any. Each begins with about the last 50 tokens of the previous one, at most a
/// quarter of a range.
#[must_use]
pub fn chunks(text: &str, embedder: &dyn Embedder) -> Vec<Range<usize>> {
    chunks_of(text, embedder.tokens_max(), &|text| embedder.count_tokens(text))
}

/// As [`chunks`], with a token counter and a token limit in place of an embedder.
pub(crate) fn chunks_of(
    text: &str,
    tokens_max: Option<usize>,
    count_tokens: &dyn Fn(&str) -> usize,
) -> Vec<Range<usize>> {
    let tokens_max = tokens_max.map_or(CHUNK_TOKENS_MAX, |max| max.clamp(1, CHUNK_TOKENS_MAX));
    let units = units(text, tokens_max, count_tokens);
    if units.iter().map(|unit| unit.tokens).sum::<usize>() <= CHUNK_TOKENS_MAX {
        return Vec::from_iter(Some(trim(text, 0..text.len())).filter(|range| !range.is_empty()));
    }
    cut(text, &units, tokens_max, OVERLAP_TOKENS.min(tokens_max / 4))
}

/// Joins units into ranges of about `tokens_max` tokens, each beginning with about the last
/// `overlap` tokens of the previous one.
fn cut(text: &str, units: &[Unit], tokens_max: usize, overlap: usize) -> Vec<Range<usize>> {
    let mut chunks = Vec::new();
    let mut first = 0;
    while first < units.len() {
        let mut tokens = 0;
        let fitting = units[first..].iter().take_while(|unit| {
            tokens += unit.tokens;
            tokens <= tokens_max
        });
        let end = first + fitting.count().max(1);
        chunks.push(units[first].range.start..units[end - 1].range.end);
        if end == units.len() {
            break;
        }
        let room = overlap.min(tokens_max.saturating_sub(units[end].tokens));
        let mut repeated = 0;
        let again = units[first + 1..end].iter().rev().take_while(|unit| {
            repeated += unit.tokens;
            repeated <= room
        });
        first = end - again.count();
    }
    let trimmed = chunks.into_iter().map(|range| trim(text, range));
    trimmed.filter(|range| !range.is_empty()).collect()
}

/// A piece of text that is not split further.
struct Unit {
    range: Range<usize>,
    tokens: usize,
}

/// Returns the sentences of `text`. A sentence too long for a chunk is split between words.
fn units(text: &str, tokens_max: usize, count_tokens: &dyn Fn(&str) -> usize) -> Vec<Unit> {
    let mut units = Vec::new();
    for (start, sentence) in text.split_sentence_bound_indices() {
        let tokens = count_tokens(sentence);
        if tokens <= tokens_max {
            units.push(Unit { range: start..start + sentence.len(), tokens });
            continue;
        }
        let mut part = Unit { range: start..start, tokens: 0 };
        for (at, word) in sentence.split_word_bound_indices() {
            let tokens = count_tokens(word);
            if tokens_max < part.tokens + tokens && !part.range.is_empty() {
                let next = start + at;
                units.push(std::mem::replace(&mut part, Unit { range: next..next, tokens: 0 }));
            }
            part.range.end = start + at + word.len();
            part.tokens += tokens;
        }
        units.push(part);
    }
    units
}

fn trim(text: &str, range: Range<usize>) -> Range<usize> {
    let piece = &text[range.clone()];
    let start = range.start + (piece.len() - piece.trim_start().len());
    start..start + piece.trim().len()
}

#[cfg(test)]
mod tests;
