//! The normal forms, and the differences that count in them.

use aios_record::forms::{forgotten, same, skeleton};
use proptest::prelude::*;

#[test]
fn line_ends_and_white_space_do_not_make_texts_different() {
    for text in ["a b", " a b", "a\r\nb", "a\nb ", "a\u{a0}b", "a \t b", "a\u{2028}b"] {
        assert_eq!(same(text), "a b", "{text:?}");
    }
    assert_eq!(same("Jose\u{301}"), same("Jos\u{e9}"));
}

#[test]
fn signs_symbols_joiners_and_case_make_texts_different() {
    let texts =
        ["5 m", "-5 m", "5 m\u{b2}", "5 m2", "5 M", "5 m!", "5m", "5 \u{200d}m", "\u{2460} m"];
    for (at, a) in texts.iter().enumerate() {
        for b in &texts[at + 1..] {
            assert_ne!(same(a), same(b));
        }
    }
}

#[test]
fn a_text_in_form_is_borrowed() {
    let text = "nothing to do \u{e9}";
    assert!(matches!(same(text), std::borrow::Cow::Borrowed(borrowed) if borrowed == text));
}

#[test]
fn a_forgotten_text_is_known_in_every_disguise() {
    let told = "Anna's PIN is 4711.\nKeep it.";
    let disguises = [
        "Anna's PIN is 4711.\r\nKeep it.",
        " Anna's  PIN is 4711.\nKeep it. ",
        "Anna's\u{a0}PIN is 4711.\nKeep it.",
        "An\u{200b}na's PIN is 4711.\nKe\u{ad}ep it.",
        "ANNA'S pin IS 4711.\nKEEP IT.",
        "\u{ff21}nna's PIN is \u{ff14}711.\nKeep it.",
        "\u{feff}Anna's PIN is 4711.\nKeep it.",
    ];
    for disguise in disguises {
        assert_eq!(forgotten(disguise), forgotten(told), "{disguise:?}");
    }
    assert_ne!(forgotten("Anna's PIN is 4712. Keep it."), forgotten(told));
}

#[test]
fn look_alikes_have_one_skeleton() {
    assert_eq!(skeleton("\u{440}\u{430}ypal"), skeleton("paypal"));
    assert_ne!(forgotten("\u{440}\u{430}ypal"), forgotten("paypal"));
}

proptest! {
    #[test]
    fn ascii_is_folded_as_any_other_text(text in "[ -~\\t\\r\\n\\x00-\\x1f]{0,40}") {
        // A character that folds to itself forces the general path.
        let general = forgotten(&format!("{text} \u{e9}"));
        let text = forgotten(&text);
        let separator = if text.is_empty() { "" } else { " " };
        prop_assert_eq!(general, format!("{text}{separator}\u{e9}"));
    }

    #[test]
    fn forms_are_stable(text in "\\PC{0,40}|[ \\t\\r\\na-c]{0,20}") {
        let once = same(&text).into_owned();
        prop_assert_eq!(&same(&once), &once);
        prop_assert_eq!(forgotten(&forgotten(&text)), forgotten(&text));
    }

    #[test]
    fn each_form_refines_the_next(text in "\\PC{0,40}|[ \\t\\r\\na-c]{0,20}") {
        prop_assert_eq!(forgotten(&same(&text)), forgotten(&text));
        prop_assert_eq!(skeleton(&forgotten(&text)), skeleton(&text));
    }
}
