//! Tests of the arguments of a bench.

#![allow(clippy::unwrap_used)]

use std::env;

use super::*;

#[test]
fn a_directory_is_resolved_against_the_callers() {
    let arguments = ["--smoke", "models/one", "/models/two"].map(str::to_owned);
    let here = env::current_dir().unwrap().join("models/one").display().to_string();
    assert_eq!(absolute(&arguments), ["--smoke", &here, "/models/two"]);
}
