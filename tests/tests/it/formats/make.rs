//! Makes the fixture of the current format: a small data directory in the states that every format
//! must preserve, and a description of its content.

use std::{
    fs::{self, File},
    path::Path,
};

use aios_memory::{
    AgentMemory, Config, ForgetOptions, ForgetTarget, Id, Identity, Key, Kind, MemoryView, Owner,
    working::{self, Goal, Working},
};
use aios_memory_tests::{directory, fixture};
use flate2::{Compression, GzBuilder};
use serde_json::{Value, json};

use super::{CURRENT, observe};
use crate::same_names::{self, SHARED, U1, Whose};

/// Set by `cargo xtask fixture`.
const MAKE: &str = "AIOS_MAKE_FIXTURE";

/// Records with older versions.
pub(super) const CHANGED: [(Whose, Kind, &str); 3] =
    [(U1, Kind::Note, "n1"), (U1, Kind::Goal, "g2"), (SHARED, Kind::Note, "box")];

/// The text of a shared record that is forgotten.
pub(super) const FORGOTTEN: (Kind, &str, &str) =
    (Kind::Note, "forgotten", "The spare key of the barn is in the third pot.");

/// A month and a day, in microseconds.
const MONTH: i64 = 31 * 24 * 3600 * 1_000_000;

/// Replaces the fixture if [`MAKE`] is set.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn make() {
    if std::env::var_os(MAKE).is_none() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let (dir, files) = (home.path().join("memory"), home.path().join("files"));
    fs::create_dir(&files).unwrap();
    let memory = AgentMemory::open(config(&dir)).await.unwrap();
    Box::pin(fill(&memory, &files)).await;
    memory.shutdown().await.unwrap();
    age(&dir).await;
    leave_pending(&dir).await;
    leave_in_the_feed(&dir).await;

    let target = fixture(CURRENT);
    let _ = fs::remove_dir_all(target.join("store"));
    fs::create_dir_all(&target).unwrap();
    pack(&dir, &target.join("store"));
    let copy = home.path().join("copy");
    directory::copy(&dir, &copy);
    let memory = AgentMemory::open(same_names::config(&copy)).await.unwrap();
    let content = lines(&observe(&memory).await.unwrap());
    memory.shutdown().await.unwrap();
    fs::write(target.join("expected.json"), content).unwrap();
}

/// Formats the content of a memory as JSON, with one line per record.
fn lines(content: &Value) -> String {
    let records = content["records"].as_object().unwrap().iter();
    let records: Vec<String> =
        records.map(|(name, record)| format!("{}: {record}", json!(name))).collect();
    let records = records.join(",\n");
    let (recall, history) = (&content["recall"], &content["history"]);
    format!("{{\"records\": {{\n{records}\n}},\n\"recall\": {recall},\n\"history\": {history}}}\n")
}

fn config(dir: &Path) -> Config {
    let mut config = same_names::config(dir);
    // Its vectors are small.
    config.embedding.model = "static".to_owned();
    config
}

fn id(text: &str) -> Id {
    Id::new(text).unwrap()
}

async fn change(view: &MemoryView, kind: Kind, name: &str, changes: Value) {
    let changes = changes.as_object().unwrap().clone();
    view.update(&Key::new(kind, id(name)), changes).await.unwrap();
}

async fn forget(view: &MemoryView, kind: Kind, name: &str) {
    let identity = Identity::new(Owner::SHARED, kind, id(name));
    let forget = ForgetOptions::new(ForgetTarget::Records(vec![identity]));
    assert_eq!(view.forget(forget).await.unwrap().forgotten, 1);
}

/// Stores records of every kind, and changes, deletes and forgets some. All reach the library.
async fn fill(memory: &AgentMemory, files: &Path) {
    Box::pin(same_names::store(memory, &[SHARED, U1], files)).await;
    let u1 = U1.view(memory);
    for day in ["Tuesday", "Friday"] {
        let content = format!("The vet of the zebra1 comes on {day}.");
        change(&u1, Kind::Note, "n1", json!({"content": content})).await;
    }
    change(&u1, Kind::Goal, "g2", json!({"status": "completed", "result": "it is here"})).await;
    let shared = SHARED.view(memory);
    for (name, text) in
        [("box", "A box of bandages"), ("old", "An old box"), (FORGOTTEN.1, FORGOTTEN.2)]
    {
        shared.record(Kind::Note, json!({"id": name, "content": text})).await.unwrap();
    }
    let goal = json!({"id": "deleted", "description": "Sell the paddock"});
    shared.record(Kind::Goal, goal).await.unwrap();
    memory.administrator().longterm().upkeep().drain().await.unwrap();
    shared.delete(&Key::new(Kind::Goal, id("deleted"))).await.unwrap();
    forget(&shared, FORGOTTEN.0, FORGOTTEN.1).await;
    memory.administrator().longterm().upkeep().drain().await.unwrap();
}

/// Moves a message out of working memory, as if it were a month old.
async fn age(dir: &Path) {
    let database = rusqlite::Connection::open(dir.join("working.db")).unwrap();
    let sql = "UPDATE messages SET recorded_at = recorded_at - ?1 WHERE external_id = 'm4'";
    assert_eq!(database.execute(sql, [MONTH]).unwrap(), 2);
    drop(database);
    let mut config = config(dir);
    config.retention.messages_days = 30;
    let memory = AgentMemory::open(config).await.unwrap();
    let aged = memory.administrator().upkeep().maintain().await.unwrap();
    assert_eq!(aged.records.get("messages"), Some(&2));
    memory.administrator().longterm().upkeep().drain().await.unwrap();
    memory.shutdown().await.unwrap();
}

/// Leaves a new record, a change and a deletion in the journal.
async fn leave_pending(dir: &Path) {
    // No process can become the owner, so none moves them to the library.
    let lock = File::options().write(true).open(dir.join("owner.lock")).unwrap();
    lock.lock().unwrap();
    let memory = AgentMemory::open(config(dir)).await.unwrap();
    let shared = SHARED.view(&memory);
    let note = json!({"id": "waits", "content": "This box waits for the library."});
    shared.record(Kind::Note, note).await.unwrap();
    change(&shared, Kind::Note, "box", json!({"content": "A box of bandages and tape"})).await;
    forget(&shared, Kind::Note, "old").await;
    memory.shutdown().await.unwrap();
}

/// Leaves a new record, a change and a removal in the feed of working memory.
async fn leave_in_the_feed(dir: &Path) {
    let feed_kinds = Config::default().longterm.feed_kinds;
    let config = working::Config { feed_kinds, ..working::Config::default() };
    let working = Working::open(&dir.join("working.db"), config).unwrap();
    let shared = working.scoped(aios_memory::record::Gate::shared());
    let goal = Goal { id: id("fed"), ..Goal::new("Mend the bucket in the feed room") };
    shared.goals().put(goal).await.unwrap();
    shared.goals().set_status(&id("g2"), "in_progress", None).await.unwrap();
    shared.goals().remove(&id("g-only-zebra0")).await.unwrap();
    working.close().await;
}

/// Compresses every file below `dir` to `target`.
fn pack(dir: &Path, target: &Path) {
    fs::create_dir(target).unwrap();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            pack(&path, &target.join(name));
            continue;
        }
        let packed = File::create(target.join(format!("{name}.gz"))).unwrap();
        // Excludes the time of the file.
        let mut packed = GzBuilder::new().write(packed, Compression::best());
        std::io::copy(&mut File::open(&path).unwrap(), &mut packed).unwrap();
        packed.finish().unwrap();
    }
}
