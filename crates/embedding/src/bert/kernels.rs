//! The loops of a forward pass over rows of `f32`.
//!
//! Each loop reads a row once while it is in the cache, in a form that the compiler vectorises.

use pulp::{Arch, NullaryFnOnce};

/// Numbers that are summed in parallel: two of the widest registers.
const LANES: usize = 32;

/// Runs `work`, compiled with the widest instructions of this processor that pulp supports. Mark
/// the closure `#[inline(always)]`.
pub(super) fn widest<R>(work: impl FnMut() -> R) -> R {
    struct Widest<F>(F);

    // A closure called as `FnOnce` goes through a shim, which is compiled without those
    // instructions and not always inlined. A closure called as `FnMut` is called directly.
    impl<R, F: FnMut() -> R> NullaryFnOnce for Widest<F> {
        type Output = R;

        #[inline(always)]
        fn call(mut self) -> R {
            (self.0)()
        }
    }

    Arch::new().dispatch(Widest(work))
}

/// Adds `bias` to each row.
pub(super) fn add_bias(rows: &mut [f32], bias: &[f32]) {
    widest(
        #[inline(always)]
        || {
            for row in rows.chunks_exact_mut(bias.len()) {
                row.iter_mut().zip(bias).for_each(|(x, bias)| *x += bias);
            }
        },
    );
}

/// Adds `bias` to each row, and applies `activation` to each number.
pub(super) fn activate(rows: &mut [f32], bias: &[f32], activation: impl Fn(f32) -> f32) {
    widest(
        #[inline(always)]
        || {
            for row in rows.chunks_exact_mut(bias.len()) {
                row.iter_mut().zip(bias).for_each(|(x, bias)| *x = activation(*x + bias));
            }
        },
    );
}

/// Computes the exact GELU (Hendrycks and Gimpel, 2016): `x * (1 + erf(x / sqrt 2)) / 2`.
#[inline(always)]
pub(super) fn gelu(x: f32) -> f32 {
    0.5 * x * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2))
}

/// Computes GELU by the hyperbolic tangent: `tanh z` is `2 / (1 + exp(-2 z)) - 1`.
#[inline(always)]
pub(super) fn gelu_tanh(x: f32) -> f32 {
    const TWO_ROOT_TWO_OVER_PI: f32 = 1.595_769_2;
    x / (1.0 + exp(-TWO_ROOT_TWO_OVER_PI * (x + 0.044_715 * x * x * x)))
}

/// Normalises each row to mean 0 and variance 1, then scales and shifts it (Ba, Kiros and Hinton,
/// 2016).
pub(super) fn normalise(rows: &mut [f32], weight: &[f32], bias: &[f32], epsilon: f32) {
    widest(
        #[inline(always)]
        || {
            for row in rows.chunks_exact_mut(weight.len()) {
                normalise_row(row, weight, bias, epsilon);
            }
        },
    );
}

/// Adds `update` and its bias to `rows`, then [`normalise`]s them.
pub(super) fn add_and_normalise(
    rows: &mut [f32],
    (update, update_bias): (&[f32], &[f32]),
    weight: &[f32],
    bias: &[f32],
    epsilon: f32,
) {
    widest(
        #[inline(always)]
        || {
            let width = weight.len();
            for (row, update) in rows.chunks_exact_mut(width).zip(update.chunks_exact(width)) {
                for ((x, update), bias) in row.iter_mut().zip(update).zip(update_bias) {
                    *x += update + bias;
                }
                normalise_row(row, weight, bias, epsilon);
            }
        },
    );
}

#[inline(always)]
fn normalise_row(row: &mut [f32], weight: &[f32], bias: &[f32], epsilon: f32) {
    let count = row.len() as f32;
    let mean = sum(row, |x| x) / count;
    let variance = sum(row, |x| (x - mean) * (x - mean)) / count;
    let scale = 1.0 / (variance + epsilon).sqrt();
    for ((x, weight), bias) in row.iter_mut().zip(weight).zip(bias) {
        *x = (*x - mean) * scale * weight + bias;
    }
}

/// Turns each row of `columns` numbers into weights that add up to 1, in proportion to their
/// exponentials.
pub(super) fn softmax(rows: &mut [f32], columns: usize) {
    widest(
        #[inline(always)]
        || {
            for row in rows.chunks_exact_mut(columns) {
                let largest = row.iter().fold(f32::MIN, |largest, x| x.max(largest));
                row.iter_mut().for_each(|x| *x = exp(*x - largest));
                let share = 1.0 / sum(row, |x| x);
                row.iter_mut().for_each(|x| *x *= share);
            }
        },
    );
}

/// Returns the sum of `term` over all numbers, in [`LANES`] partial sums.
#[inline(always)]
fn sum(row: &[f32], term: impl Fn(f32) -> f32) -> f32 {
    let mut sums = [0.0; LANES];
    let (blocks, rest) = row.as_chunks::<LANES>();
    for block in blocks {
        sums.iter_mut().zip(block).for_each(|(sum, x)| *sum += term(*x));
    }
    sums.iter_mut().zip(rest).for_each(|(sum, x)| *sum += term(*x));
    sums.iter().sum()
}

/// Computes `e` to the power of `x`, at least 2^-126 and at most 2^126. The relative error is 3e-7
/// near 0 and 4e-6 at 87, because the product with log2 e is rounded.
#[inline(always)]
fn exp(x: f32) -> f32 {
    // Adding this constant to a number between -126 and 126 rounds it to an integer and leaves that
    // integer plus 127, the exponent of a float, in the lowest bits.
    const ROUNDER: f32 = 12_582_912.0 + 127.0;
    // Taylor: the n-th power of ln 2 over n factorial, from the sixth down.
    const TERMS: [f32; 7] = [
        1.540_353e-4,
        1.333_355_8e-3,
        9.618_129e-3,
        5.550_411e-2,
        2.402_265e-1,
        std::f32::consts::LN_2,
        1.0,
    ];
    let power = (x * std::f32::consts::LOG2_E).clamp(-126.0, 126.0);
    let rounded = power + ROUNDER;
    let rest = power - (rounded - ROUNDER);
    f32::from_bits(rounded.to_bits() << 23) * polynomial(&TERMS, rest)
}

/// Computes erf by the rational approximation of Eigen and XLA: odd over even polynomial on [-4,
/// 4], beyond which erf is 1 in `f32`. Within 4.5e-7 of the true value.
#[inline(always)]
fn erf(x: f32) -> f32 {
    const ODD: [f32; 7] = [
        -2.726_142_3e-10,
        2.770_681_4e-8,
        -2.101_024e-6,
        -5.692_506_5e-5,
        -7.349_906_3e-4,
        -2.954_6e-3,
        -1.609_603_3e-2,
    ];
    const EVEN: [f32; 5] =
        [-1.456_607_2e-5, -2.133_740_6e-4, -1.682_827e-3, -7.373_329_2e-3, -1.426_473_9e-2];
    let x = x.clamp(-4.0, 4.0);
    x * polynomial(&ODD, x * x) / polynomial(&EVEN, x * x)
}

#[inline(always)]
fn polynomial<const N: usize>(terms: &[f32; N], x: f32) -> f32 {
    terms.iter().fold(0.0, |sum, term| sum * x + term)
}

#[cfg(test)]
mod tests;
