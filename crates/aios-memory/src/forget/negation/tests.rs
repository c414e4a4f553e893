//! Sentences that negate, and words that only look so.

use super::negates;

#[test]
fn words_and_contractions_negate() {
    for (text, expect) in [
        ("The landlord does not allow dogs", true),
        ("She doesn't like it", true),
        ("She DON\u{2019}T like it", true),
        ("Never again.", true),
        ("'no' means no", true),
        ("The landlord allows dogs", false),
        ("A note of the notary in November", false),
        ("the cant of a knot", false),
        ("", false),
    ] {
        assert_eq!(negates(text), expect, "{text}");
    }
}
