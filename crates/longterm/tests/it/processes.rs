//! Eight processes on one directory: writers and readers. The owner of the library is killed.
//!
//! Nothing here depends on time. Processes get commands line by line and answer line by line, so
//! each assertion is about the order of events.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, Write},
    sync::{Arc, Mutex},
    time::Duration,
};

use aios_longterm::{Config, Longterm};
use aios_memory_tests::child::{self, Child};
use aios_record::{Id, Identity, Key, Kind};

use crate::support::{model, note, open, search, shared};

const PROCESSES: usize = 8;
const RECORDS_EACH: usize = 12;

/// Runs as a child, which executes commands.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    let Some(dir) = child::place() else { return };
    let config = Config {
        drain_rows_max: 5,
        drain_delay: Duration::ZERO,
        owner_retry: Duration::from_millis(50),
        compact_after_batches: 3,
        index_after_rows: 20,
        prune_after: Duration::ZERO,
        ..Config::default()
    };
    let longterm = Longterm::open(&dir, config, model()).await.unwrap();
    child::say("open");
    for line in std::io::stdin().lines() {
        let line = line.unwrap();
        let (verb, name) = line.split_once(' ').unwrap();
        let answer = match verb {
            "store" => {
                longterm.store(vec![note(name, &format!("the word is {name}"))]).await.unwrap();
                name.to_owned()
            }
            "read" => {
                let record =
                    longterm.get(&Key::new(Kind::Note, Id::new(name).unwrap())).await.unwrap();
                record.map_or("nothing".to_owned(), |record| record.text)
            }
            "search" => search(&longterm, name).await.first().cloned().unwrap_or_default(),
            "drain" => {
                longterm.upkeep().drain().await.unwrap();
                longterm.stats().await.unwrap().pending.to_string()
            }
            other => panic!("unknown verb {other}"),
        };
        child::say(answer);
    }
    longterm.close().await.unwrap();
}

#[tokio::test]
async fn eight_processes_share_a_directory_and_survive_the_owner() {
    let dir = tempfile::tempdir().unwrap();
    let start = || Child::start("processes::child", dir.path());
    let mut owner = start();
    assert_eq!(owner.hear_some(1), ["open"]);
    let mut owner = Some(owner);
    let mut others: Vec<Child> = (1..PROCESSES).map(|_| start()).collect();
    for process in &mut others {
        assert_eq!(process.hear_some(1), ["open"]);
    }
    let mut stored = BTreeSet::new();
    for round in 0..RECORDS_EACH {
        let name = |at: usize| format!("word{at}n{round}");
        // All at once.
        for (at, process) in others.iter_mut().enumerate() {
            process.tell(&format!("store {}", name(at)));
        }
        for (at, process) in others.iter_mut().enumerate() {
            assert_eq!(process.hear_some(1), [name(at)]);
            stored.insert(name(at));
        }
        if round == RECORDS_EACH / 2 {
            // It opened the directory first, so it is the owner and moves the waiting rows.
            let mut owner = owner.take().unwrap();
            owner.tell(&format!("store {}", name(PROCESSES)));
            owner.kill();
        }
        // A record acknowledged to one process is visible to every other, in the journal or the
        // library.
        for at in 0..others.len() {
            let reader = (at + 1) % others.len();
            let text = others[reader].ask(&format!("read {}", name(at)));
            assert_eq!(text, format!("the word is {}", name(at)));
            let found = others[reader].ask(&format!("search {}", name(at)));
            assert_eq!(found, format!("note/{}", name(at)));
        }
    }
    // This returns only if one of the remaining processes has become the owner.
    assert_eq!(others[0].ask("drain all"), "0");
    for process in others {
        process.end();
    }
    let longterm = open(dir.path()).await;
    longterm.upkeep().drain().await.unwrap();
    let report = longterm.upkeep().verify().await.unwrap();
    assert!(report.is_clean(), "{report:?}");
    let keys: Vec<Identity> = stored.iter().map(|it| shared(&format!("note/{it}"))).collect();
    assert!(longterm.records().known(&keys).await.unwrap().into_iter().all(|known| known));
    // The last command of the killed process has taken effect or it has not.
    assert!((keys.len()..=keys.len() + 1).contains(&usize::try_from(report.checked).unwrap()));
}

/// Returns manifests that a power cut may leave, made from a good one.
fn damaged(good: &[u8]) -> Vec<Vec<u8>> {
    let half = good.len() / 2;
    let zeros = |at: usize, end: usize| {
        let mut bytes = good.to_vec();
        bytes[at..end].fill(0);
        bytes
    };
    let cut = [0, 8, half, good.len() - 1].map(|length| good[..length].to_vec());
    let zeroed = [zeros(0, good.len()), zeros(half, good.len()), zeros(0, half)];
    // Zeros at the position of the content, and in the magic number at the beginning.
    let places = [zeros(good.len() - 16, good.len() - 8), zeros(0, 4)];
    cut.into_iter().chain(zeroed).chain(places).collect()
}

/// Captured log output.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Returns `true` if `text` was logged since the last match.
    fn take(&self, text: &str) -> bool {
        let mut bytes = self.0.lock().unwrap();
        let is_there = String::from_utf8_lossy(&bytes).contains(text);
        if is_there {
            bytes.clear();
        }
        is_there
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

// On one thread, since the subscriber captures only the current one.
#[tokio::test]
async fn opening_waits_while_a_new_owner_heals() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    longterm.store(vec![note("a", "a lighthouse")]).await.unwrap();
    longterm.upkeep().drain().await.unwrap();
    longterm.close().await.unwrap();
    let versions = dir.path().join("longterm/records.lance/_versions");
    let manifests = fs::read_dir(&versions).unwrap().map(|entry| entry.unwrap().path());
    // Lance counts down, so the newest sorts first.
    let newest = manifests.filter(|path| path.extension().is_some_and(|it| it == "manifest"));
    let newest = newest.min().unwrap();
    let number: u64 = newest.file_stem().unwrap().to_str().unwrap().parse().unwrap();
    let unsafe_one = versions.join(format!("{:020}.manifest", number - 1));
    // Stands for a new owner that has the lock and has not healed the library yet.
    let lock = File::options().write(true).open(dir.path().join("owner.lock")).unwrap();
    lock.lock().unwrap();
    let log = Log::default();
    let listening = log.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || listening.clone()).finish();
    let _listening = tracing::subscriber::set_default(subscriber);
    let mut waited = 0;
    for (case, bytes) in damaged(&fs::read(&newest).unwrap()).into_iter().enumerate() {
        fs::write(&unsafe_one, bytes).unwrap();
        let reader = open(dir.path()).await;
        let reading = reader.clone();
        let found = tokio::spawn(async move { search(&reading, "lighthouse").await });
        while !found.is_finished() {
            if log.take("waiting for its owner") {
                waited += 1;
                fs::remove_file(&unsafe_one).unwrap();
            }
            tokio::task::yield_now().await;
        }
        assert_eq!(found.await.unwrap(), ["note/a"], "case {case}");
    }
    // The other cases can be read despite their damage.
    assert!(6 <= waited, "{waited}");
}
