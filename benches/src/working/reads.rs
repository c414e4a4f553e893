//! Reads of a memory of 100,000 messages: a message by its id, the last twelve of a session, a
//! search; and the interference of reads and writes.

use std::{hint::black_box, path::Path, time::Instant};

use aios_record::Id;
use aios_working::{Durability, FindOptions, RECENT_MESSAGES, Working};
use rusqlite::{Connection, OpenFlags};
use tokio::{runtime::Runtime, task::JoinSet};

use super::{
    text::Texts,
    writes::{message, open, session_id},
};
use crate::{
    Size,
    numbers::Numbers,
    report::{Bound, Report},
};

/// Number of sessions.
const SESSIONS: usize = 100;
/// Number of callers of the mixed load.
const CALLERS: usize = 16;
const POINT: &str = "one message by its id";
const RECENT: &str = "last 12 of a session";
const SEARCH: &str = "search";
const MIXED: &str = "9 reads to 1 write, 16 callers";
const ASYNC: &str = "working, async";
const INSIDE: &str = "inside a reader";
const WORDS: &str = "3..6 words of a text";
const COMMON: &str = "3 of the 20 commonest";

pub(super) fn measure(size: Size, runtime: &Runtime, report: &mut Report) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("working.db");
    let working = open(&path, Durability::Full);
    let ids = fill(size.pick(200, 100_000), runtime, &working, 7);
    by_id_and_recent(size, runtime, &working, &ids, report);
    inside(size, &path, &ids, report);
    searches(size, runtime, &working, report);
    mixed(size, runtime, &working, &ids, report);
    targets(report);
}

/// Adds `count` messages and returns their ids.
pub(super) fn fill(count: usize, runtime: &Runtime, working: &Working, seed: u64) -> Vec<Id> {
    let mut texts = Texts::new(seed);
    let mut ids = Vec::with_capacity(count);
    while ids.len() < count {
        let few = (count - ids.len()).min(1_000);
        let batch = (0..few).map(|n| message((ids.len() + n) % SESSIONS, texts.text())).collect();
        let receipts =
            runtime.block_on(working.messages().add_all(batch)).expect("they are stored");
        ids.extend(receipts.iter().map(|receipt| receipt.id().clone()));
    }
    ids
}

fn by_id_and_recent(
    size: Size,
    runtime: &Runtime,
    working: &Working,
    ids: &[Id],
    report: &mut Report,
) {
    let count = size.pick(10, 20_000);
    let mut numbers = Numbers::new(3);
    let samples = runtime.block_on(spawned(working, move |working| async move {
        let mut samples = Vec::new();
        for _ in 0..count {
            let session = session_id(numbers.below(SESSIONS));
            let started = Instant::now();
            let found = working.messages().recent(&session, RECENT_MESSAGES).await;
            samples.push(started.elapsed().as_nanos() as u64);
            black_box(found.expect("readable"));
        }
        samples
    }));
    report.add_tail(RECENT, ASYNC, samples);
    let (ids, mut numbers) = (ids.to_vec(), Numbers::new(4));
    let samples = runtime.block_on(spawned(working, move |working| async move {
        let mut samples = Vec::new();
        for _ in 0..count {
            let id = &ids[numbers.below(ids.len())];
            let started = Instant::now();
            let found = working.messages().get(id).await;
            samples.push(started.elapsed().as_nanos() as u64);
            assert!(found.expect("readable").is_some(), "it was stored");
        }
        samples
    }));
    report.add_tail(POINT, ASYNC, samples);
}

/// Runs `work` on a worker of the runtime, as a service does.
async fn spawned<F, W>(working: &Working, work: W) -> Vec<u64>
where
    W: FnOnce(Working) -> F,
    F: Future<Output = Vec<u64>> + Send + 'static,
{
    tokio::spawn(work(working.clone())).await.expect("it does not panic")
}

/// Measures the reader's statements alone: reads every column, without passing rows to another
/// thread or converting them to records.
fn inside(size: Size, path: &Path, ids: &[Id], report: &mut Report) {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).expect("a database");
    let count = size.pick(10, 20_000);
    let mut numbers = Numbers::new(5);
    let time = |sql: &str, key: &mut dyn FnMut() -> String, rows: usize| {
        let mut samples = Vec::new();
        for _ in 0..count {
            let key = key();
            let started = Instant::now();
            assert!(columns(&connection, sql, &key) <= rows, "no more than asked for");
            samples.push(started.elapsed().as_nanos() as u64);
        }
        samples
    };
    let by_id = "SELECT * FROM messages WHERE id = ?1";
    let samples = time(by_id, &mut || ids[numbers.below(ids.len())].to_string(), 1);
    report.add_tail(POINT, INSIDE, samples);
    let recent = "SELECT * FROM messages WHERE scope_session = ?1 ORDER BY position DESC LIMIT 12";
    let samples = time(recent, &mut || session_id(numbers.below(SESSIONS)).to_string(), 12);
    report.add_tail(RECENT, INSIDE, samples);
}

