//! Restarts: every acknowledged record is present when the directory is opened again, after any end
//! of the previous process.

use aios_memory::{Access, AgentMemory, Key, Kind, MemoryView, working::NewMessage};
use serde_json::json;

use crate::{
    same_names::{self, SHARED, U1, U2},
    state::{State, differences, state, verify},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_record_is_there_after_a_restart() {
    let home = tempfile::tempdir().unwrap();
    let (dir, files) = (home.path().join("memory"), home.path().join("files"));
    std::fs::create_dir(&files).unwrap();
    let memory = Box::pin(same_names::make(&dir, &[SHARED, U1, U2], &files)).await;
    let before = state(&memory).await.unwrap();
    assert!(90 < before.len(), "{}", before.len());
    let answers = answers(&memory).await;
    memory.shutdown().await.unwrap();
    // The second one opens what the first one has drained.
    for access in [Access::ReadOnly, Access::ReadWrite, Access::ReadWrite] {
        let config = same_names::config(&dir).with_access(access);
        let memory = AgentMemory::open(config).await.unwrap();
        assert_eq!(differences(&before, &state(&memory).await.unwrap()), [""; 0], "{access:?}");
        assert_eq!(self::answers(&memory).await, answers, "{access:?}");
        if access == Access::ReadWrite {
            verify(&memory).await.unwrap();
        }
        memory.shutdown().await.unwrap();
    }

    // A lost or changed record would be detected.
    let memory = AgentMemory::open(same_names::config(&dir)).await.unwrap();
    let goal = Key::new(Kind::Goal, "g2".parse().unwrap());
    memory.for_shared().delete(&goal).await.unwrap();
    let changes = json!({"priority": 9}).as_object().unwrap().clone();
    memory.for_user("u1").unwrap().update(&goal, changes).await.unwrap();
    let after = state(&memory).await.unwrap();
    assert_eq!(differences(&before, &after), ["shared goal/g2", "u1 goal/g2"]);
    memory.shutdown().await.unwrap();
}

/// Asks as each owner. Returns the keys of the hits.
async fn answers(memory: &AgentMemory) -> Vec<Vec<String>> {
    let mut answers = Vec::new();
    for owner in [SHARED, U1, U2] {
        let view = owner.view(memory);
        for question in ["who comes on Monday?", "hay", "what is the animal washed with?"] {
            let found = view.recall(question).await.unwrap();
            assert!(!found.hits.is_empty(), "{owner:?}: {question}");
            answers.push(found.hits.iter().map(|hit| hit.identity().to_string()).collect());
        }
    }
    answers
}

/// Stores a record in each tier, and returns their texts.
async fn store(view: &MemoryView, name: &str) -> [String; 3] {
    let texts = ["a note of", "a goal of", "a message of"].map(|text| format!("{text} {name}"));
    view.remember(&texts[0]).await.unwrap();
    view.record(Kind::Goal, json!({"description": texts[1]})).await.unwrap();
    let message = NewMessage::new("talk".parse().unwrap(), "user", texts[2].clone());
    view.working().messages().add(message).await.unwrap();
    texts
}

/// Returns the texts of all records.
fn texts(state: &State) -> Vec<&str> {
    let mut texts: Vec<_> = state.values().filter_map(|record| record["text"].as_str()).collect();
    texts.sort_unstable();
    texts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_are_durable_without_a_shutdown() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("memory");
    let mut expected: Vec<String> = Vec::new();
    // A handle that is dropped with its work in progress, and one that is open in another process.
    for name in ["amber", "basalt", "copper"] {
        let memory = AgentMemory::open(same_names::config(&dir)).await.unwrap();
        expected.extend(store(&memory.for_user("ada").unwrap(), name).await);
        expected.sort_unstable();
        drop(memory);
        let other = AgentMemory::open(same_names::config(&dir)).await.unwrap();
        let state = state(&other).await.unwrap();
        // The session of the messages has no text of its own.
        let found: Vec<_> = texts(&state).into_iter().filter(|it| it.contains(" of ")).collect();
        assert_eq!(found, expected, "{name}");
        let ada = other.for_user("ada").unwrap();
        let hits = ada.recall(name).await.unwrap().hits;
        assert_eq!(hits.iter().filter(|hit| hit.text.contains(name)).count(), 3, "{hits:?}");
        verify(&other).await.unwrap();
    }
}
