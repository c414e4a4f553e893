//! Shares and errors against values computed by hand.

use super::*;

#[test]
fn a_hit_at_the_threshold_counts_as_relevant() {
    let hits = BestHits {
        answerable: vec![0.9, 0.5, 0.4, 0.0],
        unanswerable: vec![0.6],
        foreign: Vec::new(),
    };
    let found = hits.summary();
    assert_eq!((found.answerable, found.unanswerable, found.foreign), (0.5, Some(1.0), None));
    assert_eq!((found.area_under_curve, found.calibration_error), (None, None));
}

#[test]
fn foreign_and_unanswerable_questions_are_measured_separately() {
    let hits =
        BestHits { answerable: vec![0.9, 0.5], unanswerable: vec![1.0], foreign: vec![0.0, 0.6] };
    let found = hits.summary();
    assert_eq!(found.area_under_curve, Some(0.75));
    assert_eq!(found.unanswerable_area_under_curve, Some(0.0));
    let close = |found: Option<f64>, expect: f64| {
        assert!((found.unwrap() - expect).abs() < 1e-12, "{found:?} is not {expect}");
    };
    close(found.calibration_error, (0.1 + 0.5 + 0.6) / 4.0);
    // In the last interval .9 should be 1, and 1 should be 0.
    close(found.unanswerable_calibration_error, (0.9 + 0.5) / 3.0);
}
