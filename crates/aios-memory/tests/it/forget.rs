//! Forgetting across the tiers.

use std::{
    fs,
    io::Cursor,
    path::{Path, PathBuf},
};

use aios_memory::{
    AgentMemory, Error, ForgetOptions, ForgetQuery, ForgetTarget, Format, Id, Identity, ImportMode,
    ImportOptions, IngestOptions, Kind, MemoryView, Owner, Receipt, Restocked, SearchOptions,
};
use serde_json::json;

use crate::{Fixture, in_session, of, purged::holding, sessions, texts};

fn id(text: &str) -> Id {
    Id::new(text).unwrap()
}

/// Builds the options to forget the record of this name, of the owner that the view acts for.
fn one(view: &MemoryView, kind: Kind, name: &str) -> ForgetOptions {
    let owner = view.gate().acts_for().unwrap().clone();
    ForgetOptions::new(ForgetTarget::Records(vec![Identity::new(owner, kind, id(name))]))
}

/// Returns the keys of a receipt, as text.
fn keys(receipt: &Receipt) -> Vec<String> {
    receipt.keys.iter().map(ToString::to_string).collect()
}

/// Returns the number of hits of a query.
async fn found(view: &MemoryView, query: &str) -> usize {
    view.recall(query, &SearchOptions::default()).await.unwrap().hits.len()
}

/// Stores a goal with a task and a tool call, a session with messages, and its summary, all of
/// which mention a zanzibarquux. Returns the id of the first message.
async fn filled(memory: &AgentMemory) -> Id {
    let ada = of(memory, "ada");
    let goal = json!({"id": "g", "description": "find the zanzibarquux"});
    ada.record(Kind::Goal, goal).await.unwrap();
    let task = json!({"id": "t", "goal_id": "g", "description": "look for zanzibarquux"});
    ada.record(Kind::Task, task).await.unwrap();
    let call = json!({"id": "c", "task_id": "t", "tool_name": "grep", "input": "zanzibarquux"});
    ada.record(Kind::ToolCall, call).await.unwrap();
    let talk = in_session(&ada, "talk");
    let said = json!({"role": "user", "content": "zanzibarquux again"});
    let first = talk.record(Kind::Message, said.clone()).await.unwrap();
    for _ in 0..2 {
        talk.record(Kind::Message, said.clone()).await.unwrap();
    }
    ada.working().sessions().set_summary("talk", "of the zanzibarquux").await.unwrap();
    let summary = json!({
        "id": "s", "text": "they spoke of the zanzibarquux", "subject": "session/talk",
        "originals": [format!("message/{first}")],
    });
    ada.record(Kind::Summary, summary).await.unwrap();
    let fact = json!({
        "id": "f", "subject": "ada", "attribute": "seeks", "value": "zanzibarquux",
        "text": "ada seeks a zanzibarquux", "evidence": [format!("message/{first}")],
    });
    ada.record(Kind::Fact, fact).await.unwrap();
    let preference = json!({"key": "pet", "value": "zanzibarquux"});
    ada.record(Kind::Preference, preference).await.unwrap();
    memory.remember("a lighthouse at the sea").await.unwrap();
    first
}

