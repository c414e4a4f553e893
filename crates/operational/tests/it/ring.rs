//! The ring against a plain model, one thread at a time.

use std::{collections::VecDeque, num::NonZeroUsize, sync::Arc};

use aios_operational::ring::{Exit, Kept, Ring};
use proptest::prelude::*;

fn ring(capacity: usize) -> Ring<u64> {
    Ring::new(NonZeroUsize::new(capacity).unwrap())
}

fn values(entries: &[Kept<u64>]) -> Vec<(u64, u64)> {
    entries.iter().map(|entry| (entry.seq(), **entry)).collect()
}

#[derive(Debug, Clone)]
enum Step {
    Push(u64),
    Clear,
    Recent(usize),
    Since { seq: u64, count: usize },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => any::<u64>().prop_map(Step::Push),
        1 => Just(Step::Clear),
        2 => (0..12_usize).prop_map(Step::Recent),
        2 => (0..80_u64, 0..12_usize).prop_map(|(seq, count)| Step::Since { seq, count }),
    ]
}

/// The behaviour of the ring, without concurrency.
#[derive(Default)]
struct Model {
    kept: VecDeque<(u64, u64)>,
    pushed: u64,
    evicted: u64,
    cleared: u64,
}

impl Model {
    fn since(&self, seq: u64, count: usize) -> (Vec<(u64, u64)>, u64, u64) {
        let start = seq.min(self.pushed);
        if count == 0 {
            return (Vec::new(), start, 0);
        }
        let entries: Vec<_> =
            self.kept.iter().filter(|(seq, _)| start <= *seq).take(count).copied().collect();
        let next = match entries.last() {
            Some((last, _)) if entries.len() == count => last + 1,
            _ => self.pushed,
        };
        let missed = next - start - entries.len() as u64;
        (entries, next, missed)
    }
}

proptest! {
    #[test]
    fn a_ring_is_a_deque_that_forgets_its_oldest(
        capacity in 1..9_usize,
        steps in prop::collection::vec(step(), 0..120),
    ) {
        let (ring, mut model) = (ring(capacity), Model::default());
        for step in steps {
            match step {
                Step::Push(value) => {
                    let mut left = Vec::new();
                    let seq = ring.push_with(value, |entry, exit| {
                        left.push((entry.seq(), *entry, exit));
                    });
                    prop_assert_eq!(seq, model.pushed);
                    model.kept.push_back((seq, value));
                    model.pushed += 1;
                    let mut expect = Vec::new();
                    if capacity < model.kept.len() {
                        let (seq, value) = model.kept.pop_front().unwrap();
                        expect.push((seq, value, Exit::Evicted));
                        model.evicted += 1;
                    }
                    prop_assert_eq!(left, expect);
                }
                Step::Clear => {
                    let removed = model.kept.len() as u64;
                    prop_assert_eq!(ring.clear(), removed);
                    model.kept.clear();
                    model.cleared += removed;
                }
                Step::Recent(count) => {
                    let recent = ring.recent(count);
                    let expect: Vec<_> = model.kept.iter().rev().take(count).copied().collect();
                    prop_assert_eq!(values(&recent.entries), expect);
                    prop_assert_eq!(recent.missed, 0);
                }
                Step::Since { seq, count } => {
                    let since = ring.since(seq, count);
                    let found = (values(&since.entries), since.span.next, since.span.missed);
                    prop_assert_eq!(found, model.since(seq, count));
                }
            }
            let counters = ring.counters();
            prop_assert_eq!(counters.pushed, model.pushed);
            prop_assert_eq!(counters.kept, model.kept.len() as u64);
            prop_assert_eq!(counters.evicted, model.evicted);
            prop_assert_eq!(counters.cleared, model.cleared);
        }
    }
}

#[test]
fn an_entry_outlives_the_ring_for_its_reader() {
    let ring = ring(1);
    ring.push(7);
    let recent = ring.recent(1);
    drop(ring);
    assert_eq!(values(&recent.entries), [(0, 7)]);
}

#[test]
fn dropping_a_ring_drops_its_entries() {
    let value = Arc::new(());
    let ring = Ring::new(NonZeroUsize::new(4).unwrap());
    for _ in 0..3 {
        ring.push(Arc::clone(&value));
    }
    drop(ring);
    assert_eq!(Arc::strong_count(&value), 1);
}
