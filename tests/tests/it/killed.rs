//! Killed processes: a child stores, changes, deletes and forgets records until it is killed at a
//! random time. The directory is then opened again and has the effect of every acknowledged call
//! exactly once.
//!
//! `cargo xtask verify stack` runs more rounds. Power cuts are not simulated here: the interface
//! that the simulation replaces, `sync::Disk`, is private to `longterm`, because it serves only
//! LanceDB's files. Unit tests of that crate simulate them at suite size (`src/sync/power_cut.rs`).

use std::{collections::BTreeMap, path::Path};

use aios_memory::{
    AgentMemory, Config, ForgetOptions, ForgetTarget, Id, Identity, Key, Kind, Owner,
    working::NewMessage,
};
use aios_memory_tests::{
    child::{self, Child},
    number, rounds,
};
use serde_json::json;

use crate::state::{state, verify};

/// Environment variable with the number of the child's first call.
const FIRST: &str = "AIOS_STACK_FIRST_CALL";
/// Default number of kills.
const KILLS: u64 = 5;
/// Maximum number of acknowledgements before a kill.
const CALLS_MAX: u64 = 80;
/// One of this number of rounds begins with an empty directory, so that all rounds take about as
/// long.
const NEW_EVERY: u64 = 10;

/// The texts of the records, by kind and id.
type Held = BTreeMap<(Kind, String), String>;

/// A call, with its record.
#[derive(Debug, Clone, PartialEq)]
enum Call {
    Store(Kind, String),
    Update(Kind, String),
    Delete(Kind, String),
    Forget(Kind, String),
}

/// Returns call number `at`, given the records `held` before it.
fn call(at: u64, held: &Held) -> Call {
    let picked = |kind: Kind| {
        let ids: Vec<&String> = held.keys().filter(|(of, _)| *of == kind).map(|it| &it.1).collect();
        let at = usize::try_from(at).unwrap() / 3;
        (!ids.is_empty()).then(|| ids[at % ids.len()].clone())
    };
    let (kind, change): (Kind, fn(Kind, String) -> Call) = match at % 12 {
        3 => (Kind::Note, Call::Update),
        7 => (Kind::Goal, Call::Update),
        8 => (Kind::Goal, Call::Delete),
        9 => (Kind::Note, Call::Forget),
        11 => (Kind::Message, Call::Forget),
        1 | 6 => return Call::Store(Kind::Goal, at.to_string()),
        2 | 10 => return Call::Store(Kind::Message, at.to_string()),
        _ => return Call::Store(Kind::Note, at.to_string()),
    };
    match picked(kind) {
        Some(id) => change(kind, id),
        None => Call::Store(kind, at.to_string()),
    }
}

/// Returns the text that call number `at` writes. Its last word is unique.
fn text(at: u64) -> String {
    format!("said in the call n{at}")
}

/// Returns the records after the first `calls` calls.
fn held_after(calls: u64) -> Held {
    let mut held = Held::new();
    for at in 0..calls {
        match call(at, &held) {
            Call::Store(kind, id) | Call::Update(kind, id) => {
                held.insert((kind, id), text(at));
            }
            Call::Delete(kind, id) | Call::Forget(kind, id) => {
                held.remove(&(kind, id));
            }
        }
    }
    held
}

/// Returns the field with the text of a record.
fn field(kind: Kind) -> &'static str {
    if kind == Kind::Goal { "description" } else { "content" }
}

async fn make(memory: &AgentMemory, call: Call, text: &str) {
    match call {
        // Recorded like the other kinds, it would get another id.
        Call::Store(Kind::Message, id) => {
            let message = NewMessage::new(Id::new("talk").unwrap(), "user", text);
            let message = NewMessage { id: Some(Id::new(id).unwrap()), ..message };
            memory.working().messages().add(message).await.unwrap();
        }
        Call::Store(kind, id) => {
            memory.record(kind, json!({"id": id, (field(kind)): text})).await.unwrap();
        }
        Call::Update(kind, id) => {
            let changes = json!({(field(kind)): text}).as_object().unwrap().clone();
            memory.update(&Key::new(kind, Id::new(id).unwrap()), changes).await.unwrap();
        }
        Call::Delete(kind, id) => {
            memory.delete(&Key::new(kind, Id::new(id).unwrap())).await.unwrap();
        }
        Call::Forget(kind, id) => {
            let identity = Identity::new(Owner::SHARED, kind, Id::new(id).unwrap());
            let forget = ForgetOptions::new(ForgetTarget::Records(vec![identity]));
            assert_eq!(memory.forget(forget).await.unwrap().forgotten, 1);
        }
    }
}

async fn open(dir: &Path) -> AgentMemory {
    let mut config = Config::at(dir);
    // The fast model, so that a round has many calls.
    config.embedding.model = "static".to_owned();
    AgentMemory::open(config).await.unwrap()
}