#[tokio::test(flavor = "multi_thread")]
async fn forgetting_a_record_removes_its_children_and_derived_records() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let first = filled(&memory).await;
    let ada = of(&memory, "ada");
    let dry = ada.forget(one(&ada, Kind::Goal, "g").with_dry_run()).await.unwrap();
    assert_eq!(keys(&dry), ["goal/g", "task/t", "tool_call/c"]);
    assert!(dry.dry_run && ada.get(Kind::Goal, &id("g")).await.unwrap().is_some());

    let receipt = ada.forget(one(&ada, Kind::Goal, "g")).await.unwrap();
    assert_eq!((receipt.forgotten, &receipt.keys), (3, &dry.keys));
    assert_eq!(receipt.collections["tool_calls"], 1);
    assert!(receipt.records.iter().all(|it| it.owner == Owner::user("ada").unwrap()));
    assert!(!receipt.purged);
    for (kind, name) in [(Kind::Goal, "g"), (Kind::Task, "t"), (Kind::ToolCall, "c")] {
        assert_eq!(ada.get(kind, &id(name)).await.unwrap(), None);
    }
    let receipt = ada.forget(one(&ada, Kind::Message, first.as_str())).await.unwrap();
    let mut gone = keys(&receipt);
    gone.sort_unstable();
    assert_eq!(gone, ["fact/f".to_owned(), format!("message/{first}"), "summary/s".to_owned()]);
    assert!(!format!("{receipt:?}").contains("zanzibarquux"));
    assert_eq!(ada.get(Kind::Message, &first).await.unwrap(), None);
    assert!(ada.get(Kind::Session, &id("talk")).await.unwrap().is_some());
    memory.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purge_leaves_no_byte_in_either_tier() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let dir = memory.config().memory.data_dir.clone();
    filled(&memory).await;
    memory.administrator().longterm().drain().await.unwrap();
    fs::create_dir_all(dir.join("backup")).unwrap();
    fs::write(dir.join("backup/working.db.v1"), "an old copy").unwrap();
    let found = holding(&dir, "zanzibarquux");
    let is_in = |name: &str| found.iter().any(|path| path.starts_with(dir.join(name)));
    assert!(is_in("working.db") || is_in("working.db-wal"), "{found:?}");
    assert!(is_in("longterm"), "{found:?}");

    let options = ForgetOptions::new(ForgetTarget::All);
    let receipt = of(&memory, "ada").forget(options.with_purge()).await.unwrap();
    assert!(receipt.purged && receipt.pending.is_empty(), "{receipt:?}");
    assert!(receipt.backups.contains(&dir.join("backup/working.db.v1")), "{receipt:?}");
    assert_eq!(receipt.forgotten, 10, "{receipt:?}");
    assert_eq!(holding(&dir, "zanzibarquux"), Vec::<PathBuf>::new());
    let left = texts(&memory.administrator(), "zanzibarquux").await;
    assert_eq!(left, ["a lighthouse at the sea"]);
    memory.shutdown().await.unwrap();
    assert_eq!(holding(&dir, "zanzibarquux"), Vec::<PathBuf>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_and_a_document_select_records_to_forget() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let everything = memory.administrator();
    for user in ["ada", "bob"] {
        of(&memory, user).remember(&format!("{user} likes cheese")).await.unwrap();
    }
    memory.remember("cheese is in the cellar").await.unwrap();
    let query = ForgetQuery::new("cheese");
    // Without a minimum relevance, a query applies only to records whose text it is.
    let strict = ForgetOptions::new(ForgetTarget::Query(query.clone()));
    for strict in [strict.clone(), strict.with_dry_run()] {
        let error = of(&memory, "ada").forget(strict).await.unwrap_err();
        assert!(matches!(&error, Error::Uncertain { keys } if keys.len() == 1), "{error}");
    }
    let query = query.with_min_relevance(0.2);
    let target = ForgetTarget::Query(query.clone());
    let receipt = of(&memory, "ada").forget(ForgetOptions::new(target)).await.unwrap();
    // Ada cannot forget a shared hit.
    assert_eq!(receipt.forgotten, 1, "{receipt:?}");
    let mut left = texts(&everything, "cheese").await;
    left.sort_unstable();
    assert_eq!(left, ["bob likes cheese", "cheese is in the cellar"]);
    let target = ForgetTarget::Query(query);
    assert_eq!(memory.forget(ForgetOptions::new(target)).await.unwrap().forgotten, 1);
    // An exact match needs no confirmation.
    let text = ForgetTarget::Query(ForgetQuery::new("bob  likes cheese"));
    let certain = ForgetOptions::new(text).with_dry_run();
    assert_eq!(of(&memory, "bob").forget(certain).await.unwrap().forgotten, 1);

    let path = fixture.dir.path().join("notes.md");
    fs::write(&path, "# Cats\n\nThey purr.\n\n# Dogs\n\nThey bark.\n").unwrap();
    for view in [&*memory, &of(&memory, "ada")] {
        view.ingest_file(&path, IngestOptions::default()).await.unwrap();
    }
    let document = ForgetTarget::Document(path.clone());
    assert_eq!(memory.forget(ForgetOptions::new(document)).await.unwrap().forgotten, 2);
    assert_eq!(texts(&memory, "purr bark").await, [""; 0]);
    let mut left = texts(&everything, "purr bark").await;
    left.sort_unstable();
    assert_eq!(left.len(), 3, "ada's pieces stay: {left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unfinished_purge_is_completed_when_the_directory_is_opened() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let dir = memory.config().memory.data_dir.clone();
    filled(&memory).await;
    let everything = memory.administrator();
    everything.longterm().drain().await.unwrap();
    // The state that a process leaves which is killed after it removed a record.
    everything.working().upkeep().ask_for_scrub().await.unwrap();
    let found = of(&memory, "ada").working().records().remove(Kind::Session, "talk").await.unwrap();
    assert_eq!(found.len(), 4);
    drop(everything);
    memory.shutdown().await.unwrap();
    assert!(!holding(&dir, "zanzibarquux again").is_empty());
    let memory = fixture.open().await;
    assert_eq!(holding(&dir, "zanzibarquux again"), Vec::<PathBuf>::new());
    assert!(!memory.administrator().working().upkeep().is_scrub_asked_for().await.unwrap());
}

#[tokio::test]
async fn a_user_can_forget_only_their_own_records() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    filled(&memory).await;
    let (ada, bob) = (of(&memory, "ada"), of(&memory, "bob"));
    // A record of another user does not exist for bob, under either name.
    let receipt = bob.forget(one(&bob, Kind::Goal, "g")).await.unwrap();
    assert_eq!(receipt.forgotten, 0, "{receipt:?}");
    assert!(bob.forget(one(&ada, Kind::Goal, "g")).await.unwrap_err().is_not_found());
    let note = json!({"id": "n", "content": "of everybody"});
    memory.record(Kind::Note, note).await.unwrap();
    assert!(bob.forget(one(&memory, Kind::Note, "n")).await.unwrap_err().is_not_yours());
    assert!(ada.get(Kind::Goal, &id("g")).await.unwrap().is_some());
    assert!(memory.get(Kind::Note, &id("n")).await.unwrap().is_some());
}

