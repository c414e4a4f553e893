//! Values occur in their messages.

use aios_learning::{Extractor, Grounding, Heard, Message, grounded};
use proptest::prelude::*;

use crate::{facts_of, rows};

#[test]
fn words_and_polarity_decide() {
    use Grounding::{Absent, Denied, Grounded};
    for (value, message, expected) in [
        ("Cork", "I live in Cork.", Grounded),
        ("cork", "I LIVE IN CORK", Grounded),
        ("Cork", "I bought a corkscrew.", Absent),
        ("cork", "uncork the bottle", Absent),
        ("two cats", "I have two  cats.", Grounded),
        ("two cats", "I have two big cats.", Absent),
        ("Cork", "I do not live in Cork.", Denied),
        ("Cork", "I live in Bremen, not Cork.", Denied),
        ("Cork", "I never liked it, but I live in Cork.", Grounded),
        ("Cork", "I left Cork? No. I love Cork.", Grounded),
        ("no meat", "I eat no meat.", Grounded),
        ("not eat meat", "I do not eat meat.", Grounded),
        ("eat meat", "I don't eat meat.", Denied),
        ("eat meat", "I don't eat meat. Now I eat meat.", Grounded),
        ("$5", "It costs $5.", Grounded),
        ("$5", "It has 5 parts.", Absent),
        ("1,299", "I paid 1,299 for it.", Grounded),
        ("", "I live in Cork.", Absent),
        ("...", "I live in Cork...", Absent),
        ("caf\u{e9}", "a cafe\u{301} in town", Grounded),
    ] {
        assert_eq!(grounded(value, &[message]), expected, "{value} in {message}");
    }
    assert_eq!(grounded("Cork", &["I do not live in Cork.", "Cork is home."]), Grounded);
    assert_eq!(grounded("Cork", &[]), Absent);
}

/// Returns the values of facts that are not grounded in their quotes.
fn ungrounded(text: &str) -> Vec<String> {
    let drafts = facts_of(text);
    let values = drafts.into_iter().filter_map(|draft| {
        let value = draft.value?;
        (grounded(&value, &[text]) != Grounding::Grounded
            || !text.contains(&value)
            || !draft.quote.contains(&value))
        .then_some(value)
    });
    values.collect()
}

#[test]
fn every_value_of_the_cases_is_grounded() {
    let mut texts = Vec::new();
    for row in rows(include_str!("../fixtures/supersession.tsv"), 4) {
        texts.extend([row[1], row[2]]);
    }
    texts.extend(rows(include_str!("../fixtures/facts.tsv"), 5).iter().map(|row| row[0]));
    for text in texts {
        assert_eq!(ungrounded(text), Vec::<String>::new(), "{text}");
    }
}

proptest! {
    /// Sentences of words that slots, changes and negations are made of.
    #[test]
    fn every_value_is_grounded(words in prop::collection::vec(prop::sample::select(vec![
        "I", "my", "we", "our", "the", "a", "is", "am", "not", "no", "longer", "live", "in",
        "work", "at", "Lyon", "Calder", "Mills", "favorite", "movie", "Alien", "have", "two",
        "cats", "sister", "Greta", "'s", "moved", "to", "from", ",", ".", "and", "but", "now",
        "don't", "I'm", "vegan", "engaged", "call", "me", "on", "555-0112", "jo@x.example",
        "quit", "instead", "of", "coffee", "drink", "turned", "30", "deadline", "March", "4",
        "never", "get", "up", "\u{e9}t\u{e9}", "\u{1f436}", "\u{5d0}", "(", ")", "\"", "I\u{2019}ve",
    ]), 0..24)) {
        let text = words.join(" ");
        prop_assert_eq!(ungrounded(&text), Vec::<String>::new());
    }

    #[test]
    fn evidence_is_the_message(text in "[ -~]{0,200}") {
        let message = Message::new("key", text);
        let drafts = Extractor::default().extract(&message, None, &mut Heard::default()).drafts;
        for draft in drafts {
            prop_assert_eq!(draft.evidence, ["key"]);
            prop_assert!((0.0..=1.0).contains(&draft.confidence));
        }
    }
}
