//! The parts of a text that may have been forgotten individually: its paragraphs and lines, and
//! runs of lines of a short text. Records that were forgotten as a whole are handled by admission.

use std::{cmp::Reverse, ops::Range};

use aios_longterm::LongtermView;
use aios_record::Owner;

use crate::Error;

/// Maximum number of lines of a text whose runs of lines are all checked.
const LINES_OF_SHORT_MAX: usize = 64;
/// Maximum number of lines of such a run.
const RUN_LINES_MAX: usize = 8;

/// A text without its forgotten parts.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Rest {
    pub(crate) text: String,
    /// The number of parts that were left out.
    pub(crate) left_out: usize,
}

impl Rest {
    /// Returns `true` if the rest contains more than headings, punctuation and attachment names.
    pub(crate) fn says_something(&self) -> bool {
        self.text.lines().map(str::trim).any(|line| {
            let is_label = line.starts_with('[') && line.ends_with(']');
            !line.starts_with('#') && !is_label && line.chars().any(char::is_alphanumeric)
        })
    }
}

/// Returns the rest of a text of `owner`, in `document` if it belongs to one; `None` if no part of
/// it was forgotten.
pub(crate) async fn rest_of(
    longterm: &LongtermView,
    owner: &Owner,
    document: Option<&str>,
    text: &str,
) -> Result<Option<Rest>, Error> {
    let parts = parts_of(text);
    let texts: Vec<&str> = parts.iter().map(|part| text[part.clone()].trim()).collect();
    let found = longterm.tombstones().are_texts_forgotten(owner, document, &texts).await?;
    let found = parts.into_iter().zip(found).filter_map(|(part, found)| found.then_some(part));
    Ok(without(text, found))
}

/// Returns the paragraphs of a text without headings.
pub(crate) fn paragraphs_of(text: &str) -> impl Iterator<Item = &str> {
    let paragraphs = paragraphs(text).into_iter();
    let paragraphs = paragraphs.map(|lines| text[span(&lines)].trim());
    paragraphs.filter(|paragraph| !paragraph.starts_with('#') || paragraph.contains('\n'))
}

/// Removes these parts, given in order, from a text. If parts overlap, the first one counts.
fn without(text: &str, parts: impl Iterator<Item = Range<usize>>) -> Option<Rest> {
    let (mut rest, mut at, mut left_out) = (String::with_capacity(text.len()), 0, 0);
    for part in parts {
        if left_out == 0 || at <= part.start {
            rest.push_str(&text[at..part.start]);
            at = part.end;
            left_out += 1;
        }
    }
    rest.push_str(&text[at..]);
    (0 < left_out).then(|| Rest { text: rest.trim().to_owned(), left_out })
}

/// Returns the parts of a text, sorted by start, the longest first.
fn parts_of(text: &str) -> Vec<Range<usize>> {
    let paragraphs = paragraphs(text);
    let mut parts: Vec<Range<usize>> = paragraphs.iter().map(|lines| span(lines)).collect();
    let lines: Vec<Range<usize>> = paragraphs.into_iter().flatten().collect();
    let run_max = if lines.len() <= LINES_OF_SHORT_MAX { RUN_LINES_MAX } else { 1 };
    for length in 1..=run_max {
        parts.extend(lines.windows(length).map(span));
    }
    parts.sort_by_key(|part| (part.start, Reverse(part.end)));
    parts.dedup();
    parts
}

/// Returns the lines of each paragraph.
fn paragraphs(text: &str) -> Vec<Vec<Range<usize>>> {
    let (mut paragraphs, mut lines, mut at) = (Vec::new(), Vec::new(), 0);
    for line in text.split_inclusive('\n') {
        let range = at..at + line.len();
        at = range.end;
        if !line.trim().is_empty() {
            lines.push(range);
        } else if !lines.is_empty() {
            paragraphs.push(std::mem::take(&mut lines));
        }
    }
    paragraphs.extend((!lines.is_empty()).then_some(lines));
    paragraphs
}

/// Returns the range from the first of these lines to the last.
fn span(lines: &[Range<usize>]) -> Range<usize> {
    let start = lines.first().map_or(0, |line| line.start);
    start..lines.last().map_or(start, |line| line.end)
}

#[cfg(test)]
mod tests;
