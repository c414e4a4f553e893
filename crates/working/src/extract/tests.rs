//! Sentences selected from texts.

use super::{cut, extract, sentences};

#[test]
fn texts_are_split_into_sentences() {
    let check = |text: &str, expect: &[&str]| {
        assert_eq!(sentences(text).collect::<Vec<_>>(), expect, "{text}");
    };
    check("One. Two!  Three?\nFour", &["One.", "Two!", "Three?", "Four"]);
    check("nginx-1.24.0 is out. See a.b.c", &["nginx-1.24.0 is out.", "See a.b.c"]);
    check("\u{6771}\u{4eac}\u{3002}\u{4eac}", &["\u{6771}\u{4eac}\u{3002}", "\u{4eac}"]);
    check(" \n ", &[]);
}

#[test]
fn frequent_sentences_are_kept_once_and_in_order() {
    let texts = [
        "Hello there, how are you?",
        "The blog moves to the small server on Monday. Fine weather today.",
        "Yes.",
        "The small server of the blog needs nginx before Monday.",
        "The blog moves to the small server on Monday, as I said.",
    ];
    let texts: Vec<String> = texts.map(str::to_owned).to_vec();
    let expect = "The blog moves to the small server on Monday. \
                  The small server of the blog needs nginx before Monday.";
    assert_eq!(extract(&texts, expect.len()), expect);
    assert_eq!(extract(&texts, 50), "The blog moves to the small server on Monday.");
}

#[test]
fn text_without_a_fitting_sentence_is_truncated() {
    assert_eq!(extract(&["x".repeat(30)], 10), "xxxxxxx...");
    assert_eq!(extract(&["the and of".to_owned()], 50), "the and of");
    assert_eq!(extract(&[], 50), "");
    assert_eq!(cut("\u{1f980}\u{1f980}\u{1f980}\u{1f980}\u{1f980}", 4), "\u{1f980}...");
}
