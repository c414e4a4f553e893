//! Reordering of the first hits of a recall by a cross-encoder.

use std::path::{Path, PathBuf};

use aios_memory::{AgentMemory, Config, Kind, SearchOptions};
use serde_json::json;

use crate::Fixture;

const TEXTS: [&str; 6] =
    ["red blue", "red one two", "blue red green", "red", "green two red one", "three red"];

/// Returns the path of a cross-encoder of two small layers with random weights.
fn model() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../embedding/tests/fixtures/families/cross-bert")
}

async fn open(fixture: &Fixture, reranker: PathBuf) -> AgentMemory {
    let mut config: Config = fixture.config();
    config.search.reranker = reranker;
    AgentMemory::open(config).await.unwrap()
}

/// Returns the texts of the hits with their reranker scores.
async fn recall(memory: &AgentMemory, limit: usize) -> Vec<(String, Option<f64>)> {
    let options = SearchOptions::default().with_limit(limit);
    let recalled = memory.recall_with("red one", &options).await.unwrap();
    recalled.hits.into_iter().map(|hit| (hit.text, hit.reranked)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cross_encoder_orders_the_first_hits() {
    let fixture = Fixture::new();
    let memory = open(&fixture, PathBuf::new()).await;
    for text in TEXTS {
        memory.record(Kind::Note, json!({ "content": text })).await.unwrap();
    }
    let plain = recall(&memory, 10).await;
    assert_eq!(plain.len(), TEXTS.len());
    assert!(plain.iter().all(|(_, reranked)| reranked.is_none()));
    memory.shutdown().await.unwrap();
    let memory = open(&fixture, model()).await;
    let reranked = recall(&memory, 10).await;
    assert_eq!(reranked.len(), TEXTS.len());
    let scores: Vec<f64> = reranked.iter().map(|(_, score)| score.unwrap()).collect();
    assert!(scores.is_sorted_by(|a, b| b <= a), "{scores:?}");
    let texts = |hits: &[(String, Option<f64>)]| {
        hits.iter().map(|(text, _)| text.clone()).collect::<Vec<String>>()
    };
    assert_ne!(texts(&plain), texts(&reranked));
    // A smaller limit returns the first of the same hits.
    assert_eq!(recall(&memory, 2).await, reranked[..2]);
    memory.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_cross_encoder_is_reported_at_opening() {
    let fixture = Fixture::new();
    let mut config = fixture.config();
    config.search.reranker = fixture.config().memory.data_dir.join("none");
    let told = AgentMemory::open(config).await.unwrap_err().to_string();
    assert!(told.contains("none/config.json") && told.contains("a cross-encoder"), "{told}");
}
