//! The service compared with the same calls in the process: the cost of a call over the socket,
//! over loopback and over gRPC, and the effect of the limits.
//!
//! The clients run in the same process in their own thread pool, so both sides share the
//! processors, as an agent and its memory do on one machine.

mod client;
mod load;
mod texts;

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use aios_memory::{AgentMemory, Key, Kind};
use aios_memory_server::{Config, Listener, Server};
use serde_json::json;
use tokio::{runtime::Runtime, sync::oneshot};

use self::{
    client::{Grpc, Http},
    texts::{query, text},
};
use crate::{
    Size,
    numbers::Numbers,
    report::{Bound, Report, Row},
    status,
};

/// A running service, its memory, and its addresses.
struct Stand {
    memory: AgentMemory,
    address: std::net::SocketAddr,
    socket: PathBuf,
    _dir: tempfile::TempDir,
    stop: oneshot::Sender<()>,
    running: tokio::task::JoinHandle<()>,
}

impl Stand {
    async fn start(records: usize) -> Stand {
        let dir = tempfile::tempdir().expect("a directory");
        let mut settings = aios_memory::Config::at(dir.path().join("memory"));
        settings.embedding.model = "static".to_owned();
        let memory = AgentMemory::open(settings).await.expect("the memory opens");
        fill(&memory, records).await;
        let socket = dir.path().join("s");
        let listener = Listener::bind("127.0.0.1:0".parse().expect("an address")).await;
        let listener = listener.expect("an address").and_unix(&socket).await.expect("a socket");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel::<()>();
        let mut config = Config::default();
        config.connections_max = 2_000;
        let server = Server::new(memory.clone(), config);
        let running = tokio::spawn(async move {
            let shutdown = async {
                let _ = stopped.await;
            };
            server.serve(listener, shutdown).await.expect("the service runs");
        });
        Stand { memory, address, socket, _dir: dir, stop, running }
    }

    async fn end(self) {
        let _ = self.stop.send(());
        self.running.await.expect("the service ends");
        self.memory.shutdown().await.expect("the memory closes");
    }
}

