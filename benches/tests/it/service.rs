//! The workloads of the service.

use aios_memory_benches::{Size, service};

#[test]
fn every_way_to_the_service_is_measured() {
    let report = service::run(Size::Smoke, 1);
    assert!(report.rows.iter().all(|row| row.median.is_finite()), "{report}");
    for contender in ["in the process", "HTTP, socket", "HTTP, loopback", "gRPC, loopback"] {
        assert!(report.find("recall of 10 among 64", contender).is_some(), "{report}");
    }
}
