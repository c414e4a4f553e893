//! The workloads of embedding, with a small BERT of two layers.

#[allow(dead_code, reason = "what that crate's own tests look at")]
#[path = "../../../crates/embedding/tests/it/bert/tiny.rs"]
mod tiny;

use aios_memory_benches::{
    Size,
    embedding::{Options, run},
};
use tiny::Tiny;

#[test]
fn every_workload_runs() {
    let tiny = Tiny::new(|_| ());
    let report = run(&Options { size: Size::Smoke, model: Some(tiny.path().to_owned()) });
    assert!(report.rows.iter().all(|row| row.median.is_finite()), "{report}");
    assert!(report.find("one query of 9 tokens", "BERT").is_some(), "{report}");
}

#[test]
fn a_missing_model_is_noted() {
    let report = run(&Options { size: Size::Smoke, model: None });
    assert!(report.notes.iter().any(|note| note.contains("AIOS_BENCH_MODEL")), "{report}");
}
