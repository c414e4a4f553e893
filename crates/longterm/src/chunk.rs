//! Cutting a long text into pieces that are searched by themselves.

use std::ops::Range;

use aios_embedding::Embedder;
use unicode_segmentation::UnicodeSegmentation;

/// About how many tokens a piece has at most. A text of no more is not cut, even where an embedder
/// takes fewer: cut in two it is found by fewer of its words, which costs more than it gains
/// (Cranfield with MiniLM, nDCG@10: .444 whole, .440 cut).
const CHUNK_TOKENS_MAX: usize = 500;
/// About how many tokens at the end of a piece stand again at the beginning of the next.
const OVERLAP_TOKENS: usize = 50;

/// Ranges of `text`: all of it where that has about 500 tokens at most, otherwise of as many each,
/// or of as many as `embedder` takes, if those are fewer; cut at sentence ends where there are any.
/// Each begins with about the last 50 tokens of the one before. A text without a word has none.
#[must_use]
pub fn chunks(text: &str, embedder: &dyn Embedder) -> Vec<Range<usize>> {
    chunks_of(text, embedder.tokens_max(), &|text| embedder.count_tokens(text))
}

/// As [`chunks`], for whom tokens are as `count_tokens` counts them, and `tokens_max` are taken.
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

/// Ranges of about `tokens_max` tokens each, each beginning with about the last `overlap` tokens of
/// the one before.
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

/// A piece of text that is not cut further.
struct Unit {
    range: Range<usize>,
    tokens: usize,
}

/// The sentences of `text`; one that is too long for a chunk is cut between words.
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
