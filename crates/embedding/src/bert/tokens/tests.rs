//! The start of a text gives the same tokens as the whole text.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const UNKNOWN: u32 = 0;

fn tokens(parts: Value, tokens_max: usize) -> Tokens {
    let mut file = json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
        "normalizer": null, "post_processor": null, "decoder": null,
    });
    file.as_object_mut().unwrap().extend(parts.as_object().unwrap().clone());
    let tokenizer = Tokenizer::from_bytes(file.to_string()).unwrap();
    Tokens { tokenizer, unknown: Some(UNKNOWN), tokens_max }
}

/// Returns a tokenizer like BERT's: a word of more than 20 characters is unknown.
fn word_pieces(tokens_max: usize) -> Tokens {
    let pieces = json!({
        "[UNK]": 0, "a": 1, "##a": 2, "b": 3, "##b": 4, "ab": 5, "'": 6, "re": 7, "\u{65E5}": 8,
        "e": 9, "##e": 10, "##r": 11, "r": 12,
    });
    let parts = json!({
        "normalizer": { "type": "BertNormalizer", "clean_text": true, "strip_accents": null,
                        "handle_chinese_chars": true, "lowercase": true },
        "pre_tokenizer": { "type": "BertPreTokenizer" },
        "model": { "type": "WordPiece", "unk_token": "[UNK]", "vocab": pieces,
                   "continuing_subword_prefix": "##", "max_input_chars_per_word": 20 },
    });
    tokens(parts, tokens_max)
}

/// Returns a tokenizer like XLM-RoBERTa's: the most likely segmentation of a word.
fn unigrams(tokens_max: usize) -> Tokens {
    let pieces = [
        ("<unk>", 0.0),
        ("\u{2581}", -3.0),
        ("a", -3.0),
        ("b", -3.0),
        ("e", -3.0),
        ("aab", -4.0),
        ("ba", -2.0),
        ("\u{2581}a", -4.0),
        ("\u{2581}\u{65E5}", -2.5),
        ("\u{65E5}", -2.0),
        ("'re", -1.0),
    ];
    let parts = json!({
        "normalizer": { "type": "NFKC" },
        "pre_tokenizer": { "type": "Metaspace", "replacement": "\u{2581}",
                           "prepend_scheme": "always", "split": true },
        "model": { "type": "Unigram", "unk_id": UNKNOWN, "vocab": pieces },
    });
    tokens(parts, tokens_max)
}

/// Returns a tokenizer like RoBERTa's: bytes, a space with the word after it, contractions apart.
fn byte_pairs(tokens_max: usize) -> Tokens {
    let mut alphabet: Vec<char> =
        tokenizers::pre_tokenizers::byte_level::ByteLevel::alphabet().into_iter().collect();
    alphabet.sort_unstable();
    let merges = [
        ["\u{120}", "\u{120}"],
        ["\u{120}\u{120}", "\u{120}\u{120}"],
        ["\u{120}", "a"],
        ["a", "b"],
        ["'", "r"],
        ["'r", "e"],
        ["r", "e"],
    ];
    let pieces = ["<unk>".to_owned()].into_iter();
    let pieces = pieces.chain(alphabet.iter().map(char::to_string));
    let pieces = pieces.chain(merges.iter().map(|pair| pair.concat()));
    let pieces: serde_json::Map<String, Value> =
        pieces.enumerate().map(|(id, piece)| (piece, json!(id))).collect();
    let parts = json!({
        "pre_tokenizer": { "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
                           "use_regex": true },
        "model": { "type": "BPE", "unk_token": "<unk>", "vocab": pieces, "merges": merges },
    });
    tokens(parts, tokens_max)
}

fn check(tokens: &Tokens, prefix: &str, text: &str) {
    let whole = tokens.tokenizer.encode(format!("{prefix}{text}"), false).unwrap();
    let kept = whole.len().min(tokens.tokens_max);
    let expected = &whole.get_ids()[..kept];
    let found = tokens.encode(prefix, text).unwrap();
    assert_eq!(found.ids, expected, "{prefix:?} and {text:?}");
    let of_prefix = tokens.count(prefix).min(kept);
    let is_known = expected[of_prefix..].iter().any(|&id| id != UNKNOWN);
    assert_eq!(found.is_known, is_known, "{prefix:?} and {text:?}");
}

/// Generates words and spaces, short and long, and separators other than spaces.
fn texts() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => "[abe]{1,6}",
        4 => "[ \n]{1,3}",
        1 => "[ab]{15,80}",
        1 => " {10,80}",
        1 => "\u{65E5}{1,60}",
        1 => "('re|'|''|\u{301}|e\u{301}|\u{85}|\u{A0}|\u{1F600}|x){1,3}",
    ];
    prop::collection::vec(part, 0..40).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    #[test]
    fn a_start_gives_the_same_tokens_as_the_whole_text(text in texts(), tokens_max in 1usize..12) {
        for tokens in [word_pieces(tokens_max), unigrams(tokens_max), byte_pairs(tokens_max)] {
            check(&tokens, "", &text);
        }
        check(&word_pieces(tokens_max), "ab: ", &text);
    }
}

#[test]
fn only_the_start_of_a_long_text_is_read() {
    let tokens = word_pieces(10);
    for text in ["ab ".repeat(1 << 20), "\u{65E5}".repeat(1 << 20), "ab, ".repeat(1 << 20)] {
        assert!(tokens.encode_start("", &text).unwrap().len() < 200);
        check(&tokens, "ab: ", &text[..3 << 10]);
    }
    // A word that turns out to be unknown only at its end.
    check(&tokens, "", &format!("ab {}", "a".repeat(10_000)));
}

#[test]
fn only_the_kept_tokens_make_a_text_known() {
    let tokens = word_pieces(3);
    check(&tokens, "", "x x x a");
    assert!(!tokens.encode("", "x x x a").unwrap().is_known);
    assert!(!tokens.encode("ab ab ab ", "a").unwrap().is_known);
    assert!(tokens.encode("ab ab ", "a").unwrap().is_known);
    assert!(!tokens.encode("ab ", "").unwrap().is_known);
}
