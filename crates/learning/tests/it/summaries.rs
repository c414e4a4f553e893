//! Summaries by extraction.

use aios_learning::{Message, Role, summary};
use proptest::prelude::*;

use crate::said;

fn talk() -> Vec<Message> {
    vec![
        said("m1", "Hey Bo! How are you?", "2023-05-07"),
        said("m2", "I bought a telescope in Ghent. It was raining.", "2023-05-07"),
        said("m3", "Wow, that's awesome!", "2023-05-08"),
        said("m4", "My sister Greta visits us on Friday.", "2023-05-09"),
        said("m5", "I bought a telescope.", "2023-05-10"),
    ]
}

#[test]
fn sentences_are_verbatim_in_order_with_day_and_speaker() {
    let found = summary(&talk(), 130);
    assert_eq!(
        found.text,
        "2023-05-07 Ada: I bought a telescope in Ghent.\n\
         2023-05-09 Ada: My sister Greta visits us on Friday."
    );
    let keys: Vec<&str> = found.chosen.iter().map(|it| it.key.as_str()).collect();
    assert_eq!(keys, ["m2", "m4"]);
}

#[test]
fn nothing_that_was_said_is_said_twice() {
    let found = summary(&talk(), 10_000);
    let repeated = found.chosen.iter().filter(|it| it.sentence == "I bought a telescope.");
    assert_eq!(repeated.count(), 0);
}

#[test]
fn tools_are_not_summarised_and_nothing_fits_in_nothing() {
    let tool = Message::new("t", "I live in Lyon.").with_role(Role::Other);
    assert_eq!(summary(&[tool], 1_000).text, "");
    assert_eq!(summary(&talk(), 0).text, "");
    assert_eq!(summary(&[], 1_000).text, "");
}

proptest! {
    #[test]
    fn a_summary_is_never_too_long(
        texts in prop::collection::vec("[A-Z][a-z ]{3,60}[.!]", 0..12),
        chars_max in 0usize..400,
    ) {
        let messages: Vec<Message> =
            texts.iter().map(|text| said("m", text, "2023-05-07")).collect();
        let found = summary(&messages, chars_max);
        prop_assert!(found.text.chars().count() <= chars_max);
        for chosen in &found.chosen {
            prop_assert!(texts.iter().any(|text| text.contains(&chosen.sentence)));
        }
    }
}
