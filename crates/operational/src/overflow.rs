//! Where events go that must outlive the ring, and who hands them there.
//!
//! An event is handed on at most once, and a critical one that leaves the ring without having been
//! handed on is counted once, whoever pushes, evicts, sweeps or clears at the same time.
//! [`Handover`] decides that: it is a baton of which there is one for each event. Not here: the
//! queue or store behind an [`Overflow`].

use crate::{
    StoredEvent,
    sync::{AtomicU8, Ordering},
};

#[cfg(all(test, crossbeam_loom))]
mod models;

/// Takes over events that the ring cannot keep: a bounded queue in front of something durable.
///
/// It is called by the thread that pushes, evicts or sweeps, so it must neither wait nor do I/O.
/// Any function from a [`StoredEvent`] to a `Result<(), Refused>` is one.
pub trait Overflow: Send + Sync + 'static {
    /// Takes `event`, or refuses it at once.
    ///
    /// # Errors
    /// [`Refused`] when there is no room now. A critical event is offered again.
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
#[error("the overflow has no room for the event; drain it and offer again")]
pub struct Refused;

/// What became of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pushed {
    /// The event's place in the order of all pushes.
    pub seq: u64,
    /// Whether it was handed to the overflow.
    pub spill: Spill,
}

/// Whether a pushed event was handed to the overflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spill {
    /// The overflow has it.
    Accepted,
    /// It is not critical, or there is no overflow to hand it to.
    NotNeeded,
    /// The overflow had no room. The event is in the ring, and is offered again.
    Full,
}

/// Who hands an event on, and whether that is done.
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
/// Set when the event has left the ring.
const LEFT: u8 = 4;

/// Where the baton is after an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Finish {
    /// Nobody needs it any more: the event has been handed on.
    Settled,
    /// In the ring, for the next who comes by.
    Waiting,
    /// Nowhere: the event left the ring during the refused offer, and is lost.
    Lost,
}

impl Handover {
    /// For an event that nobody wants to be handed on.
    pub(crate) fn settled() -> Handover {
        Handover(AtomicU8::new(SETTLED))
    }

    /// For an event that is handed on later.
    pub(crate) fn waiting() -> Handover {
        Handover(AtomicU8::new(WAITING))
    }

    /// For an event that the thread which pushes it is about to offer.
    pub(crate) fn offering() -> Handover {
        Handover(AtomicU8::new(OFFERING))
    }

    /// Whether someone may still have to hand it on.
    pub(crate) fn is_open(&self) -> bool {
        // ORDERING: whether it looks open is only a hint; `claim` decides.
        self.0.load(Ordering::Relaxed) & SETTLED == 0
    }

    /// Takes the baton, if it lies there: the caller offers the event, and calls
    /// [`finish`](Handover::finish).
    pub(crate) fn claim(&self) -> bool {
        // ORDERING: the states guard no other memory; one location decides.
        self.0.compare_exchange(WAITING, OFFERING, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// Says how the offer ended.
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

    /// Says that the event has left the ring, which happens once. Returns whether the caller must
    /// offer it a last time, and count it as lost if that fails.
    pub(crate) fn leave(&self) -> bool {
        if !self.is_open() {
            return false;
        }
        // ORDERING: as in `claim`. From here on every `claim` fails.
        self.0.fetch_or(LEFT, Ordering::Relaxed) == WAITING
    }
}
