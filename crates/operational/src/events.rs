//! Pushing events, reading them back, and spilling those that must outlive the ring.

use std::{
    collections::{HashSet, hash_map::RandomState},
    fmt,
    hash::{BuildHasher, Hasher},
    ops::ControlFlow,
    sync::Arc,
    time::{Duration, Instant},
};

use aios_record::{Id, Timestamp};
use crossbeam_utils::CachePadded;
use serde::{Deserialize, Serialize};

use crate::{
    Category, Clock, Config, Error, Event, Keep, Operational, Overflow, Pushed, Refused, Spill,
    StoredEvent,
    config::places,
    event::Held,
    overflow::{Finish, Handover},
    ring::{Exit, Kept, Ring},
    sync::{AtomicBool, AtomicU64, Ordering},
};

impl Operational {
    /// Adds `event`. A critical event is offered to the overflow before this returns. Never waits.
    ///
    /// # Errors
    /// [`Error::TooLong`] if the event exceeds [`Config::event_bytes_max`].
    pub fn push_event(&self, event: Event) -> Result<Pushed, Error> {
        let events = &self.inner.events;
        match &events.overflow {
            Some(overflow) if event.critical && events.keep != Keep::Nothing => {
                self.push_event_with(event, |event| overflow.offer(event))
            }
            _ => {
                let seq = events.push(event)?;
                Ok(Pushed { seq, spill: Spill::NotNeeded })
            }
        }
    }

    /// Adds `event`, critical or not, and offers it through `offer` instead of the overflow. A
    /// caller can pass a reply channel through `offer`, to be notified when *this* event becomes
    /// durable. If `offer` accepts, the event counts as spilled; if it refuses, the event waits in
    /// the ring like any other.
    ///
    /// # Errors
    /// [`Error::TooLong`] if the event exceeds [`Config::event_bytes_max`].
    pub fn push_event_with(
        &self,
        event: Event,
        offer: impl FnOnce(StoredEvent) -> Result<(), Refused>,
    ) -> Result<Pushed, Error> {
        self.inner.events.push_offering(event, offer)
    }

    /// Returns the newest `count` events that match `filter`, newest first, without expired ones.
    #[must_use]
    pub fn recent(&self, count: usize, filter: &Filter) -> Recent {
        self.inner.events.recent(count, filter)
    }

    /// Returns up to `count` events from `cursor` on, oldest first, and the exact number of events
    /// that are no longer available. Stops before a push that is still in progress, so that a
    /// reader that follows [`News::next`] receives or counts every event.
    #[must_use]
    pub fn events_since(&self, cursor: Cursor, count: usize) -> News {
        self.inner.events.since(cursor, count)
    }

    /// Returns the position after everything pushed so far.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        Cursor(self.inner.events.ring.head())
    }

    /// Removes all events from view and returns their number. Counters are not reset. Critical
    /// events that the overflow refused are offered a last time.
    pub fn clear(&self) -> u64 {
        self.inner.events.clear()
    }

    /// Forgets the events with these ids and returns their number. From now on no read shows them,
    /// and they are not spilled, critical or not. A read with a [`Cursor`] counts them as missed.
    /// They remain in RAM until newer events evict them, and existing references to them remain
    /// valid.
    pub fn forget_events(&self, ids: &HashSet<Id>) -> u64 {
        self.inner.events.forget(ids)
    }

    /// Offers the refused critical events again, oldest first, until the overflow refuses one. Call
    /// it when the overflow has room. Cheap if no event is waiting.
    pub fn offer_again(&self) -> Swept {
        let events = &self.inner.events;
        match events.counters().critical_waiting {
            0 => Swept::default(),
            _ => events.hand_on(|_| false),
        }
    }

    /// Hands the events that [`Config::keep`] selects and that have expired at `now` to the
    /// overflow, each once, and the critical events that were refused. Call it about once a minute.
    pub fn sweep(&self, now: Instant) -> Swept {
        let events = &self.inner.events;
        let age = events.age(now);
        match events.keep {
            Keep::All => events.hand_on(|held| events.is_expired(held, age)),
            Keep::Critical | Keep::Nothing => self.offer_again(),
        }
    }

    /// Hands every event in the ring that [`Config::keep`] selects to the overflow, regardless of
    /// its age. Call it before the process ends.
    pub fn flush(&self) -> Swept {
        match self.inner.events.keep {
            Keep::All => self.inner.events.hand_on(|_| true),
            Keep::Critical | Keep::Nothing => self.offer_again(),
        }
    }

    /// Returns the event counters.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.inner.events.counters()
    }
}

