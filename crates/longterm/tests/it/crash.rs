//! Durability by breaking things: a child process that stores, changes, removes, drains and tidies
//! is killed at a random moment, then the directory is opened again and holds what was
//! acknowledged, once.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use aios_embedding::Embedder;
use aios_longterm::{Config, Error, Explain, FeedPage, Longterm, SearchOptions};
use aios_record::{Change, FeedItem, Id, Identity, Kind, Record};

use crate::{
    former::{former, held},
    statistics::{counted, counted_afresh},
    support::{Letters, model, note, open, removal, search},
};

/// Names the directory for the child; [`child`] does nothing without it.
const CHILD_DIR: &str = "AIOS_LONGTERM_CRASH_DIR";
/// Where the child's calls begin.
const CHILD_FIRST: &str = "AIOS_LONGTERM_CRASH_FIRST";
/// How often the child is killed unless `AIOS_CRASH_ROUNDS` says otherwise.
const ROUNDS: u64 = 10;
/// As many more files a directory has at a time while a library is brought over.
const FORMER_FILES: usize = 60;
/// The factor by which the slow models take longer than they need.
const SLOWNESS: usize = 1000;
/// As often a round begins with an empty directory, so that all of them take about as long.
const NEW_EVERY: u64 = 20;

/// Not a test by itself: what the killed process runs. It makes calls without end and says each
/// acknowledgement.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    let Some(dir) = env::var_os(CHILD_DIR) else { return };
    let longterm = Longterm::open(Path::new(&dir), hasty(), model()).await.unwrap();
    let first: u64 = env::var(CHILD_FIRST).unwrap().parse().unwrap();
    for at in first.. {
        make_call(&longterm, at).await.unwrap();
        acknowledge(at);
    }
}

/// As [`child`], while the library is rebuilt again and again, each time with the other model.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_that_reindexes() {
    let Some(dir) = env::var_os(CHILD_DIR) else { return };
    let path = Path::new(&dir).to_owned();
    let mut at: u64 = env::var(CHILD_FIRST).unwrap().parse().unwrap();
    loop {
        let (longterm, other) = open_either(&path).await;
        let path = path.clone();
        let reindexing =
            tokio::spawn(async move { Longterm::reindex(&path, hasty(), other, |_| {}).await });
        loop {
            match make_call(&longterm, at).await {
                Ok(()) => acknowledge(at),
                Err(Error::Reembedded { .. }) => break,
                Err(error) => panic!("{error}"),
            }
            at += 1;
        }
        reindexing.await.unwrap().unwrap();
    }
}

/// As [`child`], with a store of the former version, which it brings over and drains.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_that_brings_over() {
    let Some(dir) = env::var_os(CHILD_DIR) else { return };
    let longterm = Longterm::open(Path::new(&dir), hasty(), model()).await.unwrap();
    longterm.close().await.unwrap();
}

/// As [`child`], with a slow model and writes that are embedded later. Every other time the library
/// is rebuilt meanwhile, with the other slow model.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_that_embeds_later() {
    let Some(dir) = env::var_os(CHILD_DIR) else { return };
    let path = Path::new(&dir).to_owned();
    let mut at: u64 = env::var(CHILD_FIRST).unwrap().parse().unwrap();
    let rebuilds = at % 2 == 1;
    loop {
        let (longterm, other) = open_one_of(&path, slow()).await;
        let path = path.clone();
        let reindexing = rebuilds.then(|| {
            tokio::spawn(async move { Longterm::reindex(&path, hasty(), other, |_| {}).await })
        });
        loop {
            match make_later_call(&longterm, at).await {
                Ok(()) => acknowledge(at),
                Err(Error::Reembedded { .. }) => break,
                Err(error) => panic!("{error}"),
            }
            at += 1;
        }
        reindexing.unwrap().await.unwrap().unwrap();
    }
}

/// Two models that take long, of the same dimension.
fn slow() -> [Arc<dyn Embedder>; 2] {
    [0, 13].map(|turn| Letters::turned(turn, SLOWNESS) as Arc<dyn Embedder>)
}

