//! The workloads of tier 2: storing, searching, opening, and RAM use, at 1,000 to 1,000,000
//! records, with the bundled static model; and questions without a filter, with the bundled
//! transformer.
//!
//! The records are synthetic (`corpus`). A search is end-to-end: it embeds the question, runs both
//! legs with a user's scope as the filter, and returns ten hits with their texts.

pub mod corpus;
mod english;
mod questions;
mod rivals;

use std::{
    collections::HashSet,
    env,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use aios_embedding::{Embedder, StaticModel};
use aios_longterm::{Config, Longterm, SearchOptions, Weights};
use aios_record::{Record, Scope, ScopeFilter};
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use crate::{
    Size,
    report::{self, Bound, Report, Row},
    status,
};

/// Number of records per call of `store` when filling.
const BATCH: u64 = 1_000;
/// Number of hits per search.
const HITS: usize = 10;
const STORE: &str = "store, one by one";
const SEARCH: &str = "search";
/// Argument with which the program runs itself to measure a store in a fresh process.
pub const VISIT: &str = "--visit";
/// As [`VISIT`], for a store with the transformer.
pub const VISIT_TRANSFORMER: &str = "--visit-transformer";

/// Selection of workloads.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Size of the workloads.
    pub size: Size,
    /// True to extend the curve to a million records.
    pub million: bool,
    /// True to run other stores as well.
    pub rivals: bool,
    /// True to run only the questions without a filter.
    pub questions_only: bool,
}

/// Measurements of a store in a fresh process.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Visit {
    /// Time to open, in milliseconds.
    pub open_ms: f64,
    /// Resident bytes after opening, before any search.
    pub idle_bytes: f64,
    /// Time of the first search, in milliseconds. It includes loading the library into RAM.
    pub first_ms: f64,
    /// Resident bytes after several searches.
    pub searching_bytes: f64,
}

/// Runs the selected workloads.
///
/// # Panics
/// If a store or the disk fails.
pub async fn run(options: Options) -> Report {
    let mut report = Report::default();
    let dir = tempfile::tempdir().expect("a temporary directory");
    if options.questions_only {
        questions::run(options.size, dir.path(), &mut report).await;
        return report;
    }
    let floor_ms = floor(options.size, dir.path(), &mut report);
    let store = dir.path().join("store");
    let mut steps = options.size.pick(vec![100, 200], vec![1_000, 10_000, 100_000]);
    if options.million {
        steps.push(1_000_000);
    }
    let mut filled = 0;
    for &records in &steps {
        let longterm = open(&store, Config::default()).await;
        fill(&longterm, filled, records, &mut report).await;
        filled = records;
        single_stores(&longterm, &mut filled, options.size, floor_ms, &mut report).await;
        searches(&longterm, records, options.size, &mut report).await;
        longterm.close().await.expect("the store closes");
        recall(&store, filled, records, options.size, &mut report).await;
        visit(&store, (records, Model::Static), options.size, &mut report).await;
    }
    flatness(&mut report);
    questions::run(options.size, dir.path(), &mut report).await;
    if options.rivals {
        rivals::run(options.size, &steps, dir.path(), &mut report);
    }
    report
}

async fn open(store: &Path, config: Config) -> Longterm {
    open_with(store, config, Model::Static).await
}

async fn open_with(store: &Path, config: Config, model: Model) -> Longterm {
    let model: Arc<dyn Embedder> = match model {
        Model::Static => StaticModel::bundled().expect("the model is in the program"),
        Model::Transformer => aios_minilm::model().expect("the model is in the program"),
    };
    Longterm::open(store, config, model).await.expect("the store opens")
}

/// Embedding model of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Model {
    /// The bundled static table.
    Static,
    /// The bundled transformer.
    Transformer,
}

