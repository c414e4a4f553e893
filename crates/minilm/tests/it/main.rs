//! Compares the asset with vectors of the same model in 64-bit floating point.
//!
//! `reference.jsonl` has one text per line, with the vector of the published weights in ten
//! thousandths, computed by an independent program.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::Arc;

use aios_embedding::Embedder;
use serde_json::Value;

fn reference() -> Vec<(String, Vec<f32>)> {
    let parse = |line: &str| {
        let mut item: Value = serde_json::from_str(line).unwrap();
        let numbers: Vec<f32> = serde_json::from_value(item["vector"].take()).unwrap();
        (item["text"].as_str().unwrap().to_owned(), numbers)
    };
    include_str!("reference.jsonl").lines().map(parse).collect()
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum()
    };
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[test]
fn vectors_are_close_to_those_of_the_published_weights() {
    let model = aios_minilm::model().unwrap();
    let cosines: Vec<f64> = reference()
        .iter()
        .map(|(text, expected)| cosine(&model.embed_query(text).unwrap(), expected))
        .collect();
    let mean = cosines.iter().sum::<f64>() / cosines.len() as f64;
    let least = cosines.iter().copied().fold(1.0, f64::min);
    assert!(0.99 <= mean && 0.97 <= least, "mean {mean:.4}, least {least:.4}");
}

/// If this fails, a change of the arithmetic changes vectors that users have stored. Undo the
/// change, or rename the asset so that its fingerprint changes.
#[test]
fn vectors_are_bit_identical_to_stored_ones() {
    let model = aios_minilm::model().unwrap();
    let texts = reference();
    let texts: Vec<&str> = texts.iter().map(|(text, _)| text.as_str()).collect();
    let vectors = model.embed_documents(&texts).unwrap();
    let mut hasher = blake3::Hasher::new();
    for number in vectors.iter().flatten() {
        hasher.update(&number.to_le_bytes());
    }
    let expected = "3447ed505e1bad8d1458363708788a3b6b1c6f564f8a809026f854020b274296";
    assert_eq!(hasher.finalize().to_hex().as_str(), expected);
}

#[test]
fn the_model_is_loaded_once_and_identifies_itself() {
    let model = aios_minilm::model().unwrap();
    assert!(Arc::ptr_eq(&model, &aios_minilm::model().unwrap()));
    assert_eq!((model.dimension(), model.tokens_max()), (384, Some(254)));
    assert_eq!(model.count_tokens("unaffordable lunches"), 6);
    assert!(!model.is_fast());
}
