//! Networks of tiny models.

#[allow(dead_code, reason = "the integration tests use the rest")]
#[path = "../../../tests/it/local/tiny.rs"]
mod tiny;

use self::tiny::Tiny;
use super::{Gguf, Network};

/// Reads 40 tokens in steps, and returns the scores after the last one.
fn scores(network: &mut Network, steps: &[usize]) -> Vec<f32> {
    let tokens: Vec<u32> = (0..40).map(|it| 3 + it * 5).collect();
    network.clear().unwrap();
    let (mut position, mut scores) = (0, Vec::new());
    for step in steps {
        scores = network.forward(&tokens[position..position + step], position).unwrap();
        position += step;
    }
    assert_eq!(position, tokens.len());
    scores
}

fn check(mut network: Network) {
    let expected = scores(&mut network, &[1; 40]);
    assert_eq!(expected.len(), network.vocabulary);
    assert!(expected.iter().any(|score| score.abs() > 0.01));
    for steps in [vec![32, 8], vec![16, 8, 1, 5, 1, 4, 5], vec![1, 39], vec![8, 31, 1]] {
        let found = scores(&mut network, &steps);
        for (found, expected) in found.iter().zip(&expected) {
            assert!((found - expected).abs() < 1e-3, "{steps:?}: {found} instead of {expected}");
        }
    }
}

#[test]
fn scores_do_not_depend_on_the_steps() {
    for architecture in ["llama", "qwen2", "qwen3"] {
        check(Gguf::open(&Tiny::new(architecture).gguf()).unwrap().network().unwrap());
    }
    check(Network::read(&Tiny::new("llama").directory()).unwrap());
}
