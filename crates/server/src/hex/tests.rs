//! Digits, there and back, and texts that are refused.

use super::{bytes, digits};

#[test]
fn digits_are_read_back() {
    assert_eq!(digits(&[0, 10, 255]), "000aff");
    assert_eq!(bytes("000aFF"), Some(vec![0, 10, 255]));
    assert_eq!(bytes(""), Some(Vec::new()));
}

#[test]
fn other_texts_are_no_bytes() {
    for text in ["a", "abc", "+f", "0x", " 1", "g0", "\u{e9}"] {
        assert_eq!(bytes(text), None, "{text}");
    }
}
