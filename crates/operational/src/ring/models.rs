//! Loom models of the ring: every interleaving, and every value that the memory model lets a read
//! return, up to the preemption bound (`LOOM_MAX_PREEMPTIONS`, default 3). Run by
//! `cargo xtask verify`.
//!
//! A payload is a cell whose accesses loom checks: a read before the write is visible, or a free
//! while it may still be read, is a race that ends the model. Loom also reports a payload that is
//! never freed. In models an entry starts with `slot::WEIGHT` = 4 references, so that slots run
//! short of them and must be replenished.

// Loom's cells are read and written through raw pointers.
#![allow(unsafe_code)]

use loom::{cell::UnsafeCell, sync::Arc, thread};

use super::*;

/// Preemption bound if the environment sets none.
const PREEMPTIONS_DEFAULT: usize = 3;
const FREED: u64 = u64::MAX;

/// A value whose reads and writes loom checks.
struct Payload {
    body: UnsafeCell<u64>,
    /// Loom reports an `Arc` that outlives its execution.
    _leak: Arc<()>,
}

// SAFETY: it holds only if the ring is correct, which is what the models verify.
unsafe impl Sync for Payload {}

impl Payload {
    fn new(number: u64) -> Payload {
        let body = UnsafeCell::new(0);
        // SAFETY: no other thread has it yet.
        body.with_mut(|body| unsafe { *body = number });
        Payload { body, _leak: Arc::new(()) }
    }
}

impl Drop for Payload {
    fn drop(&mut self) {
        // SAFETY: exclusive access, which loom checks.
        self.body.with_mut(|body| unsafe { *body = FREED });
    }
}

/// Returns the number of `entry`, which must have been written and not freed.
fn whole(entry: &Kept<Payload>) -> u64 {
    // SAFETY: shared access to a cell that is no longer written, which loom checks.
    let number = entry.body.with(|body| unsafe { *body });
    assert_ne!(number, FREED, "seen after it was freed");
    number
}

type Model = Arc<Ring<Payload>>;

fn model(capacity: usize) -> Model {
    Arc::new(Ring::new(NonZeroUsize::new(capacity).expect("models have places")))
}

/// Runs `work` on its own thread.
fn spawn<R: 'static>(
    ring: &Model,
    work: impl FnOnce(Model) -> R + 'static,
) -> thread::JoinHandle<R> {
    let ring = Arc::clone(ring);
    thread::spawn(move || work(ring))
}

/// Pushes `number` and returns its `seq`, and the numbers of the entries that left the ring.
fn push(ring: &Model, number: u64) -> (u64, Vec<u64>) {
    let mut left = Vec::new();
    let seq = ring.push_with(Payload::new(number), |entry, _| left.push(whole(&entry)));
    (seq, left)
}

/// Clears the ring and returns the number of removed entries.
fn clear(ring: &Model) -> u64 {
    let mut left = 0;
    ring.clear_with(|entry, _| {
        whole(&entry);
        left += 1;
    });
    left
}

/// Reads every entry, newest first, as `(seq, number)`, and the number of missed entries.
fn read(ring: &Model) -> (Vec<(u64, u64)>, u64) {
    let mut seen = Vec::new();
    let missed = ring.visit_recent(|entry| {
        seen.push((entry.seq(), whole(&entry)));
        ControlFlow::Continue(())
    });
    (seen, missed)
}

fn read_on(ring: &Model, seq: u64) -> (Vec<(u64, u64)>, Span) {
    let mut seen = Vec::new();
    let span = ring.visit_since(seq, |entry| {
        seen.push((entry.seq(), whole(&entry)));
        ControlFlow::Continue(())
    });
    (seen, span)
}

fn check(model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(Some(PREEMPTIONS_DEFAULT));
    builder.check(model);
}

fn assert_balanced(ring: &Model, pushed: u64) {
    let counters = ring.counters();
    assert_eq!(counters.pushed, pushed);
    assert_eq!(counters.kept, read(ring).0.len() as u64, "what is kept can be seen");
    assert_eq!(counters.kept + counters.evicted + counters.cleared, pushed);
}

#[test]
fn two_pushes_get_two_slots() {
    check(|| {
        let ring = model(2);
        let other = spawn(&ring, |ring| push(&ring, 7));
        let (mine, left) = push(&ring, 8);
        assert!(left.is_empty());
        let (theirs, left) = other.join().unwrap();
        assert!(left.is_empty());
        let mut expect = vec![(mine, 8), (theirs, 7)];
        expect.sort_by(|a, b| b.cmp(a));
        assert_eq!(read(&ring), (expect, 0));
        assert_balanced(&ring, 2);
    });
}

