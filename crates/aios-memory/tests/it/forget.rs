//! Forgetting across the tiers.

use std::{
    fs,
    path::{Path, PathBuf},
};

use aios_memory::{
    AgentMemory, ForgetOptions, Forgotten, Id, IngestOptions, Kind, RememberOptions, Scope,
    SearchOptions,
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
    assert_eq!(receipt.keys, [format!("message/{first}"), "summary/s".to_owned()]);
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
    assert_eq!(receipt.forgotten, 9, "{receipt:?}");
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
