//! Vectors of a segment with twelve bits per number, and their cosine with a query.
//!
//! A vector is stored as its direction from a centre, with its own scale. The query is stored in
//! the same way, with 14 bits per number. Cosines are those of these directions. The centre is the
//! part that all texts of the model have in common, which distinguishes none of them. It belongs to
//! the model, so a cosine depends neither on the location of a row nor on other stored rows.
//!
//! The upper eight bits are stored together; the few rows that are scored are compared by all
//! twelve. The signs are stored once more, as bits: among many rows, those whose signs differ least
//! from the query's are found first (Charikar, "Similarity Estimation Techniques from Rounding
//! Algorithms", 2002). Products are summed as integers, in loops that the compiler turns into the
//! widest instructions of the processor.

use std::sync::Arc;

use pulp::{Arch, NullaryFnOnce};

/// Largest upper part of a stored number.
const UPPER_MAX: f32 = 127.0;
/// Steps of the lower part, which is between -8 and 7, per step of the upper part.
const LOWER_STEPS: i16 = 16;
/// Largest number of a query: 14 bits, or fewer if a sum could exceed 31 bits.
const ASKED_MAX: f32 = 8191.0;
/// Signs per word of bits.
const SIGNS: usize = 64;
/// Distance of a row without a vector.
pub(crate) const NO_DISTANCE: u16 = u16::MAX;
/// Minimum distance from the centre of a vector with a direction.
const LENGTH_MIN: f32 = 1e-6;

/// Vectors of one dimension, one after the other.
#[derive(Debug)]
pub(crate) struct Vectors {
    centre: Arc<[f32]>,
    uppers: Vec<i8>,
    /// Lower parts, each plus 8, two per byte: one of a vector's first half in the low bits, and in
    /// the high bits the one at the same position of the second half.
    lowers: Vec<u8>,
    /// The signs of the numbers, a bit each, in whole words.
    signs: Vec<u64>,
    /// Factor of each row's upper parts; 0 for a row without a vector.
    scales: Vec<f32>,
}

/// The vector of a query, which rows are compared with.
#[derive(Debug)]
pub(crate) struct Asked {
    numbers: Vec<i16>,
    signs: Vec<u64>,
    scale: f32,
}

impl Vectors {
    /// Creates an empty list with room for `rows` vectors of the dimension of `centre`.
    pub(crate) fn new(centre: Arc<[f32]>, rows: usize) -> Vectors {
        let dimension = centre.len();
        Vectors {
            centre,
            uppers: Vec::with_capacity(rows * dimension),
            lowers: Vec::with_capacity(rows * dimension.div_ceil(2)),
            signs: Vec::with_capacity(rows * dimension.div_ceil(SIGNS)),
            scales: Vec::with_capacity(rows),
        }
    }

    pub(crate) fn push(&mut self, vector: Option<&[f32]>) {
        let dimension = self.centre.len();
        let halved = dimension.div_ceil(2);
        let vector = vector.filter(|vector| vector.len() == dimension);
        let Some(direction) = vector.and_then(|vector| direction(vector, &self.centre)) else {
            self.scales.push(0.0);
            self.uppers.resize(self.uppers.len() + dimension, 0);
            self.lowers.resize(self.lowers.len() + halved, 0);
            self.signs.resize(self.signs.len() + dimension.div_ceil(SIGNS), 0);
            return;
        };
        self.signs.extend(signs(&direction));
        let scale = largest(&direction) / UPPER_MAX;
        self.scales.push(scale);
        let start = self.lowers.len();
        self.lowers.resize(start + halved, 0);
        let lowers = &mut self.lowers[start..];
        for (at, number) in direction.into_iter().enumerate() {
            let steps = (number / scale * f32::from(LOWER_STEPS)).round() as i16;
            let upper = (steps + LOWER_STEPS / 2).div_euclid(LOWER_STEPS);
            let lower = steps - LOWER_STEPS * upper + LOWER_STEPS / 2;
            self.uppers.push(upper as i8);
            lowers[at % halved] |= (lower as u8) << (4 * (at / halved));
        }
    }

    pub(crate) fn shrink_to_fit(&mut self) {
        self.uppers.shrink_to_fit();
        self.lowers.shrink_to_fit();
        self.signs.shrink_to_fit();
        self.scales.shrink_to_fit();
    }

    /// Returns the cosine of vector `at` with `asked`; `None` for a row without a vector.
    pub(crate) fn cosine(&self, at: u32, asked: &Asked) -> Option<f32> {
        let scale = self.scales[at as usize];
        if scale <= 0.0 {
            return None;
        }
        let (upper, lower) = Arch::new().dispatch(Exactly { vectors: self, at, asked });
        let sum = upper as f32 + lower as f32 / f32::from(LOWER_STEPS);
        Some(scale * asked.scale * sum)
    }

    /// Calls `found` with the cosine of each of `rows` that has a vector, computed from the upper
    /// parts.
    pub(crate) fn cosines(&self, rows: &[u32], asked: &Asked, found: impl FnMut(u32, f32)) {
        Arch::new().dispatch(Roughly { vectors: self, rows, asked, found });
    }

    /// Returns for each of `rows` the number of signs that differ from those of `asked`;
    /// [`NO_DISTANCE`] for a row without a vector.
    pub(crate) fn distances(&self, rows: &[u32], asked: &Asked) -> Vec<u16> {
        Arch::new().dispatch(BySigns { vectors: self, rows, asked })
    }

    #[inline(always)]
    fn upper_sum(&self, at: u32, asked: &Asked) -> i32 {
        let start = at as usize * self.centre.len();
        let uppers = &self.uppers[start..start + self.centre.len()];
        let pairs = uppers.iter().zip(&asked.numbers);
        pairs.map(|(&upper, &asked)| i32::from(upper) * i32::from(asked)).sum()
    }

