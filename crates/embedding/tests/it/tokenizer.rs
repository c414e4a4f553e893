//! The static model's own tokenizer against the reference implementation, `tokenizers`.

use std::collections::BTreeMap;

use aios_embedding::{Embedder, StaticModel, StaticTable};
use proptest::prelude::*;
use serde_json::json;
use tokenizers::Tokenizer;

/// Whole words, parts of words, single characters of several scripts, punctuation.
const PIECES: &[&str] = &[
    "the",
    "play",
    "##ing",
    "##ed",
    "un",
    "##aff",
    "##able",
    "a",
    "b",
    "c",
    "e",
    "i",
    "o",
    "s",
    "##a",
    "##b",
    "##c",
    "##e",
    "##i",
    "##o",
    "##s",
    "##t",
    "##0",
    "0",
    "1",
    "!",
    ",",
    ".",
    "'",
    "-",
    "[",
    "]",
    "sep",
    "unk",
    "\u{2019}",
    "\u{2014}",
    "\u{65E5}",
    "\u{672C}",
    "\u{3B1}",
    "##\u{3B1}",
    "\u{436}",
    "##\u{436}",
    "\u{1112}",
    "##\u{1161}",
    "##\u{11AB}",
    "\u{DF}",
    "##\u{DF}",
    "\u{131}",
    "$",
    "##$",
    "\u{20AC}",
    "##\u{3C3}",
    "\u{3C2}",
];

struct Both {
    ours: StaticModel,
    theirs: Tokenizer,
}

impl Both {
    fn new() -> Both {
        let table = StaticTable {
            name: "pieces".into(),
            pieces: PIECES.iter().map(|&piece| piece.into()).collect(),
            dimension: 1,
            rows: vec![1.0; PIECES.len()],
        };
        let mut vocabulary: BTreeMap<&str, usize> =
            PIECES.iter().enumerate().map(|(id, &piece)| (piece, id)).collect();
        vocabulary.insert("[UNK]", PIECES.len());
        let theirs = json!({
            "version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
            "normalizer": { "type": "BertNormalizer", "clean_text": true,
                            "handle_chinese_chars": true, "strip_accents": null,
                            "lowercase": true },
            "pre_tokenizer": { "type": "BertPreTokenizer" },
            "post_processor": null, "decoder": null,
            "model": { "type": "WordPiece", "unk_token": "[UNK]", "vocab": vocabulary,
                       "continuing_subword_prefix": "##", "max_input_chars_per_word": 100 },
        });
        let theirs = Tokenizer::from_bytes(theirs.to_string()).unwrap();
        Both { ours: StaticModel::from_bytes(table.encode().unwrap()).unwrap(), theirs }
    }

    fn check(&self, text: &str) {
        let encoding = self.theirs.encode(text, false).unwrap();
        let unknown = PIECES.len() as u32;
        let expected: Vec<Option<u32>> =
            encoding.get_ids().iter().map(|&id| (id != unknown).then_some(id)).collect();
        assert_eq!(self.ours.tokenize(text), expected, "{text:?}");
        assert_eq!(self.ours.count_tokens(text), expected.len(), "{text:?}");
    }
}

#[test]
fn every_character_gives_the_same_pieces() {
    let both = Both::new();
    // Beyond the third plane only the fourteenth has assigned characters.
    let chars: Vec<char> =
        (0..0x40000).chain(0xE0000..0xE0200).filter_map(char::from_u32).collect();
    for chars in chars.chunks(64) {
        both.check(&chars.iter().map(|c| format!("a{c}b {c} ")).collect::<String>());
    }
}

#[test]
fn hard_words_give_the_same_pieces() {
    let both = Both::new();
    for text in [
        "",
        "[SEP] [UNK]",
        "e\u{301} \u{E9} E\u{301}",
        "unaffable UNAFFABLE unaffabl",
        "##ing",
        "\u{130}stanbul",
        "a\u{0}b\u{FFFD}c\u{200B}d\u{AD}e",
        "a\u{85}b\u{2028}c\u{A0}d\u{3000}e",
        "\u{D55C}\u{AE00}",
        "\u{FB01}",
        "\u{302E}\u{302F}a\u{1D165}\u{1D16D}",
        "\u{1E9E}\u{DF}",
    ] {
        both.check(text);
    }
    both.check(&"a".repeat(100));
    both.check(&"a".repeat(101));
    both.check(&"\u{E9}".repeat(100));
    both.check(&"\u{E9}".repeat(101));
    both.check(&"\u{3B1}".repeat(100));
    both.check(&"\u{3B1}".repeat(101));
    both.check(&"\u{65E5}".repeat(200));
}

proptest! {
    #[test]
    fn any_text_gives_the_same_pieces(
        text in "\\PC*|[a-eost ,.'\\[\\]\u{300}-\u{30F}\u{AC00}-\u{AC10}\u{3B1}-\u{3C9}\
                 \u{4E00}-\u{4E05}]{0,40}"
    ) {
        Both::new().check(&text);
    }

    #[test]
    fn any_characters_give_the_same_pieces(chars in prop::collection::vec(any::<char>(), 0..40)) {
        Both::new().check(&chars.into_iter().collect::<String>());
    }
}
