//! Full-text search finds symbols, scripts and spellings that people type. The cases are shared
//! with long-term memory, since both tiers use the same analysis.

use aios_working::{FindOptions, NewMessage};
use serde::Deserialize;

use crate::{id, opened, view};

/// Texts of one store, and queries with their expected results.
#[derive(Deserialize)]
struct Cases {
    texts: Vec<String>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    query: String,
    /// Text that ranks first.
    first: String,
    /// Texts that must be found.
    found: Vec<String>,
}

#[tokio::test]
async fn texts_are_found_by_what_people_type() {
    let cases = include_str!("../../../../tests/fixtures/search-cases.json");
    let Cases { texts, cases } = serde_json::from_str(cases).unwrap();
    let (_place, working) = opened();
    let message = |text: &String| NewMessage::new(id("s"), "user", text.as_str());
    working.messages().add_all(texts.iter().map(message).collect()).await.unwrap();
    let mut wrong = Vec::new();
    for Case { query, first, found } in cases {
        let options = FindOptions::default().with_limit(texts.len());
        let hits = working.records().find(query.as_str(), options).await.unwrap();
        let hits: Vec<&str> = hits.iter().map(|hit| hit.record.text.as_str()).collect();
        if hits.first() != Some(&first.as_str())
            || !found.iter().all(|text| hits.contains(&text.as_str()))
        {
            wrong.push(format!("{query}: {hits:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_misspelling_does_not_find_another_owners_word() {
    let (_place, working) = opened();
    let message = |text: &str| NewMessage::new(id("s"), "user", text);
    view(&working, "ada").messages().add(message("the zeppelin landed")).await.unwrap();
    view(&working, "bob").messages().add(message("the harbour is full")).await.unwrap();
    for query in ["zepelin", "zeppelni", "zep pelin", "zeppelin"] {
        let found = async |user: &str| {
            let options = FindOptions::default();
            view(&working, user).records().find(query, options).await.unwrap().len()
        };
        assert_eq!((found("ada").await, found("bob").await), (1, 0), "{query}");
    }
}
