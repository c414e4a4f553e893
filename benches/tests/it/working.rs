//! The workloads of tier 1.

use aios_memory_benches::{
    Size,
    working::{Part, run},
};

#[test]
fn every_workload_runs() {
    let parts: Vec<Part> = Part::ALL.iter().map(|(_, part)| *part).collect();
    let report = run(Size::Smoke, &parts);
    assert!(report.rows.iter().all(|row| row.median.is_finite()), "{report}");
    assert!(report.targets.iter().all(|target| target.ratio.is_finite()), "{report}");
}
