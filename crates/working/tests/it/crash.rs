//! Processes that share a file, and processes that are killed while they write it.
//!
//! A child process runs [`TASKS`] tasks that add, change, remove and age through the API, and
//! reports each acknowledged write to the parent, which checks the file against these reports.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use aios_memory_tests::{
    child::{self, Child},
    number, rounds,
};
use aios_record::{Change, Kind};
use aios_working::{
    Config, Entry, EntryUpdate, Goal, MessageReceipt, NewMessage, Retention, Task, ToolCall,
    Working,
};
use serde_json::json;

use crate::{Place, id};

const COUNT: &str = "AIOS_WORKING_TEST_COUNT";
/// Default number of kills.
const KILLS: u64 = 10;
const PROCESSES: usize = 8;
const COUNT_PER_TASK: usize = 12;
/// Eight add messages, four write entries, three store goals with tasks and tool calls, one ages.
const TASKS: usize = 16;
/// The kinds in the feed. Goals are left out, so that they age while the child runs.
const FED: &[Kind] = &[Kind::Message, Kind::Entry, Kind::Task];

/// Runs as a child, with the number of writes of each task in [`COUNT`]; without one, until it is
/// killed.
#[test]
fn child() {
    let Some(path) = child::place() else { return };
    let count = number(COUNT).map_or(usize::MAX, |count| count as usize);
    let config = Config { feed_kinds: FED.to_vec(), ..Config::default() };
    let working = Working::open(&path, config).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        for task in 0..TASKS {
            let working = working.clone();
            tasks.spawn(async move {
                for n in 0..count {
                    let name = format!("{}-{task}-{n}", std::process::id());
                    match task {
                        0..8 => message(&working, &name).await,
                        8..12 => entry(&working, &name, n).await,
                        12..15 => goal(&working, &name).await,
                        _ => age(&working).await,
                    }
                }
            });
        }
        tasks.join_all().await;
        working.close().await;
    });
}

/// Reports an acknowledged write to the parent: kind, name and stage.
fn acknowledge(what: &str, name: &str, stage: u32) {
    child::say(format!("{what} {name} {stage}"));
}

async fn message(working: &Working, name: &str) {
    let message = NewMessage {
        id: Some(id(name)),
        ..NewMessage::new(id("shared"), "user", format!("message {name}"))
    };
    let receipt = working.messages().add(message).await.unwrap();
    acknowledge("message", name, 1);
    assert!(matches!(receipt, MessageReceipt::Added { .. }));
    assert!(working.messages().get(&id(name)).await.unwrap().is_some());
}

async fn entry(working: &Working, name: &str, n: usize) {
    let entry = Entry { id: id(name), ..Entry::new("crash", name, json!(1)) };
    working.entries().add(entry).await.unwrap();
    acknowledge("entry", name, 1);
    let update = EntryUpdate { value: Some(json!(2)), ..EntryUpdate::default() };
    assert!(working.entries().update(&id(name), update).await.unwrap());
    acknowledge("entry", name, 2);
    if n.is_multiple_of(2) {
        assert!(working.entries().remove(&id(name)).await.unwrap());
        acknowledge("entry", name, 3);
    }
}

async fn goal(working: &Working, name: &str) {
    let goal = Goal { id: id(name), ..Goal::new(format!("goal {name}")) };
    working.goals().put(goal).await.unwrap();
    let task = Task { id: id(name), goal_id: Some(id(name)), ..Task::new(name) };
    working.tasks().put(task).await.unwrap();
    acknowledge("task", name, 1);
    let call = ToolCall { task_id: Some(id(name)), ..ToolCall::new("ls") };
    working.tool_calls().put(call).await.unwrap();
    // Another process may move the goal out once it has ended, never before.
    working.goals().set_status(&id(name), "completed", None).await.unwrap();
}

/// Moves out every tool call and every ended goal; their tasks stay.
async fn age(working: &Working) {
    let nothing = Retention {
        tool_calls_days: None,
        goals_and_tasks_days: None,
        decisions_days: None,
        messages_days: None,
        sessions_days: None,
        events_days: None,
        summaries_days: None,
        ..Retention::default()
    };
    let goals = Retention { tool_calls_days: Some(0), goals_and_tasks_days: Some(0), ..nothing };
    working.upkeep().age(&goals).await.unwrap();
}

/// The acknowledgements of the children.
#[derive(Default)]
struct Acknowledged {
    messages: BTreeSet<String>,
    tasks: BTreeSet<String>,
    /// Stage of each entry: 1 created, 2 changed, 3 removed.
    entries: BTreeMap<String, u32>,
}

impl Acknowledged {
    fn note(&mut self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        let &[what, name, stage] = words.as_slice() else { panic!("the child says: {line}") };
        match what {
            "message" => drop(self.messages.insert(name.to_owned())),
            "task" => drop(self.tasks.insert(name.to_owned())),
            "entry" => drop(self.entries.insert(name.to_owned(), stage.parse().unwrap())),
            _ => panic!("the child says: {line}"),
        }
    }
}

async fn ids(working: &Working, kind: Kind) -> BTreeSet<String> {
    let records = working.records().list(kind, None, usize::MAX).await.unwrap().records;
    let ids: BTreeSet<_> = records.iter().map(|record| record.id.to_string()).collect();
    assert_eq!(ids.len(), records.len(), "{kind}");
    ids
}

