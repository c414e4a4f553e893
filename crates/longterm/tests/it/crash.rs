//! Durability by breaking things: a child process that stores, changes, removes, drains and
//! maintains is killed at a random moment. Then the directory is opened again and holds every
//! acknowledged write, once.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    sync::Arc,
    time::Duration,
};

use aios_embedding::Embedder;
use aios_longterm::{Config, Error, Explain, FeedPage, Longterm, SearchOptions};
use aios_memory_tests::{
    child::{self, Child},
    number, rounds,
};
use aios_record::{Change, FeedItem, Id, Identity, Key, Kind, Record, Remedy};

use crate::{
    former::{former, held},
    statistics::{counted, counted_afresh},
    support::{Letters, model, note, open, removal, search},
};

/// Variable with the number of the child's first call.
const CHILD_FIRST: &str = "AIOS_LONGTERM_CRASH_FIRST";
/// Default number of kills.
const ROUNDS: u64 = 10;
/// Number of files by which the directory grows while a library is converted.
const FORMER_FILES: usize = 60;
/// Factor by which the slow models exceed the time they need.
const SLOWNESS: usize = 1000;
/// Every so many rounds one begins with an empty directory, so that all rounds take about as long.
const NEW_EVERY: u64 = 20;

/// Runs as a child, which makes calls and says each acknowledgement until it is killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    let Some(dir) = child::place() else { return };
    let longterm = Longterm::open(&dir, hasty(), model()).await.unwrap();
    let first = number(CHILD_FIRST).unwrap();
    for at in first.. {
        make_call(&longterm, at).await.unwrap();
        child::say(at);
    }
}

/// As [`child`], while the library is rebuilt repeatedly, each time with the other model.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_that_reindexes() {
    let Some(path) = child::place() else { return };
    let mut at = number(CHILD_FIRST).unwrap();
    loop {
        let (longterm, other) = open_either(&path).await;
        let path = path.clone();
        let reindexing =
            tokio::spawn(
                async move { aios_longterm::reindex(&path, hasty(), other, |_| {}).await },
            );
        loop {
            match make_call(&longterm, at).await {
                Ok(()) => child::say(at),
                Err(Error::Reembedded { .. }) => break,
                Err(error) => panic!("{error}"),
            }
            at += 1;
        }
        reindexing.await.unwrap().unwrap();
    }
}

/// As [`child`], with a store of the former version, which it converts and drains.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_that_brings_over() {
    let Some(dir) = child::place() else { return };
    let longterm = Longterm::open(&dir, hasty(), model()).await.unwrap();
    longterm.close().await.unwrap();
}

/// As [`child`], with a slow model and deferred embedding. Every other time the library is rebuilt
/// meanwhile, with the other slow model.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_that_embeds_later() {
    let Some(path) = child::place() else { return };
    let mut at = number(CHILD_FIRST).unwrap();
    let rebuilds = at % 2 == 1;
    loop {
        let (longterm, other) = open_one_of(&path, slow()).await;
        let path = path.clone();
        let reindexing = rebuilds.then(|| {
            tokio::spawn(async move { aios_longterm::reindex(&path, hasty(), other, |_| {}).await })
        });
        loop {
            match make_later_call(&longterm, at).await {
                Ok(()) => child::say(at),
                Err(Error::Reembedded { .. }) => break,
                Err(error) => panic!("{error}"),
            }
            at += 1;
        }
        reindexing.unwrap().await.unwrap().unwrap();
    }
}

/// Returns two slow models of the same dimension.
fn slow() -> [Arc<dyn Embedder>; 2] {
    [0, 13].map(|turn| Letters::turned(turn, SLOWNESS) as Arc<dyn Embedder>)
}

/// Opens the directory with its model, and returns the other one.
async fn open_either(dir: &Path) -> (Longterm, Arc<dyn Embedder>) {
    open_one_of(dir, [model(), Letters::new()]).await
}

