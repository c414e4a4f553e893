//! Tests that compare two selections.

use super::*;

fn check(whole: &str, part: &str) -> usize {
    compare(whole, part, "cli").len()
}

const WHOLE: &str = "\
aios-memory-tests v0.1.0 (/somewhere/tests) []
tokio v1.0.0 [rt,time]
serde_derive v1.0.0 (proc-macro) [default]
serde_json v1.0.0 [std] (*)
serde_json v1.0.0 [raw,std]
";

#[test]
fn the_same_features_are_built_once() {
    assert_eq!(check(WHOLE, WHOLE), 0);
    assert_eq!(check(WHOLE, "tokio v1.0.0 [rt,time] (*)\nserde_json v1.0.0 [raw,std]\n"), 0);
    assert_eq!(check(WHOLE, "serde_derive v1.0.0 [default]"), 0);
}

#[test]
fn a_different_feature_set_is_a_second_build() {
    assert_eq!(check(WHOLE, "tokio v1.0.0 [rt]"), 1);
    assert_eq!(check(WHOLE, "tokio v1.0.0 [rt,sync,time]"), 1);
    assert_eq!(check(WHOLE, "tokio v1.0.1 [rt,time]"), 1);
    assert_eq!(check("", "tokio v1.0.0 []"), 1);
}

#[test]
fn a_crate_without_features_stays_light() {
    let check = |tree: &str| heavy("aios-learning", &["tokio", "rayon"], tree).len();
    assert_eq!(check("aios-learning v0.1.0 [client]\njiff v0.2.0 [std]\ntokio-util v0.7.0 []"), 0);
    assert_eq!(check("aios-learning v0.1.0 []\ntokio v1.0.0 [rt]\ntokio v1.0.0 [rt] (*)"), 1);
    assert_eq!(check("rayon v1.0.0 []\ntokio v1.0.0 []"), 2);
}
