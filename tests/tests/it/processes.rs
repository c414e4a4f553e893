//! Two and eight processes on one data directory: each acknowledged write is present exactly once,
//! and no reader sees a part of one.
//!
//! The children get commands line by line and run concurrently. Nothing here depends on time.

use std::{collections::BTreeSet, path::Path};

use aios_memory::{AgentMemory, Config, Id, Key, Kind, Record};
use aios_memory_tests::child::{self, Child};
use serde_json::{Map, Value, json};

use crate::state::{State, state, verify};

/// Number of commands for each child.
const ROUNDS: usize = 3;
/// Number of writes or reads per command.
const CALLS: usize = 4;
/// The goal that every writer changes and every reader reads.
const WHEEL: &str = "wheel";
/// The text that every writer remembers.
const COMMON: &str = "everybody knows that the wheel turns";

async fn open(dir: &Path) -> AgentMemory {
    let mut config = Config::at(dir);
    // The fast model, so that the processes meet in the databases.
    config.embedding.model = "static".to_owned();
    AgentMemory::open(config).await.unwrap()
}

fn id(text: &str) -> Id {
    Id::new(text).unwrap()
}

fn wheel() -> Key {
    Key::new(Kind::Goal, id(WHEEL))
}

/// Returns the fields of [`WHEEL`] after this turn. Each of them contains its name.
fn turn(name: &str) -> Map<String, Value> {
    let fields = json!({
        "description": format!("the wheel at turn {name}"),
        "result": format!("reached turn {name}"),
        "metadata": {"turn": name},
    });
    fields.as_object().unwrap().clone()
}

/// Returns an error if [`WHEEL`] mixes two versions.
fn check_whole(record: &Record) -> Result<(), String> {
    let fields = &record.payload;
    let name = fields["metadata"]["turn"].as_str().unwrap_or_default();
    let whole = turn(name);
    let text = [&whole["description"], &whole["result"]].map(|it| it.as_str().unwrap()).join("\n");
    let is_whole = whole.iter().all(|(field, value)| fields[field] == *value);
    match is_whole && record.text == text {
        true => Ok(()),
        false => Err(format!("this is half of a version: {record:?}")),
    }
}

/// Runs as a child, which writes or reads on command.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    let Some(dir) = child::place() else { return };
    let memory = open(&dir).await;
    child::say("open");
    for line in std::io::stdin().lines() {
        let line = line.unwrap();
        let (verb, name) = line.split_once(' ').unwrap();
        for at in 0..CALLS {
            match verb {
                "write" => {
                    let name = format!("{name}-{at}");
                    write(&memory, &name).await;
                    child::say(name);
                }
                "read" => read(&memory).await,
                other => panic!("unknown verb {other}"),
            }
        }
        child::say("done");
    }
    memory.shutdown().await.unwrap();
}

/// Stores a record in each tier, and turns the wheel.
async fn write(memory: &AgentMemory, name: &str) {
    let note = json!({"id": name, "content": format!("the note {name}")});
    memory.record(Kind::Note, note).await.unwrap();
    let goal = json!({"id": name, "description": format!("the goal {name}")});
    memory.record(Kind::Goal, goal).await.unwrap();
    memory.remember(COMMON).await.unwrap();
    memory.update(&wheel(), turn(name)).await.unwrap();
}

/// Reads the wheel by every method.
async fn read(memory: &AgentMemory) {
    let record = memory.get(&wheel()).await.unwrap().unwrap();
    check_whole(&record).unwrap();
    memory.feed().catch_up().await.unwrap();
    let record = memory.longterm().get(&wheel()).await.unwrap().unwrap();
    check_whole(&record).unwrap();
    for version in memory.history(&wheel()).await.unwrap() {
        check_whole(&version.record).unwrap();
    }
    // A search sees one version of it, and the common note once.
    let found = memory.recall("the wheel turns").await.unwrap();
    let wheels: Vec<_> = found.hits.iter().filter(|hit| hit.id == id(WHEEL)).collect();
    assert_eq!(wheels.len(), 1, "{found:?}");
    let lines: Vec<_> = wheels[0].text.split(' ').collect();
    assert_eq!(lines[4].lines().next(), lines.last().copied(), "half of a version: {wheels:?}");
    assert!(found.hits.iter().filter(|hit| hit.text == COMMON).count() < 2, "{found:?}");
}

