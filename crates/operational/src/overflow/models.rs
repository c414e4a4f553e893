//! Loom models of the baton: in every interleaving of offers and evictions, an event is accepted
//! once or lost once.

use loom::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use super::*;

/// One event, and an overflow that refuses the first `full` offers.
struct Model {
    handover: Handover,
    offers: AtomicU64,
    full: u64,
    accepted: AtomicU64,
    lost: AtomicU64,
}

impl Model {
    fn offer(&self) -> bool {
        let accepted = self.full <= self.offers.fetch_add(1, Ordering::Relaxed);
        if accepted {
            self.accepted.fetch_add(1, Ordering::Relaxed);
        }
        accepted
    }

    fn push(&self) {
        let accepted = self.offer();
        self.finish(accepted);
    }

    fn sweep(&self) {
        if self.handover.claim() {
            let accepted = self.offer();
            self.finish(accepted);
        }
    }

    fn finish(&self, accepted: bool) {
        if self.handover.finish(accepted) == Finish::Lost {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn evict(&self) {
        if self.handover.leave() && !self.offer() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Runs a push, a sweep and an eviction at once, with an overflow that refuses the first `full`
/// offers.
fn check(full: u64) {
    loom::model(move || {
        let model = Arc::new(Model {
            handover: Handover::offering(),
            offers: AtomicU64::new(0),
            full,
            accepted: AtomicU64::new(0),
            lost: AtomicU64::new(0),
        });
        let (pusher, sweeper) = (Arc::clone(&model), Arc::clone(&model));
        let push = thread::spawn(move || pusher.push());
        let sweep = thread::spawn(move || sweeper.sweep());
        model.evict();
        push.join().unwrap();
        sweep.join().unwrap();
        let accepted = model.accepted.load(Ordering::Relaxed);
        let lost = model.lost.load(Ordering::Relaxed);
        assert_eq!(accepted + lost, 1, "accepted {accepted}, lost {lost}");
    });
}

#[test]
fn an_event_is_accepted_once_or_lost_once() {
    for full in 0..=3 {
        check(full);
    }
}
