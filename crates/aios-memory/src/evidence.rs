//! Facts beside the messages that state them: the same statement is shown once, by its message.
//!
//! A search among both finds fewer of the messages that answer a question, since facts take their
//! places and shift the frequencies of words (`docs/LEARNING.md` has the figures). So a search for
//! other records leaves learned facts out. Told ones, which no message need state, are merged in.

mod dated;

use std::cmp::Ordering;

use aios_longterm::Hit;
use aios_record::Kind;

pub(crate) use self::dated::dated;

/// Returns the kinds other than facts of a search; `None` if it names no facts, or nothing else.
pub(crate) fn other_kinds(kinds: Option<&[Kind]>) -> Option<Vec<Kind>> {
    let kinds = kinds.unwrap_or(Kind::ALL);
    let others: Vec<Kind> = kinds.iter().copied().filter(|kind| *kind != Kind::Fact).collect();
    (!others.is_empty() && others.len() < kinds.len()).then_some(others)
}

/// Merges told facts into other hits by relevance, at most `limit`. The relevance of two searches
/// is comparable and their scores are not, so a fact gets the score of the hit that it comes before
/// or after.
pub(crate) fn merged(hits: Vec<Hit>, told: Vec<Hit>, limit: usize) -> Vec<Hit> {
    let mut merged: Vec<Hit> = Vec::with_capacity(hits.len() + told.len());
    let mut hits = hits.into_iter().peekable();
    for fact in told {
        let is_before = |hit: &Hit| hit.relevance.total_cmp(&fact.relevance) != Ordering::Less;
        while let Some(hit) = hits.next_if(is_before) {
            merged.push(hit);
        }
        let neighbour = merged.last().or(hits.peek()).map_or(fact.score, |hit| hit.score);
        merged.push(Hit { score: neighbour, ..fact });
    }
    merged.extend(hits);
    merged.truncate(limit);
    merged
}

#[cfg(test)]
mod tests;
