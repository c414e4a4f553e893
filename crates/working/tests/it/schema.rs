//! Files of earlier versions, of later versions, and of other programs.

use std::path::Path;

use aios_record::{Kind, Remedy};
use aios_working::{
    Config, Error, FindOptions, Goal, KINDS, LedgerError, NewMessage, Retention, Working,
};
use serde_json::json;

use crate::{Place, id, key, view};

const NEWEST: u32 = 4;
/// Set to write a new fixture of the newest version, before a version is released.
const WRITE: &str = "AIOS_WORKING_WRITE_FIXTURE";

fn fixture(version: u32) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/v{version}.sqlite3"))
}

#[tokio::test]
async fn a_file_of_each_version_opens_with_all_its_records() {
    if std::env::var_os(WRITE).is_some() {
        write(&fixture(NEWEST)).await;
    }
    for version in 1..=NEWEST {
        opens(version).await;
    }
}

async fn opens(version: u32) {
    let place = Place::new();
    std::fs::copy(fixture(version), place.folder.path().join("working.db")).unwrap();
    let working = place.open(place.fed());
    assert_eq!(working.upkeep().verify().await.unwrap(), [], "version {version}");
    let stats = working.upkeep().stats().await.unwrap();
    // Files came later, without a change of the schema.
    let is_late = |name: &str| match name {
        "summaries" | "files" => true,
        "facts" => version < 4,
        _ => false,
    };
    let held = |(&name, &count): (&&str, &u64)| is_late(name) || 0 < count;
    assert!(stats.records.iter().all(held), "{stats:?}");
    for &kind in KINDS {
        let page = working.records().list(kind, None, 99).await.unwrap();
        assert_eq!(page.records.len() as u64, stats.records[kind.collection()]);
    }
    let goal = working.goals().get(&id("g1")).await.unwrap().unwrap();
    assert_eq!((goal.description.as_str(), &goal.metadata), ("move the blog", &json!({"k": [1]})));
    let message = working.records().get(&key(Kind::Message, "m1")).await.unwrap().unwrap();
    assert_eq!((message.text.as_str(), message.position), ("東京タワー and nginx", Some(0)));
    let options = || FindOptions::default().with_kinds([Kind::Message]);
    for text in ["京タ", "京", "ー"] {
        assert_eq!(working.records().find(text, options()).await.unwrap().len(), 1, "{text}");
    }
    assert_eq!(view(&working, "ada").preferences().get("tone").await.unwrap(), Some(json!("dry")));
    assert_eq!(working.persona().list().await.unwrap()["name"], "Mia");
    let summaries = stats.records["summaries"];
    assert_eq!(
        working.feed().after(0, 99).await.unwrap().len() as u64,
        7 + summaries + stats.records["facts"]
    );
    assert_eq!(summaries, u64::from(1 < version));
    working.goals().put(Goal::new("and goes on")).await.unwrap();
    working.files().create("/memories/a.md", "and keeps files").await.unwrap();
    let saved = place.folder.path().join(format!("backup/working.db.v{version}"));
    assert_eq!(saved.exists(), version < NEWEST);
}

async fn write(path: &Path) {
    let place = Place::new();
    let working = place.open(place.fed());
    fill(&working).await;
    place.pass_hours(25);
    working.upkeep().age(&Retention::default()).await.unwrap();
    working.upkeep().vacuum().await.unwrap();
    working.close().await;
    std::fs::copy(place.folder.path().join("working.db"), path).unwrap();
}

/// Stores a record of every kind that callers can store.
pub(crate) async fn fill(working: &Working) {
    use aios_working::{
        AgentState, Decision, Entry, Event, Fact, Interaction, Pattern, Task, ToolCall,
    };
    let goal = Goal { id: id("g1"), metadata: json!({"k": [1]}), ..Goal::new("move the blog") };
    working.goals().put(goal).await.unwrap();
    let task = Task { id: id("t1"), goal_id: Some(id("g1")), ..Task::new("copy files") };
    working.tasks().put(task).await.unwrap();
    let call = ToolCall { task_id: Some(id("t1")), ..ToolCall::new("rsync") };
    working.tool_calls().put(call).await.unwrap();
    working.decisions().put(Decision::new("web server", "nginx")).await.unwrap();
    working.patterns().put(Pattern::new("disk full", "clean")).await.unwrap();
    working.agent_states().put(AgentState::new(id("scout"), json!({}))).await.unwrap();
    let said = |name: &str, text: &str| NewMessage {
        id: Some(id(name)),
        ..NewMessage::new(id("s1"), "user", text)
    };
    working.messages().add(said("m1", "東京タワー and nginx")).await.unwrap();
    working.messages().add(said("m2", "second")).await.unwrap();
    working.interactions().put(Interaction::new("hello", "hi")).await.unwrap();
    working.entries().add(Entry::new("c", "k", json!(1.5))).await.unwrap();
    let event = Event { critical: true, ..Event::new("error", "disk", json!({"n": 1})) };
    working.intake().put_events(vec![event]).await.unwrap();
    working.facts().put(Fact { id: id("f1"), ..Fact::new("The blog is slow.") }).await.unwrap();
    view(working, "ada").preferences().put("tone", json!("dry")).await.unwrap();
    working.persona().put("name", "Mia").await.unwrap();
}

#[tokio::test]
async fn written_records_survive_reopening() {
    let place = Place::new();
    let working = place.open(place.config());
    working.goals().put(Goal { id: id("g"), ..Goal::new("stay") }).await.unwrap();
    working.close().await;
    assert!(working.goals().get(&id("g")).await.unwrap_err().is_closed());
    let working = place.open(place.config());
    assert_eq!(working.goals().get(&id("g")).await.unwrap().unwrap().description, "stay");
}

#[test]
fn newer_and_foreign_files_are_refused_with_a_remedy() {
    let place = Place::new();
    let path = place.folder.path().join("working.db");
    let refused = || Working::open(&path, Config::default()).unwrap_err();
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE sessions (theirs TEXT)").unwrap();
    let error = refused();
    assert!(matches!(error, Error::Storage(LedgerError::Foreign { .. })), "{error}");
    assert_eq!(error.remedy(), Some(Remedy::ImportOrRepair { path: path.clone() }));
    drop(other);
    std::fs::remove_file(&path).unwrap();

    drop(Working::open(&path, Config::default()).unwrap());
    let other = rusqlite::Connection::open(&path).unwrap();
    other.pragma_update(None, "user_version", 99).unwrap();
    let error = refused();
    assert!(matches!(error, Error::Storage(LedgerError::Newer { found: 99, .. })), "{error}");
    assert_eq!(error.remedy(), Some(Remedy::UseNewerProgram));
}

#[test]
fn an_unusable_path_is_an_error() {
    let place = Place::new();
    let refused = |path: &Path| Working::open(path, Config::default()).unwrap_err();
    let error = refused(place.folder.path());
    assert!(error.place().is_some() && !error.is_unwritable(), "{error}");
    let error = refused(&place.folder.path().join("no/such/folder.db"));
    assert!(matches!(error, Error::Storage { .. }), "{error}");
}
