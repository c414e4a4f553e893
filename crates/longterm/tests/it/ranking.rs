//! The significant words of a query, and the meaning of relevance.

use aios_longterm::{Explain, Hit, Longterm, LongtermView, SearchOptions};
use aios_record::{Id, Kind, Record, Scope};

use crate::{
    separate::gate,
    support::{keys, note, open, turn},
};

const NOTES: &[&str] = &[
    "I cannot eat shellfish, it makes my throat swell.",
    "We adopted a greyhound called Biscotti last winter.",
    "My bicycle is in the cellar of the office.",
    "The backup of the photo archive runs every night at two.",
    "Release notes are written by whoever merges last.",
    "The staging database moved to port 5433 after the upgrade.",
];

async fn with(texts: impl Iterator<Item = String>) -> (tempfile::TempDir, Longterm) {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    let records =
        texts.enumerate().map(|(number, text)| note(&format!("{number:04}"), &text)).collect();
    longterm.store(records).await.unwrap();
    (dir, longterm)
}

async fn notes() -> (tempfile::TempDir, Longterm) {
    with(NOTES.iter().map(|text| (*text).to_owned())).await
}

async fn hits(view: &LongtermView, query: &str) -> Vec<Hit> {
    let options = SearchOptions::default().with_explain(Explain::Yes);
    view.search(query, &options).await.unwrap().hits
}

fn scores(hits: &[Hit]) -> Vec<(String, u64)> {
    let score = |hit: &Hit| (hit.record.key().to_string(), hit.score.to_bits());
    hits.iter().map(score).collect()
}

#[tokio::test]
async fn a_question_finds_the_same_in_the_first_and_the_third_person() {
    let (_dir, longterm) = notes().await;
    let own = longterm.scoped(gate(Some("tilda")));
    for (first, third) in [
        ("Where is my bicycle?", "Where is the user's bicycle?"),
        ("Where is my bicycle?", "Where is Tilda's bicycle?"),
        ("What can I not eat?", "What can the user not eat?"),
    ] {
        let (first, third) = (hits(&own, first).await, hits(&own, third).await);
        assert_eq!(scores(&first), scores(&third));
        let scope = &third[0].explain.as_ref().unwrap().scope;
        assert!(["user", "Tilda"].contains(&&*scope[0]), "{scope:?}");
    }
    let (administrator, own) = ("Where is Tilda's bicycle?", hits(&own, "Tilda").await);
    assert!(hits(&longterm, administrator).await[0].explain.as_ref().unwrap().scope.is_empty());
    assert!(own.iter().all(|hit| hit.explain.as_ref().unwrap().scope.is_empty()));
}

#[tokio::test]
async fn a_question_about_a_speaker_equals_one_in_the_first_person() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    let records = vec![
        turn("s", 0, "Otto", "I went climbing in the mountains with Ada."),
        turn("t", 0, "Ada", "I went climbing in the mountains with friends."),
    ];
    longterm.store(records).await.unwrap();
    for place in ["journal", "library"] {
        let found = hits(&longterm, "What did Ada climb?").await;
        assert_eq!(found[0].record.key().to_string(), "message/t:0", "{place}");
        assert_eq!(found[0].explain.as_ref().unwrap().scope, ["Ada"], "{place}");
        let asked = hits(&longterm, "What did I climb?").await;
        let cosine = |hits: &[Hit]| hits[0].explain.as_ref().unwrap().cosine.to_bits();
        let of_ada = asked.iter().find(|hit| hit.record.id.as_str() == "t:0").unwrap();
        assert_eq!(cosine(&found), of_ada.explain.as_ref().unwrap().cosine.to_bits(), "{place}");
        longterm.upkeep().drain().await.unwrap();
        assert!(longterm.upkeep().warm().await.unwrap());
    }
}

#[tokio::test]
async fn an_invisible_speaker_is_an_ordinary_word() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    let own = longterm.scoped(gate(Some("u1")));
    own.store(vec![turn("s", 0, "Otto", "I went climbing with Ada.")]).await.unwrap();
    let before = scores(&hits(&own, "Who went climbing with Ada?").await);
    let other = longterm.scoped(gate(Some("u2")));
    other.store(vec![turn("s", 0, "Ada", "I went climbing.")]).await.unwrap();
    assert_eq!(scores(&hits(&own, "Who went climbing with Ada?").await), before);
}

