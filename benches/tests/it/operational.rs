//! The workloads of tier 0, and the number of allocations per push.

use std::sync::Arc;

use aios_memory_benches::{
    Size,
    operational::{CAPACITY, event, ring, run},
};

#[test]
fn every_workload_runs() {
    let report = run(Size::Smoke);
    assert!(report.rows.iter().all(|row| row.median.is_finite()), "{report}");
    assert!(report.targets.iter().all(|target| target.ratio.is_finite()), "{report}");
}

#[test]
fn a_push_takes_one_allocation_and_leaves_no_garbage() {
    const PUSHES: u64 = 64_000;
    let (ring, event) = (ring(), Arc::new(event()));
    for _ in 0..CAPACITY {
        ring.push(Arc::clone(&event));
    }
    let allocations = allocation_counter::measure(|| {
        for _ in 0..PUSHES {
            ring.push(Arc::clone(&event));
        }
    });
    assert_eq!(allocations.count_total, PUSHES);
    assert_eq!(allocations.count_current, 0, "{allocations:?}");
    assert!(allocations.count_max <= 1, "{allocations:?}");
}
