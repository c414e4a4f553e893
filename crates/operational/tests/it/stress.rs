//! Several producers and readers at once: payloads are checksummed, each producer's order is kept,
//! and every entry is accounted for at the end.

use std::{
    num::NonZeroUsize,
    ops::ControlFlow,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
};

use aios_operational::ring::{Exit, Kept, Ring};

const PRODUCERS: u64 = 3;
const PUSHES_EACH: u64 = 30_000;

/// Large enough that tearing would show.
struct Payload {
    producer: u64,
    number: u64,
    body: [u64; 24],
}

impl Payload {
    fn new(producer: u64, number: u64) -> Payload {
        let mut state = producer << 32 | number;
        let body = [(); 24].map(|()| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            state
        });
        Payload { producer, number, body }
    }

    fn assert_whole(&self) {
        assert_eq!(self.body, Payload::new(self.producer, self.number).body);
    }
}

impl Drop for Payload {
    fn drop(&mut self) {
        self.body = [0; 24];
    }
}

/// Reads the ring with a cursor, and checks that nothing is skipped uncounted.
fn follow(ring: &Ring<Payload>, done: &AtomicBool) -> (u64, u64) {
    let (mut next, mut seen, mut missed) = (0, 0, 0);
    let mut last = [None; PRODUCERS as usize];
    loop {
        let finished = done.load(Ordering::Acquire);
        let mut expect = None;
        let span = ring.visit_since(next, |entry| {
            check_order(&entry, &mut last, |before, now| before < now);
            assert!(expect.is_none_or(|seq| seq < entry.seq()), "out of order");
            expect = Some(entry.seq());
            seen += 1;
            ControlFlow::Continue(())
        });
        missed += span.missed;
        next = span.next;
        if finished && next == ring.head() {
            return (seen, missed);
        }
        thread::yield_now();
    }
}

/// Reads back from the head repeatedly.
fn look_back(ring: &Ring<Payload>, done: &AtomicBool) {
    while !done.load(Ordering::Acquire) {
        let recent = ring.recent(50);
        let mut last = [None; PRODUCERS as usize];
        for pair in recent.entries.windows(2) {
            assert!(pair[1].seq() < pair[0].seq(), "out of order");
        }
        for entry in &recent.entries {
            check_order(entry, &mut last, |before, now| now < before);
        }
    }
}

fn check_order(entry: &Kept<Payload>, last: &mut [Option<u64>], in_order: fn(u64, u64) -> bool) {
    entry.assert_whole();
    let last = &mut last[entry.producer as usize];
    assert!(last.is_none_or(|before| in_order(before, entry.number)), "producer's order");
    *last = Some(entry.number);
}

#[test]
fn every_entry_is_whole_in_order_and_accounted_for() {
    for capacity in [1, 7, 64] {
        check(capacity, 0);
    }
}

#[test]
fn every_entry_is_accounted_for_with_concurrent_clears() {
    check(16, 400);
}

fn check(capacity: usize, clears: u64) {
    let ring = Ring::new(NonZeroUsize::new(capacity).unwrap());
    let (done, evicted, cleared) = (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0));
    let count = |entry: Kept<Payload>, exit: Exit| {
        entry.assert_whole();
        let counter = if exit == Exit::Evicted { &evicted } else { &cleared };
        counter.fetch_add(1, Ordering::Relaxed);
    };
    thread::scope(|scope| {
        let followers = [(); 2].map(|()| scope.spawn(|| follow(&ring, &done)));
        scope.spawn(|| look_back(&ring, &done));
        let clearer = scope.spawn(|| {
            for _ in 0..clears {
                ring.clear_with(count);
                thread::yield_now();
            }
        });
        let producers: Vec<_> = (0..PRODUCERS)
            .map(|producer| {
                let (ring, count) = (&ring, &count);
                scope.spawn(move || {
                    for number in 0..PUSHES_EACH {
                        let payload = Payload::new(producer, number);
                        ring.push_with(payload, count);
                    }
                })
            })
            .collect();
        for producer in producers {
            producer.join().unwrap();
        }
        clearer.join().unwrap();
        done.store(true, Ordering::Release);
        for follower in followers {
            let (seen, missed) = follower.join().unwrap();
            assert_eq!(seen + missed, PRODUCERS * PUSHES_EACH);
        }
    });
    let counters = ring.counters();
    assert_eq!(counters.pushed, PRODUCERS * PUSHES_EACH);
    assert_eq!(counters.evicted, evicted.into_inner());
    assert_eq!(counters.cleared, cleared.into_inner());
    assert_eq!(counters.kept, ring.recent(capacity).entries.len() as u64);
    assert_eq!(counters.kept + counters.evicted + counters.cleared, counters.pushed);
}
