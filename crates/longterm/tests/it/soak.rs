//! Many single stores with searches between them: files and versions stay few.

use std::{env, fs, io::Write, path::Path, time::Duration, time::Instant};

use aios_longterm::{Config, Longterm};

use crate::support::{model, note, search};

/// Number of records. Default for `AIOS_SOAK_RECORDS`; if that is set, the thresholds are the real
/// ones.
const RECORDS: usize = 400;
/// Stores between two searches.
const SEARCH_EVERY: usize = 50;
/// Number of parts of the run whose latencies are printed.
const PARTS: usize = 10;
const FILES_MAX: usize = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_stay_few_in_a_long_run() {
    let asked = env::var("AIOS_SOAK_RECORDS").ok().and_then(|number| number.parse().ok());
    let config = match asked {
        Some(_) => Config::default(),
        None => Config {
            drain_rows_max: 4,
            drain_delay: Duration::ZERO,
            index_after_rows: 64,
            ..Config::default()
        },
    };
    let records = asked.unwrap_or(RECORDS);
    let dir = tempfile::tempdir().unwrap();
    let longterm = Longterm::open(dir.path(), config, model()).await.unwrap();
    let mut latencies = Vec::with_capacity(records);
    for n in 0..records {
        let text = format!("turn {n}: we spoke of topic{} and of plan{}", n % 97, n % 13);
        let started = Instant::now();
        longterm.store(vec![note(&n.to_string(), &text)]).await.unwrap();
        latencies.push(started.elapsed());
        if n % SEARCH_EVERY == 0 {
            assert!(!search(&longterm, &format!("topic{}", n % 97)).await.is_empty(), "after {n}");
        }
    }
    longterm.upkeep().drain().await.unwrap();
    let files = files_below(&dir.path().join("longterm/records.lance"));
    if asked.is_some() {
        tell(&mut latencies, files);
    }
    assert!(files < FILES_MAX, "{files} files for {records} records");
    let report = longterm.upkeep().verify().await.unwrap();
    assert!(report.is_clean(), "{report:?}");
    assert_eq!(report.checked, records as u64);
}

/// Prints the latencies of each part of a run.
fn tell(latencies: &mut [Duration], files: usize) {
    let mut out = std::io::stderr().lock();
    let size = latencies.len().div_ceil(PARTS).max(1);
    for (part, latencies) in latencies.chunks_mut(size).enumerate() {
        latencies.sort_unstable();
        let at = |share: usize| latencies[(latencies.len() - 1) * share / 100];
        let records = (part + 1) * size;
        writeln!(out, "to {records}: p50 {:?}, p95 {:?}, p99 {:?}", at(50), at(95), at(99))
            .unwrap();
    }
    writeln!(out, "{files} files").unwrap();
}

fn files_below(dir: &Path) -> usize {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { files_below(&path) } else { 1 }).sum()
}
