//! Near-duplicates fold, different claims do not.

use aios_context::{Candidate, Policy, Section};
use aios_record::Tier;

use crate::{context, ids, note, turn};

const LONG: &str = "The deployment of the billing service failed because the migration \
    of the ledger table took longer than the lock timeout of the database allows";

fn chunks(candidates: Vec<Candidate>) -> Vec<Vec<String>> {
    let context = context(candidates, &Policy::default(), 10_000);
    context.chunks.into_iter().map(|chunk| chunk.ids).collect()
}

#[test]
fn equal_and_nearly_equal_texts_fold_with_all_sources() {
    let check = |a: &str, b: &str, expect: usize| {
        let found = chunks(vec![note("a", a, 0.9), note("b", b, 0.8)]);
        assert_eq!(found.len(), expect, "{a:?} and {b:?}");
        if expect == 1 {
            assert_eq!(found[0], ["a", "b"]);
        }
    };
    check("Thanks!", "thanks", 1);
    check(LONG, &format!("{LONG}."), 1);
    check(LONG, &LONG.replace("allows", "permits"), 1);
    check(LONG, &LONG.to_uppercase(), 1);
    check(LONG, &LONG.replace("failed", "did not fail"), 2);
    check(&format!("{LONG} at 3 pm"), &format!("{LONG} at 4 pm"), 2);
    check("I like tea", "I like coffee", 2);
    check("", "", 0);
    check("\u{1F600}", "\u{1F389}", 2);
}

#[test]
fn the_more_relevant_one_stays() {
    let found = context(
        vec![note("a", "One text", 0.1), note("b", "one text!", 0.7)],
        &Policy::default(),
        99,
    );
    assert_eq!(found.chunks[0].ids, ["b", "a"]);
    assert_eq!(found.chunks[0].content, "> one text!\n");
}

#[test]
fn equal_texts_of_two_speakers_stay_separate() {
    let bob = turn("s", 1, "I love you").with_speaker("Bob");
    assert_eq!(chunks(vec![turn("s", 0, "I love you"), bob]).len(), 2);
}

#[test]
fn a_record_found_in_two_tiers_is_one() {
    let mut twin = turn("s", 0, "hello there");
    twin.tier = Tier::Working;
    twin.relevance = 0.2;
    assert_eq!(chunks(vec![turn("s", 0, "hello there"), twin]), [["s:0"]]);
}

#[test]
fn retrieved_texts_fold_into_recent_messages() {
    let recent = |n: i64| turn("s", n, "so be it").with_section(Section::Recent);
    let again = note("note", "So be it.", 1.0).with_speaker("Ada");
    let found = context(vec![recent(1), recent(2), again], &Policy::default(), 1_000);
    assert_eq!(ids(&found), ["s:1", "s:2"]);
    assert_eq!(found.chunks.iter().map(|chunk| chunk.ids.len()).sum::<usize>(), 3);
}

#[test]
fn long_texts_are_compared_by_all_of_their_length() {
    let words = |from: usize| (from..from + 3_000).map(|n| format!("w{}x ", n * 7919)).collect();
    let (a, mostly): (String, String) = (words(0), words(1_500));
    let found = chunks(vec![note("a", &a, 0.9), note("b", &mostly, 0.8)]);
    assert_eq!(found.len(), 2, "half the words are others");
    let prose = LONG.to_owned() + &"and so it went on and on for ever ".repeat(400);
    let found = chunks(vec![note("a", &prose, 0.9), note("b", &format!("{prose} end"), 0.8)]);
    assert_eq!(found.len(), 1);
}

#[test]
fn half_a_text_in_common_is_not_enough() {
    let names = ["ada", "bob", "cleo", "dora", "emil", "fay", "gus", "hal", "ivy", "jon"];
    let own = |name: &str| ('a'..='z').map(|letter| format!("{name}{letter} ")).collect::<String>();
    let half = |name: &str| format!("{LONG} {}", own(name));
    let many = names.map(|name| note(name, &half(name), 0.5)).to_vec();
    assert_eq!(chunks(many).len(), names.len());
}

#[test]
fn ten_thousand_texts_with_the_same_beginning_fold_in_time() {
    let say = |n: usize| format!("{LONG} for customer number {n} of {}", n * 31);
    let many = (0..10_000).map(|n| note(&format!("n{n}"), &say(n), 0.5)).collect();
    let found = context(many, &Policy::default(), 10_000_000);
    assert_eq!(found.chunks.len(), 10_000);
}
