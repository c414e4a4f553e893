//! Loom models of the ring: every interleaving and every permitted reordering up to the preemption
//! bound (`LOOM_MAX_PREEMPTIONS`, default 2). Run by `cargo xtask verify`.
//!
//! Each model makes its own `Collector` and flushes it, so that entries really are freed while
//! others look; with the default one, frees would never happen in models this short. A freed
//! payload says so when it is read, and loom reports one that is never freed.

use loom::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use super::*;

/// Preemptions that a run explores when the environment names no bound.
const PREEMPTIONS_DEFAULT: usize = 2;
/// Steps of one execution; crossbeam's list of participants takes many.
const BRANCHES_MAX: usize = 50_000;
const FREED: u64 = u64::MAX;

type Own = std::sync::Arc<Entry<Payload>>;

/// A value whose reader can tell whether it was seen whole and alive.
struct Payload {
    body: AtomicU64,
    /// Loom reports an `Arc` that outlives its execution.
    _leak: Arc<()>,
}

impl Payload {
    fn new(number: u64) -> Payload {
        let body = AtomicU64::new(0);
        // A write of its own: a reader that is not synchronised may see 0.
        body.store(number, Ordering::Relaxed);
        Payload { body, _leak: Arc::new(()) }
    }

    fn number(&self) -> u64 {
        self.body.load(Ordering::Relaxed)
    }
}

impl Drop for Payload {
    fn drop(&mut self) {
        self.body.store(FREED, Ordering::Relaxed);
    }
}

/// A ring and the collector that frees its entries.
#[derive(Clone)]
struct Model {
    ring: Arc<Ring<Payload>>,
    collector: epoch::Collector,
}

/// One thread's access to the model.
struct Participant {
    ring: Arc<Ring<Payload>>,
    handle: epoch::LocalHandle,
}

impl Model {
    fn new(capacity: usize) -> Model {
        let capacity = NonZeroUsize::new(capacity).expect("models have places");
        Model { ring: Arc::new(Ring::new(capacity)), collector: epoch::Collector::new() }
    }

    fn join(&self) -> Participant {
        Participant { ring: Arc::clone(&self.ring), handle: self.collector.register() }
    }

    /// Runs `work` on a thread of its own.
    fn spawn<R: 'static>(
        &self,
        work: impl FnOnce(Participant) -> R + 'static,
    ) -> thread::JoinHandle<R> {
        let model = self.clone();
        thread::spawn(move || work(model.join()))
    }
}

impl Participant {
    /// Pushes `number` and returns its `seq`, and what left the ring.
    fn push(&self, number: u64) -> (u64, Vec<Exit>) {
        let mut exits = Vec::new();
        let guard = self.handle.pin();
        let own = |entry: &Own| entry.seq();
        let seq = self.ring.publish(Payload::new(number), &guard, own, |entry, exit| {
            assert_ne!(entry.number(), FREED, "shown after it was freed");
            exits.push(exit);
        });
        (seq, exits)
    }

    /// Lets the epoch advance as far as others permit, freeing what they cannot see.
    fn free(&self) {
        for _ in 0..3 {
            self.handle.pin().flush();
        }
    }

    /// Sees every entry as it stands, newest first.
    fn read(&self) -> (Vec<(u64, u64)>, u64) {
        let mut seen = Vec::new();
        let guard = self.handle.pin();
        let missed = self.ring.walk_back(&guard, |entry| {
            seen.push((entry.seq(), whole(entry)));
            ControlFlow::Continue(())
        });
        (seen, missed)
    }

    fn read_on(&self, seq: u64) -> (Vec<(u64, u64)>, Span) {
        let mut seen = Vec::new();
        let guard = self.handle.pin();
        let span = self.ring.walk_on(seq, &guard, |entry| {
            seen.push((entry.seq(), whole(entry)));
            ControlFlow::Continue(())
        });
        (seen, span)
    }

    fn clear(&self) -> u64 {
        let guard = self.handle.pin();
        self.ring.sweep_out(&guard, |entry, _| {
            whole(entry);
        })
    }
}

/// The number of `entry`, which must have been written before and not freed.
fn whole(entry: &Own) -> u64 {
    let number = entry.number();
    assert_ne!(number, 0, "seen before it was written");
    assert_ne!(number, FREED, "seen after it was freed");
    number
}

fn check(model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.max_branches = BRANCHES_MAX;
    builder.preemption_bound = builder.preemption_bound.or(Some(PREEMPTIONS_DEFAULT));
    builder.check(model);
}

fn assert_balanced(ring: &Ring<Payload>, pushed: u64) {
    let counters = ring.counters();
    assert_eq!(counters.pushed, pushed);
    assert_eq!(counters.kept + counters.evicted + counters.cleared, pushed);
}

