//! Budgets and counts, with texts whose tokens do not add up.

use proptest::{collection::vec, prelude::*};

use super::{Budgeted, fitting, tokens, with_count};

fn closing(count: usize, shown: usize) -> String {
    format!("({count} tokens; {shown} shown)")
}

/// Texts whose tokens do not add up: runs of space, marks, scripts, digits.
fn piece() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        "[a-zA-Z ]{0,40}",
        "[0-9.,/ ]{0,20}",
        "[\\p{Han}\\p{Cyrillic}]{0,12}",
        "[\u{1F600}-\u{1F64F}]{0,6}",
        "[\"'`<>#*/\\\\-]{0,12}",
    ];
    vec(part, 0..6).prop_map(|parts| format!("{}\n", parts.concat()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_text_never_exceeds_its_budget_and_states_its_exact_count(
        pieces in vec(piece(), 0..20),
        tokens_max in 50usize..400,
    ) {
        let reserved = tokens(&closing(8_000, 8_000));
        let mut text = Budgeted::new(tokens_max);
        for piece in pieces {
            text.add(piece, reserved);
        }
        let text = text.close(closing);
        let counted = tokens(&text);
        prop_assert!(counted <= tokens_max, "{counted} of {tokens_max}: {text}");
        let last = text.lines().last().unwrap_or_default();
        prop_assert!(last.starts_with(&format!("({counted} tokens")), "{counted}: {last}");
    }

    #[test]
    fn a_cut_is_the_longest_that_fits(text in "[a-z ]{0,300}", tokens_max in 1usize..60) {
        let render = |chars: usize| text.chars().take(chars).collect::<String>();
        let chars = text.chars().count();
        let Some(cut) = fitting(render, 0, chars, tokens_max) else {
            return Ok(());
        };
        prop_assert!(tokens(&cut) <= tokens_max);
    }
}

#[test]
fn a_count_that_counts_itself_is_exact_where_its_digits_grow() {
    for words in [1, 990, 991, 992, 993, 994, 995, 996, 997, 998, 999, 1000] {
        let body = format!("{}\n", vec!["word"; words].join(" "));
        let text = with_count(&body, |count| closing(count, 0));
        let counted = tokens(&text);
        assert!(text.ends_with(&closing(counted, 0)), "{words}: {counted}");
    }
}