/// Opens the directory with the one of two models that it has, and returns the other one.
async fn open_one_of(
    dir: &Path,
    [first, second]: [Arc<dyn Embedder>; 2],
) -> (Longterm, Arc<dyn Embedder>) {
    match Longterm::open(dir, hasty(), Arc::clone(&first)).await {
        Ok(longterm) => (longterm, second),
        Err(Error::ModelMismatch { .. }) => {
            (Longterm::open(dir, hasty(), second).await.unwrap(), first)
        }
        Err(error) => panic!("{error}"),
    }
}

/// Returns a configuration with small thresholds, so that an owner does all of its work often.
fn hasty() -> Config {
    Config {
        drain_rows_max: 7,
        drain_delay: Duration::ZERO,
        compact_after_batches: 3,
        index_after_rows: 20,
        index_threshold: Some(300),
        prune_after: Duration::ZERO,
        ..Config::default()
    }
}

async fn make_call(longterm: &Longterm, at: u64) -> Result<(), Error> {
    let (id, text) = call(at);
    match text {
        Some(text) => longterm.store(vec![note(&id, &text)]).await.map(drop),
        None => remove(longterm, &id).await,
    }
}

/// As [`make_call`], but every other call is one of the feed, and nothing is embedded before the
/// acknowledgement.
async fn make_later_call(longterm: &Longterm, at: u64) -> Result<(), Error> {
    let (id, text) = call(at);
    let Some(text) = text else { return remove(longterm, &id).await };
    let record = note(&id, &text);
    if !is_by_feed(at) {
        return longterm.store_deferred(vec![record]).await.map(drop);
    }
    apply(longterm, Change::Upsert(Box::new(record))).await
}

fn is_by_feed(at: u64) -> bool {
    at % 2 == 1
}

/// Returns the id and the text of a call: most calls store a new record, some change an earlier
/// one, and some (without a text) remove one.
fn call(at: u64) -> (String, Option<String>) {
    let earlier = (at / 2).to_string();
    let text = format!("record number n{at} of the crash test");
    match at % 8 {
        3 | 6 => (earlier, Some(text)),
        5 => (earlier, None),
        _ => (at.to_string(), Some(text)),
    }
}

async fn remove(longterm: &Longterm, id: &str) -> Result<(), Error> {
    apply(longterm, removal(id)).await
}

async fn apply(longterm: &Longterm, change: Change) -> Result<(), Error> {
    let after = longterm.feed().watermark().await?;
    let changes = vec![FeedItem { seq: after + 1, change }];
    longterm.feed().apply(FeedPage { after, through: after + 1, changes }).await.map(drop)
}

/// Returns the content after the first `calls` calls.
fn state_after(calls: u64) -> BTreeMap<String, String> {
    let mut state = BTreeMap::new();
    for (id, text) in (0..calls).map(call) {
        match text {
            Some(text) => state.insert(id, text),
            None => state.remove(&id),
        };
    }
    state
}

#[tokio::test]
async fn acknowledged_writes_survive_a_kill() {
    survive("crash::child", 120).await;
}

#[tokio::test]
async fn a_reindex_killed_at_any_moment_leaves_one_model_or_the_other_whole() {
    survive("crash::child_that_reindexes", 200).await;
}

#[tokio::test]
async fn converting_a_former_library_survives_repeated_kills() {
    let mut random = number("AIOS_SEED").unwrap_or(7);
    let mut below = |end: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random).unwrap() % end
    };
    for round in 0..rounds(ROUNDS) {
        let dir = former();
        let expected = held(dir.path());
        for _ in 0..1 + below(3) {
            let seen = files(dir.path()) + below(FORMER_FILES);
            bring_over_and_kill(dir.path(), seen);
        }
        let longterm = Longterm::open(dir.path(), hasty(), model()).await.unwrap();
        longterm.upkeep().drain().await.unwrap();
        let report = longterm.upkeep().verify_rows(|_| {}).await.unwrap();
        assert!(report.is_clean(), "round {round}: {report:?}");
        assert_eq!(report.checked, expected.len() as u64, "round {round}");
        let found = longterm.records().identities().await.unwrap();
        let found: BTreeSet<String> = found.iter().map(Identity::encode).collect();
        assert_eq!(found, expected, "round {round}");
        longterm.close().await.unwrap();
    }
}

