//! Against values counted by hand.

use super::*;

#[test]
fn shares_count_what_is_as_relevant_as_the_bound() {
    let hits = BestHits {
        answerable: vec![0.9, 0.5, 0.4, 0.0],
        unanswerable: vec![0.6],
        foreign: Vec::new(),
    };
    let expected = Abstention {
        answerable: 0.5,
        unanswerable: Some(1.0),
        foreign: None,
        area_under_curve: None,
    };
    assert_eq!(hits.summary(), expected);
}

#[test]
fn the_area_counts_pairs_in_order_and_half_of_the_ties() {
    // Of six pairs four are in order and one is a tie.
    assert_eq!(area_under_curve(&[0.9, 0.5, 0.2], &[0.5, 0.1]), Some(4.5 / 6.0));
    assert_eq!(area_under_curve(&[0.3], &[]), None);
}