/// Checks that the names that writers sent are present exactly once in each tier, and no others.
fn check(state: &State, said: &BTreeSet<String>) -> Result<(), String> {
    let count = |text: &str| state.values().filter(|record| record["text"] == text).count();
    for name in said {
        let counts = [format!("the note {name}"), format!("the goal {name}")];
        let counts = counts.map(|text| count(&text));
        if counts != [1, 1] {
            return Err(format!("{name} is there {counts:?} times"));
        }
    }
    let expected = 2 * said.len() + 2;
    match (count(COMMON), state.len()) {
        (1, records) if records == expected => Ok(()),
        counts => Err(format!("expected 1 common note of {expected} records, found {counts:?}")),
    }
}

/// Runs this number of processes concurrently, with at least one writer and one reader.
async fn share(processes: usize) {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("memory");
    let memory = open(&dir).await;
    let mut first = turn("0");
    first.insert("id".to_owned(), json!(WHEEL));
    memory.record(Kind::Goal, Value::Object(first)).await.unwrap();

    let mut children: Vec<Child> =
        (0..processes).map(|_| Child::start("processes::child", &dir)).collect();
    for child in &mut children {
        assert_eq!(child.hear_some(1), ["open"]);
    }
    let mut said = BTreeSet::new();
    for round in 0..ROUNDS {
        for (at, child) in children.iter_mut().enumerate() {
            let verb = if at % 2 == 0 { "write" } else { "read" };
            child.tell(&format!("{verb} {at}-{round}"));
        }
        for (at, child) in children.iter_mut().enumerate() {
            let lines = child.hear_some(if at % 2 == 0 { CALLS + 1 } else { 1 });
            let (done, names) = lines.split_last().unwrap();
            assert_eq!(done, "done");
            said.extend(names.iter().cloned());
        }
        // Another process sees everything acknowledged, in any tier.
        assert_eq!(check(&state(&memory).await.unwrap(), &said), Ok(()));
    }
    for child in children {
        assert_eq!(child.end(), [""; 0]);
    }
    assert_eq!(said.len(), processes / 2 * ROUNDS * CALLS);
    let history = memory.history(&wheel()).await.unwrap();
    assert_eq!(history.len(), said.len() + 1, "each turn is a version");
    verify(&memory).await.unwrap();
    memory.shutdown().await.unwrap();
    let memory = open(&dir).await;
    assert_eq!(check(&state(&memory).await.unwrap(), &said), Ok(()));
    memory.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_share_a_directory() {
    share(2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_processes_share_a_directory() {
    share(8).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_a_double_and_a_half_record_are_noticed() {
    let home = tempfile::tempdir().unwrap();
    let memory = open(home.path()).await;
    let mut first = turn("0");
    first.insert("id".to_owned(), json!(WHEEL));
    memory.record(Kind::Goal, Value::Object(first)).await.unwrap();
    write(&memory, "a").await;
    let mut said = BTreeSet::from(["a".to_owned()]);
    assert_eq!(check(&state(&memory).await.unwrap(), &said), Ok(()));
    said.insert("b".to_owned());
    assert!(check(&state(&memory).await.unwrap(), &said).is_err());
    said.remove("b");
    let twin = json!({"id": "twin", "content": "the note a"});
    memory.record(Kind::Note, twin).await.unwrap();
    assert!(check(&state(&memory).await.unwrap(), &said).is_err());

    // If a change has two steps, a reader can see it half done.
    let stored = async || memory.get(&wheel()).await.unwrap().unwrap();
    assert_eq!(check_whole(&stored().await), Ok(()));
    let whole = turn("b");
    for (step, (field, value)) in (1..).zip(&whole) {
        let change = Map::from_iter([(field.clone(), value.clone())]);
        memory.update(&wheel(), change).await.unwrap();
        assert_eq!(check_whole(&stored().await).is_ok(), step == whole.len(), "{field}");
    }
    memory.shutdown().await.unwrap();
}
