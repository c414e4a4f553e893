//! Areas and errors against values computed by hand.

use super::*;

fn close(left: f64, right: f64) {
    assert!((left - right).abs() < 1e-12, "{left} is not {right}");
}

#[test]
fn the_area_counts_pairs_in_order_and_half_of_the_ties() {
    // Of six pairs, four are in order and one is a tie.
    assert_eq!(area_under_curve(&[0.9, 0.5, 0.2], &[0.5, 0.1]), Some(4.5 / 6.0));
    assert_eq!(area_under_curve(&[0.3], &[]), None);
}

#[test]
fn the_calibration_error_compares_relevance_with_the_share_of_right_hits() {
    // Two intervals: from 0.8, one of two is correct; below 0.1, none of one.
    let found = calibration_error(&[(0.85, true), (0.82, false), (0.05, false)]);
    close(found, (2.0 * (0.835 - 0.5_f64) + 0.05) / 3.0);
    // A bound belongs to the upper interval, and 1 to the last one.
    close(calibration_error(&[(0.1, true), (0.1, false), (0.09, false)]), (2.0 * 0.4 + 0.09) / 3.0);
    close(calibration_error(&[(1.0, true), (0.0, false)]), 0.0);
    close(calibration_error(&[(1.0, false), (0.0, true)]), 1.0);
    close(calibration_error(&[]), 0.0);
    close(calibration_error_of(&[1.0, 0.7], &[0.0]), 0.1);
}

#[test]
fn each_type_is_compared_with_the_unanswered_questions() {
    let mut relevances = Relevances::default();
    for (name, relevance) in
        [("easy", 0.9), ("hard", 0.0), ("easy", 0.5), ("easy", 0.3), ("none", 0.4), ("none", 0.1)]
    {
        relevances.push(name, relevance);
    }
    let by_type = relevances.by_type("none");
    let easy = by_type["easy"];
    assert_eq!((easy.queries, easy.median), (3, 0.5));
    close(easy.passing, 2.0 / 3.0);
    assert_eq!(easy.area_under_curve, Some(5.0 / 6.0));
    // Each is alone in its interval: .9, .5 and .3 should be 1, .4 and .1 should be 0.
    close(easy.calibration_error.unwrap(), (0.1 + 0.5 + 0.7 + 0.4 + 0.1) / 5.0);
    assert_eq!(by_type["hard"].area_under_curve, Some(0.0));
    let none = by_type["none"];
    assert_eq!((none.queries, none.passing, none.median), (2, 0.0, 0.1));
    assert_eq!((none.area_under_curve, none.calibration_error), (None, None));
    assert_eq!(relevances.by_type("absent")["easy"].area_under_curve, None);
}