/// Selection of events for a read. The default selects all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Filter {
    /// Category of the events.
    pub category: Option<Category>,
    /// Source of the events.
    pub source: Option<String>,
    /// Earliest time at which the events happened.
    pub since: Option<Timestamp>,
}

impl Filter {
    /// Creates a filter that selects every event.
    #[must_use]
    pub fn all() -> Filter {
        Filter::default()
    }

    /// Restricts the filter to events of `category`.
    #[must_use]
    pub fn with_category(self, category: impl Into<Category>) -> Filter {
        Filter { category: Some(category.into()), ..self }
    }

    /// Restricts the filter to events from `source`.
    #[must_use]
    pub fn with_source(self, source: impl Into<String>) -> Filter {
        Filter { source: Some(source.into()), ..self }
    }

    /// Restricts the filter to events that happened at `since` or later.
    #[must_use]
    pub fn with_since(self, since: Timestamp) -> Filter {
        Filter { since: Some(since), ..self }
    }

    fn admits(&self, held: &Held) -> bool {
        self.category.as_ref().is_none_or(|category| *category == held.event.category)
            && self.source.as_ref().is_none_or(|source| *source == held.event.source)
            && self.since.is_none_or(|since| since <= held.timestamp)
    }
}

/// A position in the order of all pushes of one handle.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Cursor(u64);

impl Cursor {
    /// Position before the first event.
    pub const START: Cursor = Cursor(0);

    /// Returns the position before the event with this `seq`.
    #[must_use]
    pub fn at(seq: u64) -> Cursor {
        Cursor(seq)
    }

    /// Returns the `seq` of the first event after this position.
    #[must_use]
    pub fn seq(self) -> u64 {
        self.0
    }
}

/// The newest events.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Recent {
    /// Events, newest first.
    pub events: Vec<StoredEvent>,
    /// Number of events that could not be read, because they were evicted during the read or their
    /// push is still in progress.
    pub missed: u64,
}

/// Events since a [`Cursor`]. `events`, `missed` and `expired` add up to the distance from there to
/// `next`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct News {
    /// Events, oldest first.
    pub events: Vec<StoredEvent>,
    /// Number of unavailable events: evicted before they were read, cleared, or forgotten.
    pub missed: u64,
    /// Number of expired events.
    pub expired: u64,
    /// Position for the next read.
    pub next: Cursor,
}

/// Result of a round of offers to the overflow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Swept {
    /// Number of events accepted.
    pub accepted: u64,
    /// Number of events refused; they remain in the ring until the next round.
    pub refused: u64,
}

/// Event counters. Exact if no operation is in progress: then `pushed == kept + evicted + cleared`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Counters {
    /// Number of events pushed since the handle was opened.
    pub pushed: u64,
    /// Number of events in the ring, expired ones included.
    pub kept: u64,
    /// Number of events replaced by newer ones.
    pub evicted: u64,
    /// Number of events removed by [`Operational::clear`].
    pub cleared: u64,
    /// Number of events that the overflow accepted.
    pub spilled: u64,
    /// Number of critical events that left the ring without being spilled.
    pub critical_lost: u64,
    /// Number of other events that [`Keep::All`] selects and that left the ring without being
    /// spilled.
    pub kept_lost: u64,
    /// Number of critical events in the ring that wait for the overflow.
    pub critical_waiting: u64,
    /// Number of events that were unavailable when a reader with a [`Cursor`] reached them, summed
    /// over readers.
    pub lapped: u64,
}

/// The ring of events, its settings and its counters.
pub(crate) struct Events {
    ring: Ring<Held>,
    ttl: Duration,
    keep: Keep,
    bytes_max: usize,
    overflow: Option<Arc<dyn Overflow>>,
    clock: Arc<dyn Clock>,
    opened_at: Instant,
    nonce: u64,
    tally: CachePadded<Tally>,
}

/// Counters that the ring itself does not have. A push that spills nothing touches none of them.
#[derive(Default)]
struct Tally {
    spilled: Count,
    critical_lost: Count,
    kept_lost: Count,
    critical_waiting: Count,
    lapped: Count,
}

/// A counter that many threads change and that orders no other memory access.
#[derive(Default)]
struct Count(AtomicU64);

impl Count {
    fn add(&self, number: u64) {
        // ORDERING: a statistic.
        self.0.fetch_add(number, Ordering::Relaxed);
    }