/// Reads every column of every row in one snapshot, and returns the number of rows.
fn columns(connection: &Connection, sql: &str, key: &str) -> usize {
    let run = || -> rusqlite::Result<usize> {
        connection.prepare_cached("BEGIN")?.execute([])?;
        let mut statement = connection.prepare_cached(sql)?;
        let (width, mut count) = (statement.column_count(), 0);
        let mut rows = statement.query([key])?;
        while let Some(row) = rows.next()? {
            for column in 0..width {
                black_box(row.get::<_, rusqlite::types::Value>(column)?);
            }
            count += 1;
        }
        drop(rows);
        connection.prepare_cached("COMMIT")?.execute([])?;
        Ok(count)
    };
    run().expect("readable")
}

fn searches(size: Size, runtime: &Runtime, working: &Working, report: &mut Report) {
    let mut texts = Texts::new(11);
    let questions: Vec<String> = (0..size.pick(5, 500)).map(|_| texts.question()).collect();
    report.add_tail(SEARCH, WORDS, search(runtime, working, questions));
    let questions: Vec<String> = (0..size.pick(5, 100)).map(|_| texts.common_question()).collect();
    report.add_tail(SEARCH, COMMON, search(runtime, working, questions));
}

fn search(runtime: &Runtime, working: &Working, questions: Vec<String>) -> Vec<u64> {
    runtime.block_on(spawned(working, |working| async move {
        let mut samples = Vec::new();
        for question in questions {
            let started = Instant::now();
            let found = working.records().find(question, FindOptions::default()).await;
            samples.push(started.elapsed().as_nanos() as u64);
            assert!(!found.expect("readable").is_empty(), "its words are in texts");
        }
        samples
    }))
}

/// Measures callers that alternate nine reads (a message, or the last ones of a session) and one
/// write.
fn mixed(size: Size, runtime: &Runtime, working: &Working, ids: &[Id], report: &mut Report) {
    let each = size.pick(10, 2_000);
    let (mut reads, mut writes) = (Vec::new(), Vec::new());
    let elapsed = runtime.block_on(async {
        let mut tasks = JoinSet::new();
        let started = Instant::now();
        for caller in 0..CALLERS {
            let (working, ids) = (working.clone(), ids.to_vec());
            tasks.spawn(async move { one_of_many(&working, &ids, caller, each).await });
        }
        for (of_reads, of_writes) in tasks.join_all().await {
            reads.extend(of_reads);
            writes.extend(of_writes);
        }
        started.elapsed()
    });
    let each_ns = elapsed.as_nanos() as f64 / (reads.len() + writes.len()) as f64;
    report.add(MIXED, "each operation, all together", &[each_ns]);
    report.add_tail(MIXED, "reads", reads);
    report.add_tail(MIXED, "writes", writes);
}

async fn one_of_many(
    working: &Working,
    ids: &[Id],
    caller: usize,
    each: usize,
) -> (Vec<u64>, Vec<u64>) {
    let (mut reads, mut writes) = (Vec::new(), Vec::new());
    let (mut numbers, mut texts) = (Numbers::new(caller as u64), Texts::new(caller as u64));
    for number in 0..each {
        let (id, session) = (&ids[numbers.below(ids.len())], session_id(numbers.below(SESSIONS)));
        let text = texts.text();
        let started = Instant::now();
        match number % 10 {
            9 => _ = working.messages().add(message(caller, text)).await.expect("it is stored"),
            0 | 2 | 4 => {
                let recent = working.messages().recent(&session, RECENT_MESSAGES).await;
                black_box(recent.expect("readable"));
            }
            _ => _ = black_box(working.messages().get(id).await.expect("readable")),
        }
        let samples = if number % 10 == 9 { &mut writes } else { &mut reads };
        samples.push(started.elapsed().as_nanos() as u64);
    }
    (reads, writes)
}

fn targets(report: &mut Report) {
    for (workload, contender, us) in [
        (POINT, INSIDE, 30.0),
        (RECENT, INSIDE, 30.0),
        (POINT, ASYNC, 80.0),
        (RECENT, ASYNC, 80.0),
        (SEARCH, WORDS, 3_000.0),
        (SEARCH, COMMON, 3_000.0),
    ] {
        let what = format!("p50 of {workload}, {contender}");
        let p50 = report.row(workload, contender).tail.map_or(f64::NAN, |tail| tail.p50 as f64);
        report.target_in(&what, p50 / 1e3, "us", Bound::AtMost(us));
    }
}
