//! Relevance by words only, by meaning only, and by both.

use super::*;

#[test]
fn meaning_alone_can_be_relevant_and_words_add_to_it() {
    assert!(relevance(0.0, 0.0) < 0.05, "an unrelated text");
    assert!(0.5 < relevance(0.8, 0.0), "a paraphrase without a common word");
    assert!(relevance(0.4, 0.0) < 0.5 && 0.5 < relevance(0.4, 1.0));
    assert!(relevance(0.1, 0.5) < 0.5, "half of the words, and another meaning");
}
