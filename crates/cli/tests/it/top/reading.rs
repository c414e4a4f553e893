//! Metrics in the format of the service.

use super::figures::{Calls, Figures};

const TEXT: &str = r#"# HELP aios_memory_requests Calls.
# TYPE aios_memory_requests counter
aios_memory_requests_total{transport="http",operation="POST /api/v1/recall",outcome="ok"} 8
aios_memory_requests_total{transport="http",operation="POST /api/v1/recall",outcome="invalid"} 2
aios_memory_request_seconds_sum{transport="http",operation="POST /api/v1/recall"} 0.02
aios_memory_request_seconds_count{transport="http",operation="POST /api/v1/recall"} 10
aios_memory_request_seconds_bucket{le="0.001",transport="http",operation="POST /api/v1/recall"} 5
aios_memory_request_seconds_bucket{le="0.01",transport="http",operation="POST /api/v1/recall"} 9
aios_memory_request_seconds_bucket{le="+Inf",transport="http",operation="POST /api/v1/recall"} 10
aios_memory_connections 3
aios_memory_records{kind="notes",tier="working"} 1
aios_memory_records{kind="notes",tier="longterm"} 7
aios_memory_events_lost{reason="unwritten"} 4
aios_memory_cpu_seconds 1.5
# EOF
"#;

#[test]
fn figures_are_read_by_name_and_label() {
    let figures = Figures::read(TEXT);
    let calls = &figures.calls["POST /api/v1/recall"];
    assert_eq!((calls.count(), calls.failed()), (10, 2));
    assert_eq!(figures.records["notes"], (1, 7));
    assert_eq!((figures.count("connections"), figures.single("cpu_seconds")), (3, 1.5));
    assert_eq!((figures.unwritten, figures.count("absent")), (4, 0));
}

#[test]
fn a_quantile_is_interpolated_within_its_bucket() {
    let figures = Figures::read(TEXT);
    let calls = &figures.calls["POST /api/v1/recall"];
    assert_eq!(calls.quantile(0.5), Some(0.001));
    let p70 = calls.quantile(0.7).unwrap();
    assert!((p70 - 0.0055).abs() < 1e-9, "{p70}");
    assert_eq!(calls.quantile(0.99), Some(0.01), "the last finite bound");
    assert_eq!(Calls::default().quantile(0.5), None);
}

#[test]
fn calls_since_a_moment_are_a_difference_and_all_after_a_new_beginning() {
    let now = Figures::read(TEXT).calls["POST /api/v1/recall"].clone();
    let none = now.since(&now);
    assert_eq!((none.count(), none.quantile(0.5)), (0, None));
    let earlier = TEXT.replace("} 8", "} 100");
    let earlier = Figures::read(&earlier).calls["POST /api/v1/recall"].clone();
    assert_eq!(now.since(&earlier), now);
}

#[test]
fn labels_with_quotes_and_lines_that_are_cut_off_are_no_trouble() {
    let text =
        "aios_memory_records{kind=\"a\\\"b,}\",tier=\"longterm\"} 2\naios_memory_records{kind=\"c";
    let figures = Figures::read(text);
    assert_eq!(figures.records.len(), 1);
    assert_eq!(figures.records["a\"b,}"], (0, 2));
}