/// The directory, and the model that is not its own.
async fn open_either(dir: &Path) -> (Longterm, Arc<dyn Embedder>) {
    open_one_of(dir, [model(), Letters::new()]).await
}

/// The directory, and the one of two models that is not its own.
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

fn acknowledge(at: u64) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "acknowledged {at}").unwrap();
    out.flush().unwrap();
}

/// Small thresholds, so that all that an owner does happens often.
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

/// As [`make_call`]; every other call is one of the feed, and nothing is embedded before it is
/// acknowledged.
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

/// What the call of that number does: most store a new record, some change an earlier one, and
/// some (without a text) remove one.
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
    let after = longterm.watermark().await?;
    let changes = vec![FeedItem { seq: after + 1, change }];
    longterm.apply_feed(FeedPage { after, through: after + 1, changes }).await.map(drop)
}

/// What there is when so many calls were made.
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
async fn what_was_acknowledged_survives_a_kill() {
    survive("crash::child", 120).await;
}

#[tokio::test]
async fn a_reindex_killed_at_any_moment_leaves_one_model_or_the_other_whole() {
    survive("crash::child_that_reindexes", 200).await;
}

#[tokio::test]
async fn a_former_library_is_brought_over_whole_however_often_that_is_killed() {
    let number = |name| env::var(name).ok().and_then(|number| number.parse::<u64>().ok());
    let rounds = number("AIOS_CRASH_ROUNDS").unwrap_or(ROUNDS);
    let mut random = number("AIOS_SEED").unwrap_or(7);
    let mut below = |end: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random).unwrap() % end
    };
    for round in 0..rounds {
        let dir = former();
        let expected = held(dir.path());
        for _ in 0..1 + below(3) {
            let seen = files(dir.path()) + below(FORMER_FILES);
            bring_over_and_kill(dir.path(), seen);
        }
        let longterm = Longterm::open(dir.path(), hasty(), model()).await.unwrap();
        longterm.drain().await.unwrap();
        let report = longterm.verify_rows(|_| {}).await.unwrap();
        assert!(report.is_clean(), "round {round}: {report:?}");
        assert_eq!(report.checked, expected.len() as u64, "round {round}");
        let found = longterm.identities().await.unwrap();
        let found: BTreeSet<String> = found.iter().map(Identity::encode).collect();
        assert_eq!(found, expected, "round {round}");
        longterm.close().await.unwrap();
    }
}

/// Starts the child and kills it once the directory has had `seen` files at a time, or lets it end.
fn bring_over_and_kill(dir: &Path, seen: usize) {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "crash::child_that_brings_over"])
        .env(CHILD_DIR, dir)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while child.try_wait().unwrap().is_none() {
        if seen <= files(dir) {
            child.kill().unwrap();
            child.wait().unwrap();
            return;
        }
        std::thread::yield_now();
    }
}

/// The number of files below `dir`, where they may come and go.
fn files(dir: &Path) -> usize {
    let Ok(entries) = fs::read_dir(dir) else { return 0 };
    let counts = entries.flatten().map(|entry| match entry.path().is_dir() {
        true => files(&entry.path()),
        false => 1,
    });
    counts.sum()
}

