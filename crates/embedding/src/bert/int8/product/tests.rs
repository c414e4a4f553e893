//! Rows and products against plain arithmetic in `f64`.

use super::*;

fn numbers(count: usize, mut seed: u32) -> Vec<f32> {
    let mut next = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as f32 / (1 << 24) as f32 - 0.4
    };
    (0..count).map(|_| next()).collect()
}

#[test]
fn a_number_is_within_half_a_step() {
    for width in [4, 31, 32, 33, 384] {
        let row = numbers(width, width as u32);
        let mut rows = Rows::default();
        rows.fill(&row, width);
        for (byte, x) in rows.bytes.iter().zip(&row) {
            let found = (i32::from(*byte) - rows.zeros[0]) as f32 * rows.scales[0];
            assert!((found - x).abs() <= rows.scales[0] * 0.501, "{found} for {x}");
        }
    }
}

#[test]
fn extreme_rows_stay_in_range() {
    for row in [[0.0; 4], [1.0; 4], [-1.0; 4], [-3.0, 0.0, 1e-20, 5.0], [1e30, -1e30, 0.0, 1.0]] {
        let mut rows = Rows::default();
        rows.fill(&row, 4);
        for (byte, x) in rows.bytes.iter().zip(row) {
            let found = (i32::from(*byte) - rows.zeros[0]) as f32 * rows.scales[0];
            assert!((found - x).abs() <= rows.scales[0], "{found} for {x} of {row:?}");
        }
    }
}

#[test]
fn products_are_exact_for_the_rounded_numbers() {
    let (inputs, outputs, count) = (64, 96, 8);
    let left = numbers(count * inputs, 1);
    let weights: Vec<i8> =
        numbers(outputs * inputs, 2).into_iter().map(|x| (x * 200.0) as i8).collect();
    let product = Product {
        inputs,
        weights: pack(&weights, inputs).into(),
        sums: weights.chunks(inputs).map(|row| row.iter().map(|&w| i32::from(w)).sum()).collect(),
        scales: numbers(outputs, 3).into_iter().map(|x| x + 1.0).collect(),
    };
    let (mut rows, mut out) = (Rows::default(), Vec::new());
    rows.fill(&left, inputs);
    for path in Path::available() {
        product.multiply(path, &rows, &mut out);
        for (at, found) in out.iter().enumerate() {
            let (row, output) = (at / outputs, at % outputs);
            let (scale, zero) = (f64::from(rows.scales[row]), rows.zeros[row]);
            let expected: f64 = (0..inputs)
                .map(|input| {
                    let x = scale * f64::from(i32::from(rows.bytes[row * inputs + input]) - zero);
                    x * f64::from(weights[output * inputs + input])
                })
                .sum::<f64>()
                * f64::from(product.scales[output]);
            assert!((f64::from(*found) - expected).abs() < 1e-4, "{path:?}: {found}, {expected}");
        }
    }
}

#[test]
fn a_row_is_independent_of_its_neighbours() {
    let (inputs, outputs) = (32, 32);
    let weights: Vec<i8> = (0..outputs * inputs).map(|at| (at % 255) as i8).collect();
    let product = Product {
        inputs,
        weights: pack(&weights, inputs).into(),
        sums: weights.chunks(inputs).map(|row| row.iter().map(|&w| i32::from(w)).sum()).collect(),
        scales: vec![0.01; outputs],
    };
    let left = numbers(11 * inputs, 5);
    let (mut rows, mut all, mut alone) = (Rows::default(), Vec::new(), Vec::new());
    rows.fill(&left, inputs);
    product.multiply(Path::best(), &rows, &mut all);
    for (row, expected) in left.chunks(inputs).zip(all.chunks(outputs)) {
        rows.fill(row, inputs);
        product.multiply(Path::best(), &rows, &mut alone);
        assert_eq!(alone, expected);
    }
}