#[tokio::test]
async fn meaning_weighs_more_if_the_words_match_poorly() {
    let (_dir, longterm) = notes().await;
    let weight = async |query: &str| {
        hits(&longterm, query).await[0].explain.as_ref().unwrap().meaning_weight
    };
    let found = weight("What makes my throat swell?").await;
    assert!(found < weight("zanzibarquux feather?").await, "no record has a word of it");
    let figures = weight("throat 5433").await;
    assert!(figures < found, "no model knows figures");
}

#[tokio::test]
async fn first_hits_that_do_not_answer_give_no_feedback() {
    let texts = (0..8).map(|number| format!("The lake froze, and number {number} skated there."));
    let (_dir, longterm) = with(texts.chain(["My brother keeps bees.".to_owned()])).await;
    let feedback = |hits: &[Hit]| -> f64 {
        hits.iter().map(|hit| hit.explain.as_ref().unwrap().feedback).sum()
    };
    let answered = hits(&longterm, "Who skated there when the lake froze?").await;
    assert!(0.0 < feedback(&answered), "{answered:?}");
    let missed = hits(&longterm, "What number is the tax office on?").await;
    assert!(feedback(&missed).abs() < 1e-9, "{missed:?}");
}

#[tokio::test]
async fn relevance_falls_with_the_order_and_is_the_same_in_a_large_store() {
    let topics = ["river", "tax", "engine", "violin", "harvest", "tunnel", "lecture", "window"];
    let others = (0..400).map(|number| {
        let (topic, other) = (topics[number % 8], topics[(number / 8) % 8]);
        format!("Part {number} of the {topic} was seen by the {other} club.")
    });
    let (_small_dir, small) = notes().await;
    let stored = NOTES.iter().map(|text| (*text).to_owned());
    let (_large_dir, large) = with(stored.chain(others)).await;
    for (question, answer) in [
        ("What makes my throat swell?", "note/0000"),
        ("Where is the bicycle?", "note/0002"),
        ("When does the backup of the photos run?", "note/0003"),
        ("Who writes the release notes?", "note/0004"),
        ("Which port has the staging database?", "note/0005"),
    ] {
        let (alone, among) = (hits(&small, question).await, hits(&large, question).await);
        for found in [&alone, &among] {
            assert_eq!(found[0].record.key().to_string(), answer, "{question}");
            assert!(found.is_sorted_by(|a, b| b.relevance <= a.relevance), "{question}");
        }
        let (alone, among) = (alone[0].relevance, among[0].relevance);
        assert!((alone - among).abs() < 0.05, "{question}: {alone} alone, {among} among others");
    }
}

#[tokio::test]
async fn min_relevance_cuts_the_end_of_the_order() {
    let (_dir, longterm) = notes().await;
    let all = hits(&longterm, "Where is the bicycle of the office?").await;
    let least = all[1].relevance;
    let options = SearchOptions::default().with_min_relevance(least);
    let cut = longterm.search("Where is the bicycle of the office?", &options).await.unwrap();
    let kept: Vec<String> = all
        .iter()
        .filter(|hit| least <= hit.relevance)
        .map(|hit| hit.record.key().to_string())
        .collect();
    assert_eq!(keys(&cut), kept);
    assert!(kept.len() < all.len());
}

#[tokio::test]
async fn the_kind_does_not_affect_the_score() {
    let mut of_kinds = Vec::new();
    for kind in [Kind::Note, Kind::Knowledge, Kind::Incident] {
        let dir = tempfile::tempdir().unwrap();
        let longterm = open(dir.path()).await;
        let record = |(number, text): (usize, &&str)| {
            Record::new(kind, Id::new(number.to_string()).unwrap(), *text, Scope::default())
        };
        longterm.store(NOTES.iter().enumerate().map(record).collect()).await.unwrap();
        let found = hits(&longterm, "Where is my bicycle?").await;
        let bits = |hit: &Hit| (hit.score.to_bits(), hit.relevance.to_bits());
        of_kinds.push(found.iter().map(bits).collect::<Vec<_>>());
    }
    assert!(of_kinds.iter().all(|scores| *scores == of_kinds[0]));
}
