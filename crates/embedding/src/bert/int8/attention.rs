//! Attention over the rows of packed sequences, in `f32`.
//!
//! Sums are taken in one order and without fused operations, so every processor gives the same
//! numbers.

use crate::bert::kernels::{softmax, widest};

/// Queries that are handled at the same time.
const QUERIES: usize = 4;
/// Numbers of a sum that lie side by side: keys of a block, or numbers of a head's value. The sums
/// of all queries take half of the registers that AVX2 has; with twice as many they would not fit.
pub(super) const LANES: usize = 16;

/// The shape of a layer's attention.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attention {
    pub(super) heads: usize,
    /// Numbers of a head, a multiple of [`LANES`].
    pub(super) size: usize,
}

/// Buffers of an attention.
#[derive(Default)]
pub(super) struct Scratch {
    /// The keys of a head: a row per number, a column per token, filled up to whole blocks.
    keys: Vec<f32>,
    /// A row of shares per query, filled up to whole blocks.
    shares: Vec<f32>,
    /// The same without the filling.
    exact: Vec<f32>,
}

impl Attention {
    /// Writes to `attended`, for each token, the mean of its sequence's values, weighted by how its
    /// query matches their keys. A row of `rows` has all queries, all keys and all values.
    pub(super) fn forward(
        self,
        lengths: &[usize],
        rows: &[f32],
        attended: &mut Vec<f32>,
        scratch: &mut Scratch,
    ) {
        let hidden = self.heads * self.size;
        attended.resize(rows.len() / 3, 0.0);
        let (mut rows, mut attended) = (rows, attended.as_mut_slice());
        for &length in lengths {
            let (sequence, rest) = rows.split_at(length * 3 * hidden);
            let (out, others) = attended.split_at_mut(length * hidden);
            for head in 0..self.heads {
                self.attend(head, sequence, out, scratch);
            }
            (rows, attended) = (rest, others);
        }
    }

    fn attend(self, head: usize, rows: &[f32], out: &mut [f32], scratch: &mut Scratch) {
        let Scratch { keys, shares, exact } = scratch;
        let hidden = self.heads * self.size;
        let length = out.len() / hidden;
        let filled = length.next_multiple_of(LANES);
        let part = |kind: usize| kind * hidden + head * self.size;
        keys.clear();
        keys.resize(self.size * filled, 0.0);
        for (token, row) in rows.chunks_exact(3 * hidden).enumerate() {
            for (number, key) in row[part(1)..][..self.size].iter().enumerate() {
                keys[number * filled + token] = *key;
            }
        }
        shares.resize(length.next_multiple_of(QUERIES) * filled, 0.0);
        widest(
            #[inline(always)]
            || matches(rows, (3 * hidden, part(0), self.size), keys, shares, filled),
        );
        exact.clear();
        for row in shares.chunks_exact(filled).take(length) {
            exact.extend_from_slice(&row[..length]);
        }
        softmax(exact, length);
        widest(
            #[inline(always)]
            || {
                for lane in (0..self.size).step_by(LANES) {
                    let out = (&mut *out, hidden, head * self.size + lane);
                    weigh(rows, (3 * hidden, part(2) + lane), exact, out);
                }
            },
        );
    }
}

/// Writes the product of each query with each key.
#[inline(always)]
fn matches(
    rows: &[f32],
    (width, start, size): (usize, usize, usize),
    keys: &[f32],
    shares: &mut [f32],
    filled: usize,
) {
    let length = rows.len() / width;
    for (first, shares) in
        (0..length).step_by(QUERIES).zip(shares.chunks_exact_mut(QUERIES * filled))
    {
        let queries: [&[f32]; QUERIES] = std::array::from_fn(|index| {
            let query = (first + index).min(length - 1);
            &rows[query * width + start..][..size]
        });
        for column in (0..filled).step_by(LANES) {
            let mut sums = [[0.0; LANES]; QUERIES];
            for (number, keys) in keys.chunks_exact(filled).enumerate() {
                let keys: &[f32] = &keys[column..column + LANES];
                for (sums, query) in sums.iter_mut().zip(queries) {
                    let x = query[number];
                    sums.iter_mut().zip(keys).for_each(|(sum, key)| *sum += x * key);
                }
            }
            for (sums, shares) in sums.iter().zip(shares.chunks_exact_mut(filled)) {
                shares[column..column + LANES].copy_from_slice(sums);
            }
        }
    }
}

/// Writes the weighted mean of [`LANES`] numbers of the values for each query.
#[inline(always)]
fn weigh(
    rows: &[f32],
    (width, start): (usize, usize),
    shares: &[f32],
    (out, out_width, out_start): (&mut [f32], usize, usize),
) {
    let length = rows.len() / width;
    for first in (0..length).step_by(QUERIES) {
        let queries: [usize; QUERIES] =
            std::array::from_fn(|index| (first + index).min(length - 1));
        let shares = queries.map(|query| &shares[query * length..(query + 1) * length]);
        let mut sums = [[0.0; LANES]; QUERIES];
        for (token, row) in rows.chunks_exact(width).enumerate() {
            let values: &[f32] = &row[start..start + LANES];
            for (sums, shares) in sums.iter_mut().zip(shares) {
                let share = shares[token];
                sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += share * value);
            }
        }
        for (query, sums) in queries.into_iter().zip(&sums) {
            let at = query * out_width + out_start;
            out[at..at + LANES].copy_from_slice(sums);
        }
    }
}

#[cfg(test)]
mod tests;
