//! Sentences that negate, and words that only look like negations.

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
        ("Das Fenster ist nicht offen", true),
        ("Wir haben KEINEN Hund", true),
        ("Das Fenster ist offen", false),
        ("Het raam is niet open, geen probleem", true),
        ("Het raam is open", false),
        ("La fen\u{ea}tre n\u{2019}est plus ouverte", true),
        ("La fen\u{ea}tre est ouverte", false),
        ("La ventana nunca est\u{e1} abierta", true),
        ("La ventana est\u{e1} abierta", false),
        ("La finestra non \u{e8} aperta", true),
        ("La finestra \u{e8} aperta", false),
        ("F\u{f6}nstret \u{e4}r inte \u{f6}ppet", true),
        ("F\u{f6}nstret \u{e4}r \u{f6}ppet", false),
        ("", false),
    ] {
        assert_eq!(negates(text), expect, "{text}");
    }
}
