//! Every path of this processor against sums in 64 bits.

use proptest::prelude::*;

use super::*;

/// Packs `weights`, which have a row of `inputs` per output.
fn pack(weights: &[i8], inputs: usize) -> Vec<u8> {
    crate::bert::int8::product::pack(weights, inputs)
}

fn check(left: &[u8], weights: &[i8], inputs: usize) {
    let (rows, outputs) = (left.len() / inputs, weights.len() / inputs);
    let packed = pack(weights, inputs);
    for path in Path::available() {
        let mut found = vec![None; rows * outputs];
        multiply(path, left, inputs, &packed, |row, column, sums| {
            for (at, sum) in sums.iter().enumerate() {
                let before = found[row * outputs + column + at].replace(i64::from(*sum));
                assert_eq!(before, None, "{path:?} gives a sum twice");
            }
        });
        for row in 0..rows {
            for output in 0..outputs {
                let products = (0..inputs).map(|input| {
                    let weight = i64::from(weights[output * inputs + input]);
                    i64::from(left[row * inputs + input]) * weight
                });
                let expected: i64 = products.sum();
                assert_eq!(found[row * outputs + output], Some(expected), "{path:?}");
            }
        }
    }
}

proptest! {
    #[test]
    fn every_path_gives_the_exact_sums(
        (rows, groups, blocks) in (0usize..15, 1usize..9, 1usize..4),
        seed in any::<u64>(),
    ) {
        let inputs = groups * GROUP;
        let mut state = seed | 1;
        let mut byte = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 24) as u8
        };
        let left: Vec<u8> = (0..rows * inputs).map(|_| byte()).collect();
        let weights: Vec<i8> = (0..blocks * COLUMNS * inputs).map(|_| byte() as i8).collect();
        check(&left, &weights, inputs);
    }
}

#[test]
fn no_path_saturates() {
    for (x, weight) in [(255, 127), (255, -128), (0, -128), (255, 0)] {
        let inputs = 1536;
        check(&vec![x; 7 * inputs], &vec![weight; COLUMNS * inputs], inputs);
    }
}

#[test]
fn the_plain_path_is_always_there() {
    assert_eq!(Path::available().last(), Some(&Path(Instructions::Plain)));
}
