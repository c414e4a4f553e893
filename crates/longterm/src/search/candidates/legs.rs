//! The two legs over segments, which select rows worth scoring: by words and by meaning.
//!
//! A search sees its segments as parts, each with its deleted rows and the location of its rows.
//! Terms are processed one after the other, each adding its part of BM25 to the rows that have it
//! (Turtle and Flood, "Query Evaluation: Strategies and Optimizations", 1995). Vectors are compared
//! one by one; among many rows only those that are near by their signs, see `near`. Many rows are
//! distributed over threads. The leg of words needs no vector, so it can run while the query is
//! embedded.

mod best;
mod near;
mod sums;

use std::{collections::HashSet, iter, ops::Range, thread};

use self::{
    best::Best,
    near::{Admitted, Near},
    sums::Sums,
};
use crate::search::{
    candidates::sight::{Sight, rows_of},
    segments::{
        part::{Part, Place},
        vectors::Asked,
    },
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

/// Terms that the leg of words searches for.
pub(crate) struct Wanted {
    /// Terms with their weights.
    pub(crate) terms: Vec<(u32, f64)>,
    pub(crate) words_mean: f64,
    /// Number of rows that each leg proposes.
    pub(crate) rows: usize,
}

/// Result of the leg of words, and the rows for the leg of meaning.
pub(crate) struct Worded {
    best: Best,
    /// By share of the rows, one for each thread.
    admitted: Vec<Vec<Admitted>>,
}

impl Sight<'_> {
    /// Returns the best rows by words, and all admitted rows.
    pub(crate) fn by_words(&self, wanted: &Wanted) -> Worded {
        let shares = self.shares();
        let searched = each(&shares, |share| self.words_of(share, wanted));
        let (words, admitted): (Vec<Best>, Vec<_>) = searched.into_iter().unzip();
        let mut best = Best::new(wanted.rows);
        for (score, row) in words.into_iter().flat_map(|best| best.kept) {
            best.offer(score, row, self);
        }
        Worded { best, admitted }
    }

    /// Returns the best rows of each leg, each once. Without `asked` there is no leg of meaning.
    pub(crate) fn propose(&self, worded: &Worded, asked: Option<&Asked>) -> Vec<Place> {
        let by_meaning = asked.map(|asked| {
            let near = each(&worded.admitted, |share| self.near(share, asked));
            let near: Vec<Near<'_>> = near.into_iter().flatten().collect();
            self.by_meaning(&near, asked, worded.best.rows)
        });
        let mut places: Vec<Place> = Vec::new();
        let mut taken = HashSet::new();
        for best in [Some(worded.best.clone()), by_meaning].into_iter().flatten() {
            let rows = best.finish(self).into_iter().filter(|row| taken.insert(*row));
            places.extend(rows);
        }
        places
    }

    /// Splits the rows into equal shares, one for each thread that is worth it.
    fn shares(&self) -> Vec<Vec<Stretch>> {
        let rows = rows_of(self.parts);
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

    /// Returns the best rows of a share by words, and its admitted rows.
    fn words_of(&self, share: &[Stretch], wanted: &Wanted) -> (Best, Vec<Admitted>) {
        let (mut best, mut admitted) = (Best::new(wanted.rows), Vec::new());
        for stretch in share {
            let part = &self.parts[stretch.part as usize];
            let is_admitted =
                |at: &u32| !part.is_gone(*at) && self.filter.admits(&part.segment, *at);
            let rows: Vec<u32> = stretch.rows.clone().filter(is_admitted).collect();
            if rows.is_empty() {
                continue;
            }
            self.words_of_stretch(stretch, &rows, wanted, &mut best);
            admitted.push(Admitted { part: stretch.part, rows });
        }
        (best, admitted)
    }

    /// Offers the best of `rows`, the admitted rows of a stretch, by BM25.
    ///
    /// Terms are processed by falling weight, which bounds the contribution of each. Once the
    /// remaining terms can add less than the score of the last of the best rows, rows without any
    /// term so far are excluded, and so are rows that cannot reach that score. If few rows are
    /// left, the remaining terms are looked up in their bags, and the lists of these terms, the
    /// longest ones, are not read (the exact form of "quit or continue": Moffat and Zobel,
    /// "Self-Indexing Inverted Files for Fast Text Retrieval", 1996).
    fn words_of_stretch(&self, stretch: &Stretch, rows: &[u32], wanted: &Wanted, best: &mut Best) {
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

/// Returns true if there are so many rows that a search distributes them over threads.
pub(crate) fn are_many(parts: &[Part]) -> bool {
    ROWS_OF_THREAD < rows_of(parts)
}

/// Returns the results of `work` for `shares`, in their order, each computed by its own thread.
fn each<'a, T: Sync, U: Send>(shares: &'a [T], work: impl Fn(&'a T) -> U + Sync) -> Vec<U> {
    let Some((first, others)) = shares.split_first() else { return Vec::new() };
    let work = &work;
    thread::scope(|scope| {
        let start = |share| scope.spawn(move || work(share));
        let threads: Vec<_> = others.iter().map(start).collect();
        let others = threads.into_iter().map(|thread| thread.join().expect("no leg panics"));
        iter::once(work(first)).chain(others).collect()
    })
}

/// Consecutive rows of a part.
#[derive(Clone)]
struct Stretch {
    part: u32,
    rows: Range<u32>,
}

#[cfg(test)]
mod tests;
