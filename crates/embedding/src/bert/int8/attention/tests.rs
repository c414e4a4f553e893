//! Attention against its definition in `f64`.

use super::*;

#[test]
fn tokens_are_weighed_by_the_match_of_query_and_key() {
    let (heads, size) = (2, 64);
    let (hidden, lengths) = (heads * size, [1, 2, 5, 33, 70]);
    let total: usize = lengths.iter().sum();
    let number = |at: usize| ((at * 7919 + 13) % 1000) as f32 / 2000.0 - 0.25;
    let rows: Vec<f32> = (0..total * 3 * hidden).map(number).collect();
    let (mut found, mut scratch) = (Vec::new(), Scratch::default());
    Attention { heads, size }.forward(&lengths, &rows, &mut found, &mut scratch);
    let at = |token: usize, kind: usize, number: usize| {
        f64::from(rows[token * 3 * hidden + kind * hidden + number])
    };
    let mut start = 0;
    for length in lengths {
        for (query, column) in (0..length).flat_map(|query| (0..hidden).map(move |c| (query, c))) {
            let head = column / size * size;
            let weights: Vec<f64> = (0..length)
                .map(|key| {
                    let product = |n| at(start + query, 0, n) * at(start + key, 1, n);
                    (head..head + size).map(product).sum::<f64>().exp()
                })
                .collect();
            let values = weights.iter().enumerate().map(|(key, w)| w * at(start + key, 2, column));
            let expected = values.sum::<f64>() / weights.iter().sum::<f64>();
            let found = f64::from(found[(start + query) * hidden + column]);
            assert!((found - expected).abs() < 1e-5, "{found}, not {expected}");
        }
        start += length;
    }
}
