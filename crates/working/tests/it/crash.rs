//! Processes that share a file, and processes that are killed while they write it.

use std::{
    collections::BTreeSet,
    env,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
};

use aios_record::{Change, Id, Kind};
use aios_working::{Config, FEED_KINDS, NewMessage, Receipt, Working};

use crate::{Place, id};

const FILE: &str = "AIOS_WORKING_TEST_FILE";
const COUNT: &str = "AIOS_WORKING_TEST_COUNT";
/// How often the child is killed unless `AIOS_CRASH_ROUNDS` says otherwise.
const KILLS: usize = 5;
const PROCESSES: usize = 8;
const MESSAGES_PER_WRITER: usize = 40;
const WRITERS: usize = 4;

/// Runs as a child process when a test names a file: [`WRITERS`] tasks add messages and say each id
/// on stderr as soon as it is acknowledged.
#[test]
fn child() {
    let (Some(path), Some(count)) = (env::var_os(FILE), env::var(COUNT).ok()) else { return };
    let count: usize = count.parse().unwrap();
    let config = Config { feed_kinds: FEED_KINDS.to_vec(), ..Config::default() };
    let working = Working::open(Path::new(&path), config).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..WRITERS {
            let working = working.clone();
            writers.spawn(async move {
                for n in 0..count {
                    let name = format!("{}-{writer}-{n}", std::process::id());
                    let message = NewMessage {
                        id: Some(id(&name)),
                        ..NewMessage::new(id("shared"), "user", format!("message {name}"))
                    };
                    let receipt = working.add_message(message).await.unwrap();
                    assert!(matches!(receipt, Receipt::Added { .. }));
                    assert!(working.message(&name).await.unwrap().is_some());
                    std::io::stderr().write_all(format!("{name}\n").as_bytes()).unwrap();
                }
            });
        }
        writers.join_all().await;
        working.close().await;
    });
}

fn spawn(path: &Path, count: usize) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "crash::child", "--nocapture", "--test-threads=1"])
        .env(FILE, path)
        .env(COUNT, count.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Everything acknowledged is there once, in unbroken order, found by word and told by the feed.
async fn check(working: &Working, acknowledged: &BTreeSet<String>) {
    assert!(working.verify().await.unwrap().is_empty());
    let messages = working.recent_messages("shared", usize::MAX).await.unwrap();
    let ids: BTreeSet<_> = messages.iter().map(|message| message.id.to_string()).collect();
    assert_eq!(ids.len(), messages.len());
    let lost: Vec<_> = acknowledged.difference(&ids).collect();
    assert!(lost.is_empty(), "{lost:?}");
    let positions: Vec<_> = messages.iter().map(|message| message.position).collect();
    assert_eq!(positions, (0..messages.len() as i64).collect::<Vec<_>>());
    let told = working.feed_after(0, usize::MAX).await.unwrap();
    let told: BTreeSet<Id> = told
        .into_iter()
        .map(|item| match item.change {
            Change::Upsert(record) => {
                assert_eq!(record.kind, Kind::Message);
                record.id
            }
            Change::Delete { .. } => panic!("nothing was removed"),
        })
        .collect();
    assert_eq!(told.iter().map(Id::to_string).collect::<BTreeSet<_>>(), ids);
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    let place = Place::new();
    let path = place.folder.path().join("working.db");
    let mut acknowledged = BTreeSet::new();
    let rounds = env::var("AIOS_CRASH_ROUNDS").ok().and_then(|rounds| rounds.parse().ok());
    for round in 0..rounds.unwrap_or(KILLS) {
        let mut child = spawn(&path, usize::MAX);
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        acknowledged.extend(lines.by_ref().take(20 + 31 * (round % 10)).map(Result::unwrap));
        child.kill().unwrap();
        // The last line may be cut short.
        let mut rest: Vec<String> = lines.map_while(Result::ok).collect();
        rest.pop();
        acknowledged.extend(rest);
        child.wait().unwrap();
        let working = place.open(place.fed());
        check(&working, &acknowledged).await;
        working.close().await;
    }
}

#[tokio::test]
async fn many_processes_share_a_file() {
    let place = Place::new();
    let path = place.folder.path().join("working.db");
    let children: Vec<Child> = (0..PROCESSES).map(|_| spawn(&path, MESSAGES_PER_WRITER)).collect();
    let mut acknowledged = BTreeSet::new();
    for child in children {
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{said}");
        acknowledged.extend(said.lines().map(str::to_owned));
    }
    assert_eq!(acknowledged.len(), PROCESSES * WRITERS * MESSAGES_PER_WRITER);
    let working = place.open(place.fed());
    check(&working, &acknowledged).await;
    let session = working.session("shared").await.unwrap().unwrap();
    assert_eq!(session.message_count as usize, acknowledged.len());
}
