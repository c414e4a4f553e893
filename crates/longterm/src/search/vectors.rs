//! Vectors of a segment in a byte a number, and how near they are to a query.
//!
//! A vector is stored as int8 with a scale of its own: a cosine is off by less than a thousandth.
//! The query keeps 14 bits a number. Products are summed as integers, in loops that the compiler
//! turns into the widest instructions of the processor that the program runs on.

use pulp::Arch;

/// The largest number of a stored vector.
const STORED_MAX: f32 = 127.0;
/// The largest number of a query: 14 bits, or fewer where a sum could pass 31.
const ASKED_MAX: f32 = 8191.0;

/// Vectors of one dimension, one after the other.
#[derive(Debug, Default)]
pub(crate) struct Vectors {
    dimension: usize,
    numbers: Vec<i8>,
    /// What a stored number must be multiplied by; 0 where a row has no vector.
    scales: Vec<f32>,
}

/// A vector that others are compared with.
#[derive(Debug)]
pub(crate) struct Asked {
    numbers: Vec<i16>,
    scale: f32,
}

impl Vectors {
    pub(crate) fn new(dimension: usize) -> Vectors {
        Vectors { dimension, numbers: Vec::new(), scales: Vec::new() }
    }

    pub(crate) fn push(&mut self, vector: Option<&[f32]>) {
        let vector = vector.filter(|vector| vector.len() == self.dimension);
        let largest = vector.map_or(0.0, |vector| largest(vector));
        let scale = largest / STORED_MAX;
        self.scales.push(scale);
        match vector {
            Some(vector) if 0.0 < scale => {
                self.numbers.extend(vector.iter().map(|number| (number / scale).round() as i8));
            }
            _ => self.numbers.resize(self.numbers.len() + self.dimension, 0),
        }
    }

    pub(crate) fn shrink_to_fit(&mut self) {
        self.numbers.shrink_to_fit();
        self.scales.shrink_to_fit();
    }

    /// The cosine of vector `at` with `asked`; none where there is no vector.
    pub(crate) fn cosine(&self, at: u32, asked: &Asked) -> Option<f32> {
        let scale = self.scales[at as usize];
        (0.0 < scale).then(|| sum(self.row(at), &asked.numbers) as f32 * scale * asked.scale)
    }

    /// Calls `found` with the cosine of each of `rows` that has a vector.
    pub(crate) fn cosines(&self, rows: &[u32], asked: &Asked, mut found: impl FnMut(u32, f32)) {
        Arch::new().dispatch(|| {
            for &at in rows {
                let scale = self.scales[at as usize];
                if 0.0 < scale {
                    found(at, sum(self.row(at), &asked.numbers) as f32 * scale * asked.scale);
                }
            }
        });
    }

    fn row(&self, at: u32) -> &[i8] {
        let start = at as usize * self.dimension;
        &self.numbers[start..start + self.dimension]
    }

    pub(crate) fn bytes(&self) -> usize {
        self.numbers.capacity() + self.scales.capacity() * 4
    }
}

impl Asked {
    /// None where every number is 0, as for a text without a known word.
    pub(crate) fn new(vector: &[f32]) -> Option<Asked> {
        let largest = largest(vector);
        if largest <= 0.0 {
            return None;
        }
        let bound = i32::MAX as f32 / (STORED_MAX * vector.len() as f32);
        let scale = largest / ASKED_MAX.min(bound.floor());
        let numbers = vector.iter().map(|number| (number / scale).round() as i16).collect();
        Some(Asked { numbers, scale })
    }
}

fn largest(vector: &[f32]) -> f32 {
    vector.iter().fold(0.0, |largest: f32, number| largest.max(number.abs()))
}

#[inline(always)]
fn sum(stored: &[i8], asked: &[i16]) -> i32 {
    stored.iter().zip(asked).map(|(&stored, &asked)| i32::from(stored) * i32::from(asked)).sum()
}

#[cfg(test)]
mod tests;
