//! Cosines of compressed vectors compared with exact ones.

use super::*;

fn zeros(dimension: usize) -> Arc<[f32]> {
    vec![0.0; dimension].into()
}

/// A vector of length 1, with numbers from a simple recurrence.
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
        // All vectors are near one direction, like the vectors of a model.
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
        let from_centre = |vector: &[f32]| direction(vector, &centre).unwrap();
        vectors.cosines(&all, &asked, |at, cosine| {
            let exact = dot(&from_centre(&rows[at as usize]), &from_centre(&query)) as f32;
            assert!((cosine - exact).abs() < 0.006, "{dimension}: {cosine} for {exact}");
            let finer = vectors.cosine(at, &asked).unwrap();
            assert!((finer - exact).abs() < 0.000_4, "{dimension}: {finer} for {exact}");
            seen += 1;
        });
        assert_eq!(seen, 20);
    }
}

#[test]
fn what_all_vectors_share_counts_for_nothing() {
    let centre: Arc<[f32]> = unit(99, 64).into();
    let apart = |seed: u32| -> Vec<f32> {
        unit(seed, 64).iter().zip(&*centre).map(|(own, centre)| 0.1 * own + centre).collect()
    };
    let mut vectors = Vectors::new(Arc::clone(&centre), 0);
    vectors.push(Some(&apart(1)));
    vectors.push(Some(&apart(2)));
    vectors.push(Some(&centre));
    let asked = Asked::new(&apart(1), &centre).unwrap();
    assert!(0.999 < vectors.cosine(0, &asked).unwrap());
    assert!(vectors.cosine(1, &asked).unwrap() < 0.5);
    assert_eq!(vectors.cosine(2, &asked), None, "the centre itself lies in no direction");
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
    assert!((cosine - 1.0).abs() < 0.001, "{cosine}");
}
