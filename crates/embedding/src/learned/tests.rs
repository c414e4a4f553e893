//! The pieces that count, and the vector of a text without them.

use super::*;
use crate::{Embedder, StaticModel};

#[test]
fn a_script_with_single_characters_alone_is_not_learned() {
    let pieces = ["the", "a", "3", "\u{43f}", "\u{430}", "\u{e41}", "\u{2192}"];
    use Sort::{Mark, Unknown, Word};
    let expect = [Word, Word, Mark, Unknown, Unknown, Unknown, Mark];
    assert_eq!(sorts(pieces.into_iter()), expect);
    let pieces = ["\u{43f}", "\u{43f}\u{430}", "\u{430}"];
    assert_eq!(sorts(pieces.into_iter()), [Word; 3]);
}

#[test]
fn a_script_of_many_single_characters_is_learned() {
    let pieces: Vec<String> =
        ('\u{4e00}'..).take(MANY).map(|character| character.to_string()).collect();
    let sorts_of = |count: usize| sorts(pieces[..count].iter().map(String::as_str));
    assert_eq!(sorts_of(MANY)[0], Sort::Word);
    assert_eq!(sorts_of(MANY - 1)[0], Sort::Unknown);
}

#[test]
fn a_text_of_unknown_scripts_has_a_zero_vector() {
    let model = StaticModel::bundled().unwrap();
    let is_zero = |text: &str| {
        let vector = model.embed_query(text).unwrap();
        vector.iter().all(|number| *number == 0.0)
    };
    let unknown = [
        "\u{e41}\u{e21}\u{e27}",
        "\u{6771}\u{4eac}\u{30bf}\u{30ef}\u{30fc}\u{3002}",
        "\u{43f}\u{430}\u{440}\u{43e}\u{43b}\u{44c} 3.",
        "\u{5d4}\u{5e4}\u{5d2}\u{5d9}\u{5e9}\u{5d4}",
        "\u{928}\u{926}\u{940}",
        "\u{1f994}",
        "",
    ];
    for text in unknown {
        assert!(is_zero(text), "{text}");
    }
    for text in ["cat", "caf\u{e9} \u{e41}\u{e21}\u{e27}", "404", "..."] {
        assert!(!is_zero(text), "{text}");
    }
    let (mixed, plain) = ("a cat \u{732b}", "a cat");
    assert_eq!(model.embed_query(mixed).unwrap(), model.embed_query(plain).unwrap());
}