/// Measures the minimum cost of a store: one durable SQLite commit and one embedding. Returns their
/// sum in milliseconds.
fn floor(size: Size, dir: &Path, report: &mut Report) -> f64 {
    let db = Connection::open(dir.join("plain.db")).expect("SQLite opens");
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         CREATE TABLE plain (id INTEGER PRIMARY KEY, record TEXT, vector BLOB);",
    )
    .expect("a plain table");
    let model = StaticModel::bundled().expect("the model is in the program");
    let (mut commits, mut embeddings) = (Vec::new(), Vec::new());
    for number in 0..size.pick(5, 300) {
        let record = corpus::record(number);
        let started = Instant::now();
        let vector = model.embed_documents(&[&record.text]).expect("it is text").remove(0);
        embeddings.push(millis(started));
        let vector: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
        let json = serde_json::to_string(&record).expect("a record is plain data");
        let started = Instant::now();
        db.execute("INSERT INTO plain (record, vector) VALUES (?1, ?2)", params![json, vector])
            .expect("the row fits");
        commits.push(millis(started));
    }
    let (commit_ms, embedding_ms) = (median(&mut commits), median(&mut embeddings));
    add(report, "floor", "one FULL commit of rusqlite", "ms", commit_ms);
    add(report, "floor", "embedding one text", "ms", embedding_ms);
    commit_ms + embedding_ms
}

async fn fill(longterm: &Longterm, from: u64, to: u64, report: &mut Report) {
    let started = Instant::now();
    let mut next = from;
    while next < to {
        let end = (next + BATCH).min(to);
        let records: Vec<Record> = (next..end).map(corpus::record).collect();
        longterm.store(records).await.expect("the batch is stored");
        next = end;
    }
    let rate = (to - from) as f64 / started.elapsed().as_secs_f64();
    add(report, &at("store, batches of 1,000", to), "acknowledged", "1/s", rate);
    report.target_in(&at("batches acknowledged", to), rate, "1/s", Bound::AtLeast(5_000.0));
    longterm.upkeep().drain().await.expect("the library takes them");
    let rate = (to - from) as f64 / started.elapsed().as_secs_f64();
    add(report, &at("store, batches of 1,000", to), "in the library", "1/s", rate);
}

async fn single_stores(
    longterm: &Longterm,
    filled: &mut u64,
    size: Size,
    floor_ms: f64,
    report: &mut Report,
) {
    let mut samples = Vec::new();
    let records = *filled;
    for _ in 0..size.pick(5, 300) {
        let record = corpus::record(*filled);
        *filled += 1;
        let started = Instant::now();
        longterm.store(vec![record]).await.expect("the record is stored");
        samples.push(millis(started));
    }
    longterm.upkeep().drain().await.expect("the library takes them");
    let workload = at(STORE, records);
    let (p50, _) = quantiles(report, &workload, &mut samples);
    report.target(&(workload + " against the floor"), p50 / floor_ms, Bound::AtMost(2.0));
}

/// Adds the target for how the cost of a store grows with the library.
fn flatness(report: &mut Report) {
    let p50 = |records| report.find(&at(STORE, records), "p50").map(|row| row.median);
    let Some((few, many)) = p50(1_000).zip(p50(100_000)) else { return };
    let what = format!("{STORE}: p50 at 100,000 records against 1,000");
    report.target(&what, many / few, Bound::AtMost(1.2));
}

async fn searches(longterm: &Longterm, records: u64, size: Size, report: &mut Report) {
    warm(longterm, records).await;
    let mut samples = Vec::new();
    let (mut found, asked) = (0, size.pick(5, 300));
    for number in numbers(records, asked) {
        let (question, options) = (corpus::question(number), options(number));
        let started = Instant::now();
        let hits = longterm.search(&question, &options).await.expect("the search works").hits;
        samples.push(millis(started));
        assert!(!hits.is_empty(), "nothing was found for `{question}`");
        let wanted = corpus::record(number).key();
        found += usize::from(hits.iter().any(|hit| hit.record.key() == wanted));
    }
    let workload = at(SEARCH, records);
    let (p50, p95) = quantiles(report, &workload, &mut samples);
    add(report, &workload, "questions answered", "share", found as f64 / asked as f64);
    let bound = match records {
        ..=10_000 => 3.0,
        10_001..=100_000 => 5.0,
        _ => 12.0,
    };
    report.target_in(&format!("{workload}: p50"), p50, "ms", Bound::AtMost(bound));
    report.target_in(&format!("{workload}: p95"), p95, "ms", Bound::AtMost(2.0 * bound));
}

