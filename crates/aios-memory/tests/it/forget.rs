//! Forgetting across the tiers.

use std::{
    fs,
    io::Cursor,
    path::{Path, PathBuf},
};

use aios_memory::{
    AgentMemory, ForgetOptions, Forgotten, Format, Id, ImportMode, ImportOptions, IngestOptions,
    Kind, RememberOptions, Restocked, Scope, ScopeFilter, SearchOptions,
};
use serde_json::json;

use crate::{Fixture, texts};

fn id(text: &str) -> Id {
    Id::new(text).unwrap()
}

fn one(kind: Kind, name: &str) -> ForgetOptions {
    ForgetOptions::new(Forgotten::Records(vec![(kind, id(name))]))
}

/// The files below `dir` that hold `needle`.
fn holding(dir: &Path, needle: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path, needle));
        } else if fs::read(&path).unwrap().windows(needle.len()).any(|it| it == needle.as_bytes()) {
            found.push(path);
        }
    }
    found
}

/// A goal with a task and a tool call, a session with messages, and its summary, all of which
/// speak of a zanzibarquux; gives the id of the first message.
async fn filled(memory: &AgentMemory) -> Id {
    let ada = Scope::default().with_user("ada");
    let goal = json!({"id": "g", "description": "find the zanzibarquux"});
    memory.record(Kind::Goal, goal, &ada).await.unwrap();
    let task = json!({"id": "t", "goal_id": "g", "description": "look for zanzibarquux"});
    memory.record(Kind::Task, task, &ada).await.unwrap();
    let call = json!({"id": "c", "task_id": "t", "tool_name": "grep", "input": "zanzibarquux"});
    memory.record(Kind::ToolCall, call, &ada).await.unwrap();
    let talk = ada.clone().with_session("talk");
    let said = json!({"role": "user", "content": "zanzibarquux again"});
    let first = memory.record(Kind::Message, said.clone(), &talk).await.unwrap();
    for _ in 0..2 {
        memory.record(Kind::Message, said.clone(), &talk).await.unwrap();
    }
    memory.working().set_session_summary("talk", "of the zanzibarquux").await.unwrap();
    let summary = json!({
        "id": "s", "text": "they spoke of the zanzibarquux", "subject": "session/talk",
        "originals": [format!("message/{first}")],
    });
    memory.record(Kind::Summary, summary, &ada).await.unwrap();
    let fact = json!({
        "id": "f", "subject": "ada", "attribute": "seeks", "value": "zanzibarquux",
        "text": "ada seeks a zanzibarquux", "evidence": [format!("message/{first}")],
    });
    memory.record(Kind::Fact, fact, &ada).await.unwrap();
    let preference = json!({"key": "pet", "value": "zanzibarquux"});
    memory.record(Kind::Preference, preference, &ada).await.unwrap();
    memory.remember("a lighthouse at the sea").await.unwrap();
    first
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_it_and_what_was_made_of_it_goes_along() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let first = filled(&memory).await;
    let dry = memory.forget(one(Kind::Goal, "g").with_dry_run()).await.unwrap();
    assert_eq!(dry.keys, ["goal/g", "task/t", "tool_call/c"]);
    assert!(dry.dry_run && memory.get(Kind::Goal, &id("g")).await.unwrap().is_some());

    let receipt = memory.forget(one(Kind::Goal, "g")).await.unwrap();
    assert_eq!((receipt.forgotten, &receipt.keys), (3, &dry.keys));
    assert_eq!(receipt.collections["tool_calls"], 1);
    assert!(!receipt.purged);
    for (kind, name) in [(Kind::Goal, "g"), (Kind::Task, "t"), (Kind::ToolCall, "c")] {
        assert_eq!(memory.get(kind, &id(name)).await.unwrap(), None);
    }
    let receipt = memory.forget(one(Kind::Message, first.as_str())).await.unwrap();
    assert_eq!(
        receipt.keys,
        [format!("message/{first}"), "fact/f".to_owned(), "summary/s".to_owned()]
    );
    assert!(!format!("{receipt:?}").contains("zanzibarquux"));
    assert_eq!(memory.get(Kind::Message, &first).await.unwrap(), None);
    assert!(memory.get(Kind::Session, &id("talk")).await.unwrap().is_some());
    memory.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purge_leaves_no_byte_in_either_tier() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let dir = memory.config().memory.data_dir.clone();
    filled(&memory).await;
    memory.longterm().drain().await.unwrap();
    fs::create_dir_all(dir.join("backup")).unwrap();
    fs::write(dir.join("backup/working.db.v1"), "an old copy").unwrap();
    let found = holding(&dir, "zanzibarquux");
    let is_in = |name: &str| found.iter().any(|path| path.starts_with(dir.join(name)));
    assert!(is_in("working.db") || is_in("working.db-wal"), "{found:?}");
    assert!(is_in("longterm"), "{found:?}");

    let options = ForgetOptions::new(Forgotten::Scope(Scope::default().with_user("ada")));
    let receipt = memory.forget(options.with_purge()).await.unwrap();
    assert!(receipt.purged && receipt.pending.is_empty(), "{receipt:?}");
    assert!(receipt.backups.contains(&dir.join("backup/working.db.v1")), "{receipt:?}");
    assert_eq!(receipt.forgotten, 10, "{receipt:?}");
    assert_eq!(holding(&dir, "zanzibarquux"), Vec::<PathBuf>::new());
    assert_eq!(texts(&memory, "zanzibarquux").await, ["a lighthouse at the sea"]);
    memory.shutdown().await.unwrap();
    assert_eq!(holding(&dir, "zanzibarquux"), Vec::<PathBuf>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_query_finds_and_what_came_of_a_document_can_be_forgotten() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    for user in ["ada", "bob"] {
        let options = RememberOptions::default().with_scope(Scope::default().with_user(user));
        let text = format!("{user} likes cheese");
        memory.remember_with(&text, options).await.unwrap();
    }
    let search = SearchOptions {
        scope: Scope::default().with_user("ada").into(),
        ..SearchOptions::default()
    };
    let query = Forgotten::Query("cheese".to_owned(), Box::new(search));
    assert_eq!(memory.forget(ForgetOptions::new(query)).await.unwrap().forgotten, 1);
    assert_eq!(texts(&memory, "cheese").await, ["bob likes cheese"]);

    let path = fixture.dir.path().join("notes.md");
    fs::write(&path, "# Cats\n\nThey purr.\n\n# Dogs\n\nThey bark.\n").unwrap();
    memory.ingest_file(&path, IngestOptions::default()).await.unwrap();
    let document = Forgotten::Document(path.display().to_string());
    assert_eq!(memory.forget(ForgetOptions::new(document)).await.unwrap().forgotten, 2);
    assert_eq!(texts(&memory, "purr bark").await, ["bob likes cheese"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purge_that_was_not_finished_is_when_the_directory_is_opened() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let dir = memory.config().memory.data_dir.clone();
    filled(&memory).await;
    memory.longterm().drain().await.unwrap();
    // As far as a process came that was killed after it had removed a record.
    memory.working().ask_for_scrub().await.unwrap();
    let found = memory.working().remove(Kind::Session, "talk").await.unwrap();
    assert_eq!(found.len(), 4);
    memory.shutdown().await.unwrap();
    assert!(!holding(&dir, "zanzibarquux again").is_empty());
    let memory = fixture.open().await;
    assert_eq!(holding(&dir, "zanzibarquux again"), Vec::<PathBuf>::new());
    assert!(!memory.working().is_scrub_asked_for().await.unwrap());
}

#[tokio::test]
async fn whose_records_may_be_forgotten_can_be_said() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    filled(&memory).await;
    let bob = Scope::default().with_user("bob");
    let of_bob = ForgetOptions { scope: bob.into(), ..one(Kind::Goal, "g") };
    assert_eq!(memory.forget(of_bob).await.unwrap().forgotten, 0);
    assert!(memory.get(Kind::Goal, &id("g")).await.unwrap().is_some());
}

/// Takes in lines of a user, in the session of the user's name; how many were new, and known.
async fn ingest(memory: &AgentMemory, text: &str, user: &str) -> (u64, u64) {
    let options = IngestOptions::default()
        .with_format(Format::Jsonl)
        .with_scope(Scope::default().with_user(user));
    let text = Cursor::new(text.to_owned().into_bytes());
    let report = memory.ingest_reader(text, Some(Path::new(user)), options).await.unwrap();
    assert_eq!(report.failed_count, 0, "{report:?}");
    (report.added, report.known)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_forgotten_stays_so_when_it_is_found_again() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let lines = [
        r#"{"role": "user", "content": "the zanzibarquux sleeps", "timestamp": "2026-01-02T03:04:05Z"}"#,
        r#"{"role": "user", "content": "a zanzibarquux of a known id", "id": "m7"}"#,
        r#"{"role": "user", "content": "a lighthouse at the sea"}"#,
        r#"{"text": "a note of the zanzibarquux"}"#,
    ];
    let talk = lines.join("\n");
    assert_eq!(ingest(&memory, &talk, "ada").await, (4, 0));
    assert_eq!(ingest(&memory, &talk, "bob").await, (4, 0));
    let of_ada = SearchOptions {
        scope: Scope::default().with_user("ada").into(),
        ..SearchOptions::default()
    };
    let one = Forgotten::Query("zanzibarquux sleeps".to_owned(), Box::new(of_ada.clone()));
    memory.forget(ForgetOptions::new(one)).await.unwrap();
    assert_eq!(ingest(&memory, &talk, "ada").await, (0, 4));
    let all = Forgotten::Scope(Scope::default().with_user("ada"));
    let purged = memory.forget(ForgetOptions::new(all).with_purge()).await.unwrap();
    assert!(purged.purged, "{purged:?}");
    assert_eq!(ingest(&memory, &talk, "ada").await, (0, 4));
    // Neither another time nor another name of the same words brings them back.
    let later = lines[0].replace("2026", "2027");
    let renamed = lines[1].replace("m7", "m8");
    assert_eq!(ingest(&memory, &[later, renamed].join("\n"), "ada").await, (0, 2));
    assert!(memory.working().recent_messages("bob", 9).await.unwrap().len() == 3);
    let found = memory.recall("zanzibarquux", &of_ada).await.unwrap().hits;
    assert!(found.is_empty(), "{found:?}");
    memory.shutdown().await.unwrap();

    // Who says it again has it again.
    let memory = fixture.open().await;
    let ada = Scope::default().with_user("ada");
    let options = RememberOptions::default().with_scope(ada.clone());
    let again = memory.remember_with("a note of the zanzibarquux", options).await.unwrap();
    assert!(!again.known);
    let said = json!({"role": "user", "content": "the zanzibarquux sleeps", "session": "ada"});
    memory.record(Kind::Message, said, &ada).await.unwrap();
    let found = memory.recall("zanzibarquux", &of_ada).await.unwrap().hits;
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(ingest(&memory, lines[1], "ada").await, (0, 1));
    assert_eq!(ingest(&memory, lines[3], "ada").await, (0, 1));
    memory.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_forgotten_is_imported_no_more() {
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
    assert_eq!((report.added, report.known), (3, 0));
    let everything = fixture.dir.path().join("all.jsonl");
    memory.export(&everything, &ScopeFilter::default(), None).await.unwrap();

    let tasks = memory.list(Kind::Task, &ScopeFilter::default(), None, 9).await.unwrap().records;
    let task = tasks.iter().find(|task| task.text.contains("zanzibarquux")).unwrap();
    memory.forget(one(Kind::Task, task.id.as_str())).await.unwrap();
    memory.forget(one(Kind::Preference, "pet")).await.unwrap();
    // As it stands there, and as a new row of another id.
    database.execute("UPDATE tasks SET id = 8 WHERE id = 1", []).unwrap();
    let report = memory.import(&path, ImportOptions::default()).await.unwrap();
    assert_eq!((report.added, report.known), (0, 3), "{report:?}");

    let dry = memory.import_export(&everything, ImportMode::DryRun, None).await.unwrap();
    let taken = memory.import_export(&everything, ImportMode::Store, None).await.unwrap();
    assert_eq!((taken.added, taken.known, taken.hidden), (0, 1, 2), "{taken:?}");
    assert_eq!(Restocked { dry_run: false, ..dry }, taken);
    assert_eq!(texts(&memory, "zanzibarquux").await, ["water the ferns"]);

    // What is set again can be imported again, once it is gone otherwise.
    let pet = json!({"key": "pet", "value": "cat"});
    memory.record(Kind::Preference, pet, &Scope::default()).await.unwrap();
    memory.delete(Kind::Preference, &id("pet"), &ScopeFilter::default()).await.unwrap();
    let report = memory.import(&path, ImportOptions::default()).await.unwrap();
    assert_eq!((report.added, report.known), (1, 2), "{report:?}");
    memory.shutdown().await.unwrap();
}

#[tokio::test]
async fn what_has_expired_and_is_still_in_a_file_is_forgotten_as_well() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let eve = Scope::default().with_user("eve");
    for name in ["by-scope", "by-id"] {
        let description = format!("okapi{name}");
        let goal =
            json!({"id": name, "description": description, "expires_at": "2020-01-01T00:00:00Z"});
        memory.record(Kind::Goal, goal, &eve).await.unwrap();
        assert!(!holding(fixture.dir.path(), &description).is_empty());
        let options = match name {
            "by-id" => one(Kind::Goal, name),
            _ => ForgetOptions::new(Forgotten::Scope(eve.clone())),
        };
        let receipt = memory.forget(options.with_purge()).await.unwrap();
        assert_eq!(receipt.keys, [format!("goal/{name}")]);
        assert_eq!(holding(fixture.dir.path(), &description), Vec::<PathBuf>::new());
    }
}

#[tokio::test]
async fn a_limit_that_is_reached_holds_up_neither_reading_nor_forgetting() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let scope = Scope::default();
    let note = json!({"id": "n", "content": "the okapi sleeps"});
    memory.record(Kind::Note, note, &scope).await.unwrap();
    memory.longterm().drain().await.unwrap();
    memory.shutdown().await.unwrap();
    let mut config = fixture.config();
    config.longterm.max_disk_bytes = 1;
    let memory = AgentMemory::open(config.clone()).await.unwrap();
    let goal = json!({"id": "g", "description": "find the okapi"});
    memory.record(Kind::Goal, goal, &scope).await.unwrap();
    memory.shutdown().await.expect("what was recorded goes on its way later");
    let memory = AgentMemory::open(config).await.unwrap();
    let goal = json!({"id": "g", "description": "find the okapi"});
    memory.record(Kind::Goal, goal, &scope).await.unwrap();
    let found = memory.recall("okapi", &SearchOptions::default()).await.unwrap();
    assert_eq!(found.hits[0].key(), "note/n");
    let receipt = memory.forget(one(Kind::Note, "n").with_purge()).await.unwrap();
    assert_eq!(receipt.keys, ["note/n"]);
    let receipt = memory.forget(one(Kind::Goal, "g")).await.unwrap();
    assert_eq!(receipt.keys, ["goal/g"]);
    memory.maintain().await.unwrap();
}

#[tokio::test]
async fn an_expired_record_is_forgotten_by_whose_it_is_alone() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let eve = Scope::default().with_user("eve");
    let note = json!({"id": "n", "content": "okapi", "expires_at": "2020-01-01T00:00:00Z"});
    memory.record(Kind::Note, note, &eve).await.unwrap();
    let of = |user| ScopeFilter::exact(Scope::default().with_user(user));
    let of_bob = ForgetOptions { scope: of("bob"), ..one(Kind::Note, "n") };
    assert!(memory.forget(of_bob).await.unwrap().keys.is_empty());
    let of_eve = ForgetOptions { scope: of("eve"), ..one(Kind::Note, "n") };
    assert_eq!(memory.forget(of_eve).await.unwrap().keys, ["note/n"]);
}

#[tokio::test]
async fn a_preference_is_told_beforehand_and_forgotten() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let eve = Scope::default().with_user("eve");
    let value = json!({"key": "coding_style", "value": "plain"});
    memory.record(Kind::Preference, value, &eve).await.unwrap();
    let options = ForgetOptions::new(Forgotten::Scope(eve.clone()));
    let told = memory.forget(options.clone().with_dry_run()).await.unwrap();
    assert_eq!(told.keys, ["preference/coding_style"]);
    let of_eve = ScopeFilter::new(eve);
    let options = ForgetOptions { scope: of_eve, ..one(Kind::Preference, "coding_style") };
    let told = memory.forget(options.clone().with_dry_run()).await.unwrap();
    assert_eq!(told.keys, ["preference/coding_style"]);
    assert_eq!(memory.forget(options.clone()).await.unwrap().keys, told.keys);
    assert!(memory.forget(options.with_dry_run()).await.unwrap().keys.is_empty());
}
