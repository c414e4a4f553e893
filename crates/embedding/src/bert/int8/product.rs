//! Rows of `f32` quantised to bytes, and their products with int8 weights.
//!
//! Each row of the left side is converted to bytes with its own scale and zero, so a text has the
//! same numbers in every batch. The weights of an output share one scale.

use std::borrow::Cow;

#[cfg(any(test, feature = "distill"))]
use super::kernels::GROUP;
use super::kernels::{self, COLUMNS, Path};
use crate::bert::kernels::widest;

/// Numbers whose extremes are computed in parallel.
const LANES: usize = 32;

/// A linear layer with int8 weights, without its bias.
pub(super) struct Product {
    pub(super) inputs: usize,
    /// Packed by [`pack`].
    pub(super) weights: Cow<'static, [u8]>,
    /// The sum of each output's weights.
    pub(super) sums: Vec<i32>,
    /// The scale of each output's weights.
    pub(super) scales: Vec<f32>,
}

/// Rows as bytes: a number is `scale * (byte - zero)`.
#[derive(Default)]
pub(super) struct Rows {
    bytes: Vec<u8>,
    scales: Vec<f32>,
    zeros: Vec<i32>,
}

impl Product {
    /// Writes the layer's outputs for each of `rows` to `out`.
    pub(super) fn multiply(&self, path: Path, rows: &Rows, out: &mut Vec<f32>) {
        let outputs = self.scales.len();
        out.resize(rows.scales.len() * outputs, 0.0);
        let (scales, sums) = (self.scales.as_chunks().0, self.sums.as_chunks().0);
        kernels::multiply(
            path,
            &rows.bytes,
            self.inputs,
            &self.weights,
            #[inline(always)]
            |row, column, products| {
                let (scale, zero) = (rows.scales[row], rows.zeros[row]);
                let scales: &[f32; COLUMNS] = &scales[column / COLUMNS];
                let sums: &[i32; COLUMNS] = &sums[column / COLUMNS];
                let start = row * outputs + column;
                let out = &mut out[start..start + COLUMNS];
                for at in 0..COLUMNS {
                    out[at] = (products[at] - zero * sums[at]) as f32 * (scale * scales[at]);
                }
            },
        );
    }
}

impl Rows {
    /// Replaces the rows with `numbers`, concatenated rows of `width`.
    pub(super) fn fill(&mut self, numbers: &[f32], width: usize) {
        let count = numbers.len() / width;
        self.bytes.resize(numbers.len(), 0);
        self.scales.clear();
        self.zeros.clear();
        self.scales.reserve(count);
        self.zeros.reserve(count);
        widest(
            #[inline(always)]
            || {
                for (row, bytes) in
                    numbers.chunks_exact(width).zip(self.bytes.chunks_exact_mut(width))
                {
                    let (scale, zero) = quantise(row, bytes);
                    self.scales.push(scale);
                    self.zeros.push(zero);
                }
            },
        );
    }
}

/// Writes `row` as bytes between its least and its largest number, and returns scale and zero. The
/// range always includes zero, so zero is exact.
#[inline(always)]
fn quantise(row: &[f32], bytes: &mut [u8]) -> (f32, i32) {
    // Adding this constant to a number from 0 to 255 rounds it and leaves it in the lowest byte.
    const ROUNDER: f32 = 12_582_912.0;
    let (least, largest) = extremes(row);
    let range = largest - least;
    let (scale, steps) = match 0.0 < range {
        true => (range / 255.0, 255.0 / range),
        false => (0.0, 0.0),
    };
    let zero = (-least * steps).round();
    for (byte, x) in bytes.iter_mut().zip(row) {
        let stepped = x * steps + zero;
        let stepped = if stepped < 255.0 { stepped } else { 255.0 };
        *byte = (stepped + ROUNDER).to_bits() as u8;
    }
    (scale, zero as i32)
}

/// Returns the least and the largest of `row` and 0.
#[inline(always)]
fn extremes(row: &[f32]) -> (f32, f32) {
    let (mut least, mut largest) = ([0.0; LANES], [0.0; LANES]);
    let (blocks, rest) = row.as_chunks::<LANES>();
    let mut take = |numbers: &[f32]| {
        for ((least, largest), x) in least.iter_mut().zip(&mut largest).zip(numbers) {
            *least = if *x < *least { *x } else { *least };
            *largest = if *largest < *x { *x } else { *largest };
        }
    };
    blocks.iter().for_each(|block| take(block));
    take(rest);
    (least.into_iter().fold(0.0, f32::min), largest.into_iter().fold(0.0, f32::max))
}

/// Reorders weights with a row of `inputs` per output for [`kernels`]. Outputs are a multiple of
/// [`COLUMNS`], inputs one of [`GROUP`].
#[cfg(any(test, feature = "distill"))]
pub(super) fn pack(weights: &[i8], inputs: usize) -> Vec<u8> {
    let mut packed = Vec::with_capacity(weights.len());
    for block in weights.chunks_exact(inputs * COLUMNS) {
        for group in (0..inputs).step_by(GROUP) {
            for output in block.chunks_exact(inputs) {
                packed.extend(output[group..group + GROUP].iter().map(|&weight| weight as u8));
            }
        }
    }
    packed
}

#[cfg(test)]
mod tests;