/// Ingests lines through a view, in the session `talk`, and returns the numbers of added, known and
/// forgotten records.
async fn ingest(view: &MemoryView, text: &str) -> (u64, u64, u64) {
    let options = IngestOptions::default().with_format(Format::Jsonl);
    let text = Cursor::new(text.to_owned().into_bytes());
    let report = view.ingest_reader(text, Some(Path::new("talk")), options).await.unwrap();
    assert_eq!(report.failed_count, 0, "{report:?}");
    (report.tally.added, report.tally.known, report.tally.forgotten)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_text_is_not_ingested_again() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let (ada, bob) = (of(&memory, "ada"), of(&memory, "bob"));
    let lines = [
        r#"{"role": "user", "content": "the zanzibarquux sleeps", "timestamp": "2026-01-02T03:04:05Z"}"#,
        r#"{"role": "user", "content": "a zanzibarquux of a known id", "id": "m7"}"#,
        r#"{"role": "user", "content": "a lighthouse at the sea"}"#,
        r#"{"text": "a note of the zanzibarquux"}"#,
    ];
    let talk = lines.join("\n");
    assert_eq!(ingest(&ada, &talk).await, (4, 0, 0));
    assert_eq!(ingest(&bob, &talk).await, (4, 0, 0));
    let sleeps = ForgetQuery::new("zanzibarquux sleeps").with_min_relevance(0.5);
    let sleeps = ForgetTarget::Query(sleeps);
    let gone = ada.forget(ForgetOptions::new(sleeps)).await.unwrap().forgotten;
    assert!((1..=4).contains(&gone), "{gone}");
    assert_eq!(ingest(&ada, &talk).await, (0, 4 - gone, gone));
    let all = ForgetOptions::new(ForgetTarget::All);
    let purged = ada.forget(all.with_purge()).await.unwrap();
    assert!(purged.purged, "{purged:?}");
    assert_eq!(ingest(&ada, &talk).await, (0, 0, 4));
    // Neither another time nor another id of the same words brings them back.
    let later = lines[0].replace("2026", "2027");
    let renamed = lines[1].replace("m7", "m8");
    assert_eq!(ingest(&ada, &[later, renamed].join("\n")).await, (0, 0, 2));
    assert_eq!(ingest(&bob, &talk).await, (0, 4, 0));
    let session = &sessions(&bob).await[0];
    assert_eq!(bob.working().messages().recent(session, 9).await.unwrap().len(), 3);
    assert_eq!(found(&ada, "zanzibarquux").await, 0);
    memory.shutdown().await.unwrap();

    // An explicit write stores the text again.
    let memory = fixture.open().await;
    let ada = of(&memory, "ada");
    let again = ada.remember("a note of the zanzibarquux").await.unwrap();
    assert!(!again.known);
    let said = json!({"role": "user", "content": "the zanzibarquux sleeps", "session": "talk"});
    ada.record(Kind::Message, said).await.unwrap();
    assert_eq!(found(&ada, "zanzibarquux").await, 2);
    assert_eq!(ingest(&ada, lines[1]).await, (0, 0, 1));
    assert_eq!(ingest(&ada, lines[3]).await, (0, 1, 0));
    memory.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_record_is_not_imported_again() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let path = fixture.dir.path().join("old.db");
    let database = rusqlite::Connection::open(&path).unwrap();
    let sql = "CREATE TABLE tasks (id INTEGER PRIMARY KEY, description TEXT);
        INSERT INTO tasks VALUES (1, 'feed the zanzibarquux'), (2, 'water the ferns');
        CREATE TABLE preferences (key TEXT, value TEXT);
        INSERT INTO preferences VALUES ('pet', 'zanzibarquux');";
    database.execute_batch(sql).unwrap();
    let report = memory.import(&path, ImportOptions::default()).await.unwrap();
    assert_eq!((report.tally.added, report.tally.known), (3, 0));
    let everything = fixture.dir.path().join("all.jsonl");
    memory.export(&everything, None).await.unwrap();

    let tasks = memory.list(Kind::Task, None, 9).await.unwrap().records;
    let task = tasks.iter().find(|task| task.text.contains("zanzibarquux")).unwrap();
    memory.forget(one(&memory, Kind::Task, task.id.as_str())).await.unwrap();
    memory.forget(one(&memory, Kind::Preference, "pet")).await.unwrap();
    // The forgotten task as a new row with another id.
    database.execute("UPDATE tasks SET id = 8 WHERE id = 1", []).unwrap();
    let report = memory.import(&path, ImportOptions::default()).await.unwrap();
    let tally = &report.tally;
    assert_eq!((tally.added, tally.known, tally.forgotten), (0, 1, 2), "{report:?}");

    let dry = memory.import_export(&everything, ImportMode::DryRun, None).await.unwrap();
    let taken = memory.import_export(&everything, ImportMode::Store, None).await.unwrap();
    assert_eq!(
        (taken.tally.added, taken.tally.known, taken.tally.forgotten),
        (0, 1, 2),
        "{taken:?}"
    );
    assert_eq!(Restocked { dry_run: false, ..dry }, taken);
    assert_eq!(texts(&memory, "zanzibarquux").await, ["water the ferns"]);

    // A value that was set and deleted can be imported again; the forgotten one cannot.
    for (pet, expect) in [("cat", (0, 1, 2)), ("zanzibarquux", (1, 1, 1))] {
        let pet = json!({"key": "pet", "value": pet});
        memory.record(Kind::Preference, pet).await.unwrap();
        memory.delete(Kind::Preference, &id("pet")).await.unwrap();
        let report = memory.import(&path, ImportOptions::default()).await.unwrap();
        let tally = &report.tally;
        assert_eq!((tally.added, tally.known, tally.forgotten), expect, "{report:?}");
    }
    memory.shutdown().await.unwrap();
}

