//! Spilling of events that must outlive the ring, and the choice of the thread that spills them.
//!
//! An event is handed on at most once, and a critical event that leaves the ring without having
//! been handed on is counted once, regardless of the threads that push, evict, sweep or clear at
//! the same time. [`Handover`], a baton of each event, ensures this. Not here: the queue or store
//! behind an [`Overflow`].

use crate::{
    StoredEvent,
    sync::{AtomicU8, Ordering},
};

#[cfg(all(test, crossbeam_loom))]
mod models;

/// Receives events that the ring cannot keep: a bounded queue in front of durable storage.
///
/// The thread that pushes, evicts or sweeps calls it, so it must neither wait nor do I/O. Any
/// function from a [`StoredEvent`] to a `Result<(), Refused>` implements it.
pub trait Overflow: Send + Sync + 'static {
    /// Accepts `event`, or refuses it at once.
    ///
    /// # Errors
    /// [`Refused`] if there is no room now. A critical event is offered again.
    fn offer(&self, event: StoredEvent) -> Result<(), Refused>;
}

impl<F> Overflow for F
where
    F: Fn(StoredEvent) -> Result<(), Refused> + Send + Sync + 'static,
{
    fn offer(&self, event: StoredEvent) -> Result<(), Refused> {
        self(event)
    }
}

/// The overflow has no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the overflow has no room for the event")]
pub struct Refused;

/// Result of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pushed {
    /// Position of the event in the order of all pushes.
    pub seq: u64,
    /// Result of the offer to the overflow.
    pub spill: Spill,
}

/// Result of offering a pushed event to the overflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spill {
    /// The overflow accepted the event.
    Accepted,
    /// The event was not offered: it is not critical, critical events are not kept, or there is no
    /// overflow.
    NotNeeded,
    /// The overflow had no room. The event is in the ring, and is offered again if it must not be
    /// lost.
    Full,
}

/// State of an event's handover: which thread may offer it, and whether that is done.
///
/// ```text
///            claim                accepted
///  waiting ---------> offering ------------> settled
///     ^                  |  |                   ^
///     |     refused      |  | refused, and it   |
///     +------------------+  | left meanwhile    |
///     |                     +---> lost ---------+
///     | leave: the one who evicted it offers it a last time
///     +---------------------------------------->+
/// ```
pub(crate) struct Handover(AtomicU8);

const WAITING: u8 = 0;
const OFFERING: u8 = 1;
const SETTLED: u8 = 2;
/// Flag set when the event has left the ring.
const LEFT: u8 = 4;

/// State of the baton after an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Finish {
    /// The event was accepted; no thread needs the baton.
    Settled,
    /// The event is in the ring, for the next thread that claims it.
    Waiting,
    /// The event left the ring during the refused offer, and is lost.
    Lost,
}

impl Handover {
    /// Creates the handover of an event that need not be handed on.
    pub(crate) fn settled() -> Handover {
        Handover(AtomicU8::new(SETTLED))
    }

    /// Creates the handover of an event that is handed on later.
    pub(crate) fn waiting() -> Handover {
        Handover(AtomicU8::new(WAITING))
    }

    /// Creates the handover of an event that the pushing thread is about to offer.
    pub(crate) fn offering() -> Handover {
        Handover(AtomicU8::new(OFFERING))
    }

    /// Returns true if a thread may still have to hand the event on.
    pub(crate) fn is_open(&self) -> bool {
        // ORDERING: the result is only a hint; `claim` decides.
        self.0.load(Ordering::Relaxed) & SETTLED == 0
    }

    /// Claims the baton if no thread holds it, and returns true if it did. The caller then offers
    /// the event and calls [`finish`](Handover::finish).
    pub(crate) fn claim(&self) -> bool {
        // ORDERING: the states guard no other memory; one location decides.
        self.0.compare_exchange(WAITING, OFFERING, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// Records the result of the offer.
    pub(crate) fn finish(&self, accepted: bool) -> Finish {
        if accepted {
            // ORDERING: as in `claim`.
            self.0.store(SETTLED, Ordering::Relaxed);
            return Finish::Settled;
        }
        // ORDERING: as in `claim`.
        match self.0.compare_exchange(OFFERING, WAITING, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => Finish::Waiting,
            Err(_) => Finish::Lost,
        }
    }

    /// Records that the event has left the ring, which happens once. Returns true if the caller
    /// must offer it a last time, and count it as lost if that fails.
    pub(crate) fn leave(&self) -> bool {
        if !self.is_open() {
            return false;
        }
        // ORDERING: as in `claim`. From here on every `claim` fails.
        self.0.fetch_or(LEFT, Ordering::Relaxed) == WAITING
    }
}
