//! Forgetting across the tiers.

use std::{fs, path::PathBuf};

use aios_memory::{
    AgentMemory, Error, ForgetOptions, ForgetQuery, ForgetTarget, Id, Identity, Key, Kind,
    MemoryView, Mode, Owner, Receipt, Scope, working::NewMessage,
};
use aios_memory_tests::directory::holding;
use serde_json::json;

use crate::{Fixture, in_session, of, texts};

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
    ada.working().sessions().set_summary(&id("talk"), "of the zanzibarquux").await.unwrap();
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
    let dry = ada.forget(one(&ada, Kind::Goal, "g").with_mode(Mode::DryRun)).await.unwrap();
    assert_eq!(keys(&dry), ["goal/g", "task/t", "tool_call/c"]);
    assert!(dry.dry_run && ada.get(&Key::new(Kind::Goal, id("g"))).await.unwrap().is_some());

    let receipt = ada.forget(one(&ada, Kind::Goal, "g")).await.unwrap();
    assert_eq!((receipt.forgotten, &receipt.keys), (3, &dry.keys));
    assert_eq!(receipt.collections["tool_calls"], 1);
    assert!(receipt.records.iter().all(|it| it.owner == Owner::user("ada").unwrap()));
    assert!(!receipt.purged);
    for (kind, name) in [(Kind::Goal, "g"), (Kind::Task, "t"), (Kind::ToolCall, "c")] {
        assert_eq!(ada.get(&Key::new(kind, id(name))).await.unwrap(), None);
    }
    let receipt = ada.forget(one(&ada, Kind::Message, first.as_str())).await.unwrap();
    let mut gone = keys(&receipt);
    gone.sort_unstable();
    assert_eq!(gone, ["fact/f".to_owned(), format!("message/{first}"), "summary/s".to_owned()]);
    assert!(!format!("{receipt:?}").contains("zanzibarquux"));
    assert_eq!(ada.get(&Key::new(Kind::Message, first.clone())).await.unwrap(), None);
    assert!(ada.get(&Key::new(Kind::Session, id("talk"))).await.unwrap().is_some());
    memory.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purge_leaves_no_byte_in_either_tier() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let dir = memory.config().memory.data_dir.clone();
    filled(&memory).await;
    memory.administrator().longterm().upkeep().drain().await.unwrap();
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
async fn a_query_selects_records_to_forget() {
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
    for strict in [strict.clone(), strict.with_mode(Mode::DryRun)] {
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
    let certain = ForgetOptions::new(text).with_mode(Mode::DryRun);
    assert_eq!(of(&memory, "bob").forget(certain).await.unwrap().forgotten, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unfinished_purge_is_completed_when_the_directory_is_opened() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let dir = memory.config().memory.data_dir.clone();
    filled(&memory).await;
    let everything = memory.administrator();
    everything.longterm().upkeep().drain().await.unwrap();
    // The state that a process leaves which is killed after it removed a record.
    everything.working().upkeep().ask_for_scrub().await.unwrap();
    let found = of(&memory, "ada")
        .working()
        .records()
        .remove(&Key::new(Kind::Session, id("talk")))
        .await
        .unwrap();
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
    assert!(ada.get(&Key::new(Kind::Goal, id("g"))).await.unwrap().is_some());
    assert!(memory.get(&Key::new(Kind::Note, id("n"))).await.unwrap().is_some());
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
    memory.administrator().longterm().upkeep().drain().await.unwrap();
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
    let found = memory.recall("okapi").await.unwrap();
    assert_eq!(found.hits[0].key().to_string(), "note/n");
    let receipt = memory.forget(one(&memory, Kind::Note, "n").with_purge()).await.unwrap();
    assert_eq!(keys(&receipt), ["note/n"]);
    let receipt = memory.forget(one(&memory, Kind::Goal, "g")).await.unwrap();
    assert_eq!(keys(&receipt), ["goal/g"]);
    memory.administrator().upkeep().maintain().await.unwrap();
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
    let told = eve.forget(options.with_mode(Mode::DryRun)).await.unwrap();
    assert_eq!(keys(&told), ["preference/coding_style"]);
    let options = one(&eve, Kind::Preference, "coding_style");
    let told = eve.forget(options.clone().with_mode(Mode::DryRun)).await.unwrap();
    assert_eq!(keys(&told), ["preference/coding_style"]);
    assert_eq!(eve.forget(options.clone()).await.unwrap().keys, told.keys);
    assert!(eve.forget(options.with_mode(Mode::DryRun)).await.unwrap().keys.is_empty());
}

fn in_project(view: &MemoryView, project: &str) -> MemoryView {
    view.narrow(&Scope::default().with_project(project).into()).unwrap()
}

/// Stores a message through a view.
async fn say(view: &MemoryView, session: &str, content: &str) {
    let said = json!({"role": "user", "content": content});
    in_session(view, session).record(Kind::Message, said).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_of_a_project_neither_changes_nor_names_records_of_another() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let ada = of(&memory, "ada");
    let (east, west) = (in_project(&ada, "east"), in_project(&ada, "west"));
    say(&east, "talk", "The merger closes in the month of May.").await;
    ada.working().sessions().set_summary(&id("talk"), "of the merger").await.unwrap();
    // A store of an earlier version may hold messages of two projects in a session of one.
    let scope = Scope::default().with_project("west");
    let said = NewMessage { scope, ..NewMessage::new(id("talk"), "user", "Lunch is at noon.") };
    ada.working().messages().add(said).await.unwrap();
    let note = json!({"id": "n", "content": "The vault is behind the painting."});
    east.record(Kind::Note, note).await.unwrap();
    let own = json!({"id": "own", "content": "The vault is behind the painting."});
    west.record(Kind::Note, own).await.unwrap();

    // A record of another project is as unknown as one that never was.
    let target = |name: &str| one(&west, Kind::Note, name).target;
    for (name, expect) in [("own", true), ("n", false), ("never", false)] {
        assert_eq!(west.forgetting().knew(&target(name)).await.unwrap(), expect, "{name}");
    }
    ada.forget(one(&ada, Kind::Note, "n")).await.unwrap();
    assert!(!west.forgetting().knew(&target("n")).await.unwrap(), "it was forgotten");
    assert!(ada.forgetting().knew(&target("n")).await.unwrap());
    let again = json!({"id": "m", "content": "The vault is behind the painting."});
    east.record(Kind::Note, again).await.unwrap();

    let repeating = |receipt: Receipt| receipt.repeating.iter().map(Identity::key).count();
    let dry_run = || one(&west, Kind::Note, "own").with_mode(Mode::DryRun);
    assert_eq!(repeating(west.forget(dry_run()).await.unwrap()), 0);
    assert_eq!(repeating(ada.forget(dry_run()).await.unwrap()), 1);

    let all = || ForgetOptions::new(ForgetTarget::All);
    let talk = in_session(&west, "talk");
    let gone = talk.forget(all()).await.unwrap();
    // The fact of the message may be learned already.
    assert_eq!((gone.collections["messages"], gone.remade.len()), (1, 0), "{gone:?}");
    let session = ada.working().sessions().get(&id("talk")).await.unwrap().unwrap();
    assert_eq!(session.summary.as_deref(), Some("of the merger"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_learns_which_records_keep_a_project_from_being_forgotten() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let ada = of(&memory, "ada");
    let goal = json!({"id": "g", "description": "plant a garden"});
    in_project(&ada, "east").record(Kind::Goal, goal).await.unwrap();
    let scope = json!({"project": "west"});
    let task = json!({"id": "t", "goal_id": "g", "description": "dig", "scope": scope});
    ada.record(Kind::Task, task).await.unwrap();
    let filter = Scope::default().with_project("east").into();
    let all = || ForgetOptions::new(ForgetTarget::All);
    let refused = ada.select(&filter).unwrap().forget(all()).await.unwrap_err();
    assert!(matches!(&refused, Error::Beside { keys } if keys[0].to_string() == "task/t"));
    assert_eq!(refused.remedy(), Some(aios_memory::Remedy::ForgetByKey));
    let refused = ada.narrow(&filter).unwrap().forget(all()).await.unwrap_err();
    assert!(!refused.to_string().contains("task/t"), "{refused}");

    ada.forget(one(&ada, Kind::Task, "t")).await.unwrap();
    let gone = ada.select(&filter).unwrap().forget(all()).await.unwrap();
    assert_eq!(keys(&gone), ["goal/g"]);
}