/// Loads the library into RAM, and runs some searches to fill caches.
async fn warm(longterm: &Longterm, records: u64) {
    longterm.upkeep().warm().await.expect("the store is read");
    for number in numbers(records, 20) {
        let question = corpus::question(number + 1);
        longterm.search(&question, &options(number)).await.expect("the search works");
    }
}

/// Compares the ten nearest by the index with the ten nearest by all vectors in full precision.
async fn recall(store: &Path, filled: u64, records: u64, size: Size, report: &mut Report) {
    let meaning = Weights::default().meaning;
    let off = Weights {
        words: 0.0,
        related: 0.0,
        meaning,
        speaker: 0.0,
        time: 0.0,
        moment: 0.0,
        question: 0.0,
        feedback: 0.0,
    };
    let longterm = open(store, Config { weights: off, ..Config::default() }).await;
    let model = StaticModel::bundled().expect("the model is in the program");
    let asked: Vec<u64> = numbers(records, size.pick(3, 100)).collect();
    let queries: Vec<(Vec<f32>, String)> = asked
        .iter()
        .map(|&number| {
            let query = model.embed_query(&corpus::question(number)).expect("it is text");
            (query, corpus::user(number))
        })
        .collect();
    let mut nearest: Vec<Vec<(f32, String)>> = vec![Vec::new(); queries.len()];
    for number in 0..filled {
        let record = corpus::record(number);
        let user = corpus::user(number);
        let vector = model.embed_documents(&[&record.text]).expect("it is text").remove(0);
        for ((query, wanted), nearest) in queries.iter().zip(&mut nearest) {
            if *wanted == user {
                let cosine: f32 = query.iter().zip(&vector).map(|(a, b)| a * b).sum();
                nearest.push((cosine, record.key().to_string()));
            }
        }
        if number % BATCH == 0 || number + 1 == filled {
            nearest.iter_mut().for_each(keep_best);
        }
    }
    warm(&longterm, records).await;
    let mut shared = 0;
    let mut all = 0;
    for (&number, nearest) in asked.iter().zip(&nearest) {
        let found = longterm
            .search(&corpus::question(number), &options(number))
            .await
            .expect("the search works");
        let keys = found.hits.iter().map(|hit| hit.record.key().to_string());
        let found: HashSet<String> = keys.collect();
        shared += nearest.iter().filter(|(_, key)| found.contains(key)).count();
        all += nearest.len();
    }
    longterm.close().await.expect("the store closes");
    let recall = shared as f64 / all as f64;
    report.target(&at("recall of the index against exact search", records), recall, RECALL);
}

const RECALL: Bound = Bound::AtLeast(0.97);

fn keep_best(nearest: &mut Vec<(f32, String)>) {
    nearest.sort_by(|a, b| b.0.total_cmp(&a.0));
    nearest.truncate(HITS);
}

/// Measures the store in a separate process, so that nothing else is in its RAM.
async fn visit(store: &Path, (records, model): (u64, Model), size: Size, report: &mut Report) {
    let visit = match size {
        Size::Real => in_fresh_process(store, model),
        // The smoke size runs in the test binary, which cannot run itself in this way.
        Size::Smoke => visited(store, model, size).await,
    };
    let megabytes = |bytes: f64| bytes / 1e6;
    let workload = match model {
        Model::Static => at("a fresh process", records),
        Model::Transformer => at("a fresh process with the transformer", records),
    };
    add(report, &workload, "open", "ms", visit.open_ms);
    add(report, &workload, "first search", "ms", visit.first_ms);
    add(report, &workload, "RAM before searching", "MB", megabytes(visit.idle_bytes));
    add(report, &workload, "RAM while searching", "MB", megabytes(visit.searching_bytes));
    if (records, model) == (100_000, Model::Transformer) {
        let searched = megabytes(visit.searching_bytes);
        let bound = Bound::AtMost(220.0);
        report.target_in(&format!("{workload}: RAM after searching"), searched, "MB", bound);
        let bound = Bound::AtMost(40.0);
        report.target_in(&format!("{workload}: open"), visit.open_ms, "ms", bound);
    }
    if (records, model) == (100_000, Model::Static) {
        report.target_in("open, 100,000 records", visit.open_ms, "ms", Bound::AtMost(150.0));
        let idle = megabytes(visit.idle_bytes);
        report.target_in("RAM before searching, 100,000 records", idle, "MB", RAM_IDLE);
        let searched = megabytes(visit.searching_bytes);
        report.target_in("RAM after searching, 100,000 records", searched, "MB", RAM_IDLE);
    }
    if records == 1_000_000 {
        let searching = megabytes(visit.searching_bytes);
        let bound = Bound::AtMost(700.0);
        report.target_in("RAM while searching, 1,000,000 records", searching, "MB", bound);
    }
}

