//! Any text, and more text than is read.

use aios_learning::{
    DRAFTS_MAX, Extractor, HEARD_WORDS_MAX, Heard, Known, Message, TEXT_BYTES_MAX, grounded,
    read_answer, request, summary, supersede,
};
use proptest::prelude::*;

use crate::said;

fn use_all(text: &str) {
    let message = said("m", text, "2024-02-29");
    let learned = Extractor::default().extract(&message, Some(&message), &mut Heard::default());
    let known: Vec<Known> = learned.drafts.iter().map(|it| Known::of("k", it)).collect();
    let _ = supersede(&known, &message);
    let _ = grounded(text, &[text]);
    let _ = summary(std::slice::from_ref(&message), 100);
    let _ = request(std::slice::from_ref(&message));
    let _ = read_answer(text, &[message]);
    assert!((0.0..=1.0).contains(&learned.worth.score));
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,120}") {
        use_all(&text);
    }

    #[test]
    fn no_mix_of_words_and_signs_panics(parts in prop::collection::vec(prop::sample::select(vec![
        "I", "'", "\u{2019}s", "n't", "last", "in", "two", "ago", "for", "May", "31", "the", "of",
        "99999", "-", ".", "Dr.", "\u{301}", "\u{200d}", "\u{130}", "\u{df}", "name", "is", "my",
        "from", "not", "any", "more", "until", "Friday", "\n", "\"", "I'm", "no", "@", "a@b.c",
        "```", "<a>", "</a>", "<", "[file", "]", "> ", "Summarize this:", "he wrote:", "--",
    ]), 0..40), separator in prop::sample::select(vec!["", " ", "\u{a0}"])) {
        use_all(&parts.join(separator));
    }
}

#[test]
fn a_long_message_is_read_up_to_the_limit() {
    let text = "I live in Lyon. ".repeat(20_000);
    assert!(TEXT_BYTES_MAX < text.len());
    let learned =
        Extractor::default().extract(&Message::new("m", text), None, &mut Heard::default());
    assert_eq!(learned.drafts.len(), DRAFTS_MAX);
    use_all(&"\u{1f436}".repeat(TEXT_BYTES_MAX));
    use_all(&"a".repeat(TEXT_BYTES_MAX + 1));
}

#[test]
fn the_words_heard_are_bounded() {
    let mut heard = Heard::default();
    for round in 0..700 {
        let words: Vec<String> = (0..90).map(|at| format!("word{}", round * 90 + at)).collect();
        let message = Message::new("m", format!("I know {}.", words.join(" ")));
        let _ = Extractor::default().worth(&message, None, &mut heard);
        assert!(heard.words() <= HEARD_WORDS_MAX);
    }
    assert!(0 < heard.messages() && heard.messages() < 700);
}