/// Kills the child again and again, each time within so many calls, and looks at what it left.
async fn survive(child: &str, calls_max: u64) {
    let mut dir = tempfile::tempdir().unwrap();
    let number = |name| env::var(name).ok().and_then(|number| number.parse::<u64>().ok());
    let rounds = number("AIOS_CRASH_ROUNDS").unwrap_or(ROUNDS);
    let seed = number("AIOS_SEED").unwrap_or(7);
    let mut random = seed;
    let mut calls = 0;
    for round in 0..rounds {
        if 0 < round && round % NEW_EVERY == 0 {
            dir = tempfile::tempdir().unwrap();
            calls = 0;
        }
        // Xorshift (Marsaglia, 2003): the kills fall at other steps in each round.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let acknowledged = run_and_kill(child, dir.path(), calls, 1 + random % calls_max);
        let (longterm, _) = open_either(dir.path()).await;
        longterm.drain().await.unwrap();
        let report = longterm.verify().await.unwrap();
        assert!(report.is_clean(), "seed {seed}, round {round}: {report:?}");
        // The call that was interrupted has happened or it has not.
        let is_by_feed = |at| call(at).1.is_none();
        calls = next_calls(&longterm, acknowledged, is_by_feed).await;
        let expect = state_after(calls);
        let context = format!("seed {seed}, round {round}, {calls} calls");
        assert_eq!(report.checked, expect.len() as u64, "{context}");
        assert_eq!(counted(dir.path()), counted_afresh(&longterm).await, "{context}");
        // All were looked at in earlier rounds; kills since then concern those changed since.
        for id in (0..calls).rev().take(400).map(|at| call(at).0) {
            let read = longterm.record(Kind::Note, &Id::new(id.clone()).unwrap()).await.unwrap();
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
async fn what_is_embedded_later_is_found_at_once_after_a_kill_and_has_its_vector_in_the_end() {
    let number = |name| env::var(name).ok().and_then(|number| number.parse::<u64>().ok());
    let rounds = number("AIOS_CRASH_ROUNDS").unwrap_or(ROUNDS);
    let seed = number("AIOS_SEED").unwrap_or(7);
    let mut random = seed;
    let dir = tempfile::tempdir().unwrap();
    let (mut calls, mut outstanding) = (0, 0);
    for round in 0..rounds {
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
            // No other record has this one.
            let word = expect[id].split(' ').nth(2).unwrap();
            let (at, ..) = hit(&longterm, id, word).await;
            assert_eq!(at, Some(0), "{context}, id {id}, by its words");
        }
        longterm.drain().await.unwrap();
        let report = longterm.verify_rows(|_| {}).await.unwrap();
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

/// The number of rows of the journal whose vector is still to be made.
fn without_vector(dir: &Path) -> i64 {
    let journal = rusqlite::Connection::open(dir.join("journal.db")).unwrap();
    let sql = "SELECT count(*) FROM pending WHERE vector_state = 2";
    journal.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// Where a search finds a record, its cosine, and how many vectors are outstanding.
async fn hit(longterm: &Longterm, id: &str, query: &str) -> (Option<usize>, f64, u64) {
    let options = SearchOptions { explain: Explain::Yes, ..SearchOptions::default() };
    let found = longterm.search(query, &options).await.unwrap();
    let is_it = |record: &Record| record.id.as_str() == id && record.text.contains(query);
    let at = found.hits.iter().position(|hit| is_it(&hit.record));
    let cosine = at.map_or(0.0, |at| found.hits[at].explain.as_ref().unwrap().cosine);
    (at, cosine, found.vectors_outstanding)
}

/// How many calls have had their effect, of which at least `acknowledged`.
async fn next_calls(
    longterm: &Longterm,
    acknowledged: u64,
    is_by_feed: impl Fn(u64) -> bool,
) -> u64 {
    let (id, text) = call(acknowledged);
    let read = longterm.record(Kind::Note, &Id::new(id).unwrap()).await.unwrap();
    let happened = text.is_some() && read.map(|record| record.text) == text;
    let watermark = longterm.watermark().await.unwrap();
    let by_feed = (0..acknowledged).filter(|at| is_by_feed(*at)).count() as u64;
    acknowledged + u64::from(happened || by_feed < watermark)
}

/// Starts the child at call `first`, reads so many acknowledgements, kills it, and returns how many
/// calls were acknowledged by then.
fn run_and_kill(child: &str, dir: &Path, first: u64, lines: u64) -> u64 {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", child, "--nocapture"])
        .env(CHILD_DIR, dir)
        .env(CHILD_FIRST, first.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    // The test's own name comes before the first on its line. Numbers go up by one, so the last
    // whole line says all; one that was cut short by the kill is of the call after it.
    let acknowledged = |line: String| line.split_once("acknowledged ")?.1.parse::<u64>().ok();
    let end = first + lines;
    let read = out.by_ref().filter_map(acknowledged).find(|at| end <= at + 1);
    assert_eq!(read, Some(end - 1), "the child ended by itself");
    child.kill().unwrap();
    child.wait().unwrap();
    let whole = out.filter_map(acknowledged);
    whole.fold(end, |end, at| if at == end { end + 1 } else { end })
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
