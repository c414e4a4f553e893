//! Metrics of the service in the Prometheus text format. Labels contain no texts, users or ids.

use std::{sync::atomic::AtomicU64, time::Duration};

use aios_memory::{AgentMemory, Error, Stats};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

/// Upper bounds of the histogram's buckets, in seconds.
const BOUNDS: [f64; 12] =
    [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

/// The metrics of a service.
pub(crate) struct Metrics {
    memory: AgentMemory,
    registry: Registry,
    requests: Family<Request, Counter>,
    seconds: Family<Timed, Histogram, fn() -> Histogram>,
    connections: Gauge,
    streams: Gauge,
    records: Family<Kept, Gauge>,
    pending: Gauge,
    lag: Gauge,
    lost: Family<Lost, Gauge>,
    disk: Gauge,
    resident: Gauge,
    cpu: Gauge<f64, AtomicU64>,
    descriptors: Gauge,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    transport: &'static str,
    operation: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Timed {
    transport: &'static str,
    operation: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Kept {
    kind: String,
    tier: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Lost {
    reason: &'static str,
}

fn histogram() -> Histogram {
    Histogram::new(BOUNDS)
}

impl Metrics {
    pub(crate) fn new(memory: AgentMemory) -> Metrics {
        let mut registry = Registry::with_prefix("aios_memory");
        let seconds = Family::new_with_constructor(histogram as fn() -> Histogram);
        let metrics = Metrics {
            memory,
            requests: Family::default(),
            seconds,
            connections: Gauge::default(),
            streams: Gauge::default(),
            records: Family::default(),
            pending: Gauge::default(),
            lag: Gauge::default(),
            lost: Family::default(),
            disk: Gauge::default(),
            resident: Gauge::default(),
            cpu: Gauge::default(),
            descriptors: Gauge::default(),
            registry: Registry::default(),
        };
        registry.register("requests", "Calls", metrics.requests.clone());
        registry.register("request_seconds", "Time of calls", metrics.seconds.clone());
        registry.register("connections", "Open connections", metrics.connections.clone());
        registry.register("streams", "Open streams", metrics.streams.clone());
        registry.register("records", "Records by kind", metrics.records.clone());
        registry.register(
            "journal_pending",
            "Changes that the library does not have yet",
            metrics.pending.clone(),
        );
        registry.register(
            "feed_lag",
            "Changes that long-term memory has not received",
            metrics.lag.clone(),
        );
        registry.register("events_lost", "Events lost, by reason", metrics.lost.clone());
        registry.register("disk_bytes", "Bytes of the data on the disk", metrics.disk.clone());
        registry.register("resident_bytes", "Resident memory", metrics.resident.clone());
        registry.register("cpu_seconds", "Processor time", metrics.cpu.clone());
        registry.register("open_files", "Open file descriptors", metrics.descriptors.clone());
        Metrics { registry, ..metrics }
    }

    /// Counts a call.
    pub(crate) fn count(
        &self,
        is_grpc: bool,
        operation: &'static str,
        outcome: &'static str,
        took: Duration,
    ) {
        let transport = if is_grpc { "grpc" } else { "http" };
        self.requests.get_or_create(&Request { transport, operation, outcome }).inc();
        let timed = Timed { transport, operation };
        self.seconds.get_or_create(&timed).observe(took.as_secs_f64());
    }

    pub(crate) fn connections(&self, open: usize) {
        self.connections.set(i64::try_from(open).unwrap_or(i64::MAX));
    }

    pub(crate) fn streams(&self, open: usize) {
        self.streams.set(i64::try_from(open).unwrap_or(i64::MAX));
    }

    /// Returns the metrics, with the current ones of the memory and of the process.
    ///
    /// # Errors
    /// Errors of the memory.
    pub(crate) async fn text(&self) -> Result<String, Error> {
        let stats = self.memory.administrator().stats().await?;
        self.take(&stats);
        self.take_process();
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("writing into a string cannot fail");
        Ok(text)
    }

    fn take(&self, stats: &Stats) {
        let whole = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        for (tier, counts) in
            [("working", &stats.working), ("longterm", &stats.longterm.collections)]
        {
            for (kind, count) in counts {
                let kept = Kept { kind: (*kind).to_owned(), tier };
                self.records.get_or_create(&kept).set(whole(*count));
            }
        }
        self.pending.set(whole(stats.longterm.pending));
        self.lag.set(whole(stats.behind));
        self.disk.set(whole(stats.disk_bytes));
        let unwritten = self.lost.get_or_create(&Lost { reason: "unwritten" });
        unwritten.set(whole(stats.events_unwritten));
    }

    /// Reads the metrics of this process on systems with `/proc`.
    fn take_process(&self) {
        if let Ok(statm) = std::fs::read_to_string("/proc/self/statm")
            && let Some(pages) = statm.split(' ').nth(1).and_then(|it| it.parse::<i64>().ok())
        {
            self.resident.set(pages * page_bytes());
        }
        if let Ok(time) = nix::time::clock_gettime(nix::time::ClockId::CLOCK_PROCESS_CPUTIME_ID) {
            self.cpu.set(Duration::from(time).as_secs_f64());
        }
        if let Ok(entries) = std::fs::read_dir("/proc/self/fd") {
            self.descriptors.set(i64::try_from(entries.count()).unwrap_or(i64::MAX));
        }
    }
}

fn page_bytes() -> i64 {
    use nix::unistd::{SysconfVar, sysconf};
    sysconf(SysconfVar::PAGE_SIZE).ok().flatten().unwrap_or(4096)
}