    fn subtract(&self, number: u64) {
        // ORDERING: a statistic.
        self.0.fetch_sub(number, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        // ORDERING: a statistic.
        self.0.load(Ordering::Relaxed)
    }
}

/// Events that have left the ring and must be offered a last time. A push adds at most two: the
/// replaced event, and its own.
type Leaving = Vec<StoredEvent>;

impl Events {
    pub(crate) fn new(config: &Config) -> Result<Events, Error> {
        Ok(Events {
            ring: Ring::new(places("capacity", config.capacity)?),
            ttl: config.ttl,
            keep: config.keep,
            bytes_max: config.event_bytes_max,
            overflow: config.overflow.clone(),
            clock: Arc::clone(&config.clock),
            opened_at: config.clock.instant(),
            nonce: RandomState::new().build_hasher().finish(),
            tally: CachePadded::default(),
        })
    }

    fn push(&self, event: Event) -> Result<u64, Error> {
        let handover = match self.is_wanted(&event) {
            true => Handover::waiting(),
            false => Handover::settled(),
        };
        let held = self.hold(event, handover)?;
        if held.event.critical && held.handover.is_open() {
            self.tally.critical_waiting.add(1);
        }
        let mut leaving = Leaving::new();
        let seq = self.ring.push_with(held, |entry, exit| collect(entry, exit, &mut leaving));
        self.see_off(leaving);
        Ok(seq)
    }

    fn push_offering(
        &self,
        event: Event,
        offer: impl FnOnce(StoredEvent) -> Result<(), Refused>,
    ) -> Result<Pushed, Error> {
        let held = self.hold(event, Handover::offering())?;
        let mut leaving = Leaving::new();
        let stored = StoredEvent(
            self.ring.push_shared_with(held, |entry, exit| collect(entry, exit, &mut leaving)),
        );
        self.see_off(leaving);
        let accepted = offer(stored.clone()).is_ok();
        self.finish(&stored, accepted);
        let spill = if accepted { Spill::Accepted } else { Spill::Full };
        Ok(Pushed { seq: stored.seq(), spill })
    }

    /// Wraps `event` for the ring. The clock is read here, in `recent` and in `since`.
    fn hold(&self, event: Event, handover: Handover) -> Result<Held, Error> {
        let bytes = event.bytes();
        if self.bytes_max < bytes {
            return Err(Error::TooLong { what: "event", bytes, bytes_max: self.bytes_max });
        }
        let pushed_at = self.age(self.clock.instant());
        let timestamp = event.timestamp.unwrap_or_else(|| self.clock.timestamp());
        let forgotten = AtomicBool::new(false);
        Ok(Held { event, timestamp, pushed_at, nonce: self.nonce, handover, forgotten })
    }

    fn recent(&self, count: usize, filter: &Filter) -> Recent {
        let mut events = Vec::with_capacity(count.min(self.ring.capacity()));
        if count == 0 {
            return Recent { events, missed: 0 };
        }
        let age = self.age(self.clock.instant());
        let missed = self.ring.visit_recent(|entry| {
            let is_gone = entry.is_forgotten() || self.is_expired(&entry, age);
            if filter.admits(&entry) && !is_gone {
                events.push(StoredEvent(entry));
            }
            go_on_while(events.len() < count)
        });
        Recent { events, missed }
    }

    fn since(&self, cursor: Cursor, count: usize) -> News {
        let (mut events, mut expired, mut forgotten) = (Vec::new(), 0, 0);
        if count == 0 {
            return News { events, missed: 0, expired, next: cursor };
        }
        let age = self.age(self.clock.instant());
        let span = self.ring.visit_since(cursor.0, |entry| {
            match self.is_expired(&entry, age) {
                _ if entry.is_forgotten() => forgotten += 1,
                true => expired += 1,
                false => events.push(StoredEvent(entry)),
            }
            go_on_while(events.len() < count)
        });
        if 0 < span.missed {
            self.tally.lapped.add(span.missed);
        }
        News { events, missed: span.missed + forgotten, expired, next: Cursor(span.next) }
    }

    fn forget(&self, ids: &HashSet<Id>) -> u64 {
        let mut count = 0;
        self.ring.visit_recent(|entry| {
            let event = StoredEvent(entry);
            // ORDERING: as in `Held::is_forgotten`.
            if ids.contains(&event.id()) && !event.0.forgotten.swap(true, Ordering::Relaxed) {
                count += 1;
                self.give_up(&event);
            }
            ControlFlow::Continue(())
        });
        count
    }

