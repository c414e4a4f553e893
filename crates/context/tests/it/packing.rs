//! Selection, floors and caps, gaps, cuts.

use aios_context::{CUT_TOKENS_MIN, Error, Policy, TierShare};
use aios_record::Tier;

use crate::{context, ids, note, omitted, turn};

/// The number of words in the frame and the heading of notes.
const FRAME: usize = 8 + 2;

fn words(n: usize, word: &str) -> String {
    (0..n).map(|index| format!("{word}{index} ")).collect()
}

#[test]
fn length_counts_by_the_exponent_of_the_policy() {
    let found = vec![
        note("long", &words(40, "l"), 0.9),
        note("short", &words(9, "s"), 0.8),
        note("weak", &words(9, "w"), 0.1),
    ];
    let by_relevance = Policy::default();
    assert_eq!(ids(&context(found.clone(), &by_relevance, FRAME + 41)), ["long"]);
    let per_token = Policy { length_exponent: 1.0, ..Policy::default() };
    let short = context(found, &per_token, FRAME + 41);
    assert_eq!(ids(&short), ["short", "weak"]);
    assert_eq!(omitted(&short), [("long", "budget".to_owned())]);
}

#[test]
fn a_gap_is_filled_with_what_fits() {
    let found = vec![
        note("best", &words(9, "b"), 1.0),
        note("bulky", &words(30, "u"), 0.9),
        note("small", &words(4, "s"), 0.01),
    ];
    let context = context(found, &Policy::default(), FRAME + 10 + 5);
    assert_eq!(ids(&context), ["best", "small"]);
    assert_eq!(context.total_tokens.0, FRAME + 15);
}

#[test]
fn annotations_take_only_room_that_is_left() {
    let found = vec![
        note("best", &words(9, "b"), 1.0).with_annotation(" [7 May]"),
        note("next", &words(9, "n"), 0.9).with_annotation(" [8 May 2023]"),
        note("last", &words(9, "l"), 0.8).with_annotation(" [9 May]"),
    ];
    let shown = |budget: usize| {
        let context = context(found.clone(), &Policy::default(), budget);
        assert!(context.total_tokens.0 <= budget, "{context:?}");
        let held = |part: &&str| context.text.contains(part);
        (ids(&context).len(), ["7 May", "8 May", "9 May"].into_iter().filter(held).collect())
    };
    assert_eq!(shown(FRAME + 29), (2, vec!["7 May", "8 May"]));
    assert_eq!(shown(FRAME + 30), (3, vec![]));
    assert_eq!(shown(FRAME + 32), (3, vec!["7 May"]));
    assert_eq!(shown(FRAME + 34), (3, vec!["7 May", "9 May"]));
    assert_eq!(shown(FRAME + 37), (3, vec!["7 May", "8 May", "9 May"]));
}

#[test]
fn repetition_reduces_worth() {
    let said = words(9, "a");
    let found = vec![
        note("first", &said, 0.9),
        note("again", &format!("{said}and {}", words(3, "c")), 0.85),
        note("other", &words(13, "b"), 0.6),
    ];
    let context = context(found, &Policy::default(), FRAME + 10 + 14);
    assert_eq!(ids(&context), ["first", "other"]);
}

#[test]
fn a_floor_keeps_room_for_a_tier() {
    let mut found: Vec<_> =
        (0..20).map(|n| note(&format!("l{n}"), &words(9, &format!("x{n}y")), 0.9)).collect();
    let mut weak = note("k", &words(9, "k"), 0.1);
    weak.tier = Tier::Knowledge;
    found.push(weak);
    let without = context(found.clone(), &Policy::default(), FRAME + 50);
    assert!(!ids(&without).contains(&"k"));
    let floor = TierShare { floor: 0.1, ..TierShare::default() };
    let with = context(found, &Policy::default().with_tier(Tier::Knowledge, floor), FRAME + 50);
    assert!(ids(&with).contains(&"k"), "{with:?}");
}

