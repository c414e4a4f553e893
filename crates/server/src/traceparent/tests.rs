//! Headers of traces.

use super::*;

#[test]
fn the_parent_is_taken_from_a_valid_header_only() {
    let (trace, parent) = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331");
    assert_eq!(parse(&format!("00-{trace}-{parent}-01")), Some((trace, parent)));
    for invalid in [
        format!("00-{trace}-{parent}"),
        format!("ff-{trace}-{parent}-01"),
        format!("00-{}-{parent}-01", "0".repeat(32)),
        format!("00-{trace}-{parent}-01-more"),
        format!("00-{}-{parent}-01", trace.to_uppercase()),
    ] {
        assert_eq!(parse(&invalid), None, "{invalid}");
    }
}
