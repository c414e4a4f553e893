//! The databases of a data directory belong together: an older copy of one of them is noticed.

use std::{fs, path::Path};

use aios_memory::{Access, AgentMemory, Error, repair, working::Goal};
use serde_json::json;

use crate::{Fixture, texts};

/// Stores something in each database, by a handle of its own.
async fn store(fixture: &Fixture, word: &str) {
    let memory = fixture.open().await;
    memory.remember(&format!("a note of {word}")).await.unwrap();
    memory.working().store_goal(Goal::new(format!("a goal of {word}"))).await.unwrap();
    memory.working().set_preference("stone", json!(word)).await.unwrap();
    memory.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_database_is_noticed_named_and_accepted_by_a_repair() {
    for name in ["working.db", "journal.db"] {
        let fixture = Fixture::new();
        let file = fixture.config().memory.data_dir.join(name);
        let copy = fixture.dir.path().join(name);
        store(&fixture, "amber").await;
        fs::copy(&file, &copy).unwrap();
        store(&fixture, "basalt").await;
        fs::copy(&copy, &file).unwrap();

        let refused = AgentMemory::open(fixture.config()).await.unwrap_err();
        assert!(matches!(&refused, Error::Older { path } if *path == file), "{name}: {refused}");
        let reading = fixture.config().with_access(Access::ReadOnly);
        let memory = AgentMemory::open(reading).await.unwrap();
        let verified = memory.administrator().verify(|_| {}).await.unwrap();
        assert_eq!(verified.older, [name]);
        assert!(!verified.is_clean());
        memory.shutdown().await.unwrap();

        let repaired = repair(fixture.config(), |_| {}).await.unwrap();
        assert!(!repaired.was_sound, "{name}: {repaired:?}");
        let memory = fixture.open().await;
        let verified = memory.administrator().verify(|_| {}).await.unwrap();
        assert!(verified.is_clean(), "{name}: {verified:?}");
        assert_eq!(texts(&memory, "a goal of basalt").await[0], "a goal of basalt", "{name}");
        store_goal(&memory).await;
        memory.shutdown().await.unwrap();
    }
}

/// Stores after a repair, and finds it.
async fn store_goal(memory: &AgentMemory) {
    memory.working().store_goal(Goal::new("a goal of copper")).await.unwrap();
    assert_eq!(texts(memory, "copper").await[0], "a goal of copper");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_what_is_not_fed_shows_as_well() {
    let fixture = Fixture::new();
    let file = fixture.config().memory.data_dir.join("working.db");
    store(&fixture, "amber").await;
    let copy = fixture.dir.path().join("working.db");
    fs::copy(&file, &copy).unwrap();
    let memory = fixture.open().await;
    memory.working().set_preference("stone", json!("basalt")).await.unwrap();
    memory.shutdown().await.unwrap();
    fs::copy(&copy, &file).unwrap();
    let refused = AgentMemory::open(fixture.config()).await.unwrap_err();
    assert!(matches!(refused, Error::Older { .. }), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_another_store_is_noticed() {
    let (fixture, other) = (Fixture::new(), Fixture::new());
    store(&fixture, "amber").await;
    for word in ["basalt", "copper", "dolomite"] {
        store(&other, word).await;
    }
    let journal = |fixture: &Fixture| fixture.config().memory.data_dir.join("journal.db");
    fs::copy(journal(&other), journal(&fixture)).unwrap();
    let refused = AgentMemory::open(fixture.config()).await.unwrap_err();
    assert!(matches!(refused, Error::Older { .. }), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_older_copy_is_taken_as_it_is() {
    let fixture = Fixture::new();
    store(&fixture, "amber").await;
    let (dir, copy) = (fixture.config().memory.data_dir, fixture.dir.path().join("copy"));
    copy_all(&dir, &copy);
    store(&fixture, "basalt").await;
    fs::remove_dir_all(&dir).unwrap();
    copy_all(&copy, &dir);
    store(&fixture, "copper").await;
    let memory = fixture.open().await;
    assert!(memory.administrator().verify(|_| {}).await.unwrap().is_clean());
    memory.shutdown().await.unwrap();
}

fn copy_all(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        match path.is_dir() {
            true => copy_all(&path, &target),
            false => drop(fs::copy(path, target).unwrap()),
        }
    }
}