async fn fill(memory: &AgentMemory, records: usize) {
    let notes: Vec<_> = (0..records as u64).collect();
    for batch in notes.chunks(512) {
        let texts = batch.iter().map(|number| text(*number));
        load::remember_batch(memory, texts).await;
    }
    let waiting = memory.search_options().with_limit(1);
    let began = Instant::now();
    while memory.recall_with("note", &waiting).await.expect("a recall").vectors_outstanding != 0 {
        assert!(began.elapsed() < Duration::from_secs(600), "the vectors never come");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Measures the service, and prints its table.
///
/// # Panics
/// If the service cannot start or a call fails.
#[must_use]
pub fn run(size: Size, seconds: u64) -> Report {
    let runtime = Runtime::new().expect("a runtime");
    let mut report = Report::default();
    runtime.block_on(async {
        let stand = Stand::start(size.pick(64, 10_000)).await;
        recalls(&mut report, &stand, size).await;
        writes(&mut report, &stand, size).await;
        idle(&mut report, &stand, size).await;
        load::mixed(&mut report, stand.address, size, seconds).await;
        stand.end().await;
    });
    report
}

/// Measures the same queries in the process and over each transport.
async fn recalls(report: &mut Report, stand: &Stand, size: Size) {
    let calls = size.pick(8, 400);
    let workload = format!("recall of 10 among {}", size.pick(64, 10_000));
    let mut socket = Http::over_socket(&stand.socket).await;
    let mut loopback = Http::over_tcp(stand.address).await;
    let mut grpc = Grpc::over_tcp(stand.address).await;
    let mut samples: [Vec<u64>; 4] = Default::default();
    let mut numbers = Numbers::new(7);
    let options = stand.memory.search_options();
    for round in 0..calls + 8 {
        let query = query(&mut numbers);
        let body = json!({ "query": query }).to_string();
        let mut took = [0; 4];
        let began = Instant::now();
        let hits = stand.memory.recall_with(&query, &options).await.expect("a recall").hits.len();
        took[0] = began.elapsed().as_nanos() as u64;
        for (at, client) in [&mut socket, &mut loopback].into_iter().enumerate() {
            let began = Instant::now();
            let answer = client.post("/api/v1/recall", body.clone()).await;
            took[at + 1] = began.elapsed().as_nanos() as u64;
            assert_eq!(answer["hits"].as_array().map(Vec::len), Some(hits), "{answer}");
        }
        let began = Instant::now();
        let found = grpc.recall(&query).await;
        took[3] = began.elapsed().as_nanos() as u64;
        assert_eq!(found, hits);
        // The first rounds fill caches.
        if 8 <= round {
            for (samples, took) in samples.iter_mut().zip(took) {
                samples.push(took);
            }
        }
    }
    let contenders = ["in the process", "HTTP, socket", "HTTP, loopback", "gRPC, loopback"];
    for (contender, samples) in contenders.into_iter().zip(samples) {
        report.add_tail(&workload, contender, samples);
    }
    for (contender, extra_ms) in
        [("HTTP, socket", 0.3), ("HTTP, loopback", 0.5), ("gRPC, loopback", 0.5)]
    {
        let within = report.median(&workload, "in the process");
        let extra = report.median(&workload, contender) - within;
        let what = format!("{contender}: above the call in the process, p50");
        report.target_in(&what, extra / 1e6, "ms", Bound::AtMost(extra_ms));
    }
}

/// Measures pushes, single durable writes and batches.
async fn writes(report: &mut Report, stand: &Stand, size: Size) {
    let pushes = size.pick(64, 60_000);
    let rate = load::pushes(stand.address, 16, pushes).await;
    report.rows.push(Row::new("events pushed by 16 connections", "gRPC", "per s", &[rate]));
    report.target_in("PushEvent by 16 connections", rate, "per s", Bound::AtLeast(15_000.0));

    let each = size.pick(1, 40);
    let workload = "notes by 64 callers, each durable";
    let (mut within, mut over) = (Vec::new(), Vec::new());
    for round in 0..size.pick(1, 3) {
        within.push(load::remember_within(&stand.memory, 64, each, round).await);
        over.push(load::remember_over(stand.address, 64, each, round).await);
    }
    report.rows.push(Row::new(workload, "in the process", "per s", &within));
    report.rows.push(Row::new(workload, "gRPC", "per s", &over));
    let ratio = report.median(workload, "gRPC") / report.median(workload, "in the process");
    report.target("Remember by 64 callers, to the process", ratio, Bound::AtLeast(0.7));

    let notes = size.pick(64, 8_192);
    let workload = "notes in batches";
    let (mut within, mut over) = (Vec::new(), Vec::new());
    for round in 0..size.pick(1, 3) {
        within.push(load::batches_within(&stand.memory, notes, round).await);
        over.push(load::stream_over(stand.address, notes, round).await);
    }
    report.rows.push(Row::new(workload, "in the process", "per s", &within));
    report.rows.push(Row::new(workload, "RememberStream", "per s", &over));
    let within = report.median(workload, "in the process");
    let ratio = report.median(workload, "RememberStream") / within;
    report.target("RememberStream, to batches in the process", ratio, Bound::AtLeast(0.8));
    check_stored(&stand.memory).await;
}

/// Checks that a note of the last stream is stored, so that the measured work was done.
async fn check_stored(memory: &AgentMemory) {
    let found = memory.recall("streamed note number 3 of round 0").await.expect("a recall");
    let first = found.hits.first().expect("a hit");
    let stored = memory.get(&Key::new(Kind::Note, first.id.clone())).await.expect("a record");
    assert!(stored.is_some());
}

/// Measures the resident memory of open connections without calls. The clients' ends are in the
/// same process.
async fn idle(report: &mut Report, stand: &Stand, size: Size) {
    let connections = size.pick(8, 1_000);
    let before = status::of_process("VmRSS");
    let mut open = Vec::new();
    for _ in 0..connections {
        let mut client = Http::over_tcp(stand.address).await;
        client.get("/healthz").await;
        open.push(client);
    }
    let grown = status::of_process("VmRSS").saturating_sub(before) as f64 / 1024.0;
    drop(open);
    let what = format!("resident memory of {connections} idle connections, both ends");
    report.rows.push(Row::new(&what, "HTTP", "MB", &[grown]));
    report.target_in(&what, grown, "MB", Bound::AtMost(40.0));
}
