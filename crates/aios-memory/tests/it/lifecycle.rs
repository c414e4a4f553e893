//! Opening, closing, and what is there afterwards.

use aios_memory::{AgentMemory, Config, Error, SearchOptions};

use crate::{Fixture, texts};

#[tokio::test]
async fn what_was_remembered_is_there_after_a_drop() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    memory.remember("the key is under the third stone").await.unwrap();
    drop(memory);
    let memory = fixture.open().await;
    assert_eq!(texts(&memory, "where is the key?").await, ["the key is under the third stone"]);
    memory.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_closed_memory_says_so() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let other = memory.clone();
    memory.shutdown().await.unwrap();
    let error = other.remember("too late").await.unwrap_err();
    assert!(chain(&error).contains("closed"), "{error:?}");
    let error = other.recall("anything", &SearchOptions::default()).await.unwrap_err();
    assert!(chain(&error).contains("closed"), "{error:?}");
    other.shutdown().await.unwrap();
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = error.source().map(chain).unwrap_or_default();
    format!("{error}: {causes}")
}

#[tokio::test]
async fn a_memory_needs_a_directory() {
    let error = AgentMemory::open(Config::default()).await.unwrap_err();
    assert!(matches!(error, Error::NoDirectory));
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "x").unwrap();
    let error = AgentMemory::open(Config::at(file)).await.unwrap_err();
    assert!(matches!(error, Error::Directory { .. }), "{error}");
    assert!(error.hint().unwrap().contains("--data-dir"));
}
