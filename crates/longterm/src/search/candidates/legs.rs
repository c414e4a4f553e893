//! The two legs over segments, which select rows worth scoring: by words and by meaning.
//!
//! A search sees its segments as parts, each with its deleted rows and the location of its rows.
//! Terms are processed one after the other, each adding its part of BM25 to the rows that have it
//! (Turtle and Flood, "Query Evaluation: Strategies and Optimizations", 1995). Vectors are compared
//! one by one; among many rows only those that are near by their signs, see `near`. Many rows are
//! distributed over threads.

mod best;
mod near;
mod sums;

use std::{collections::HashSet, ops::Range, thread};

use self::{best::Best, near::Near, sums::Sums};
use crate::search::{
    candidates::sight::Sight,
    segments::{part::Place, vectors::Asked},
};

/// Rows per thread: comparing that many vectors takes about half a millisecond.
const ROWS_OF_THREAD: usize = 32_768;
/// Maximum number of threads of one search.
const THREADS_MAX: usize = 4;

/// Maximum relative difference of sums of the same scores in another order.
const ROUNDING: f32 = 1e-4;
/// Number of list entries that are read in about the time of one bag.
const ENTRIES_OF_BAG: usize = 24;
/// Number of rows whose sums are compared in about the time of one entry.
const ROWS_PER_ENTRY: usize = 4;

/// Terms and vector that the legs search for.
pub(crate) struct Wanted<'a> {
    /// Terms with their weights.
    pub(crate) terms: Vec<(u32, f64)>,
    pub(crate) words_mean: f64,
    pub(crate) asked: Option<&'a Asked>,
    /// Number of rows that each leg proposes.
    pub(crate) rows: usize,
}

impl Sight<'_> {
    /// Returns the best rows of each leg, each once.
    pub(crate) fn propose(&self, wanted: &Wanted<'_>) -> Vec<Place> {
        let shares = self.shares();
        let searched: Vec<(Best, Vec<Near>)> = if let [share] = &shares[..] {
            vec![self.search(share, wanted)]
        } else {
            thread::scope(|scope| {
                let search = |share: Vec<Stretch>| scope.spawn(move || self.search(&share, wanted));
                let threads: Vec<_> = shares.into_iter().map(search).collect();
                let joined = threads.into_iter().map(|thread| thread.join());
                joined.map(|found| found.expect("the legs do not panic")).collect()
            })
        };
        let (words, near): (Vec<Best>, Vec<Vec<Near>>) = searched.into_iter().unzip();
        let mut by_words = Best::new(wanted.rows);
        for (score, row) in words.into_iter().flat_map(|best| best.kept) {
            by_words.offer(score, row, self);
        }
        let near: Vec<Near> = near.into_iter().flatten().collect();
        let by_meaning = wanted.asked.map(|asked| self.by_meaning(&near, asked, wanted.rows));
        let mut places: Vec<Place> = Vec::new();
        let mut taken = HashSet::new();
        for best in [Some(by_words), by_meaning].into_iter().flatten() {
            let rows = best.finish(self).into_iter().filter(|row| taken.insert(*row));
            places.extend(rows);
        }
        places
    }

    /// Splits the rows into equal shares, one for each thread that is worth it.
    fn shares(&self) -> Vec<Vec<Stretch>> {
        let rows: usize = self.parts.iter().map(|part| part.segment.len()).sum();
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let count = rows.div_ceil(ROWS_OF_THREAD).clamp(1, cores.min(THREADS_MAX));
        let size = rows.div_ceil(count).max(1);
        let mut shares: Vec<Vec<Stretch>> = vec![Vec::new(); count];
        let mut taken = 0;
        for (part, number) in self.parts.iter().zip(0..) {
            let mut start = 0;
            while start < part.segment.len() {
                let end = part.segment.len().min(start + size - taken % size);
                shares[taken / size].push(Stretch { part: number, rows: start as u32..end as u32 });
                taken += end - start;
                start = end;
            }
        }
        shares
    }

    /// Returns the best rows of a share by words, and its rows for a comparison by meaning.
    fn search(&self, share: &[Stretch], wanted: &Wanted<'_>) -> (Best, Vec<Near>) {
        let (mut by_words, mut near) = (Best::new(wanted.rows), Vec::new());
        for Stretch { part: number, rows: range } in share {
            let part = &self.parts[*number as usize];
            let is_admitted =
                |at: &u32| !part.is_gone(*at) && self.filter.admits(&part.segment, *at);
            let rows: Vec<u32> = range.clone().filter(is_admitted).collect();
            if rows.is_empty() {
                continue;
            }
            let stretch = Stretch { part: *number, rows: range.clone() };
            self.by_words(&stretch, &rows, wanted, &mut by_words);
            near.extend(wanted.asked.map(|asked| self.near(*number, rows, asked)));
        }
        (by_words, near)
    }

    /// Offers the best of `rows`, the admitted rows of a stretch, by BM25.
    ///
    /// Terms are processed by falling weight, which bounds the contribution of each. Once the
    /// remaining terms can add less than the score of the last of the best rows, rows without any
    /// term so far are excluded, and so are rows that cannot reach that score. If few rows are
    /// left, the remaining terms are looked up in their bags, and the lists of these terms, the
    /// longest ones, are not read (the exact form of "quit or continue": Moffat and Zobel,
    /// "Self-Indexing Inverted Files for Fast Text Retrieval", 1996).
    fn by_words(&self, stretch: &Stretch, rows: &[u32], wanted: &Wanted<'_>, best: &mut Best) {
        let part = &self.parts[stretch.part as usize];
        let place = |at| Place { part: stretch.part, at };
        let mut sums =
            Sums::new(&part.segment, stretch.rows.clone(), &wanted.terms, wanted.words_mean);
        loop {
            if rows.len() / ROWS_PER_ENTRY < sums.unread() {
                let least = self.reached(rows, &sums, best) * (1.0 - ROUNDING);
                if sums.rest() < least {
                    let reaches = |at: &u32| {
                        let score = sums.of(*at);
                        0.0 < score && least <= score + sums.rest()
                    };
                    let left: Vec<u32> = rows.iter().copied().filter(reaches).collect();
                    if left.len() * ENTRIES_OF_BAG < sums.unread() {
                        left.into_iter().for_each(|at| best.offer(sums.whole(at), place(at), self));
                        return;
                    }
                }
            }
            if !sums.add_next() {
                break;
            }
        }
        for &at in rows {
            let score = sums.of(at);
            if 0.0 < score {
                best.offer(score, place(at), self);
            }
        }
    }

    /// Returns a lower bound of the score of the last of the best rows, from the sums so far.
    fn reached(&self, rows: &[u32], sums: &Sums<'_>, best: &Best) -> f32 {
        let scores = rows.iter().map(|at| sums.of(*at));
        let mut scores: Vec<f32> = scores.filter(|score| best.least.max(0.0) < *score).collect();
        // Rows that a newer record hides are among them.
        let count = best.rows.saturating_add(self.masked.len());
        if scores.len() < count {
            return best.least;
        }
        *scores.select_nth_unstable_by(count - 1, |a, b| b.total_cmp(a)).1
    }
}

/// Consecutive rows of a part.
#[derive(Clone)]
struct Stretch {
    part: u32,
    rows: Range<u32>,
}

#[cfg(test)]
mod tests;
