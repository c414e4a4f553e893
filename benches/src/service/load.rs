//! Many concurrent callers, in the process and over gRPC.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use aios_memory::{AgentMemory, RememberOptions};
use aios_memory_server::wire::{
    Empty, Event, RememberItem, RememberRequest, RememberResponse, RememberSummary,
};
use tokio::task::JoinSet;

use super::{
    client::{Grpc, Http},
    texts::query,
};
use crate::{
    Size,
    numbers::Numbers,
    report::{Bound, Report, Row, Tail},
    status,
};

/// Number of texts per message of a stream, and per batch in the process.
const BATCH: usize = 256;

/// Remembers texts in one write.
pub(super) async fn remember_batch(memory: &AgentMemory, texts: impl Iterator<Item = String>) {
    let texts = texts.map(|text| (text, RememberOptions::default())).collect();
    memory.remember_all(texts).await.expect("a write");
}

/// Pushes events over `connections`, and returns the pushes per second.
pub(super) async fn pushes(address: SocketAddr, connections: usize, pushes: usize) -> f64 {
    let mut clients = Vec::new();
    for _ in 0..connections {
        clients.push(Grpc::over_tcp(address).await);
    }
    let each = pushes / connections;
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for mut client in clients {
        tasks.spawn(async move {
            for number in 0..each {
                let event = Event {
                    category: "load".to_owned(),
                    source: "bench".to_owned(),
                    data_json: format!("{{\"n\":{number}}}").into_bytes(),
                    ..Default::default()
                };
                let _: Empty = client.call("PushEvent", &event).await.expect("a push");
            }
        });
    }
    tasks.join_all().await;
    (each * connections) as f64 / began.elapsed().as_secs_f64()
}

/// Returns the notes per second of `callers` in the process, each note durable separately.
pub(super) async fn remember_within(
    memory: &AgentMemory,
    callers: usize,
    each: usize,
    round: usize,
) -> f64 {
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for caller in 0..callers {
        let memory = memory.clone();
        tasks.spawn(async move {
            for number in 0..each {
                let text = format!("Within round {round}: caller {caller} notes {number}.");
                memory.remember(&text).await.expect("a write");
            }
        });
    }
    tasks.join_all().await;
    (callers * each) as f64 / began.elapsed().as_secs_f64()
}

/// Returns the notes per second of `callers` over gRPC, each with its own connection.
pub(super) async fn remember_over(
    address: SocketAddr,
    callers: usize,
    each: usize,
    round: usize,
) -> f64 {
    let mut clients = Vec::new();
    for _ in 0..callers {
        clients.push(Grpc::over_tcp(address).await);
    }
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for (caller, mut client) in clients.into_iter().enumerate() {
        tasks.spawn(async move {
            for number in 0..each {
                let text = format!("Over round {round}: caller {caller} notes {number}.");
                let items = vec![RememberItem { text, ..Default::default() }];
                let request = RememberRequest { items, ..Default::default() };
                let stored: RememberResponse =
                    client.call("Remember", &request).await.expect("a write");
                assert_eq!(stored.results.len(), 1);
            }
        });
    }
    tasks.join_all().await;
    (callers * each) as f64 / began.elapsed().as_secs_f64()
}

/// Returns the notes per second in batches in the process.
pub(super) async fn batches_within(memory: &AgentMemory, notes: usize, round: usize) -> f64 {
    let began = Instant::now();
    for first in (0..notes).step_by(BATCH) {
        let numbers = first..(first + BATCH).min(notes);
        let texts = numbers.map(|number| format!("Batched note number {number} of round {round}."));
        remember_batch(memory, texts).await;
    }
    notes as f64 / began.elapsed().as_secs_f64()
}

/// Returns the notes per second of one stream over gRPC.
pub(super) async fn stream_over(address: SocketAddr, notes: usize, round: usize) -> f64 {
    let mut client = Grpc::over_tcp(address).await;
    let item = |number: usize| RememberItem {
        text: format!("Streamed note number {number} of round {round}."),
        ..Default::default()
    };
    let message = |first: usize| RememberRequest {
        items: (first..(first + BATCH).min(notes)).map(item).collect(),
        ..Default::default()
    };
    let messages: Vec<_> = (0..notes).step_by(BATCH).map(message).collect();
    let began = Instant::now();
    let summary: RememberSummary =
        client.stream("RememberStream", messages).await.expect("a stream");
    assert_eq!(summary.added as usize, notes, "{summary:?}");
    notes as f64 / began.elapsed().as_secs_f64()
}

/// Measures recalls and writes over 64 connections for some seconds: the tail of a recall, and the
/// growth of resident memory from the first tenth to the end.
pub(super) async fn mixed(report: &mut Report, address: SocketAddr, size: Size, seconds: u64) {
    let connections = size.pick(4, 64);
    let is_over = Arc::new(AtomicBool::new(false));
    let calls = Arc::new(AtomicU64::new(0));
    let mut tasks = JoinSet::new();
    for connection in 0..connections {
        let (is_over, calls) = (Arc::clone(&is_over), Arc::clone(&calls));
        tasks.spawn(async move { caller(address, connection, &is_over, &calls).await });
    }
    let whole = Duration::from_millis(size.pick(200, seconds * 1000));
    tokio::time::sleep(whole / 10).await;
    let before = status::of_process("VmRSS") as f64;
    tokio::time::sleep(whole * 9 / 10).await;
    let after = status::of_process("VmRSS") as f64;
    is_over.store(true, Ordering::Relaxed);
    let mut samples: Vec<u64> = tasks.join_all().await.into_iter().flatten().collect();
    let done = calls.load(Ordering::Relaxed) as f64 / whole.as_secs_f64();
    let workload = format!("mixed load of {connections} connections, {} s", whole.as_secs());
    report.rows.push(Row::new(&workload, "calls", "per s", &[done]));
    let tail = Tail::of(&mut samples);
    report.add_tail(&workload, "recall", samples);
    report.target(
        "recall under mixed load, p99 to p50",
        tail.p99 as f64 / tail.p50 as f64,
        Bound::AtMost(5.0),
    );
    let grown = (after - before) / before * 100.0;
    report.target_in("growth of resident memory", grown, "%", Bound::AtMost(5.0));
}

/// Alternates nine recalls and one write. Returns the durations of the recalls.
async fn caller(
    address: SocketAddr,
    connection: u64,
    is_over: &AtomicBool,
    calls: &AtomicU64,
) -> Vec<u64> {
    let mut client = Http::over_tcp(address).await;
    let mut numbers = Numbers::new(connection);
    let mut samples = Vec::new();
    while !is_over.load(Ordering::Relaxed) {
        if numbers.below(10) == 0 {
            // Repeats a few notes, so that the store does not grow.
            let text = format!("Connection {connection} notes {}.", numbers.below(4));
            let body = serde_json::json!({ "items": [{ "text": text }] });
            client.post("/api/v1/remember", body.to_string()).await;
        } else {
            let body = serde_json::json!({ "query": query(&mut numbers) });
            let began = Instant::now();
            client.post("/api/v1/recall", body.to_string()).await;
            samples.push(began.elapsed().as_nanos() as u64);
        }
        calls.fetch_add(1, Ordering::Relaxed);
    }
    samples
}