#[tokio::test]
async fn an_expired_record_is_purged_from_the_files() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let eve = of(&memory, "eve");
    for name in ["by-scope", "by-id"] {
        let description = format!("okapi{name}");
        let goal =
            json!({"id": name, "description": description, "expires_at": "2020-01-01T00:00:00Z"});
        eve.record(Kind::Goal, goal).await.unwrap();
        assert!(!holding(fixture.dir.path(), &description).is_empty());
        let options = match name {
            "by-id" => one(&eve, Kind::Goal, name),
            _ => ForgetOptions::new(ForgetTarget::All),
        };
        let receipt = eve.forget(options.with_purge()).await.unwrap();
        assert_eq!(keys(&receipt), [format!("goal/{name}")]);
        assert_eq!(holding(fixture.dir.path(), &description), Vec::<PathBuf>::new());
    }
}

#[tokio::test]
async fn a_reached_limit_blocks_neither_reading_nor_forgetting() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let note = json!({"id": "n", "content": "the okapi sleeps"});
    memory.record(Kind::Note, note).await.unwrap();
    memory.administrator().longterm().drain().await.unwrap();
    memory.shutdown().await.unwrap();
    let mut config = fixture.config();
    config.longterm.max_disk_bytes = 1;
    let memory = AgentMemory::open(config.clone()).await.unwrap();
    let goal = json!({"id": "g", "description": "find the okapi"});
    memory.record(Kind::Goal, goal).await.unwrap();
    memory.shutdown().await.expect("what was recorded goes on its way later");
    let memory = AgentMemory::open(config).await.unwrap();
    let goal = json!({"id": "g", "description": "find the okapi"});
    memory.record(Kind::Goal, goal).await.unwrap();
    let found = memory.recall("okapi", &SearchOptions::default()).await.unwrap();
    assert_eq!(found.hits[0].key().to_string(), "note/n");
    let receipt = memory.forget(one(&memory, Kind::Note, "n").with_purge()).await.unwrap();
    assert_eq!(keys(&receipt), ["note/n"]);
    let receipt = memory.forget(one(&memory, Kind::Goal, "g")).await.unwrap();
    assert_eq!(keys(&receipt), ["goal/g"]);
    memory.administrator().maintain().await.unwrap();
}

