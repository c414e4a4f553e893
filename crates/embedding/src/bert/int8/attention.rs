//! Attention over the rows of packed sequences, in `f32`.
//!
//! Sums are computed in a fixed order and without fused operations, so every processor gives the
//! same numbers.

use pulp::{Arch, Scalar, Simd, WithSimd};

use crate::bert::kernels::softmax;

/// Queries that are processed together.
const QUERIES: usize = 4;
/// Rows of keys are padded to a multiple of this number, and the size of a head must be one. It is
/// two AVX2 registers; with two sums per query, the sums occupy half of AVX2's registers.
pub(super) const LANES: usize = 16;

/// The shape of a layer's attention.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attention {
    pub(super) heads: usize,
    /// Numbers per head, a multiple of [`LANES`].
    pub(super) size: usize,
}

/// Buffers of an attention.
#[derive(Default)]
pub(super) struct Scratch {
    /// The keys of a head: a row per number, a column per token, padded to whole blocks.
    keys: Vec<f32>,
    /// A row of attention weights per query, padded to whole blocks.
    shares: Vec<f32>,
    /// The weights without padding.
    exact: Vec<f32>,
}

impl Attention {
    /// Writes to `attended`, for each token, the mean of its sequence's values, weighted by the
    /// match of its query with their keys. A row of `rows` holds all queries, all keys and all
    /// values.
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
        let (width, size) = (3 * hidden, self.size);
        let arch = Arch::new();
        let start = part(0);
        arch.dispatch(Match { rows, width, start, size, keys, filled, shares: &mut *shares });
        exact.clear();
        for row in shares.chunks_exact(filled).take(length) {
            exact.extend_from_slice(&row[..length]);
        }
        softmax(exact, length);
        let (start, out_width, out_start) = (part(2), hidden, head * size);
        let shares = exact;
        arch.dispatch(Weigh { rows, width, start, size, shares, out, out_width, out_start });
    }
}

/// Writes the product of each query with each key of a head.
struct Match<'a> {
    rows: &'a [f32],
    /// Numbers per row, and the offset of a query in it.
    width: usize,
    start: usize,
    size: usize,
    keys: &'a [f32],
    filled: usize,
    shares: &'a mut [f32],
}

impl WithSimd for Match<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let block = 2 * S::F32_LANES;
        if !LANES.is_multiple_of(block) {
            return self.with_simd(Scalar::new());
        }
        let Match { rows, width, start, size, keys, filled, shares } = self;
        let length = rows.len() / width;
        let shares = shares.chunks_exact_mut(QUERIES * filled);
        for (first, shares) in (0..length).step_by(QUERIES).zip(shares) {
            let queries: [&[f32]; QUERIES] = std::array::from_fn(|index| {
                let query = (first + index).min(length - 1);
                &rows[query * width + start..][..size]
            });
            for column in (0..filled).step_by(block) {
                let mut sums = [[simd.splat_f32s(0.0); 2]; QUERIES];
                for (number, keys) in keys.chunks_exact(filled).enumerate() {
                    let keys = pair::<S>(&keys[column..column + block]);
                    for (sums, query) in sums.iter_mut().zip(queries) {
                        add_product(simd, sums, query[number], keys);
                    }
                }
                for (sums, shares) in sums.iter().zip(shares.chunks_exact_mut(filled)) {
                    let shares = &mut shares[column..column + block];
                    S::as_mut_simd_f32s(shares).0.copy_from_slice(sums);
                }
            }
        }
    }
}

/// Writes the weighted mean of a head's values for each query.
struct Weigh<'a> {
    rows: &'a [f32],
    /// Numbers per row, and the offset of a value in it.
    width: usize,
    start: usize,
    size: usize,
    shares: &'a [f32],
    out: &'a mut [f32],
    /// Numbers per row of `out`, and the offset of the head in it.
    out_width: usize,
    out_start: usize,
}

impl WithSimd for Weigh<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let block = 2 * S::F32_LANES;
        if !LANES.is_multiple_of(block) {
            return self.with_simd(Scalar::new());
        }
        let Weigh { rows, width, start, size, shares, out, out_width, out_start } = self;
        let length = rows.len() / width;
        for first in (0..length).step_by(QUERIES) {
            let queries: [usize; QUERIES] =
                std::array::from_fn(|index| (first + index).min(length - 1));
            let shares = queries.map(|query| &shares[query * length..(query + 1) * length]);
            for lane in (0..size).step_by(block) {
                let mut sums = [[simd.splat_f32s(0.0); 2]; QUERIES];
                for (token, row) in rows.chunks_exact(width).enumerate() {
                    let values = pair::<S>(&row[start + lane..start + lane + block]);
                    for (sums, shares) in sums.iter_mut().zip(shares) {
                        add_product(simd, sums, shares[token], values);
                    }
                }
                for (query, sums) in queries.into_iter().zip(&sums) {
                    let at = query * out_width + out_start + lane;
                    S::as_mut_simd_f32s(&mut out[at..at + block]).0.copy_from_slice(sums);
                }
            }
        }
    }
}

/// Adds `x` times `numbers` to `sums`, without fusing.
#[inline(always)]
fn add_product<S: Simd>(simd: S, sums: &mut [S::f32s; 2], x: f32, numbers: [S::f32s; 2]) {
    let x = simd.splat_f32s(x);
    for (sum, number) in sums.iter_mut().zip(numbers) {
        *sum = simd.add_f32s(*sum, simd.mul_f32s(x, number));
    }
}

/// Returns the two registers that `numbers` fill.
#[inline(always)]
fn pair<S: Simd>(numbers: &[f32]) -> [S::f32s; 2] {
    let registers = S::as_simd_f32s(numbers).0;
    [registers[0], registers[1]]
}

#[cfg(test)]
mod tests;
