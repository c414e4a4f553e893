//! Backup of the whole directory, and its restore.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use aios_memory::{
    AgentMemory, Config, Error, ForgetOptions, ForgetTarget, Id, Identity, Key, Kind, Owner,
    upkeep::restore,
};
use serde_json::json;

use crate::{Fixture, texts};

#[tokio::test]
async fn a_backup_inside_the_data_directory_or_of_a_damaged_journal_is_refused() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let data_dir = fixture.config().memory.data_dir;
    let inside = memory
        .administrator()
        .upkeep()
        .backup(&data_dir.join("longterm/copies/first"), |_| {})
        .await;
    assert!(matches!(inside, Err(Error::Place(_))), "{inside:?}");
    for n in 0..200 {
        memory.remember(&format!("note {n}")).await.unwrap();
    }
    assert_eq!(memory.administrator().upkeep().verify(|_| {}).await.unwrap().journal, [""; 0]);
    memory.shutdown().await.unwrap();
    let path = data_dir.join("journal.db");
    let db = rusqlite::Connection::open(&path).unwrap();
    db.execute_batch("ALTER TABLE ids RENAME COLUMN external_id TO meddled").unwrap();
    drop(db);
    let memory = fixture.open().await;
    let verified = memory.administrator().upkeep().verify(|_| {}).await.unwrap();
    assert!(verified.journal[0].contains("external_id"), "{verified:?}");
    assert!(!verified.is_clean());
    let damaged =
        memory.administrator().upkeep().backup(&fixture.dir.path().join("copies"), |_| {}).await;
    let error = damaged.unwrap_err().to_string();
    assert!(error.contains("journal.db` is damaged"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_during_writes_contains_every_acknowledged_record() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let written = Arc::new(AtomicU64::new(0));
    let writer = tokio::spawn({
        let (memory, written) = (memory.clone(), Arc::clone(&written));
        async move {
            for n in 0_u64.. {
                let goal = json!({"id": format!("g{n}"), "description": format!("goal {n}")});
                memory.record(Kind::Goal, goal).await.unwrap();
                memory.remember(&format!("note {n}")).await.unwrap();
                written.store(n + 1, Ordering::Release);
            }
        }
    });
    while written.load(Ordering::Acquire) < 20 {
        tokio::task::yield_now().await;
    }
    memory.administrator().longterm().upkeep().drain().await.unwrap();
    let before = written.load(Ordering::Acquire);
    let copies = fixture.dir.path().join("copies");
    let copied = Arc::new(AtomicU64::new(0));
    let told = Arc::clone(&copied);
    let made = memory
        .administrator()
        .upkeep()
        .backup(&copies, move |progress| told.store(progress.done, Ordering::Relaxed))
        .await;
    assert!(0 < copied.load(Ordering::Relaxed) && 0 < made.unwrap().bytes);
    let after = written.load(Ordering::Acquire) + 1;
    writer.abort();
    let error = memory.administrator().upkeep().backup(&copies, |_| {}).await.unwrap_err();
    assert!(matches!(error, Error::Output { .. }), "{error}");

    let config = Config::at(fixture.dir.path().join("restored"));
    restore(&copies, &config).await.unwrap();
    let error = restore(&copies, &config).await.unwrap_err();
    assert!(matches!(error, Error::Output { .. }), "{error}");
    let restored = AgentMemory::open(config).await.unwrap();
    restored.feed().catch_up().await.unwrap();
    restored.administrator().longterm().upkeep().drain().await.unwrap();
    let report = restored.administrator().longterm().upkeep().verify().await.unwrap();
    assert!(report.is_clean(), "{report:?}");
    for n in 0..before {
        let id = Id::new(format!("g{n}")).unwrap();
        let goal =
            restored.working().records().get(&Key::new(Kind::Goal, id.clone())).await.unwrap();
        assert!(
            goal.is_some()
                && restored
                    .longterm()
                    .get(&Key::new(Kind::Goal, id.clone()))
                    .await
                    .unwrap()
                    .is_some()
        );
    }
    let notes = restored.longterm().records().counts().await.unwrap()["notes"];
    assert!((before..=after).contains(&notes), "{before} <= {notes} <= {after}");
    // New changes get higher feed positions than those in the backup.
    let goal = json!({"id": "g0", "description": "plant a zanzibarquux"});
    restored.record(Kind::Goal, goal).await.unwrap();
    assert_eq!(texts(&restored, "zanzibarquux").await[0], "plant a zanzibarquux");
    assert!(!fixture.dir.path().join("restored/backup.json").exists());
}

#[tokio::test]
async fn an_incomplete_backup_is_not_restored() {
    let fixture = Fixture::new();
    let from = fixture.dir.path().join("from");
    fs::create_dir(&from).unwrap();
    fs::write(from.join("working.db"), "half of it").unwrap();
    let config = Config::at(fixture.dir.path().join("restored"));
    let error = restore(&from, &config).await.unwrap_err();
    assert!(matches!(error, Error::Input { .. }), "{error}");
    assert!(!config.memory.data_dir.exists());
}

#[tokio::test]
async fn purges_list_backups_and_an_interrupted_restore_can_be_repeated() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let note = json!({"id": "n", "content": "the okapi sleeps"});
    memory.record(Kind::Note, note).await.unwrap();
    let copy = fixture.dir.path().join("copy");
    memory.administrator().upkeep().backup(&copy, |_| {}).await.unwrap();
    let config = Config::at(fixture.dir.path().join("restored"));
    // A purge lists the backup as long as it exists.
    let id = Identity::new(Owner::SHARED, Kind::Note, Id::new("n").unwrap());
    let purge = ForgetOptions::new(ForgetTarget::Records(vec![id])).with_purge();
    let receipt = memory.forget(purge.clone()).await.unwrap();
    assert_eq!(receipt.backups, [fs::canonicalize(&copy).unwrap()]);
    fs::rename(&copy, fixture.dir.path().join("away")).unwrap();
    assert!(memory.forget(purge).await.unwrap().backups.is_empty());
    fs::rename(fixture.dir.path().join("away"), &copy).unwrap();
    // State after a kill that followed the first file.
    fs::create_dir(&config.memory.data_dir).unwrap();
    fs::write(config.memory.data_dir.join("restoring"), "").unwrap();
    fs::copy(copy.join("working.db"), config.memory.data_dir.join("working.db")).unwrap();
    let error = AgentMemory::open(config.clone()).await.unwrap_err();
    assert!(error.to_string().contains("restore"), "{error}");
    restore(&copy, &config).await.unwrap();
    let restored = AgentMemory::open(config).await.unwrap();
    assert_eq!(texts(&restored, "okapi").await, ["the okapi sleeps"]);
}
