//! Cosines in bytes against those in full.

use super::*;

fn zeros(dimension: usize) -> Arc<[f32]> {
    vec![0.0; dimension].into()
}

/// A vector of length 1, its numbers between -1 and 1 by a simple recurrence.
fn unit(seed: u32, dimension: usize) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    let mut vector: Vec<f32> = (0..dimension)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        })
        .collect();
    let length = vector.iter().map(|number| number * number).sum::<f32>().sqrt();
    vector.iter_mut().for_each(|number| *number /= length);
    vector
}

#[test]
fn a_cosine_is_off_by_little() {
    for dimension in [3, 64, 255, 1024] {
        // Everything lies around one direction, as the vectors of a model do.
        let centre: Arc<[f32]> = unit(99, dimension).into();
        let mut vectors = Vectors::new(Arc::clone(&centre), 0);
        let rows: Vec<Vec<f32>> = (0..20)
            .map(|seed| {
                let own = unit(seed, dimension);
                own.iter().zip(&*centre).map(|(own, centre)| 0.3 * own + 0.95 * centre).collect()
            })
            .collect();
        rows.iter().for_each(|row| vectors.push(Some(row)));
        let query = unit(77, dimension);
        let asked = Asked::new(&query, &centre).unwrap();
        let all: Vec<u32> = (0..20).collect();
        let mut seen = 0;
        vectors.cosines(&all, &asked, |at, cosine| {
            let exact: f32 = rows[at as usize].iter().zip(&query).map(|(a, b)| a * b).sum();
            assert!((cosine - exact).abs() < 0.002, "{dimension}: {cosine} for {exact}");
            let finer = vectors.cosine(at, &asked).unwrap();
            assert!((finer - exact).abs() < 0.000_15, "{dimension}: {finer} for {exact}");
            seen += 1;
        });
        assert_eq!(seen, 20);
    }
}

#[test]
fn what_has_no_vector_has_no_cosine() {
    let mut vectors = Vectors::new(zeros(2), 0);
    vectors.push(None);
    vectors.push(Some(&[1.0]));
    vectors.push(Some(&[0.0, -1.0]));
    let asked = Asked::new(&[0.0, 1.0], &zeros(2)).unwrap();
    let mut found = Vec::new();
    vectors.cosines(&[0, 1, 2], &asked, |at, cosine| found.push((at, cosine.round())));
    assert_eq!(found, [(2, -1.0)]);
    assert!(Asked::new(&[0.0, 0.0], &zeros(2)).is_none());
}

#[test]
fn the_largest_sums_do_not_overflow() {
    let dimension = 4096;
    let ones = vec![1.0; dimension];
    let mut vectors = Vectors::new(zeros(dimension), 0);
    vectors.push(Some(&ones));
    let cosine = vectors.cosine(0, &Asked::new(&ones, &zeros(dimension)).unwrap()).unwrap();
    assert!((cosine - 4096.0).abs() < 1.0, "{cosine}");
}
