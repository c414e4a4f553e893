//! Acknowledged writes of real records: messages, with their words and their entries in the feed.

use std::{path::Path, time::Instant};

use aios_record::Id;
use aios_working::{Config, Durability, FEED_KINDS, NewMessage, Working};
use tokio::{runtime::Runtime, task::JoinSet};

use super::{
    rival::{Bare, Plain, Script},
    text::Texts,
};
use crate::{
    Size,
    report::{Bound, Report, Row, Tail},
};

/// Numbers of concurrent callers.
const CALLERS: [usize; 3] = [1, 16, 64];
/// Messages per batch.
const BATCH: usize = 1_000;
/// Number of rounds. Every contender runs once per round.
const ROUNDS: usize = 5;
const PLAIN: &str = "rusqlite, row by row";
const BARE: &str = "rusqlite, bare table";
const AIOSQLITE: &str = "aiosqlite, row by row";

/// Opens a fresh working memory with the feed enabled.
pub(super) fn open(path: &Path, durability: Durability) -> Working {
    let feed_kinds = FEED_KINDS.to_vec();
    Working::open(path, Config { durability, feed_kinds, ..Config::default() })
        .expect("a working memory")
}

pub(super) fn message(session: usize, text: String) -> NewMessage {
    NewMessage::new(session_id(session), "user", text)
}

pub(super) fn session_id(session: usize) -> Id {
    Id::new(format!("session {session}")).expect("short")
}

pub(super) fn measure(size: Size, runtime: &Runtime, report: &mut Report) {
    for durability in [Durability::Full, Durability::Normal] {
        singles(size, durability, runtime, report);
    }
    targets(report);
}

fn workload(durability: Durability) -> String {
    format!("write one message, {durability:?}")
}

fn callers(count: usize) -> String {
    format!("working, {count} caller(s)")
}

/// Measures the nanoseconds per acknowledged row, with contenders interleaved.
fn singles(size: Size, durability: Durability, runtime: &Runtime, report: &mut Report) {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let ours: Vec<Working> =
        CALLERS.iter().map(|callers| open(&at(&format!("{callers}.db")), durability)).collect();
    let batches = open(&at("batches.db"), durability);
    let mut plain = Plain::open(&at("plain.db"), durability);
    let mut bare = Bare::open(&at("bare.db"), durability);
    let script = match durability {
        Durability::Full => Some(Script::open(folder.path(), durability)),
        _ => None,
    };
    let mut texts = Texts::new(1);
    let (mut of_ours, mut tails) = (vec![Vec::new(); CALLERS.len()], vec![Vec::new(); 3]);
    let (mut of_plain, mut of_bare, mut of_script, mut of_batches) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..size.pick(1, ROUNDS) {
        for (index, &count) in CALLERS.iter().enumerate() {
            let each = size.pick(2, if count == 1 { 2_000 } else { 16_000 / count });
            let (each_ns, samples) = contend(runtime, &ours[index], count, each, &mut texts);
            of_ours[index].push(each_ns);
            tails[index].extend(samples);
        }
        let few = lines(size.pick(2, 2_000), &mut texts);
        of_plain.push(time(&few, |text| plain.add(text)));
        of_bare.push(time(&few, |text| bare.add(text)));
        if let Some(Ok(script)) = &script {
            let few = &few[..size.pick(2, 500)];
            let seconds = script.add_all(few).expect("it ran before");
            of_script.push(seconds * 1e9 / few.len() as f64);
        }
        let many = lines(size.pick(2, 10 * BATCH), &mut texts);
        of_batches.push(in_batches(runtime, &batches, many));
    }
    let name = workload(durability);
    for ((count, rounds), mut samples) in CALLERS.into_iter().zip(&of_ours).zip(tails) {
        let tail = Some(Tail::of(&mut samples));
        report.rows.push(Row { tail, ..Row::new(&name, &callers(count), "ns", rounds) });
    }
    report.add(&name, &format!("working, {BATCH} at once"), &of_batches);
    report.add(&name, PLAIN, &of_plain);
    report.add(&name, BARE, &of_bare);
    match script {
        Some(Ok(_)) => report.add(&name, AIOSQLITE, &of_script),
        Some(Err(reason)) => report.note(&format!("{AIOSQLITE} was skipped: {reason}")),
        None => {}
    }
}

/// Returns the nanoseconds per row, and those of each call, while `callers` concurrent callers
/// write `each` messages in sequence, each to its own session.
pub(super) fn contend(
    runtime: &Runtime,
    working: &Working,
    callers: usize,
    each: usize,
    texts: &mut Texts,
) -> (f64, Vec<u64>) {
    let texts: Vec<Vec<String>> = (0..callers).map(|_| lines(each, texts)).collect();
    runtime.block_on(async {
        let mut tasks = JoinSet::new();
        let started = Instant::now();
        for (caller, texts) in texts.into_iter().enumerate() {
            let working = working.clone();
            tasks.spawn(async move {
                let mut samples = Vec::with_capacity(texts.len());
                for text in texts {
                    let called = Instant::now();
                    working.messages().add(message(caller, text)).await.expect("it is stored");
                    samples.push(called.elapsed().as_nanos() as u64);
                }
                samples
            });
        }
        let samples: Vec<u64> = tasks.join_all().await.into_iter().flatten().collect();
        (started.elapsed().as_nanos() as f64 / (callers * each) as f64, samples)
    })
}

fn in_batches(runtime: &Runtime, working: &Working, texts: Vec<String>) -> f64 {
    let count = texts.len();
    let messages: Vec<NewMessage> = texts.into_iter().map(|text| message(0, text)).collect();
    let started = Instant::now();
    runtime.block_on(async {
        for batch in messages.chunks(BATCH) {
            working.messages().add_all(batch.to_vec()).await.expect("they are stored");
        }
    });
    started.elapsed().as_nanos() as f64 / count as f64
}

pub(super) fn lines(count: usize, texts: &mut Texts) -> Vec<String> {
    (0..count).map(|_| texts.text()).collect()
}

fn time(texts: &[String], mut add: impl FnMut(&str)) -> f64 {
    let started = Instant::now();
    texts.iter().for_each(|text| add(text));
    started.elapsed().as_nanos() as f64 / texts.len() as f64
}

fn targets(report: &mut Report) {
    let full = workload(Durability::Full);
    let many = report.median(&full, &callers(64));
    let gain = report.median(&full, PLAIN) / many;
    report.target("64 callers against rusqlite row by row, Full", gain, Bound::AtLeast(6.0));
    if let Some(row) = report.find(&full, AIOSQLITE) {
        let gain = row.median / many;
        report.target("64 callers against aiosqlite row by row, Full", gain, Bound::AtLeast(15.0));
    }
    for durability in [Durability::Full, Durability::Normal] {
        let name = workload(durability);
        let alone = report.median(&name, PLAIN) / report.median(&name, &callers(1));
        let what = format!("one caller alone against rusqlite row by row, {durability:?}");
        report.target(&what, alone, Bound::AtLeast(0.7));
    }
    let tail = report.row(&full, &callers(64)).tail;
    let p99 = tail.map_or(f64::NAN, |tail| tail.p99 as f64 / 1e6);
    report.target_in("p99 of a write with 64 callers, Full", p99, "ms", Bound::AtMost(5.0));
}
