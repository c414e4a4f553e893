//! Waits between tries.

use std::time::Duration;

use super::{BACKOFF_MAX, entropy, retry_after, wait_of};

#[test]
fn the_range_of_a_wait_doubles_up_to_a_limit() {
    let base = Duration::from_millis(500);
    let longest: Vec<_> = (1..6).map(|tries| wait_of(tries, base, u64::MAX).as_millis()).collect();
    assert_eq!(longest, [500, 1_000, 2_000, 4_000, 8_000]);
    assert_eq!(wait_of(40, base, u64::MAX), BACKOFF_MAX);
    assert_eq!(wait_of(u32::MAX, Duration::MAX, u64::MAX), BACKOFF_MAX);
    assert_eq!(wait_of(3, base, 0), Duration::ZERO);
    assert_eq!(wait_of(1, base, u64::MAX / 2).as_millis(), 250);
}

#[test]
fn waits_differ() {
    let numbers: std::collections::HashSet<u64> = (0..16).map(|_| entropy()).collect();
    assert!(8 < numbers.len());
}

#[test]
fn seconds_and_dates_are_read() {
    let now = "2015-10-21T07:27:50Z".parse().unwrap();
    let seconds = |value| retry_after(value, now).map(|wait| wait.as_secs());
    assert_eq!(seconds("7"), Some(7));
    assert_eq!(seconds(" 0 "), Some(0));
    assert_eq!(seconds("Wed, 21 Oct 2015 07:28:00 GMT"), Some(10));
    assert_eq!(seconds("Wed, 21 Oct 2015 07:27:00 GMT"), Some(0));
    for wrong in ["", "soon", "-1", "1.5", "2015-10-21"] {
        assert_eq!(seconds(wrong), None, "{wrong}");
    }
}