#[test]
fn two_pushes_get_two_places() {
    check(|| {
        let model = Model::new(2);
        let other = model.spawn(|it| it.push(7));
        let here = model.join();
        let (mine, exits) = here.push(8);
        assert!(exits.is_empty());
        let (theirs, exits) = other.join().unwrap();
        assert!(exits.is_empty());
        let (seen, missed) = here.read();
        let mut expect = vec![(mine, 8), (theirs, 7)];
        expect.sort_by(|a, b| b.cmp(a));
        assert_eq!((seen, missed), (expect, 0));
        assert_balanced(&here.ring, 2);
    });
}

#[test]
fn a_lapped_writer_never_replaces_what_is_newer() {
    check(|| {
        let model = Model::new(1);
        let other = model.spawn(|it| it.push(7));
        let here = model.join();
        let (mine, exits_mine) = here.push(8);
        let (theirs, exits_theirs) = other.join().unwrap();
        let newest = if theirs < mine { (mine, 8) } else { (theirs, 7) };
        assert_eq!(here.read(), (vec![newest], 0));
        assert_eq!(exits_mine.len() + exits_theirs.len(), 1, "one of the two was evicted, once");
        assert_balanced(&here.ring, 2);
    });
}

#[test]
fn a_reader_sees_entries_whole_or_not_at_all() {
    check(|| {
        let model = Model::new(1);
        let writer = model.spawn(|it| {
            it.push(7);
            it.push(8);
            it.free();
        });
        let here = model.join();
        let (seen, missed) = here.read();
        assert!(matches!(seen[..], [] | [(0, 7)] | [(1, 8)]), "{seen:?}");
        assert!(seen.len() as u64 + missed <= 1);
        drop(here);
        writer.join().unwrap();
    });
}

#[test]
fn wrapping_around_keeps_the_order() {
    check(|| {
        let model = Model::new(2);
        let writer = model.spawn(|it| {
            for number in 1..=3 {
                it.push(number);
            }
            it.free();
        });
        let here = model.join();
        let (seen, _) = here.read();
        for pair in seen.windows(2) {
            assert!(pair[1].0 < pair[0].0, "{seen:?}");
        }
        assert!(seen.iter().all(|(seq, number)| seq + 1 == *number), "{seen:?}");
        writer.join().unwrap();
        assert_eq!(here.read(), (vec![(2, 3), (1, 2)], 0));
        assert_balanced(&here.ring, 3);
    });
}

#[test]
fn a_cursor_accounts_for_every_entry() {
    check(|| {
        let model = Model::new(1);
        let one = model.spawn(|it| it.push(7).0);
        let two = model.spawn(|it| it.push(8).0);
        let here = model.join();
        let (first, span) = here.read_on(0);
        assert_eq!(first.len() as u64 + span.missed, span.next);
        let seqs = [one.join().unwrap(), two.join().unwrap()];
        let (second, rest) = here.read_on(span.next);
        assert_eq!(rest.next, 2);
        assert_eq!(second.len() as u64 + rest.missed, 2 - span.next);
        for (seq, number) in first.into_iter().chain(second) {
            assert_eq!(seqs[(number - 7) as usize], seq);
        }
    });
}

#[test]
fn clearing_removes_each_entry_once_even_those_under_way() {
    check(|| {
        let model = Model::new(1);
        let writer = model.spawn(|it| {
            let exits = it.push(7).1;
            it.free();
            exits.len() as u64
        });
        let here = model.join();
        let removed = here.clear();
        let left = writer.join().unwrap();
        let (seen, _) = here.read();
        assert_eq!(removed + left + seen.len() as u64, 1);
        let counters = here.ring.counters();
        assert_eq!(counters.kept, seen.len() as u64, "what is kept can be seen");
        assert_balanced(&here.ring, 1);
    });
}

#[test]
fn dropping_a_full_ring_leaves_readers_their_entries() {
    check(|| {
        let model = Model::new(1);
        let before = model.join();
        before.push(7);
        drop(before);
        let reader = model.spawn(|it| {
            let mut kept: Vec<Own> = Vec::new();
            let guard = it.handle.pin();
            it.ring.walk_back(&guard, |entry| {
                kept.push(Own::clone(entry));
                ControlFlow::Continue(())
            });
            drop(guard);
            drop(it);
            kept.iter().map(whole).collect::<Vec<_>>()
        });
        let here = model.join();
        drop(model);
        here.push(8);
        here.free();
        drop(here);
        let seen = reader.join().unwrap();
        assert!(matches!(seen[..], [] | [7] | [8]), "{seen:?}");
    });
}