/// Runs as a child: makes calls, and sends the number of each acknowledged one, until it is killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    let Some(dir) = child::place() else { return };
    let memory = open(&dir).await;
    let first = number(FIRST).unwrap();
    let mut held = held_after(first);
    for at in first.. {
        make(&memory, call(at, &held), &text(at)).await;
        child::say(at);
        held = held_after(at + 1);
    }
}

/// Checks that the directory has the effect of at least the first `calls` calls, and of at most one
/// more. Returns the number of calls with an effect.
async fn check(memory: &AgentMemory, calls: u64) -> Result<u64, String> {
    let state = state(memory).await?;
    let mut found = Held::new();
    for record in state.values() {
        let kind: Kind = record["kind"].as_str().unwrap().parse().unwrap();
        // A session results from its messages.
        if kind != Kind::Session {
            let name = |field: &str| record[field].as_str().unwrap().to_owned();
            found.insert((kind, name("id")), name("text"));
        }
    }
    let Some(calls) = (calls..=calls + 1).find(|calls| held_after(*calls) == found) else {
        let expected = held_after(calls);
        let lost = expected.iter().filter(|(key, text)| found.get(*key) != Some(text));
        let more = found.iter().filter(|(key, text)| expected.get(*key) != Some(text));
        let (lost, more): (Vec<_>, Vec<_>) = (lost.collect(), more.collect());
        return Err(format!("after {calls} calls: not found {lost:?}, found instead {more:?}"));
    };
    let records = verify(memory).await?;
    if records < found.len() as u64 {
        return Err(format!("the library has {records} of {} records", found.len()));
    }
    for (key, text) in found.iter().rev().take(5) {
        let hits = memory.recall(text).await.unwrap().hits;
        if !hits.iter().any(|hit| (hit.kind, hit.id.to_string()) == *key && hit.text == *text) {
            return Err(format!("after {calls} calls: a search does not find {key:?}"));
        }
    }
    Ok(calls)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_calls_survive_a_kill() {
    let seed = number("AIOS_SEED").unwrap_or(7);
    let (mut random, mut calls) = (seed, 0);
    let mut home = tempfile::tempdir().unwrap();
    for round in 0..rounds(KILLS) {
        if round % NEW_EVERY == NEW_EVERY - 1 {
            home = tempfile::tempdir().unwrap();
            calls = 0;
        }
        // Xorshift (Marsaglia, 2003): the kills happen at other calls in each round.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let dir = home.path().join("memory");
        let mut command = child::command("killed::child", &dir);
        command.env(FIRST, calls.to_string());
        let mut child = Child::of(command);
        let mut said = child.hear_some(1 + usize::try_from(random % CALLS_MAX).unwrap());
        said.extend(child.kill());
        let acknowledged = calls + said.len() as u64;
        assert_eq!(said.last(), Some(&(acknowledged - 1).to_string()));
        let memory = open(&dir).await;
        calls = match check(&memory, acknowledged).await {
            Ok(calls) => calls,
            Err(error) => panic!("seed {seed}, round {round}: {error}"),
        };
        memory.shutdown().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_a_changed_and_a_surplus_record_are_noticed() {
    const CALLS: u64 = 24;
    let home = tempfile::tempdir().unwrap();
    let memory = open(home.path()).await;
    for at in 0..CALLS {
        make(&memory, call(at, &held_after(at)), &text(at)).await;
    }
    assert_eq!(check(&memory, CALLS).await, Ok(CALLS));
    // The call after the last one may have taken effect; the last one must have.
    assert_eq!(check(&memory, CALLS - 1).await, Ok(CALLS));
    assert!(check(&memory, CALLS - 2).await.is_err());
    assert!(check(&memory, CALLS + 1).await.is_err());

    let (kind, id) = held_after(CALLS).into_keys().find(|it| it.0 == Kind::Note).unwrap();
    let was = held_after(CALLS)[&(kind, id.clone())].clone();
    make(&memory, Call::Update(kind, id.clone()), "another text").await;
    assert!(check(&memory, CALLS).await.is_err());
    make(&memory, Call::Update(kind, id.clone()), &was).await;
    assert_eq!(check(&memory, CALLS).await, Ok(CALLS));
    make(&memory, Call::Store(Kind::Note, "surplus".to_owned()), "surplus").await;
    assert!(check(&memory, CALLS).await.is_err());
    make(&memory, Call::Forget(Kind::Note, "surplus".to_owned()), "").await;
    assert_eq!(check(&memory, CALLS).await, Ok(CALLS));
    make(&memory, Call::Forget(kind, id), "").await;
    assert!(check(&memory, CALLS).await.is_err());
    memory.shutdown().await.unwrap();
}