    #[inline(always)]
    fn lower_sum(&self, at: u32, asked: &Asked) -> i32 {
        let halved = self.centre.len().div_ceil(2);
        let start = at as usize * halved;
        let lowers = &self.lowers[start..start + halved];
        let (first, second) = asked.numbers.split_at(halved);
        let product = |lower: u8, asked: i16| {
            (i32::from(lower) - i32::from(LOWER_STEPS / 2)) * i32::from(asked)
        };
        let first = lowers.iter().zip(first).map(|(pair, &asked)| product(pair & 15, asked));
        let second = lowers.iter().zip(second).map(|(pair, &asked)| product(pair >> 4, asked));
        first.sum::<i32>() + second.sum::<i32>()
    }

    #[inline(always)]
    fn or_no_distance(&self, at: u32, distance: impl Fn(u32) -> u16) -> u16 {
        if 0.0 < self.scales[at as usize] { distance(at) } else { NO_DISTANCE }
    }

    pub(crate) fn bytes(&self) -> usize {
        let bytes = self.uppers.capacity() + self.lowers.capacity();
        bytes + self.signs.capacity() * 8 + self.scales.capacity() * 4
    }
}

/// Computes the sums of the upper and of the lower parts of one vector. (A closure would be called
/// through a shim that is compiled without the instructions that pulp detects.)
struct Exactly<'a> {
    vectors: &'a Vectors,
    at: u32,
    asked: &'a Asked,
}

impl NullaryFnOnce for Exactly<'_> {
    type Output = (i32, i32);

    #[inline(always)]
    fn call(self) -> (i32, i32) {
        let Exactly { vectors, at, asked } = self;
        (vectors.upper_sum(at, asked), vectors.lower_sum(at, asked))
    }
}

/// Computes the cosines of many vectors from their upper parts.
struct Roughly<'a, F> {
    vectors: &'a Vectors,
    rows: &'a [u32],
    asked: &'a Asked,
    found: F,
}

impl<F: FnMut(u32, f32)> NullaryFnOnce for Roughly<'_, F> {
    type Output = ();

    #[inline(always)]
    fn call(mut self) {
        for &at in self.rows {
            let scale = self.vectors.scales[at as usize];
            if 0.0 < scale {
                let sum = self.vectors.upper_sum(at, self.asked) as f32;
                (self.found)(at, scale * self.asked.scale * sum);
            }
        }
    }
}

/// Computes the distances of many vectors by their signs.
struct BySigns<'a> {
    vectors: &'a Vectors,
    rows: &'a [u32],
    asked: &'a Asked,
}

impl NullaryFnOnce for BySigns<'_> {
    type Output = Vec<u16>;

    #[inline(always)]
    fn call(self) -> Vec<u16> {
        let BySigns { vectors, rows, asked } = self;
        // The dimension of the bundled models, whose loop the compiler unrolls.
        match <&[u64; 6]>::try_from(&*asked.signs) {
            Ok(asked) => {
                let signs = vectors.signs.as_chunks::<6>().0;
                let distance = |at: u32| differing(&signs[at as usize], asked);
                rows.iter().map(|at| vectors.or_no_distance(*at, distance)).collect()
            }
            Err(_) => {
                let words = asked.signs.len();
                let signs = |at: u32| &vectors.signs[at as usize * words..][..words];
                let distance = |at: u32| differing(signs(at), &asked.signs);
                rows.iter().map(|at| vectors.or_no_distance(*at, distance)).collect()
            }
        }
    }
}

impl Asked {
    /// Converts a vector; `None` if every number is 0, as for a text without a known word.
    pub(crate) fn new(vector: &[f32], centre: &[f32]) -> Option<Asked> {
        let direction = direction(vector, centre)?;
        let bound = i32::MAX as f32 / (UPPER_MAX * direction.len() as f32);
        let scale = largest(&direction) / ASKED_MAX.min(bound.floor());
        let numbers = direction.iter().map(|number| (number / scale).round() as i16).collect();
        Some(Asked { numbers, signs: signs(&direction).collect(), scale })
    }
}

/// Returns the number of bits that differ.
#[inline(always)]
fn differing(a: &[u64], b: &[u64]) -> u16 {
    a.iter().zip(b).map(|(a, b)| (a ^ b).count_ones()).sum::<u32>() as u16
}

/// Returns the signs of `direction` as bits, in whole words.
fn signs(direction: &[f32]) -> impl Iterator<Item = u64> {
    let bit = |(at, number): (usize, &f32)| u64::from(0.0 < *number) << at;
    direction.chunks(SIGNS).map(move |numbers| numbers.iter().enumerate().map(bit).sum())
}

/// Returns the direction of `vector` from `centre`, of length 1; `None` for the centre itself and
/// for a vector of zeros.
pub(crate) fn direction(vector: &[f32], centre: &[f32]) -> Option<Vec<f32>> {
    if vector.iter().all(|number| *number == 0.0) {
        return None;
    }
    let apart = vector.iter().zip(centre).map(|(number, centre)| number - centre);
    let mut apart: Vec<f32> = apart.collect();
    let length = dot(&apart, &apart).sqrt() as f32;
    if length < LENGTH_MIN {
        return None;
    }
    apart.iter_mut().for_each(|number| *number /= length);
    Some(apart)
}

pub(crate) fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum()
}

fn largest(numbers: &[f32]) -> f32 {
    numbers.iter().fold(0.0, |largest: f32, number| largest.max(number.abs()))
}

#[cfg(test)]
mod tests;