    /// Settles the handover of a forgotten event, unless another thread is about to offer it. That
    /// thread then offers an event that is marked as forgotten.
    fn give_up(&self, event: &StoredEvent) {
        if event.0.handover.claim() {
            if event.is_critical() {
                self.tally.critical_waiting.subtract(1);
            }
            event.0.handover.finish(true);
        }
    }

    fn clear(&self) -> u64 {
        let mut leaving = Leaving::new();
        let count = self.ring.clear_with(|entry, exit| collect(entry, exit, &mut leaving));
        self.see_off(leaving);
        count
    }

    /// Offers the refused critical events and those that are `due`, oldest first, until the
    /// overflow refuses.
    fn hand_on(&self, due: impl Fn(&Held) -> bool) -> Swept {
        let mut claimed = Vec::new();
        self.ring.visit_recent(|entry| {
            if (entry.event.critical || due(&entry)) && entry.handover.claim() {
                claimed.push(StoredEvent(entry));
            }
            ControlFlow::Continue(())
        });
        let mut swept = Swept::default();
        for event in claimed.into_iter().rev() {
            if event.is_critical() {
                self.tally.critical_waiting.subtract(1);
            }
            let accepted = swept.refused == 0 && self.offer(&event).is_ok();
            self.finish(&event, accepted);
            match accepted {
                true => swept.accepted += 1,
                false => swept.refused += 1,
            }
        }
        swept
    }

    /// Offers, for the last time, the events that left the ring while no other thread was
    /// responsible for them.
    fn see_off(&self, leaving: Leaving) {
        for event in leaving {
            if event.is_critical() {
                self.tally.critical_waiting.subtract(1);
            }
            match self.offer(&event) {
                Ok(()) => self.tally.spilled.add(1),
                Err(Refused) => self.count_lost(&event),
            }
        }
    }

    fn offer(&self, event: &StoredEvent) -> Result<(), Refused> {
        self.overflow.as_ref().ok_or(Refused)?.offer(event.clone())
    }

    /// Ends this thread's offer of `event` and counts the result.
    fn finish(&self, event: &StoredEvent, accepted: bool) {
        if accepted {
            self.tally.spilled.add(1);
        }
        let wanted = self.is_wanted(&event.0.event);
        // Counted before it waits, because the next thread to claim it subtracts it.
        let waits = !accepted && wanted && event.is_critical();
        if waits {
            self.tally.critical_waiting.add(1);
        }
        if event.0.handover.finish(accepted || !wanted) == Finish::Lost {
            if waits {
                self.tally.critical_waiting.subtract(1);
            }
            self.count_lost(event);
        }
    }

    fn count_lost(&self, event: &StoredEvent) {
        let lost = match event.is_critical() {
            true => &self.tally.critical_lost,
            false => &self.tally.kept_lost,
        };
        lost.add(1);
    }

    fn counters(&self) -> Counters {
        let ring = self.ring.counters();
        Counters {
            pushed: ring.pushed,
            kept: ring.kept,
            evicted: ring.evicted,
            cleared: ring.cleared,
            spilled: self.tally.spilled.get(),
            critical_lost: self.tally.critical_lost.get(),
            kept_lost: self.tally.kept_lost.get(),
            critical_waiting: self.tally.critical_waiting.get(),
            lapped: self.tally.lapped.get(),
        }
    }

    /// Returns true if `event` must be spilled before it is gone.
    fn is_wanted(&self, event: &Event) -> bool {
        match self.keep {
            Keep::Critical => event.critical,
            Keep::All => event.critical || self.overflow.is_some(),
            Keep::Nothing => false,
        }
    }

    /// Returns the age of the handle at `now`.
    fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.opened_at)
    }

    fn is_expired(&self, held: &Held, age: Duration) -> bool {
        self.ttl <= age.saturating_sub(held.pushed_at)
    }
}

/// Adds an event that has left the ring to `leaving` if it must be offered a last time. A cleared
/// event is dropped on purpose, unless it is critical.
fn collect(entry: Kept<Held>, exit: Exit, leaving: &mut Leaving) {
    if entry.handover.leave() && (exit == Exit::Evicted || entry.event.critical) {
        leaving.push(StoredEvent(entry));
    }
}

fn go_on_while(condition: bool) -> ControlFlow<()> {
    if condition { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").field("ring", &self.ring).finish_non_exhaustive()
    }
}