#[tokio::test]
async fn only_its_owner_can_forget_an_expired_record() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let (bob, eve) = (of(&memory, "bob"), of(&memory, "eve"));
    let note = json!({"id": "n", "content": "okapi", "expires_at": "2020-01-01T00:00:00Z"});
    eve.record(Kind::Note, note).await.unwrap();
    assert!(bob.forget(one(&bob, Kind::Note, "n")).await.unwrap().keys.is_empty());
    assert_eq!(keys(&eve.forget(one(&eve, Kind::Note, "n")).await.unwrap()), ["note/n"]);
}

#[tokio::test]
async fn a_dry_run_lists_a_preference_before_it_is_forgotten() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let eve = of(&memory, "eve");
    let value = json!({"key": "coding_style", "value": "plain"});
    eve.record(Kind::Preference, value).await.unwrap();
    let options = ForgetOptions::new(ForgetTarget::All);
    let told = eve.forget(options.with_dry_run()).await.unwrap();
    assert_eq!(keys(&told), ["preference/coding_style"]);
    let options = one(&eve, Kind::Preference, "coding_style");
    let told = eve.forget(options.clone().with_dry_run()).await.unwrap();
    assert_eq!(keys(&told), ["preference/coding_style"]);
    assert_eq!(eve.forget(options.clone()).await.unwrap().keys, told.keys);
    assert!(eve.forget(options.with_dry_run()).await.unwrap().keys.is_empty());
}
