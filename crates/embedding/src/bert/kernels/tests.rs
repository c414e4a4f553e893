//! The loops of a forward pass against plain arithmetic in `f64`, or the definition.

use super::*;

/// Returns every multiple of 1/64 from -`limit` to `limit`.
fn numbers(limit: f32) -> impl Iterator<Item = f32> {
    let steps = (limit * 64.0) as i32;
    (-steps..=steps).map(|step| step as f32 / 64.0)
}

#[test]
fn exponentials_are_within_tolerance() {
    for x in numbers(87.0).map(|x| x * 0.999) {
        let expected = f64::from(x).exp();
        let tolerance = (3e-7 + 7e-8 * f64::from(x.abs())).min(4e-6);
        let found = f64::from(exp(x));
        assert!((found / expected - 1.0).abs() < tolerance, "exp({x}) = {found}, not {expected}");
    }
    assert!(exp(f32::MIN) < 2e-38);
    assert!(8e37 < exp(f32::MAX));
}

#[test]
fn the_error_function_is_within_tolerance() {
    // The Taylor series of erf converges everywhere; beyond 5, erf is 1 within the tolerance.
    let series = |x: f64| {
        let (mut term, mut sum) = (x, x);
        for n in 1..200 {
            term *= -x * x / f64::from(n);
            sum += term / f64::from(2 * n + 1);
        }
        sum * std::f64::consts::FRAC_2_SQRT_PI
    };
    for x in numbers(5.0).map(|x| x * 0.999) {
        let (found, expected) = (f64::from(erf(x)), series(x.into()));
        assert!((found - expected).abs() < 4.5e-7, "erf({x}) = {found}, not {expected}");
    }
    assert!((1.0 - erf(f32::MAX)).abs() < 4.5e-7);
}

#[test]
fn both_gelus_are_close_to_the_integral_and_to_each_other() {
    for x in numbers(12.0) {
        let (exact, close) = (gelu(x), gelu_tanh(x));
        assert!((exact - close).abs() < 5e-4, "at {x}: {exact} and {close}");
    }
    // From tables of the normal distribution.
    for (x, share) in [(0.0, 0.5), (1.0, 0.841_344_8), (-1.0, 0.158_655_25), (2.5, 0.993_790_3)] {
        assert!((gelu(x) - x * share).abs() < 1e-6, "at {x}: {}", gelu(x));
    }
}

#[test]
fn softmax_adds_up_to_one_for_large_numbers() {
    for columns in [1, 2, 31, 32, 33, 100] {
        let mut rows: Vec<f32> = (0..3 * columns).map(|at| (at as f32 * 37.0) % 90.0).collect();
        rows[columns..2 * columns].iter_mut().for_each(|x| *x -= 1e4);
        let expected: Vec<f64> = rows
            .chunks(columns)
            .flat_map(|row| {
                let largest = row.iter().copied().fold(f32::MIN, f32::max);
                let powers = row.iter().map(move |x| f64::from(x - largest).exp());
                let total: f64 = powers.clone().sum();
                powers.map(move |power| power / total)
            })
            .collect();
        softmax(&mut rows, columns);
        for (found, expected) in rows.iter().zip(expected) {
            assert!((f64::from(*found) - expected).abs() < 1e-6, "{found}, not {expected}");
        }
    }
}

#[test]
fn rows_of_every_width_are_normalised() {
    for columns in [1, 5, 32, 40, 384] {
        let number = |at: usize| ((at * at + 3) % 17) as f32 - 8.0;
        let rows: Vec<f32> = (0..2 * columns).map(number).collect();
        let weight: Vec<f32> = (0..columns).map(|at| 1.0 + number(at) / 10.0).collect();
        let bias: Vec<f32> = (0..columns).map(|at| number(at + 1)).collect();
        let mut found = rows.clone();
        normalise(&mut found, &weight, &bias, 1e-5);
        for (row, found) in rows.chunks(columns).zip(found.chunks(columns)) {
            let mean = row.iter().sum::<f32>() / columns as f32;
            let variance = row.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / columns as f32;
            for (at, found) in found.iter().enumerate() {
                let expected = (row[at] - mean) / (variance + 1e-5).sqrt() * weight[at] + bias[at];
                assert!((found - expected).abs() < 1e-5, "{found}, not {expected}");
            }
        }
        // The same in three parts: rows, update, and the bias of the update.
        let part: Vec<f32> = (0..columns).map(|at| number(at + 2) / 8.0).collect();
        let mut split: Vec<f32> =
            rows.iter().zip(part.iter().cycle()).map(|(x, part)| x / 4.0 - part).collect();
        let update: Vec<f32> = rows.iter().map(|x| x * 0.75).collect();
        add_and_normalise(&mut split, (&update, &part), &weight, &bias, 1e-5);
        for (found, expected) in split.iter().zip(&found) {
            assert!((found - expected).abs() < 1e-4, "{found}, not {expected}");
        }
    }
}
