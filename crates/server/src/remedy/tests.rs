//! Words of all remedies.

use super::*;

#[test]
fn every_remedy_has_words_without_a_command_that_callers_cannot_run() {
    for remedy in Remedy::examples() {
        let words = words(&remedy);
        assert!(!words.is_empty() && !words.ends_with('.'), "{remedy:?}: {words}");
        assert!(!words.contains("--"), "{remedy:?} names a flag: {words}");
    }
}
