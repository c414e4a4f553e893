//! The databases of a data directory belong together: an older copy of one of them is detected.

use std::{collections::BTreeSet, fs};

use aios_memory::{
    Access, AgentMemory, Error, ForgetOptions, ForgetTarget, Id, Identity, Key, Kind, Owner,
    upkeep::{Repaired, repair},
    working::Goal,
};
use aios_memory_tests::directory;
use serde_json::json;

use crate::{Fixture, of, texts};

/// Stores a record in each database, with a separate handle.
async fn store(fixture: &Fixture, word: &str) {
    let memory = fixture.open().await;
    memory.remember(&format!("a note of {word}")).await.unwrap();
    memory.working().goals().put(Goal::new(format!("a goal of {word}"))).await.unwrap();
    memory.working().preferences().put("stone", json!(word)).await.unwrap();
    memory.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_database_is_reported_and_accepted_by_a_repair() {
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
        let verified = memory.administrator().upkeep().verify(|_| {}).await.unwrap();
        assert_eq!(verified.older, [name]);
        assert!(!verified.is_clean());
        memory.shutdown().await.unwrap();

        let repaired = repair(fixture.config(), |_| {}).await.unwrap();
        assert!(!repaired.was_sound, "{name}: {repaired:?}");
        let memory = fixture.open().await;
        let verified = memory.administrator().upkeep().verify(|_| {}).await.unwrap();
        assert!(verified.is_clean(), "{name}: {verified:?}");
        assert_eq!(texts(&memory, "a goal of basalt").await[0], "a goal of basalt", "{name}");
        store_goal(&memory).await;
        memory.shutdown().await.unwrap();
    }
}

