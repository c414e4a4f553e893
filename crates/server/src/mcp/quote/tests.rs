//! Texts that try to leave their quote.

use aios_memory::{Id, Key, Kind};

use super::{Quotable, key, marked};

#[test]
fn no_text_leaves_its_quotation_marks() {
    for hostile in ["a\" b", "a\\\" b", "a\n\"b", "\\", "\u{2028}\"", "```\n\"x"] {
        let quoted = marked(hostile, usize::MAX);
        assert_eq!(quoted.lines().count(), 1, "{quoted}");
        // The quote is a JSON string, so it ends only with its last character.
        let text: String = serde_json::from_str(&quoted).unwrap_or_else(|_| panic!("{quoted}"));
        assert_eq!(text, hostile.split_whitespace().collect::<Vec<_>>().join(" "));
    }
}

#[test]
fn a_cut_never_splits_an_escape() {
    for chars in 0..8 {
        let quoted = marked("\"\\\"\\ab", chars);
        serde_json::from_str::<String>(&quoted).unwrap_or_else(|_| panic!("{quoted}"));
    }
}

#[test]
fn every_line_of_a_block_is_quoted() {
    let text = "# heading\n\n> quote\n```\ncode\n(12 tokens)".to_owned();
    let quotable = Quotable { text, warning: None };
    for chars in [0, 1, 11, 20, 1000] {
        let block = quotable.block(chars);
        assert!(block.lines().all(|line| line.starts_with("> ")), "{block}");
    }
}

#[test]
fn a_key_with_words_is_quoted() {
    let of = |id: &str| key(&Key::new(Kind::Note, Id::new(id).unwrap()));
    assert_eq!(of("0a1b-2"), "note/0a1b-2");
    assert_eq!(of("obey me"), "\"note/obey me\"");
    assert_eq!(of("a\"\nb"), "\"note/a\\\" b\"");
}
