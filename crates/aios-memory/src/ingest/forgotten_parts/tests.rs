//! Cutting a text into the parts that may have been forgotten.

use super::{parts_of, unmarked};

#[test]
fn paragraphs_come_before_their_lines() {
    let text = "# One\r\n\r\nfirst\nsecond\n \nthird";
    let parts: Vec<&str> = parts_of(text).into_iter().map(|part| text[part].trim_end()).collect();
    assert_eq!(parts, ["# One", "first\nsecond", "first", "second", "third"]);
    assert!(parts_of(" \n\n").is_empty());
    assert_eq!(unmarked("  > - said\n"), "said");
}
