//! A day of an agent and its memory: messages, actions and decisions, a restart, and the context of
//! the next task. A good test to read first.

use std::{io::Cursor, path::Path};

use aios_exchange::ingest::{self, Format, IngestOptions};
use aios_memory::{AgentMemory, Config, Kind, MemoryView, Tier};
use expect_test::expect_file;
use regex::Regex;
use serde_json::json;

/// Messages of the morning, in the order in which they were said.
const MORNING: &str = r#"
{"session": "monday", "role": "user", "name": "Ada", "content": "Morning! The login test was red again last night.", "timestamp": "2026-03-02T08:00:00Z"}
{"session": "monday", "role": "assistant", "content": "It fails on the slow runner only: the token expires before the second request.", "timestamp": "2026-03-02T08:05:00Z"}
{"session": "monday", "role": "user", "name": "Ada", "content": "Then make it wait for the clock instead of sleeping two seconds.", "timestamp": "2026-03-02T08:06:00Z"}
{"session": "monday", "role": "assistant", "content": "Done. I also raised the lifetime of the token in the test settings to five minutes.", "timestamp": "2026-03-02T08:20:00Z"}
{"session": "monday", "role": "user", "name": "Ada", "content": "Thanks. Please never restart the staging database on Fridays, by the way.", "timestamp": "2026-03-02T08:21:00Z"}
"#;

async fn open(dir: &Path) -> AgentMemory {
    AgentMemory::open(Config::at(dir.join("memory"))).await.unwrap()
}

/// Stores the messages and actions of the morning.
async fn work(ada: &MemoryView) {
    let options = IngestOptions::default().with_format(Format::Jsonl);
    let said = Cursor::new(MORNING.trim());
    let report = ingest::reader(ada, said, Some(Path::new("monday.jsonl")), options).await.unwrap();
    assert_eq!((report.tally.added, report.failed_count), (5, 0), "{report:?}");

    let goal = json!({"id": "login", "description": "Make the login test reliable"});
    ada.record(Kind::Goal, goal).await.unwrap();
    let task = json!({
        "id": "cause",
        "goal_id": "login",
        "description": "Find out why the login test fails on the slow runner",
        "status": "completed",
        "summary": "The token expired before the second request.",
    });
    ada.record(Kind::Task, task).await.unwrap();
    let decision = json!({
        "id": "clock",
        "context": "how the login test should wait",
        "options": ["sleep longer", "wait for the clock"],
        "chosen": "wait for the clock",
        "reasoning": "a sleep is too short on some machine",
    });
    ada.record(Kind::Decision, decision).await.unwrap();
    ada.record(Kind::Preference, json!({"key": "tone", "value": "short answers"})).await.unwrap();
    ada.remember("The staging database moved to port 5433.").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_is_remembered_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let memory = open(dir.path()).await;
    work(&memory.for_user("ada").unwrap()).await;
    memory.shutdown().await.unwrap();

    let memory = open(dir.path()).await;
    let (ada, bob) = (memory.for_user("ada").unwrap(), memory.for_user("bob").unwrap());
    let question = "why was the login test failing?";
    let found = ada.recall(question).await.unwrap();
    assert!(found.hits[..3].iter().any(|hit| hit.text.contains("token expire")), "{found:?}");
    assert!(bob.recall(question).await.unwrap().hits.is_empty());

    // The machine state differs between runs.
    let tiers: Vec<Tier> =
        ada.context_options().tiers.into_iter().filter(|it| *it != Tier::Operational).collect();
    let options =
        ada.context_options().with_max_tokens(220).with_tiers(tiers).with_session("monday");
    let context = ada.assemble_context("the login test is red again", &options).await.unwrap();
    assert!(context.total_tokens <= options.max_tokens.into());
    let moment = Regex::new(r"\[20\d\d-\d\d-\d\d \d\d:\d\d\]").unwrap();
    let text = moment.replace_all(&context.text, "[now]");
    expect_file!["../../fixtures/monday-context.md"].assert_eq(&text);
    let again = ada.assemble_context("the login test is red again", &options).await.unwrap();
    assert_eq!(again.text, context.text);
    memory.shutdown().await.unwrap();
}