#[test]
fn a_cap_is_kept_even_with_room_to_spare() {
    let found: Vec<_> =
        (0..20).map(|n| note(&format!("l{n}"), &words(9, &format!("x{n}y")), 0.9)).collect();
    let cap = TierShare { cap: 0.5, ..TierShare::default() };
    let context = context(found, &Policy::default().with_tier(Tier::Longterm, cap), 110);
    assert!((30..=55).contains(&context.total_tokens.0), "{}", context.total_tokens);
    assert!(omitted(&context).iter().all(|(_, reason)| reason == "tier_cap"), "{context:?}");
}

#[test]
fn a_tier_at_its_cap_does_not_keep_out_another() {
    let mut found: Vec<_> =
        (0..500).map(|n| note(&format!("l{n}"), &words(9, &format!("x{n}y")), 0.9)).collect();
    let mut other = note("k", &words(9, "k"), 0.1);
    other.tier = Tier::Knowledge;
    found.push(other);
    let cap = TierShare { cap: 0.5, ..TierShare::default() };
    let context = context(found, &Policy::default().with_tier(Tier::Longterm, cap), 110);
    assert!(ids(&context).contains(&"k"), "{:?}", ids(&context));
}

#[test]
fn shares_are_checked() {
    let refused = |floor: f64, cap: f64| {
        let policy = Policy::default()
            .with_tier(Tier::Working, TierShare { floor, cap })
            .with_tier(Tier::Knowledge, TierShare { floor: 0.6, cap: 1.0 });
        let result = aios_context::assemble(Vec::new(), &policy, 9.into(), &crate::Words);
        matches!(result, Err(Error::Share { .. }))
    };
    assert!(!refused(0.4, 1.0));
    assert!(refused(-0.1, 1.0) && refused(0.1, 1.5) && refused(f64::NAN, 1.0) && refused(0.5, 1.0));
}

#[test]
fn a_long_text_is_cut_at_a_sentence_end_if_enough_remains() {
    let sentence = |n: usize| format!("Sentence {n} tells of ten things and then it ends. ");
    let text: String = (0..40).map(sentence).collect();
    let cut = context(vec![note("n", &text, 1.0)], &Policy::default(), FRAME + 75);
    assert!(cut.chunks[0].cut);
    assert!(cut.chunks[0].content.ends_with("it ends. [...]\n"), "{}", cut.text);
    assert!((FRAME + 66..=FRAME + 75).contains(&cut.total_tokens.0), "{}", cut.total_tokens);
    let short =
        context(vec![note("n", &text, 1.0)], &Policy::default(), FRAME + CUT_TOKENS_MIN - 1);
    assert_eq!(omitted(&short), [("n", "budget".to_owned())]);
}

#[test]
fn a_long_text_without_a_sentence_end_is_cut_at_a_word() {
    let endless = words(500, "and");
    for text in [endless.clone(), format!("Yes. {endless}")] {
        let cut = context(vec![note("n", &text, 1.0)], &Policy::default(), 200);
        assert!(cut.chunks[0].cut && cut.total_tokens.0 <= 200, "{}", cut.text);
        let shown = cut.chunks[0].content.trim_start_matches("> ");
        let shown = shown.strip_suffix(" [...]\n").unwrap();
        assert!(text.strip_prefix(shown).is_some_and(|rest| rest.starts_with(' ')), "{shown}");
    }
}

#[test]
fn turns_of_a_session_read_in_order_under_their_day() {
    let mut late = turn("b", 3, "fourth of b").with_relevance(0.9);
    late.time = Some("2023-05-10T08:00:00Z".parse().unwrap());
    let mut early = turn("b", 1, "second of b").with_relevance(0.2);
    early.time = Some("2023-05-10T07:00:00Z".parse().unwrap());
    let found = vec![late, turn("a", 9, "tenth of a"), early, turn("a", 2, "third of a")];
    let context = context(found, &Policy::default(), 1_000);
    let lines: Vec<&str> = context.text.lines().skip(1).collect();
    assert_eq!(
        lines,
        [
            "# 8 May 2023",
            "> Ada: third of a",
            "> Ada: tenth of a",
            "# 10 May 2023",
            "> Ada: second of b",
            "> Ada: fourth of b",
        ]
    );
}
