//! Sums of BM25 over the rows of a segment, term by term, heaviest first.

use std::ops::Range;

use crate::search::{
    ranking::bm25::saturated,
    segments::segment::{Bag, Segment},
};

/// Sums so far of some consecutive rows.
pub(super) struct Sums<'a> {
    segment: &'a Segment,
    rows: Range<u32>,
    words_mean: f64,
    scores: Vec<f32>,
    /// Terms that are not added yet, heaviest last.
    lists: Vec<List<'a>>,
}

/// Rows that have a term.
struct List<'a> {
    term: u32,
    weight: f64,
    entries: Bag<'a>,
}

impl<'a> Sums<'a> {
    /// Starts with sums of 0 for `rows` of `segment`.
    pub(super) fn new(
        segment: &'a Segment,
        rows: Range<u32>,
        terms: &[(u32, f64)],
        words_mean: f64,
    ) -> Sums<'a> {
        let list = |&(term, weight): &(u32, f64)| {
            let entries = segment.postings.rows(term, rows.start);
            List { term, weight, entries }
        };
        let mut lists: Vec<List<'_>> = terms.iter().map(list).collect();
        lists.retain(|list| 0 < list.entries.entries_max());
        lists.sort_by(|a, b| a.weight.total_cmp(&b.weight));
        let scores = vec![0.0; rows.len()];
        Sums { segment, rows, words_mean, scores, lists }
    }

    /// Adds the heaviest of the remaining terms. Returns `false` if no term remains.
    pub(super) fn add_next(&mut self) -> bool {
        let Some(List { weight, entries, .. }) = self.lists.pop() else { return false };
        let entries = entries.skip_while(|(at, _)| *at < self.rows.start);
        for (at, count) in entries.take_while(|(at, _)| *at < self.rows.end) {
            self.scores[(at - self.rows.start) as usize] += self.gain(at, count, weight);
        }
        true
    }

    /// Returns the maximum that the remaining terms can add to a row.
    pub(super) fn rest(&self) -> f32 {
        self.lists.iter().map(|list| list.weight).sum::<f64>() as f32
    }

    /// Returns the maximum number of entries that the remaining terms can have.
    pub(super) fn unread(&self) -> usize {
        self.lists.iter().map(|list| list.entries.entries_max()).sum()
    }

    /// Returns the sum of the row at `at` so far.
    pub(super) fn of(&self, at: u32) -> f32 {
        self.scores[(at - self.rows.start) as usize]
    }

    /// Returns the sum of the row at `at` including the remaining terms, from its bag.
    pub(super) fn whole(&self, at: u32) -> f32 {
        let mut sum = self.of(at);
        for (term, count) in self.segment.bag(at) {
            for list in self.lists.iter().filter(|list| list.term == term) {
                sum += self.gain(at, count, list.weight);
            }
        }
        sum
    }

    fn gain(&self, at: u32, count: u32, weight: f64) -> f32 {
        let length = f64::from(self.segment.lengths[at as usize]);
        (weight * saturated(f64::from(count), length, self.words_mean)) as f32
    }
}
