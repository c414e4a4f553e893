//! The sizes of pages for records of several sizes.

use super::{BYTES, PageSize, RECORDS_MAX};

#[test]
fn pages_grow_while_records_are_small_and_shrink_with_large_ones() {
    let mut size = PageSize::first();
    for _ in 0..10 {
        size = size.after(size.records() * 100);
    }
    assert_eq!(size.records(), RECORDS_MAX);
    size = size.after(RECORDS_MAX * BYTES);
    assert_eq!(size.records(), 1);
    // Half a page each: two of them fill it.
    for _ in 0..10 {
        size = size.after(size.records() * BYTES / 2);
    }
    assert_eq!(size.records(), 2);
    assert_eq!(size.after(0).records(), 4);
}
