//! Words find symbols, scripts and spellings as people type them. Working memory uses the same
//! cases, since both tiers share one analysis.

use aios_longterm::{Config, Explain, Explanation, Longterm, SearchOptions, Weights};
use aios_record::{Gate, Owner, Scope};
use serde::Deserialize;

use crate::support::{model, note};

/// Texts of one store, and queries.
#[derive(Deserialize)]
struct Cases {
    texts: Vec<String>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    query: String,
    /// Text that must rank above all others.
    first: String,
    /// Texts that a word of the query must find.
    found: Vec<String>,
}

/// Opens a store with these weights and this limit of RAM.
async fn open(dir: &std::path::Path, weights: Weights, resident_bytes_max: usize) -> Longterm {
    let config = Config { weights, resident_bytes_max, ..Config::default() };
    Longterm::open(dir, config, model()).await.unwrap()
}

async fn check(longterm: &Longterm, Cases { texts, cases }: &Cases, place: &str) {
    let mut wrong = Vec::new();
    for Case { query, first, found } in cases {
        let options = SearchOptions::default().with_limit(texts.len()).with_explain(Explain::Yes);
        let hits = longterm.search(query, &options).await.unwrap().hits;
        let has_word = |it: &Explanation| 0.0 < it.words;
        let by_word = hits.iter().filter(|hit| hit.explain.as_ref().is_some_and(has_word));
        let by_word: Vec<&String> = by_word.map(|hit| &hit.record.text).collect();
        let is_first = hits.first().is_some_and(|hit| hit.record.text == *first);
        if !is_first || !found.iter().all(|text| by_word.contains(&text)) {
            let best: Vec<_> = hits.iter().take(3).map(|hit| &hit.record.text).collect();
            wrong.push(format!("{query}: {best:?} by words {by_word:?}"));
        }
    }
    assert!(wrong.is_empty(), "{place}\n{}", wrong.join("\n"));
}

#[tokio::test]
async fn queries_as_people_type_them_find_their_texts() {
    let cases = include_str!("../../../../tests/fixtures/search-cases.json");
    let cases: Cases = serde_json::from_str(cases).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let usual = || Config::default().resident_bytes_max;
    let longterm = open(dir.path(), Weights::default(), usual()).await;
    let records = cases.texts.iter().enumerate().map(|(n, text)| note(&n.to_string(), text));
    longterm.store(records.collect()).await.unwrap();
    check(&longterm, &cases, "in the journal").await;
    longterm.upkeep().drain().await.unwrap();
    assert!(longterm.upkeep().warm().await.unwrap());
    check(&longterm, &cases, "in RAM").await;
    let words_alone = Weights { meaning: 0.0, related: 0.0, feedback: 0.0, ..Weights::default() };
    check(&open(dir.path(), words_alone, usual()).await, &cases, "by words alone").await;
    check(&open(dir.path(), Weights::default(), 0).await, &cases, "by the indexes").await;
}

#[tokio::test]
async fn spelling_correction_uses_no_word_of_another_owner() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path(), Weights::default(), Config::default().resident_bytes_max).await;
    let of_user = |user: &str, text: &str| {
        let mut record = note("n", text);
        record.scope = Scope::default().with_user(user);
        record
    };
    let records =
        vec![of_user("ada", "the zeppelin landed"), of_user("bob", "the harbour is full")];
    longterm.store(records).await.unwrap();
    for place in ["journal", "library"] {
        for query in ["zepelin", "zeppelni", "zep pelin"] {
            let words = async |user: &str| {
                let view = longterm.scoped(Gate::owner(Owner::user(user).unwrap()));
                let options = SearchOptions::default().with_explain(Explain::Yes);
                let hits = view.search(query, &options).await.unwrap().hits;
                hits.into_iter().filter_map(|hit| hit.explain).filter(|it| 0.0 < it.words).count()
            };
            assert_eq!((words("ada").await, words("bob").await), (1, 0), "{query} in the {place}");
        }
        longterm.upkeep().drain().await.unwrap();
        longterm.upkeep().warm().await.unwrap();
    }
}

#[tokio::test]
async fn a_dictionary_word_is_not_corrected_to_another() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path(), Weights::default(), Config::default().resident_bytes_max).await;
    longterm.store(vec![note("n", "the database listens on port 5433")]).await.unwrap();
    for (query, words) in [("listed", 0), ("lisens", 1), ("data base", 1)] {
        let options = SearchOptions::default().with_explain(Explain::Yes);
        let hits = longterm.search(query, &options).await.unwrap().hits;
        let has_word = |it: &Explanation| 0.0 < it.words;
        let by_word = hits.iter().filter(|hit| hit.explain.as_ref().is_some_and(has_word));
        assert_eq!(by_word.count(), words, "{query}");
    }
}

#[tokio::test]
async fn texts_of_unknown_scripts_have_no_vector_and_are_found_by_words_alone() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path(), Weights::default(), Config::default().resident_bytes_max).await;
    let thai = |text: &str| note("thai", text);
    let text = "\u{e41}\u{e21}\u{e27}\u{e02}\u{e2d}\u{e07}\u{e09}\u{e31}\u{e19}";
    longterm.store(vec![thai(text), note("cat", "a grey cat sleeps")]).await.unwrap();
    let options = SearchOptions::default().with_explain(Explain::Yes);
    let hits = longterm.search("\u{e41}\u{e21}\u{e27}", &options).await.unwrap().hits;
    assert_eq!(hits.len(), 1, "{hits:?}");
    assert_eq!(
        (hits[0].record.id.as_str(), hits[0].explain.as_ref().unwrap().cosine),
        ("thai", 0.0)
    );
    let none = longterm.search("\u{e2b}\u{e21}\u{e32}", &options).await.unwrap().hits;
    assert!(none.iter().all(|hit| hit.relevance < 0.5), "{none:?}");
}

#[tokio::test]
async fn a_store_of_another_analysis_is_analysed_again_when_it_is_opened() {
    let dir = tempfile::tempdir().unwrap();
    let usual = Config::default().resident_bytes_max;
    let longterm = open(dir.path(), Weights::default(), usual).await;
    longterm.store(vec![note("c", "the driver is in C++")]).await.unwrap();
    longterm.upkeep().drain().await.unwrap();
    longterm.store(vec![note("d", "the other driver is in C")]).await.unwrap();
    longterm.close().await.unwrap();
    let journal = rusqlite::Connection::open(dir.path().join("journal.db")).unwrap();
    journal.execute("UPDATE meta SET value = 1 WHERE name = 'analysis'", []).unwrap();
    journal.execute("UPDATE pending SET terms = 'lost'", []).unwrap();
    drop(journal);
    let tables = || std::fs::read_dir(dir.path().join("longterm")).unwrap().count();
    let before = tables();
    for _ in 0..2 {
        let longterm = open(dir.path(), Weights::default(), usual).await;
        for (query, expect) in [("C++", "c"), ("C", "d")] {
            let hits = longterm.search(query, &SearchOptions::default()).await.unwrap().hits;
            assert_eq!(hits[0].record.id.as_str(), expect, "{query}");
        }
        longterm.close().await.unwrap();
    }
    assert_eq!(tables(), before);
    let journal = rusqlite::Connection::open(dir.path().join("journal.db")).unwrap();
    let value = |name: &str| -> i64 {
        let sql = "SELECT value FROM meta WHERE name = ?1";
        journal.query_row(sql, [name], |row| row.get(0)).unwrap()
    };
    // The first handle does it, and the second does not repeat it.
    let version = i64::from(aios_analysis::VERSION);
    assert_eq!((value("library_table"), value("analysis")), (1, version));
}