/// Stores a goal after a repair, and finds it.
async fn store_goal(memory: &AgentMemory) {
    memory.working().goals().put(Goal::new("a goal of copper")).await.unwrap();
    assert_eq!(texts(memory, "copper").await[0], "a goal of copper");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_database_without_feed_changes_is_detected() {
    let fixture = Fixture::new();
    let file = fixture.config().memory.data_dir.join("working.db");
    store(&fixture, "amber").await;
    let copy = fixture.dir.path().join("working.db");
    fs::copy(&file, &copy).unwrap();
    let memory = fixture.open().await;
    memory.working().preferences().put("stone", json!("basalt")).await.unwrap();
    memory.shutdown().await.unwrap();
    fs::copy(&copy, &file).unwrap();
    let refused = AgentMemory::open(fixture.config()).await.unwrap_err();
    assert!(matches!(refused, Error::Older { .. }), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_another_store_is_detected() {
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
async fn a_killed_writer_leaves_an_up_to_date_note() {
    let fixture = Fixture::new();
    let dir = fixture.config().memory.data_dir;
    store(&fixture, "amber").await;
    let older = fixture.dir.path().join("older.db");
    fs::copy(dir.join("journal.db"), &older).unwrap();
    let memory = fixture.open().await;
    let noted = || {
        let note = fs::read(dir.join("generations.json")).unwrap();
        let note: serde_json::Value = serde_json::from_slice(&note).unwrap();
        note["journal"]["number"].clone()
    };
    let before = noted();
    memory.remember("a note of basalt").await.unwrap();
    memory.administrator().longterm().upkeep().drain().await.unwrap();
    let is_noted = async {
        while noted() == before {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), is_noted).await.unwrap();
    // The note that a kill would leave.
    let note = fs::read(dir.join("generations.json")).unwrap();
    memory.shutdown().await.unwrap();
    fs::write(dir.join("generations.json"), note).unwrap();
    fs::copy(&older, dir.join("journal.db")).unwrap();
    let refused = AgentMemory::open(fixture.config()).await.unwrap_err();
    assert!(matches!(refused, Error::Older { .. }), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreadable_note_is_reported_and_rebuilt_by_a_repair() {
    let fixture = Fixture::new();
    store(&fixture, "amber").await;
    let note = fixture.config().memory.data_dir.join("generations.json");
    for content in [&b""[..], b"{\"working\": 1", b"\x00\x00"] {
        fs::write(&note, content).unwrap();
        let refused = AgentMemory::open(fixture.config()).await.unwrap_err();
        assert!(matches!(&refused, Error::Note { path } if *path == note), "{refused}");
        let repaired = repair(fixture.config(), |_| {}).await.unwrap();
        assert!(repaired.has_lost_note && !repaired.was_sound, "{repaired:?}");
        let memory = fixture.open().await;
        assert!(memory.administrator().upkeep().verify(|_| {}).await.unwrap().is_clean());
        memory.shutdown().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_complete_older_copy_is_accepted() {
    let fixture = Fixture::new();
    store(&fixture, "amber").await;
    let (dir, copy) = (fixture.config().memory.data_dir, fixture.dir.path().join("copy"));
    directory::copy(&dir, &copy);
    store(&fixture, "basalt").await;
    fs::remove_dir_all(&dir).unwrap();
    directory::copy(&copy, &dir);
    store(&fixture, "copper").await;
    let memory = fixture.open().await;
    assert!(memory.administrator().upkeep().verify(|_| {}).await.unwrap().is_clean());
    memory.shutdown().await.unwrap();
}

/// Forgets the note with this text.
async fn forget(memory: &AgentMemory, text: &str) {
    let id = memory.remember(text).await.unwrap().id;
    let target = ForgetTarget::Records(vec![Identity::new(Owner::SHARED, Kind::Note, id)]);
    assert_eq!(memory.forget(ForgetOptions::new(target)).await.unwrap().forgotten, 1);
}

/// Returns the texts of the notes of all owners, with their owners.
async fn notes(memory: &AgentMemory) -> BTreeSet<String> {
    let listed = memory.administrator().list(Kind::Note, None, 100).await.unwrap();
    listed.records.iter().map(|it| format!("{} {}", it.owner(), it.text)).collect()
}

/// Replaces these databases with older copies beside newer ones, and repairs.
async fn repaired_beside_newer(names: &[&str]) -> (Fixture, Repaired) {
    let fixture = Fixture::new();
    let dir = fixture.config().memory.data_dir;
    let memory = fixture.open().await;
    for text in ["early", "forgotten later", "forgotten early"] {
        memory.remember(text).await.unwrap();
    }
    forget(&memory, "forgotten early").await;
    memory.working().goals().put(Goal::new("an early goal")).await.unwrap();
    memory.shutdown().await.unwrap();
    for name in names {
        fs::copy(dir.join(name), fixture.dir.path().join(name)).unwrap();
    }
    for n in 0..3 {
        let memory = fixture.open().await;
        memory.remember(&format!("later {n}")).await.unwrap();
        of(&memory, "ada").remember(&format!("of ada {n}")).await.unwrap();
        let goal = Goal { id: Id::new(format!("h{n}")).unwrap(), ..Goal::new("a later goal") };
        memory.working().goals().put(goal).await.unwrap();
        memory.shutdown().await.unwrap();
    }
    let memory = fixture.open().await;
    forget(&memory, "forgotten later").await;
    forget(&memory, "later 1").await;
    memory.delete(&Key::new(Kind::Goal, Id::new("h1").unwrap())).await.unwrap();
    // In the older journal it is forgotten.
    memory.remember("forgotten early").await.unwrap();
    memory.shutdown().await.unwrap();
    for name in names {
        fs::copy(fixture.dir.path().join(name), dir.join(name)).unwrap();
    }
    let repaired = repair(fixture.config(), |_| {}).await.unwrap();
    (fixture, repaired)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repair_recovers_an_older_journal_from_the_library() {
    for names in [&["journal.db"][..], &["journal.db", "working.db"]] {
        let (fixture, repaired) = Box::pin(repaired_beside_newer(names)).await;
        assert_eq!(repaired.lost, [], "{repaired:?}");
        assert_eq!((repaired.kept_out, repaired.unreadable), (1, 0), "{repaired:?}");
        // Notes and goals.
        assert_eq!(repaired.adopted.len(), 5 + 2, "{repaired:?}");
        assert_eq!(repaired.gone.len(), 1, "{repaired:?}");
        let again = repair(fixture.config(), |_| {}).await.unwrap();
        assert!(again.was_sound, "{again:?}");
        assert_eq!(again.records, repaired.records);

        let memory = fixture.open().await;
        let expect =
            ["early", "later 0", "later 2"].map(|text| format!("{} {text}", Owner::SHARED));
        let ada = memory.for_user("ada").unwrap();
        let owner = ada.gate().acts_for().unwrap().clone();
        let of_ada = (0..3).map(|n| format!("{owner} of ada {n}"));
        let expect: BTreeSet<String> = expect.into_iter().chain(of_ada).collect();
        assert_eq!(notes(&memory).await, expect, "{names:?}");
        // All of her texts contain "ada", so "later 2" is as relevant.
        assert!(texts(&ada, "of ada 2").await.contains(&"of ada 2".to_owned()));
        let found = memory.recall("a later goal").await.unwrap();
        let goals: BTreeSet<String> = found
            .hits
            .iter()
            .filter(|it| it.text == "a later goal")
            .map(|it| it.identity().id.to_string())
            .collect();
        assert_eq!(goals, ["h0", "h2"].map(str::to_owned).into(), "{names:?}");
        let verified = memory.administrator().upkeep().verify(|_| {}).await.unwrap();
        assert!(verified.is_clean(), "{names:?}: {verified:?}");
        store_goal(&memory).await;
        memory.shutdown().await.unwrap();
    }
}
