//! The workloads of tier 0: pushing and reading events, updating metrics, the snapshot, RAM.
//!
//! Every contender holds `Arc`s of the same event at the same capacity, and drops evicted events
//! outside of its lock. Contenders are interleaved in short rounds, so that other load on the
//! machine affects all of them; the result is the median of the rounds. The module `parallel` makes
//! threads contend.

mod contender;
mod metrics;
mod parallel;
mod ram;

use std::{
    hint::black_box,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use aios_operational::{Config, Event, Filter, Operational, Ring};
use crossbeam_epoch as epoch;
use serde_json::json;

use crate::{
    Size,
    report::{Bound, Report, Row, Tail},
};
pub use contender::{Contender, LockedDeque, Queue, SharedDeque, event};
use parallel::Round;

/// Capacity of every contender, in events.
pub const CAPACITY: usize = 10_000;
/// Events per read.
pub const RECENT: usize = 100;

/// Runs all workloads.
#[must_use]
pub fn run(size: Size) -> Report {
    let mut report = Report::default();
    floor(size, &mut report);
    pushes(size, &mut report);
    tails(size, &mut report);
    fresh(size, &mut report);
    reads(size, &mut report);
    metrics::updates(size, &mut report);
    snapshot(size, &mut report);
    ram::measure(size, &mut report);
    targets(&mut report);
    report
}

/// Creates the ring of `Arc`s, as a contender.
#[must_use]
pub fn ring() -> Ring<Arc<Event>> {
    Ring::new(CAPACITY.try_into().expect("not zero"))
}

/// Measures the components of a push, and those of epoch-based reclamation: a pin, an allocation, a
/// deferred free.
fn floor(size: Size, report: &mut Report) {
    let workload = "floor";
    let count = size.pick(20, 10_000);
    let number = AtomicU64::new(0);
    let add = |_| _ = black_box(number.fetch_add(1, Ordering::Relaxed));
    report.add(workload, "atomic addition", &each(count, size, 1, add));
    // Two threads cannot order their pushes faster than they can update a shared counter.
    report.add(workload, "the same, 2 threads", &each(count, size, 2, add));
    // All contenders that hold `Arc`s of the same event share its reference count.
    let shared = Arc::new(event());
    let count_up_and_down = |_| drop(black_box(Arc::clone(&shared)));
    report.add(workload, "Arc: clone, drop", &each(count, size, 1, count_up_and_down));
    report.add(workload, "the same, 2 threads", &each(count, size, 2, count_up_and_down));
    let plain = Ring::new(CAPACITY.try_into().expect("not zero"));
    let push = |number| _ = plain.push([number; 3]);
    report.add(workload, "Ring of plain values", &each(count, size, 1, push));
    report.add(workload, "the same, 2 threads", &each(count, size, 2, push));
    let allocate = |number| drop(black_box(Box::new([number; 3])));
    report.add(workload, "allocate, free", &each(count, size, 1, allocate));
    report.add(workload, "epochs: pin", &each(count, size, 1, |_| drop(black_box(epoch::pin()))));
    let defer = |number| {
        let garbage = black_box(Box::new([number; 3]));
        epoch::pin().defer(move || drop(garbage));
    };
    report.add(workload, "epochs: pin, allocate, defer", &each(count, size, 1, defer));
}

/// Measures the throughput of pushes, with and without a reader.
fn pushes(size: Size, report: &mut Report) {
    for (producers, readers) in [(1, 0), (2, 0), (1, 1), (2, 1)] {
        let workload = push_name(producers, readers);
        let (ring, mutex, rwlock, queue) =
            (ring(), LockedDeque::default(), SharedDeque::default(), Queue::default());
        report.add(&workload, "Ring", &contend(&ring, producers, readers, size));
        // Reading an `ArrayQueue` removes entries, so it never has a reader.
        report.add(&workload, QUEUE, &contend(&queue, producers, 0, size));
        report.add(&workload, MUTEX, &contend(&mutex, producers, readers, size));
        report.add(&workload, RWLOCK, &contend(&rwlock, producers, readers, size));
    }
}

const QUEUE: &str = "ArrayQueue, no reader";
const MUTEX: &str = "Mutex<VecDeque>";
const RWLOCK: &str = "RwLock<VecDeque>";

fn push_name(producers: usize, readers: usize) -> String {
    format!("push, {producers} producer(s), {readers} reader(s)")
}

/// Returns the nanoseconds per push of all producers together, for each round.
fn contend(contender: &impl Contender, producers: usize, readers: usize, size: Size) -> Vec<f64> {
    let fit = parallel::fit(producers + readers);
    let count = size.pick(500, if fit { 10_000 } else { 100_000 });
    let events: Vec<Arc<Event>> = (0..producers).map(|_| Arc::new(event())).collect();
    let work = |producer: usize| {
        for _ in 0..count {
            contender.push(Arc::clone(&events[producer]));
        }
        Vec::new()
    };
    let rounds = parallel::rounds(size, producers, readers, work, || {
        black_box(contender.recent(RECENT));
    });
    let each = |round: &Round| round.elapsed.as_nanos() as f64 / (count * producers) as f64;
    rounds.iter().map(each).collect()
}

/// Measures the latency of single pushes while a reader is busy.
fn tails(size: Size, report: &mut Report) {
    let (ring, mutex, rwlock, queue) =
        (ring(), LockedDeque::default(), SharedDeque::default(), Queue::default());
    let samples = [
        ("Ring", time_each(&ring, 1, size)),
        (QUEUE, time_each(&queue, 0, size)),
        (MUTEX, time_each(&mutex, 1, size)),
        (RWLOCK, time_each(&rwlock, 1, size)),
    ];
    for (name, mut samples) in samples {
        let mean = samples.iter().sum::<u64>() as f64 / samples.len() as f64;
        let tail = Some(Tail::of(&mut samples));
        report.rows.push(Row { tail, ..Row::new(TAILS, name, "ns", &[mean]) });
    }
}

const TAILS: &str = "one push, busy reader";

fn time_each(contender: &impl Contender, readers: usize, size: Size) -> Vec<u64> {
    let event = Arc::new(event());
    let work = |_| {
        let push = |_| {
            let event = Arc::clone(&event);
            let started = Instant::now();
            contender.push(event);
            started.elapsed().as_nanos() as u64
        };
        (0..size.pick(500, 10_000)).map(push).collect()
    };
    let rounds = parallel::rounds(size, 1, readers, work, || {
        black_box(contender.recent(RECENT));
    });
    rounds.into_iter().flat_map(|round| round.samples.into_iter().flatten()).collect()
}

/// Measures pushes of new events, including their construction. This is the cost of `push_event` in
/// practice, where every event is different.
fn fresh(size: Size, report: &mut Report) {
    let count = size.pick(20, 1_000);
    let workload = "push of a new event";
    let memory = Operational::open(Config::default().with_capacity(CAPACITY))
        .expect("the configuration is valid");
    let (ring, queue) = (ring(), Queue::default());
    let own = Ring::new(CAPACITY.try_into().expect("not zero"));
    report.add(
        workload,
        "building it alone",
        &each(count, size, 1, |_| {
            drop(black_box(Arc::new(event())));
        }),
    );
    report.add(
        workload,
        "Operational",
        &each(count, size, 1, |_| {
            memory.push_event(event()).expect("it is small");
        }),
    );
    report.add(workload, "Ring<Event>", &each(count, size, 1, |_| _ = own.push(event())));
    report.add(
        workload,
        "Ring<Arc<Event>>",
        &each(count, size, 1, |_| _ = ring.push(Arc::new(event()))),
    );
    let force_push = |_| queue.push(Arc::new(event()));
    report.add(workload, "ArrayQueue<Arc<Event>>", &each(count, size, 1, force_push));
}

/// Measures reads of a full ring.
fn reads(size: Size, report: &mut Report) {
    let memory = Operational::open(Config::default().with_capacity(CAPACITY))
        .expect("the configuration is valid");
    let (ring, mutex, rwlock) = (ring(), LockedDeque::default(), SharedDeque::default());
    let shared = Arc::new(event());
    for number in 0..CAPACITY {
        let category = if number % 10 == 0 { "alarm" } else { "event" };
        memory.push_event(Event::new(category, "s", json!(number))).expect("it is small");
        ring.push(Arc::clone(&shared));
        mutex.push(Arc::clone(&shared));
        rwlock.push(Arc::clone(&shared));
    }
    let (all, alarms) = (Filter::all(), Filter::all().with_category("alarm"));
    let count = size.pick(20, 100);
    let workload = "recent(100)";
    report.add(
        workload,
        "Operational",
        &each(count, size, 1, |_| {
            assert_eq!(memory.recent(RECENT, &all).events.len(), RECENT);
        }),
    );
    report.add(
        workload,
        "Ring",
        &each(count, size, 1, |_| {
            assert_eq!(ring.recent(RECENT).entries.len(), RECENT);
        }),
    );
    report.add(
        workload,
        MUTEX,
        &each(count, size, 1, |_| assert_eq!(mutex.recent(RECENT), RECENT)),
    );
    report.add(
        workload,
        RWLOCK,
        &each(count, size, 1, |_| assert_eq!(rwlock.recent(RECENT), RECENT)),
    );
    report.add(
        "recent(100, category), 1 in 10",
        "Operational",
        &each(count, size, 1, |_| {
            assert_eq!(memory.recent(RECENT, &alarms).events.len(), RECENT);
        }),
    );
}

/// Measures the cached snapshot within a second of the previous one, and the first snapshot, which
/// queries the machine.
fn snapshot(size: Size, report: &mut Report) {
    let count = size.pick(20, 1_000);
    let memory = Operational::open(Config::default()).expect("the configuration is valid");
    let started = Instant::now();
    black_box(memory.snapshot());
    report.add("snapshot", "first: asks the machine", &[started.elapsed().as_nanos() as f64]);
    report.add(
        "snapshot",
        "within the second",
        &each(count, size, 1, |_| {
            _ = black_box(memory.snapshot());
        }),
    );
}

/// Returns the nanoseconds per call of `work` for each round, in which `threads` threads make
/// `count` calls each. A round should be shorter than the scheduler's time slice.
fn each(count: usize, size: Size, threads: usize, work: impl Fn(usize) + Sync) -> Vec<f64> {
    let rounds = parallel::rounds(
        size,
        threads,
        0,
        |_| {
            (0..count).for_each(&work);
            Vec::new()
        },
        || {},
    );
    let each = |round: &Round| round.elapsed.as_nanos() as f64 / (count * threads) as f64;
    rounds.iter().map(each).collect()
}

fn targets(report: &mut Report) {
    let ratio = |workload: &str, above: &str, below: &str| {
        report.median(workload, above) / report.median(workload, below)
    };
    let found = [
        (
            "push of a ready Arc against ArrayQueue::force_push, 1 producer",
            ratio(&push_name(1, 0), "Ring", QUEUE),
            Bound::AtMost(2.0),
        ),
        ("the same, 2 producers", ratio(&push_name(2, 0), "Ring", QUEUE), Bound::AtMost(2.0)),
        (
            "throughput of 2 producers with a reader against RwLock<VecDeque>",
            ratio(&push_name(2, 1), RWLOCK, "Ring"),
            Bound::AtLeast(5.0),
        ),
        (
            "p99.9 of pushes with a busy reader against Mutex<VecDeque>",
            p999(report, MUTEX) / p999(report, "Ring"),
            Bound::AtLeast(5.0),
        ),
        (
            "metric updates of 2 writers against RwLock<HashMap>, 64 keys",
            ratio(metrics::SHARED, metrics::RIVAL, "Operational"),
            Bound::AtLeast(3.0),
        ),
        (
            "the same, keys of their own",
            ratio(metrics::OWN, metrics::RIVAL, "Operational"),
            Bound::AtLeast(3.0),
        ),
        (
            "RAM against the payload, readers coming and going",
            report.median(ram::WORKLOAD, ram::BUSY) / report.median(ram::WORKLOAD, ram::PAYLOAD),
            Bound::AtMost(3.0),
        ),
    ];
    for (what, ratio, bound) in found {
        report.target(what, ratio, bound);
    }
}

fn p999(report: &Report, contender: &str) -> f64 {
    let row = report.row(TAILS, contender);
    row.tail.map_or(f64::NAN, |tail| tail.p999 as f64)
}
