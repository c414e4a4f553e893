//! All records out, and back in.

use std::{fs, path::Path};

use aios_memory::{
    AgentMemory, Error, Id, ImportMode, Kind, RememberOptions, Scope, ScopeFilter, is_export,
};
use serde_json::json;

use crate::{Fixture, texts};

async fn filled(memory: &AgentMemory) {
    let ada = Scope::default().with_user("ada");
    let talk = ada.clone().with_session("talk");
    for (kind, value, scope) in [
        (Kind::Goal, json!({"id": "g", "description": "a garden"}), &ada),
        (Kind::Task, json!({"id": "t", "goal_id": "g", "description": "dig"}), &ada),
        (Kind::ToolCall, json!({"task_id": "t", "tool_name": "spade", "input": "1"}), &ada),
        (Kind::Decision, json!({"context": "where", "chosen": "by the wall"}), &ada),
        (Kind::Pattern, json!({"trigger": "rain", "action": "wait", "success_rate": 0.5}), &ada),
        (Kind::Message, json!({"role": "user", "content": "shall we plant ferns?"}), &talk),
        (Kind::Message, json!({"role": "assistant", "content": "ferns it is"}), &talk),
        (Kind::Entry, json!({"key": "soil", "value": {"ph": 6.5}, "category": "c"}), &ada),
        (Kind::Preference, json!({"key": "tone", "value": "dry"}), &ada),
        (Kind::Persona, json!({"key": "name", "value": "Fern"}), &Scope::default()),
        (Kind::Procedure, json!({"name": "plant", "description": "dig, put, water"}), &ada),
        (Kind::Incident, json!({"description": "the pipe burst", "severity": "high"}), &ada),
    ] {
        memory.record(kind, value, scope).await.unwrap();
    }
    let options = RememberOptions::default().with_scope(ada).with_tag("shed");
    memory.remember_with("the key is in the shed", options).await.unwrap();
    memory.remember("a text of everybody's").await.unwrap();
}

async fn export(memory: &AgentMemory, path: &Path) -> String {
    memory.export(path, &ScopeFilter::default(), None).await.unwrap();
    fs::read_to_string(path).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_exported_comes_back_as_it_was() {
    let (from, to) = (Fixture::new(), Fixture::new());
    let memory = from.open().await;
    filled(&memory).await;
    memory.longterm().drain().await.unwrap();
    let path = from.dir.path().join("all.jsonl");
    let written = export(&memory, &path).await;
    assert_eq!(written.lines().count(), 1 + 15, "{written}");
    assert!(is_export(&path));
    let again = memory.export(&path, &ScopeFilter::default(), None).await.unwrap_err();
    assert!(matches!(again, Error::Output { .. }), "{again}");

    let other = to.open().await;
    let taken = other.import_export(&path, ImportMode::Store, None).await.unwrap();
    assert_eq!((taken.added, taken.known, &*taken.failed), (15, 0, &[][..]));
    let back = export(&other, &to.dir.path().join("back.jsonl")).await;
    assert_eq!(back, written);
    let taken = other.import_export(&path, ImportMode::Store, None).await.unwrap();
    assert_eq!((taken.added, taken.known, &*taken.failed), (0, 15, &[][..]));
    assert!(texts(&other, "plant ferns").await.contains(&"ferns it is".to_owned()));
    assert!(other.longterm().verify().await.unwrap().is_clean());
    // What was taken back goes on like what was written here.
    let said = json!({"role": "user", "content": "and roses"});
    let talk = Scope::default().with_user("ada").with_session("talk");
    other.record(Kind::Message, said, &talk).await.unwrap();
    other.longterm().drain().await.unwrap();
    assert_eq!(other.working().recent_messages("talk", 10).await.unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_of_a_scope_leaves_others_out_and_what_cannot_be_read_is_named() {
    let (from, to) = (Fixture::new(), Fixture::new());
    let memory = from.open().await;
    filled(&memory).await;
    let path = from.dir.path().join("bob.jsonl");
    let bob = ScopeFilter::exact(Scope::default().with_user("ada"));
    let exported = memory.export(&path, &bob, None).await.unwrap();
    let whole = fs::read_to_string(&path).unwrap();
    assert_eq!(exported.records, 13, "{whole}");
    assert!(!whole.contains("everybody's"));

    // A task whose goal is not there is kept all the same.
    let task = whole.lines().find(|line| line.contains("\"kind\":\"task\"")).unwrap();
    let damaged = from.dir.path().join("damaged.jsonl");
    fs::write(&damaged, format!("{{\"aios_memory_export\":1}}\n{{}}\n{task}\n")).unwrap();
    let other = to.open().await;
    let taken = other.import_export(&damaged, ImportMode::Store, None).await.unwrap();
    assert_eq!((taken.added, taken.failed.len(), taken.failed[0].0), (1, 1, 2));
    assert_eq!(texts(&other, "dig").await, ["dig"]);

    fs::write(&damaged, "{\"aios_memory_export\":99}\n").unwrap();
    let error = other.import_export(&damaged, ImportMode::Store, None).await.unwrap_err();
    assert!(error.to_string().contains("newer"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn times_that_somebody_mended_are_read_as_people_write_them() {
    let (from, to) = (Fixture::new(), Fixture::new());
    let memory = from.open().await;
    let goal = json!({"id": "g", "description": "weed", "expires_at": "2100-01-01T00:00:00Z"});
    memory.record(Kind::Goal, goal, &Scope::default()).await.unwrap();
    let path = from.dir.path().join("all.jsonl");
    let written = export(&memory, &path).await;
    let other = to.open().await;
    for (time, expect) in
        [("9999-12-31", None), ("soon", Some("`expires_at`: `soon` is not a time; write 2026-"))]
    {
        fs::write(&path, written.replace("2100-01-01T00:00:00Z", time)).unwrap();
        let taken = other.import_export(&path, ImportMode::Store, None).await.unwrap();
        let problem = taken.failed.first().map(|(_, problem)| problem.as_str());
        assert_eq!(taken.added, u64::from(expect.is_none()));
        assert!(problem.unwrap_or_default().starts_with(expect.unwrap_or_default()), "{taken:?}");
    }
    let back = other.get(Kind::Goal, &Id::new("g").unwrap()).await.unwrap().unwrap();
    assert_eq!(back.expires_at.unwrap().strftime("%F").to_string(), "9999-12-30");
    assert_eq!(other.working().active_goals().await.unwrap().len(), 1);
}
