//! Rates at given moments.

use super::*;

#[test]
fn a_token_has_its_burst_and_then_its_rate() {
    let rates = Rates::new(10, 3);
    let now = Instant::now();
    assert!((0..3).all(|_| rates.take("a", now).is_ok()));
    let refused = rates.take("a", now).unwrap_err();
    assert!(refused.retry_after.unwrap() <= Duration::from_millis(100));
    assert!(rates.take("b", now).is_ok(), "another token has its own");
    let later = now + Duration::from_millis(100);
    assert!(rates.take("a", later).is_ok());
    assert!(rates.take("a", later).is_err());
}
