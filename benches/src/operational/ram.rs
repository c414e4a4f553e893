//! RAM use of the ring: with concurrent readers, after many pushes, and while a reader is stopped
//! in the middle of a read.
//!
//! Entries are counted by their `Drop`, so the results are exact and independent of the allocator's
//! handling of freed memory.

use std::{
    hint::black_box,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc,
    },
    thread,
};

use aios_operational::Ring;

use super::CAPACITY;
use crate::{
    Size,
    report::{Report, Row},
};

pub(super) const WORKLOAD: &str = "RAM, 200-byte events";
pub(super) const PAYLOAD: &str = "the payload itself";
pub(super) const BUSY: &str = "Ring, busy readers, most";

const PAYLOAD_BYTES: usize = 200;
/// Maximum number of bytes per slot.
const SLOT_BYTES: usize = 16;
/// Size of a payload, its reference count and its `seq`, rounded up as by the allocator.
const ENTRY_BYTES: usize = (PAYLOAD_BYTES + 16 + 8).next_multiple_of(16);

/// A payload that counts its live instances.
struct Counted {
    _bytes: [u8; PAYLOAD_BYTES - size_of::<Arc<AtomicU64>>()],
    alive: Arc<AtomicU64>,
}

impl Counted {
    fn new(alive: &Arc<AtomicU64>) -> Counted {
        alive.fetch_add(1, Ordering::Relaxed);
        Counted { _bytes: [7; _], alive: Arc::clone(alive) }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.alive.fetch_sub(1, Ordering::Relaxed);
    }
}

struct Watched {
    ring: Ring<Counted>,
    alive: Arc<AtomicU64>,
}

impl Watched {
    fn new() -> Watched {
        Watched { ring: Ring::new(CAPACITY.try_into().expect("not zero")), alive: Arc::default() }
    }

    /// Pushes `count` times and returns the maximum number of bytes.
    fn push(&self, count: u64) -> f64 {
        let mut most = 0;
        for number in 0..count {
            self.ring.push(Counted::new(&self.alive));
            if number % 64 == 0 {
                most = most.max(self.alive.load(Ordering::Relaxed));
            }
        }
        bytes(most)
    }
}

fn bytes(entries: u64) -> f64 {
    (CAPACITY * SLOT_BYTES) as f64 + entries as f64 * ENTRY_BYTES as f64
}

pub(super) fn measure(size: Size, report: &mut Report) {
    let mut add = |name: &str, bytes: f64| {
        report.rows.push(Row::new(WORKLOAD, name, "bytes", &[bytes]));
    };
    add(PAYLOAD, (CAPACITY * PAYLOAD_BYTES) as f64);
    let few = size.pick(20_000, 2_000_000);
    add("Ring, no reader, most", Watched::new().push(few));
    add(BUSY, with_readers(few));
    let many = size.pick(30_000, 100_000_000);
    let watched = Watched::new();
    add("Ring, first 1 % of many pushes, most", watched.push(many / 100));
    add("Ring, all of these pushes, most", watched.push(many));
    let (stalled, after) = with_stalled_reader(size);
    add("Ring, a reader stopped in a read", stalled);
    add("Ring, after that read", after);
}

/// Returns the maximum number of bytes while a reader reads repeatedly.
fn with_readers(count: u64) -> f64 {
    let (watched, done) = (Watched::new(), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                black_box(watched.ring.recent(super::RECENT));
            }
        });
        let most = watched.push(count);
        done.store(true, Ordering::Relaxed);
        most
    })
}

/// Returns the number of bytes after pushes during which a reader is stopped in a read, and the
/// number after the reader has resumed and the same number of pushes has followed.
fn with_stalled_reader(size: Size) -> (f64, f64) {
    let pushes = size.pick(20_000, 1_000_000);
    let watched = Watched::new();
    watched.push(CAPACITY as u64);
    let (began_in, began) = mpsc::channel();
    let (go_on, wait) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let ring = &watched.ring;
        scope.spawn(move || {
            ring.visit_recent(|_held| {
                began_in.send(()).expect("the test waits");
                // Returns once the other end is dropped.
                _ = wait.recv();
                std::ops::ControlFlow::Break(())
            });
        });
        began.recv().expect("the reader began");
        let stalled = watched.push(pushes);
        drop(go_on);
        watched.push(pushes);
        (stalled, bytes(watched.alive.load(Ordering::Relaxed)))
    })
}
