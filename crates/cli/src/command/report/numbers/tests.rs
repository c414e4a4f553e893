//! Tests of numbers as text.

use super::{age, bytes, grouped, share};

#[test]
fn numbers_are_short_and_never_round_to_nothing_or_all() {
    assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    let sizes = [0, 1023, 1024, 10_240, 1_572_864, 5 << 40];
    assert_eq!(sizes.map(bytes), ["0 B", "1023 B", "1.0 KiB", "10 KiB", "1.5 MiB", "5.0 TiB"]);
    let shares = [(0, 0), (0, 5), (1, 1000), (1, 3), (999, 1000), (5, 5)];
    let shown = shares.map(|(part, whole)| share(part, whole));
    assert_eq!(shown, ["0 %", "0 %", "< 1 %", "33 %", "> 99 %", "100 %"]);
    assert_eq!(
        [5, 60, 7200, 200_000].map(age),
        ["just now", "1 minute ago", "2 hours ago", "2 days ago"]
    );
}
