//! Vectors of a segment in a byte a number, and how near they are to a query.
//!
//! A vector is stored as its difference from a centre, in int8 with a scale of its own. The centre
//! is what all texts of the model have in common, mostly one large number, which would coarsen the
//! others. It is the same for every segment, so a cosine does not depend on where a row lies. The
//! query keeps 14 bits a number. Products are summed as integers, in loops that the compiler turns
//! into the widest instructions of the processor that the program runs on.

use std::sync::Arc;

use pulp::Arch;

/// The largest number of a stored vector.
const STORED_MAX: f32 = 127.0;
/// The largest number of a query: 14 bits, or fewer where a sum could pass 31.
const ASKED_MAX: f32 = 8191.0;

/// Vectors of one dimension, one after the other.
#[derive(Debug)]
pub(crate) struct Vectors {
    centre: Arc<[f32]>,
    numbers: Vec<i8>,
    /// What a stored number must be multiplied by; 0 where a row has no vector.
    scales: Vec<f32>,
}

/// A vector that others are compared with.
#[derive(Debug)]
pub(crate) struct Asked {
    numbers: Vec<i16>,
    scale: f32,
    /// Its product with the centre.
    offset: f32,
}

impl Vectors {
    /// For vectors of as many numbers as `centre` has.
    pub(crate) fn new(centre: Arc<[f32]>) -> Vectors {
        Vectors { centre, numbers: Vec::new(), scales: Vec::new() }
    }

    pub(crate) fn push(&mut self, vector: Option<&[f32]>) {
        let Some(vector) = vector.filter(|vector| vector.len() == self.centre.len()) else {
            self.scales.push(0.0);
            self.numbers.resize(self.numbers.len() + self.centre.len(), 0);
            return;
        };
        let apart = vector.iter().zip(&*self.centre).map(|(number, centre)| number - centre);
        let scale = largest(apart.clone()).max(f32::MIN_POSITIVE * STORED_MAX) / STORED_MAX;
        self.scales.push(scale);
        self.numbers.extend(apart.map(|number| (number / scale).round() as i8));
    }

    pub(crate) fn shrink_to_fit(&mut self) {
        self.numbers.shrink_to_fit();
        self.scales.shrink_to_fit();
    }

    /// The cosine of vector `at` with `asked`; none where there is no vector.
    pub(crate) fn cosine(&self, at: u32, asked: &Asked) -> Option<f32> {
        let scale = self.scales[at as usize];
        (0.0 < scale).then(|| asked.offset + scale * asked.scale * self.sum(at, asked))
    }

    /// Calls `found` with the cosine of each of `rows` that has a vector.
    pub(crate) fn cosines(&self, rows: &[u32], asked: &Asked, mut found: impl FnMut(u32, f32)) {
        Arch::new().dispatch(|| {
            for &at in rows {
                let scale = self.scales[at as usize];
                if 0.0 < scale {
                    found(at, asked.offset + scale * asked.scale * self.sum(at, asked));
                }
            }
        });
    }

    #[inline(always)]
    fn sum(&self, at: u32, asked: &Asked) -> f32 {
        let start = at as usize * self.centre.len();
        let stored = &self.numbers[start..start + self.centre.len()];
        let pairs = stored.iter().zip(&asked.numbers);
        pairs.map(|(&stored, &asked)| i32::from(stored) * i32::from(asked)).sum::<i32>() as f32
    }

    pub(crate) fn bytes(&self) -> usize {
        self.numbers.capacity() + self.scales.capacity() * 4
    }
}

impl Asked {
    /// None where every number is 0, as for a text without a known word.
    pub(crate) fn new(vector: &[f32], centre: &[f32]) -> Option<Asked> {
        let largest = largest(vector.iter().copied());
        if largest <= 0.0 {
            return None;
        }
        let bound = i32::MAX as f32 / (STORED_MAX * vector.len() as f32);
        let scale = largest / ASKED_MAX.min(bound.floor());
        let numbers = vector.iter().map(|number| (number / scale).round() as i16).collect();
        let offset = vector.iter().zip(centre).map(|(a, b)| a * b).sum();
        Some(Asked { numbers, scale, offset })
    }
}

fn largest(numbers: impl Iterator<Item = f32>) -> f32 {
    numbers.fold(0.0, |largest: f32, number| largest.max(number.abs()))
}

#[cfg(test)]
mod tests;
