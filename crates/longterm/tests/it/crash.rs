//! Durability by breaking things: a child process is killed at a random moment, then the directory
//! is opened again and every acknowledged record must be there, once.

use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use aios_longterm::{Config, Longterm};

use crate::support::{model, note, open, search};

/// Names the directory for the child; [`child`] does nothing without it.
const CHILD_DIR: &str = "AIOS_LONGTERM_CRASH_DIR";
/// How often the child is killed unless `AIOS_CRASH_ROUNDS` says otherwise.
const ROUNDS: usize = 10;

/// Not a test by itself: what the killed process runs. It stores without end and says each
/// acknowledgement.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    let Some(dir) = env::var_os(CHILD_DIR) else { return };
    let config = Config {
        drain_rows_max: 7,
        drain_delay: Duration::ZERO,
        compact_after_batches: 3,
        index_after_rows: 20,
        prune_after: Duration::ZERO,
        ..Config::default()
    };
    let longterm = Longterm::open(Path::new(&dir), config, model()).await.unwrap();
    let first = longterm.stats().await.unwrap().records;
    for at in first.. {
        let stored = longterm.store(vec![note(&at.to_string(), &text(at))]).await.unwrap();
        let mut out = std::io::stdout().lock();
        writeln!(out, "acknowledged {}", stored[0].key).unwrap();
        out.flush().unwrap();
    }
}

fn text(at: u64) -> String {
    format!("record number n{at} of the crash test")
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let number = |name| env::var(name).ok().and_then(|number| number.parse::<u64>().ok());
    let rounds = number("AIOS_CRASH_ROUNDS").unwrap_or(ROUNDS as u64);
    let seed = number("AIOS_SEED").unwrap_or(7);
    let mut random = seed;
    let mut acknowledged: Vec<String> = Vec::new();
    for round in 0..rounds {
        // Xorshift (Marsaglia, 2003): the kills fall at other steps in each round.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let lines = 1 + usize::try_from(random % 120).unwrap();
        acknowledged.extend(run_and_kill(dir.path(), lines));
        let longterm = open(dir.path()).await;
        let known = longterm.known(acknowledged.clone()).await.unwrap();
        let lost: Vec<_> = acknowledged.iter().zip(known).filter(|(_, known)| !known).collect();
        assert!(lost.is_empty(), "seed {seed}, round {round}: lost {lost:?}");
        longterm.drain().await.unwrap();
        let report = longterm.verify().await.unwrap();
        assert!(report.is_clean(), "seed {seed}, round {round}: {report:?}");
        let last = u64::try_from(acknowledged.len()).unwrap() - 1;
        assert_eq!(search(&longterm, &format!("n{last}")).await[0], format!("note/{last}"));
        longterm.close().await.unwrap();
    }
}

/// Starts the child, reads so many acknowledgements, kills it, and returns all that it gave.
fn run_and_kill(dir: &Path, lines: usize) -> Vec<String> {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "crash::child", "--nocapture"])
        .env(CHILD_DIR, dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let acknowledgement =
        |line: String| line.split_once("acknowledged ").map(|(_, key)| key.to_owned());
    let mut keys: Vec<String> = out.by_ref().filter_map(acknowledgement).take(lines).collect();
    assert_eq!(keys.len(), lines, "the child ended by itself");
    child.kill().unwrap();
    child.wait().unwrap();
    // A line that was cut short by the kill was an acknowledgement all the same, of a key that
    // cannot be told any more.
    let mut rest: Vec<String> = out.collect();
    if rest.last().is_some_and(|line| !line.ends_with(|c: char| c.is_ascii_digit())) {
        rest.pop();
    }
    keys.extend(rest.into_iter().filter_map(acknowledgement));
    keys
}

#[tokio::test]
async fn a_damaged_unsynced_version_goes_to_quarantine() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    longterm.store(vec![note("a", "safe and sound")]).await.unwrap();
    longterm.close().await.unwrap();
    let versions = dir.path().join("longterm/records.lance/_versions");
    let newest = fs::read_dir(&versions)
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".manifest")?.parse::<u64>().ok())
        .min()
        .unwrap();
    fs::write(versions.join(format!("{:020}.manifest", newest - 1)), b"cut of").unwrap();
    let longterm = open(dir.path()).await;
    assert_eq!(search(&longterm, "sound").await, ["note/a"]);
    longterm.store(vec![note("b", "life goes on")]).await.unwrap();
    longterm.drain().await.unwrap();
    assert!(longterm.verify().await.unwrap().is_clean());
    assert!(fs::read_dir(dir.path().join("quarantine")).unwrap().next().is_some());
}

#[tokio::test]
async fn a_library_that_is_gone_is_said_and_not_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    longterm.store(vec![note("a", "x")]).await.unwrap();
    longterm.close().await.unwrap();
    fs::remove_dir_all(dir.path().join("longterm/records.lance")).unwrap();
    let error = Longterm::open(dir.path(), Config::default(), model()).await.err().unwrap();
    assert!(error.to_string().contains("backup"), "{error}");
}