/// RAM limit at 100,000 records, in megabytes. After a search, the process has the library in RAM.
const RAM_IDLE: Bound = Bound::AtMost(150.0);

fn in_fresh_process(store: &Path, model: Model) -> Visit {
    let program = env::current_exe().expect("a program knows where it lies");
    let mut command = Command::new(program);
    let visit = if model == Model::Static { VISIT } else { VISIT_TRANSFORMER };
    command.arg(visit).arg(store).stderr(Stdio::inherit());
    let output = command.output().expect("it runs itself");
    serde_json::from_slice(&output.stdout).expect("it says what it found")
}

/// Time to wait for background work after opening.
const SETTLING: Duration = Duration::from_secs(3);

/// Measures a store in the fresh process.
///
/// # Panics
/// If the store cannot be opened or searched.
pub async fn visited(store: &Path, model: Model, size: Size) -> Visit {
    let started = Instant::now();
    let longterm = open_with(store, Config::default(), model).await;
    let open_ms = millis(started);
    tokio::time::sleep(size.pick(Duration::ZERO, SETTLING)).await;
    let idle_bytes = resident_bytes();
    let records = longterm.stats().await.expect("the store tells").records;
    let started = Instant::now();
    match model {
        Model::Static => {
            longterm.search(&corpus::question(1), &options(1)).await.expect("the search works");
        }
        Model::Transformer => questions::ask(&longterm, 1).await,
    }
    let first_ms = millis(started);
    match model {
        Model::Static => warm(&longterm, records).await,
        Model::Transformer => {
            for number in numbers(records, 20) {
                questions::ask(&longterm, number).await;
            }
        }
    }
    let searching_bytes = resident_bytes();
    longterm.close().await.expect("the store closes");
    Visit { open_ms, idle_bytes, first_ms, searching_bytes }
}

/// Returns the resident bytes of this process. 0 if the system does not report them.
fn resident_bytes() -> f64 {
    (status::of_process("VmRSS") * 1024) as f64
}

fn options(number: u64) -> SearchOptions {
    let user = Scope::default().with_user(corpus::user(number));
    SearchOptions::default().with_limit(HITS).with_scope(ScopeFilter::new(user))
}

/// Returns numbers of turns, distributed over all records.
fn numbers(records: u64, count: u64) -> impl Iterator<Item = u64> {
    (0..count).map(move |at| at.wrapping_mul(2_654_435_761) % records)
}

fn at(what: &str, records: u64) -> String {
    format!("{what}, {records} records")
}

/// Adds the median and the 95th percentile, in milliseconds, and returns them.
fn quantiles(report: &mut Report, workload: &str, samples: &mut [f64]) -> (f64, f64) {
    let p50 = median(samples);
    let p95 = report::quantile(samples, 0.95);
    add(report, workload, "p50", "ms", p50);
    add(report, workload, "p95", "ms", p95);
    (p50, p95)
}

fn add(report: &mut Report, workload: &str, contender: &str, unit: &'static str, figure: f64) {
    report.rows.push(Row::new(workload, contender, unit, &[figure]));
}

/// Returns the median, and sorts the samples.
fn median(samples: &mut [f64]) -> f64 {
    samples.sort_by(f64::total_cmp);
    report::quantile(samples, 0.5)
}

fn millis(started: Instant) -> f64 {
    started.elapsed().as_secs_f64() * 1e3
}