/// Starts the child, and kills it once the directory has had `seen` files at a time, unless it ends
/// before.
fn bring_over_and_kill(dir: &Path, seen: usize) {
    Child::start("crash::child_that_brings_over", dir).kill_when(|| seen <= files(dir));
}

/// Returns the number of files below `dir`, which may change meanwhile.
fn files(dir: &Path) -> usize {
    let Ok(entries) = fs::read_dir(dir) else { return 0 };
    let counts = entries.flatten().map(|entry| match entry.path().is_dir() {
        true => files(&entry.path()),
        false => 1,
    });
    counts.sum()
}

/// Kills the child repeatedly, each time within this many calls, and checks what it left.
async fn survive(child: &str, calls_max: u64) {
    let mut dir = tempfile::tempdir().unwrap();
    let seed = number("AIOS_SEED").unwrap_or(7);
    let mut random = seed;
    let mut calls = 0;
    for round in 0..rounds(ROUNDS) {
        if 0 < round && round % NEW_EVERY == 0 {
            dir = tempfile::tempdir().unwrap();
            calls = 0;
        }
        // Xorshift (Marsaglia, 2003): the kills happen at other steps in each round.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let acknowledged = run_and_kill(child, dir.path(), calls, 1 + random % calls_max);
        let (longterm, _) = open_either(dir.path()).await;
        longterm.upkeep().drain().await.unwrap();
        let report = longterm.upkeep().verify().await.unwrap();
        assert!(report.is_clean(), "seed {seed}, round {round}: {report:?}");
        // The interrupted call has taken effect or it has not.
        let is_by_feed = |at| call(at).1.is_none();
        calls = next_calls(&longterm, acknowledged, is_by_feed).await;
        let expect = state_after(calls);
        let context = format!("seed {seed}, round {round}, {calls} calls");
        assert_eq!(report.checked, expect.len() as u64, "{context}");
        assert_eq!(counted(dir.path()), counted_afresh(&longterm).await, "{context}");
        // Earlier rounds have checked all records, so later kills concern only those changed since.
        for id in (0..calls).rev().take(400).map(|at| call(at).0) {
            let read =
                longterm.get(&Key::new(Kind::Note, Id::new(id.clone()).unwrap())).await.unwrap();
            let text = read.map(|record| record.text);
            assert_eq!(text.as_ref(), expect.get(&id), "{context}, id {id}");
        }
        let (id, _) = expect.iter().next_back().unwrap();
        let words = search(&longterm, &expect[id]).await;
        assert_eq!(words[0], format!("note/{id}"), "{context}");
        longterm.close().await.unwrap();
    }
}

