//! Tests of the table of counts, with given times.

use jiff::{SignedDuration, Timestamp};

use super::{Count, Counts, Table};

fn at(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
}

fn counts(counts: &[(&str, u64, i64)]) -> Counts {
    let count = |&(key, recalls, last): &(&str, u64, i64)| {
        (key.to_owned(), Count { recalls, last_at: at(last) })
    };
    counts.iter().map(count).collect()
}

#[test]
fn counts_are_added_and_a_full_table_drops_what_was_recalled_least_recently() {
    let mut table = Table::default();
    table.add(counts(&[("a", 2, 10), ("b", 1, 5)]), at(10), 3);
    table.add(counts(&[("a", 1, 7), ("c", 1, 20)]), at(20), 3);
    assert_eq!(table.since, Some(at(10)));
    assert_eq!(table.counts, counts(&[("a", 3, 10), ("b", 1, 5), ("c", 1, 20)]));
    assert!(!table.is_cut);
    table.add(counts(&[("d", 1, 21)]), at(21), 3);
    assert_eq!(table.counts, counts(&[("a", 3, 10), ("c", 1, 20), ("d", 1, 21)]));
    assert!(table.is_cut);
}