/// Checks that every acknowledged record exists once, in gapless order, is searchable and is in the
/// feed.
async fn check(working: &Working, acknowledged: &Acknowledged) {
    assert_eq!(working.upkeep().verify().await.unwrap(), []);
    let messages = working.messages().recent(&id("shared"), usize::MAX).await.unwrap();
    let positions: Vec<_> = messages.iter().map(|message| message.position).collect();
    assert_eq!(positions, (0..messages.len() as i64).collect::<Vec<_>>());
    let session = working.sessions().get(&id("shared")).await.unwrap();
    assert_eq!(session.map_or(0, |session| session.message_count), messages.len() as i64);
    for (kind, said) in [(Kind::Message, &acknowledged.messages), (Kind::Task, &acknowledged.tasks)]
    {
        let there = ids(working, kind).await;
        let lost: Vec<_> = said.difference(&there).collect();
        assert!(lost.is_empty(), "{kind}: {lost:?}");
    }
    let summaries = working.records().list(Kind::Summary, None, usize::MAX).await.unwrap().records;
    let summed_up: BTreeSet<_> =
        summaries.iter().map(|summary| summary.source.clone().unwrap().id).collect();
    let goals = ids(working, Kind::Goal).await;
    let gone =
        acknowledged.tasks.iter().find(|&name| !goals.contains(name) && !summed_up.contains(name));
    assert_eq!(gone, None, "a goal moved out and was not summed up");
    for (name, &stage) in &acknowledged.entries {
        let is = match working.entries().get(&id(name)).await.unwrap() {
            Some(entry) => u32::try_from(entry.value.as_u64().unwrap()).unwrap(),
            None => 3,
        };
        // A call in flight when the child died may have been done.
        assert!((stage..=stage + 1).contains(&is), "entry {name}: {stage} acknowledged, is {is}");
    }
    if let Some(name) = acknowledged.messages.last() {
        let found =
            working.records().find(format!("\"{name}\""), Default::default()).await.unwrap();
        assert!(found.iter().any(|found| found.record.id.as_str() == name), "{name}");
    }
    check_feed(working, acknowledged).await;
}

/// Checks that the feed delivers every row of its kinds, and otherwise only removed records.
async fn check_feed(working: &Working, acknowledged: &Acknowledged) {
    let (mut told, mut removed) = (BTreeSet::new(), BTreeSet::new());
    for item in working.feed().after(0, usize::MAX).await.unwrap() {
        match item.change {
            Change::Upsert(record) => told.insert((record.kind, record.id.to_string())),
            Change::Delete { key, .. } => removed.insert((key.kind, key.id.to_string())),
        };
    }
    let mut there = BTreeSet::new();
    for kind in FED.iter().copied().chain([Kind::Summary]) {
        there.extend(ids(working, kind).await.into_iter().map(|id| (kind, id)));
    }
    assert_eq!(told, there);
    for (name, &stage) in &acknowledged.entries {
        let gone = working.entries().get(&id(name)).await.unwrap().is_none();
        assert!(!gone || removed.contains(&(Kind::Entry, name.clone())), "{name} at {stage}");
    }
}

fn spawn(path: &Path, count: usize) -> Child {
    let mut command = child::command("crash::child", path);
    command.env(COUNT, count.to_string());
    Child::of(command)
}

#[tokio::test]
async fn acknowledged_writes_survive_a_kill() {
    let place = Place::new();
    let path = place.folder.path().join("working.db");
    let mut acknowledged = Acknowledged::default();
    for round in 0..rounds(KILLS) {
        let mut child = Child::start("crash::child", &path);
        let first = child.hear_some(20 + 31 * (round as usize % 10));
        // Lines from before the kill took effect count too.
        let rest = child.kill();
        first.iter().chain(&rest).for_each(|line| acknowledged.note(line));
        let working = place.open(Config { feed_kinds: FED.to_vec(), ..place.config() });
        check(&working, &acknowledged).await;
        working.close().await;
    }
}

#[tokio::test]
async fn many_processes_share_a_file() {
    let place = Place::new();
    let path = place.folder.path().join("working.db");
    let children: Vec<Child> = (0..PROCESSES).map(|_| spawn(&path, COUNT_PER_TASK)).collect();
    let mut acknowledged = Acknowledged::default();
    for child in children {
        child.end().iter().for_each(|line| acknowledged.note(line));
    }
    let each = PROCESSES * COUNT_PER_TASK;
    assert_eq!(acknowledged.messages.len(), 8 * each);
    assert_eq!((acknowledged.entries.len(), acknowledged.tasks.len()), (4 * each, 3 * each));
    let working = place.open(Config { feed_kinds: FED.to_vec(), ..Config::default() });
    check(&working, &acknowledged).await;
    let session = working.sessions().get(&id("shared")).await.unwrap().unwrap();
    assert_eq!(session.message_count as usize, acknowledged.messages.len());
    // Records that the feed does not deliver age only if there is no feed.
    age(&working).await;
    assert!(!ids(&working, Kind::Goal).await.is_empty());
    working.close().await;
    let working = place.open(Config::default());
    age(&working).await;
    assert!(ids(&working, Kind::Goal).await.is_empty());
    assert!(ids(&working, Kind::ToolCall).await.is_empty());
    assert_eq!(ids(&working, Kind::Summary).await.len(), 3 * each);
    check(&working, &acknowledged).await;
}
