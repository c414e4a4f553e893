//! Split points of texts.

use super::*;

/// Counts words as tokens.
fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

fn check_chunks(text: &str, expect: &[&str]) {
    let found: Vec<_> =
        cut(text, &units(text, 6, &words), 6, 3).into_iter().map(|range| &text[range]).collect();
    assert_eq!(found, expect);
}

#[test]
fn chunks_end_with_sentences_and_overlap_by_whole_ones() {
    check_chunks("", &[]);
    check_chunks("  \n ", &[]);
    check_chunks("One two three.", &["One two three."]);
    check_chunks(
        "One two three. Four five. Six seven. Eight nine ten eleven.",
        &[
            "One two three. Four five.",
            "Four five. Six seven.",
            "Six seven. Eight nine ten eleven.",
        ],
    );
    check_chunks(
        "One two. Three four. Five six. A b c d e.",
        &["One two. Three four. Five six.", "A b c d e."],
    );
    check_chunks("A b c d e f. G h i j k l. M.", &["A b c d e f.", "G h i j k l.", "M."]);
}

#[test]
fn a_sentence_that_is_too_long_is_cut_between_words() {
    check_chunks("a b c d e f g h i j k l m", &["a b c d e f", "g h i j k l", "m"]);
    let unbroken = "x".repeat(1000);
    check_chunks(&unbroken, &[&unbroken]);
}

#[test]
fn nothing_falls_between_chunks() {
    let text = "Mist rose. The valley lay still, and nobody spoke a word that day. \
                Then it rained! Why? We never knew. Three men came by on grey horses, slowly.";
    let chunks = cut(text, &units(text, 7, &words), 7, 3);
    let mut covered = 0;
    for chunk in chunks {
        assert!(text[covered.min(chunk.start)..chunk.start].trim().is_empty());
        covered = chunk.end;
    }
    assert_eq!(covered, text.len());
}

#[test]
fn only_long_texts_are_cut_to_the_limit_of_the_embedder() {
    let text = "One two three four. Five six seven eight. Nine ten. ".repeat(100);
    let longest = |tokens_max| {
        let chunks = chunks_of(&text, tokens_max, &words).into_iter();
        chunks.map(|range| words(&text[range])).max().unwrap()
    };
    assert_eq!(longest(Some(20)), 20);
    assert_eq!(longest(Some(0)), 1);
    assert_eq!(longest(Some(100_000)), longest(None));
    let short = &text[..text.len() / 4];
    assert_eq!(chunks_of(short, Some(20), &words).len(), 1);
}
