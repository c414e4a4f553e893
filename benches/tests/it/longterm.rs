//! The workloads of tier 2, with the rivals that this machine has.

use aios_memory_benches::{
    Size,
    longterm::{Options, run},
};

#[tokio::test]
async fn every_workload_runs() {
    let report =
        run(Options { size: Size::Smoke, million: false, rivals: true, questions_only: false })
            .await;
    assert!(report.rows.iter().all(|row| row.median.is_finite()), "{report}");
    assert!(report.find("a fresh process, 200 records", "first search").is_some(), "{report}");
    for rival in ["chromadb", "lancedb", "mem0"] {
        let is_measured = report.rows.iter().any(|row| row.workload.starts_with(rival));
        let is_noted = report.notes.iter().any(|note| note.starts_with(rival));
        assert!(is_measured != is_noted, "{rival}\n{report}");
    }
}