#[tokio::test]
async fn deferred_records_are_found_after_a_kill_and_get_their_vectors() {
    let seed = number("AIOS_SEED").unwrap_or(7);
    let mut random = seed;
    let dir = tempfile::tempdir().unwrap();
    let (mut calls, mut outstanding) = (0, 0);
    for round in 0..rounds(ROUNDS) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let child = "crash::child_that_embeds_later";
        let acknowledged = run_and_kill(child, dir.path(), calls, 1 + random % 120);
        outstanding += without_vector(dir.path());
        let (longterm, _) = open_one_of(dir.path(), slow()).await;
        calls = next_calls(&longterm, acknowledged, is_by_feed).await;
        let expect = state_after(calls);
        let context = format!("seed {seed}, round {round}, {calls} calls");
        let latest = (0..calls).rev().map(|at| call(at).0).filter(|id| expect.contains_key(id));
        let latest: BTreeSet<String> = latest.take(40).collect();
        for id in &latest {
            // No other record has this word.
            let word = expect[id].split(' ').nth(2).unwrap();
            let (at, ..) = hit(&longterm, id, word).await;
            assert_eq!(at, Some(0), "{context}, id {id}, by its words");
        }
        longterm.upkeep().drain().await.unwrap();
        let report = longterm.upkeep().verify_rows(|_| {}).await.unwrap();
        assert!(report.is_clean(), "{context}: {report:?}");
        assert_eq!(report.checked, expect.len() as u64, "{context}");
        for id in &latest {
            let (at, cosine, waiting) = hit(&longterm, id, &expect[id]).await;
            assert_eq!((at, waiting), (Some(0), 0), "{context}, id {id}");
            // A vector of the other model is .7 from its own.
            assert!(0.99 < cosine, "{context}, id {id}: {cosine}");
        }
        longterm.close().await.unwrap();
    }
    assert!(0 < outstanding, "no kill left a row without its vector");
}

/// Returns the number of rows of the journal with an outstanding vector.
fn without_vector(dir: &Path) -> i64 {
    let journal = rusqlite::Connection::open(dir.join("journal.db")).unwrap();
    let sql = "SELECT count(*) FROM pending WHERE vector_state = 2";
    journal.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// Returns the position of a record among the hits, its cosine, and the number of outstanding
/// vectors.
async fn hit(longterm: &Longterm, id: &str, query: &str) -> (Option<usize>, f64, u64) {
    let options = SearchOptions::default().with_explain(Explain::Yes);
    let found = longterm.search(query, &options).await.unwrap();
    let is_it = |record: &Record| record.id.as_str() == id && record.text.contains(query);
    let at = found.hits.iter().position(|hit| is_it(&hit.record));
    let cosine = at.map_or(0.0, |at| found.hits[at].explain.as_ref().unwrap().cosine);
    (at, cosine, found.vectors_outstanding)
}

/// Returns the number of calls that have taken effect, at least `acknowledged`.
async fn next_calls(
    longterm: &Longterm,
    acknowledged: u64,
    is_by_feed: impl Fn(u64) -> bool,
) -> u64 {
    let (id, text) = call(acknowledged);
    let read = longterm.get(&Key::new(Kind::Note, Id::new(id).unwrap())).await.unwrap();
    let happened = text.is_some() && read.map(|record| record.text) == text;
    let watermark = longterm.feed().watermark().await.unwrap();
    let by_feed = (0..acknowledged).filter(|at| is_by_feed(*at)).count() as u64;
    acknowledged + u64::from(happened || by_feed < watermark)
}

/// Starts the child at call `first`, reads this many acknowledgements, kills it, and returns the
/// number of calls that were acknowledged by then.
fn run_and_kill(child: &str, dir: &Path, first: u64, lines: u64) -> u64 {
    let mut command = child::command(child, dir);
    command.env(CHILD_FIRST, first.to_string());
    let mut child = Child::of(command);
    let mut said = child.hear_some(usize::try_from(lines).unwrap());
    said.extend(child.kill());
    let end = first + said.len() as u64;
    // Numbers go up by one.
    assert_eq!(said, (first..end).map(|at| at.to_string()).collect::<Vec<_>>());
    end
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
    longterm.upkeep().drain().await.unwrap();
    assert!(longterm.upkeep().verify().await.unwrap().is_clean());
    assert!(fs::read_dir(dir.path().join("quarantine")).unwrap().next().is_some());
}

#[tokio::test]
async fn a_missing_library_is_reported_and_not_recreated() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    longterm.store(vec![note("a", "x")]).await.unwrap();
    longterm.close().await.unwrap();
    fs::remove_dir_all(dir.path().join("longterm/records.lance")).unwrap();
    let error = Longterm::open(dir.path(), Config::default(), model()).await.err().unwrap();
    assert_eq!(error.remedy(), Some(Remedy::RestoreOrRepair), "{error}");
}