#[test]
fn a_lapped_writer_never_replaces_a_newer_entry() {
    check(|| {
        let ring = model(1);
        let others = [7, 8].map(|number| spawn(&ring, move |ring| push(&ring, number)));
        let mut pushes = vec![(push(&ring, 9), 9)];
        for (other, number) in others.into_iter().zip([7, 8]) {
            pushes.push((other.join().unwrap(), number));
        }
        pushes.sort_by_key(|((seq, _), _)| *seq);
        let newest = pushes[2].1;
        assert_eq!(read(&ring), (vec![(2, newest)], 0));
        let mut left: Vec<u64> = pushes.into_iter().flat_map(|((_, left), _)| left).collect();
        left.push(newest);
        left.sort_unstable();
        assert_eq!(left, [7, 8, 9], "each but the newest was evicted, once");
        assert_balanced(&ring, 3);
    });
}

#[test]
fn a_reader_sees_entries_whole_or_not_at_all() {
    check(|| {
        let ring = model(1);
        let writer = spawn(&ring, |ring| {
            push(&ring, 7);
            push(&ring, 8);
        });
        let (seen, missed) = read(&ring);
        assert!(matches!(seen[..], [] | [(0, 7)] | [(1, 8)]), "{seen:?}");
        assert!(seen.len() as u64 + missed <= 1);
        writer.join().unwrap();
        assert_balanced(&ring, 2);
    });
}

#[test]
fn wrapping_around_keeps_the_order() {
    check(|| {
        let ring = model(2);
        let writer = spawn(&ring, |ring| {
            for number in 1..=3 {
                push(&ring, number);
            }
        });
        let (seen, _) = read(&ring);
        for pair in seen.windows(2) {
            assert!(pair[1].0 < pair[0].0, "{seen:?}");
        }
        assert!(seen.iter().all(|(seq, number)| seq + 1 == *number), "{seen:?}");
        writer.join().unwrap();
        assert_eq!(read(&ring), (vec![(2, 3), (1, 2)], 0));
        assert_balanced(&ring, 3);
    });
}

#[test]
fn a_cursor_accounts_for_every_entry() {
    check(|| {
        let ring = model(1);
        let others = [7, 8].map(|number| spawn(&ring, move |ring| push(&ring, number).0));
        let (first, span) = read_on(&ring, 0);
        assert_eq!(first.len() as u64 + span.missed, span.next);
        let seqs = others.map(|other| other.join().unwrap());
        let (second, rest) = read_on(&ring, span.next);
        assert_eq!(rest.next, 2);
        assert_eq!(second.len() as u64 + rest.missed, 2 - span.next);
        for (seq, number) in first.into_iter().chain(second) {
            assert_eq!(seqs[(number - 7) as usize], seq);
        }
    });
}

#[test]
fn a_slot_short_of_references_is_replenished() {
    check(|| {
        let ring = model(1);
        push(&ring, 7);
        let before = ring.recent(1).entries;
        let reader = spawn(&ring, |ring| ring.recent(1).entries.iter().map(whole).collect());
        let writer = spawn(&ring, |ring| push(&ring, 8).1);
        let kept = ring.recent(1).entries;
        let seen: Vec<u64> = reader.join().unwrap();
        assert_eq!(writer.join().unwrap(), [7]);
        let here = before.iter().chain(&kept).map(whole);
        assert!(here.chain(seen).all(|number| number == 7 || number == 8));
        assert_balanced(&ring, 2);
    });
}

#[test]
fn clearing_during_a_push_removes_each_entry_once() {
    check(|| {
        let ring = model(1);
        push(&ring, 6);
        let writer = spawn(&ring, |ring| push(&ring, 7).1.len() as u64);
        let removed = clear(&ring);
        let left = writer.join().unwrap();
        assert_eq!(removed + left + read(&ring).0.len() as u64, 2);
        assert_balanced(&ring, 2);
    });
}

#[test]
fn concurrent_clears_and_pushes_lose_no_entry() {
    check(|| {
        let ring = model(1);
        push(&ring, 6);
        let writer = spawn(&ring, |ring| push(&ring, 7).1.len() as u64);
        let clearer = spawn(&ring, |ring| clear(&ring));
        let removed = clear(&ring) + clearer.join().unwrap();
        let left = writer.join().unwrap();
        assert_eq!(removed + left + read(&ring).0.len() as u64, 2);
        assert_balanced(&ring, 2);
    });
}

#[test]
fn dropping_a_full_ring_leaves_readers_their_entries() {
    check(|| {
        let ring = model(1);
        push(&ring, 7);
        let reader = spawn(&ring, |ring| {
            let kept = ring.recent(1).entries;
            drop(ring);
            kept.iter().map(whole).collect::<Vec<_>>()
        });
        push(&ring, 8);
        drop(ring);
        let seen = reader.join().unwrap();
        assert!(matches!(seen[..], [] | [7] | [8]), "{seen:?}");
    });
}
