//! Events handed to the overflow: which and when, and that every event is accounted for.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use aios_operational::{
    Clock, Config, Cursor, Event, Filter, Keep, ManualClock, Operational, Overflow, Refused, Spill,
    StoredEvent,
};
use aios_record::Id;
use serde_json::json;

/// A queue with limited room that records the accepted events.
#[derive(Default)]
struct Queue {
    room: Mutex<usize>,
    taken: Mutex<Vec<u64>>,
}

impl Queue {
    fn with_room(room: usize) -> Arc<Queue> {
        Arc::new(Queue { room: Mutex::new(room), ..Queue::default() })
    }

    fn make_room(&self, more: usize) {
        *self.room.lock().unwrap() += more;
    }

    /// Removes and returns the accepted events.
    fn drain(&self) -> Vec<u64> {
        std::mem::take(&mut self.taken.lock().unwrap())
    }
}

impl Overflow for Queue {
    fn offer(&self, event: StoredEvent) -> Result<(), Refused> {
        let mut room = self.room.lock().unwrap();
        *room = room.checked_sub(1).ok_or(Refused)?;
        self.taken.lock().unwrap().push(event.seq());
        Ok(())
    }
}

struct Bench {
    memory: Operational,
    queue: Arc<Queue>,
    clock: Arc<ManualClock>,
}

impl Bench {
    fn new(capacity: usize, keep: Keep, room: usize) -> Bench {
        let queue = Queue::with_room(room);
        let clock = Arc::new(ManualClock::new("2026-01-01T00:00:00Z".parse().unwrap()));
        let config = Config::default()
            .with_capacity(capacity)
            .with_ttl(Duration::from_secs(60))
            .with_overflow(keep, queue.clone())
            .with_clock(clock.clone());
        Bench { memory: Operational::open(config).unwrap(), queue, clock }
    }

    fn push(&self) {
        let pushed = self.memory.push_event(Event::new("event", "s", json!(1))).unwrap();
        assert_eq!(pushed.spill, Spill::NotNeeded);
    }

    fn push_critical(&self) -> Spill {
        let event = Event::new("alarm", "s", json!(1)).critical();
        self.memory.push_event(event).unwrap().spill
    }

    fn sweep(&self) -> (u64, u64) {
        let swept = self.memory.sweep(self.clock.instant());
        (swept.accepted, swept.refused)
    }

    fn assert_counts(&self, spilled: u64, critical_lost: u64, critical_waiting: u64) {
        let counters = self.memory.counters();
        let found = (counters.spilled, counters.critical_lost, counters.critical_waiting);
        assert_eq!(found, (spilled, critical_lost, critical_waiting));
    }
}

#[test]
fn critical_events_are_handed_on_when_pushed() {
    let bench = Bench::new(2, Keep::Critical, 10);
    bench.push();
    assert_eq!(bench.push_critical(), Spill::Accepted);
    assert_eq!(bench.queue.drain(), [1]);
    for _ in 0..5 {
        bench.push();
    }
    assert!(bench.queue.drain().is_empty(), "others are not kept, and nothing is handed on twice");
    bench.assert_counts(1, 0, 0);
}

#[test]
fn refused_events_are_offered_again_while_they_are_in_the_ring() {
    let bench = Bench::new(10, Keep::Critical, 0);
    assert_eq!(bench.push_critical(), Spill::Full);
    assert_eq!(bench.push_critical(), Spill::Full);
    bench.assert_counts(0, 0, 2);
    assert_eq!(bench.memory.offer_again().refused, 2);
    bench.queue.make_room(1);
    let swept = bench.memory.offer_again();
    assert_eq!((swept.accepted, swept.refused), (1, 1));
    assert_eq!(bench.queue.drain(), [0], "oldest first");
    bench.queue.make_room(5);
    assert_eq!(bench.sweep(), (1, 0), "a sweep offers it too, however young it is");
    assert_eq!(bench.queue.drain(), [1]);
    assert_eq!(bench.sweep(), (0, 0));
    bench.assert_counts(2, 0, 0);
}

#[test]
fn a_critical_event_that_leaves_unspilled_is_counted() {
    let bench = Bench::new(2, Keep::Critical, 0);
    bench.push_critical();
    bench.push_critical();
    bench.push();
    bench.assert_counts(0, 1, 1);
    // The eviction makes the last offer.
    bench.queue.make_room(1);
    bench.push();
    assert_eq!(bench.queue.drain(), [1]);
    bench.assert_counts(1, 1, 0);
    // Clearing makes a last offer, too.
    bench.push_critical();
    bench.memory.clear();
    bench.assert_counts(1, 2, 0);
}

#[test]
fn without_an_overflow_a_critical_event_is_kept_as_long_as_any() {
    let memory = Operational::open(Config::default().with_capacity(1)).unwrap();
    let critical = || Event::new("alarm", "s", json!(1)).critical();
    assert_eq!(memory.push_event(critical()).unwrap().spill, Spill::NotNeeded);
    assert_eq!(memory.counters().critical_lost, 0);
    memory.push_event(critical()).unwrap();
    assert_eq!(memory.counters().critical_lost, 1);
    assert_eq!(memory.offer_again().refused, 1);
}

#[test]
fn kept_events_are_handed_on_once_when_evicted_or_expired() {
    let bench = Bench::new(3, Keep::All, 100);
    bench.push();
    bench.push();
    assert_eq!(bench.sweep(), (0, 0), "not yet");
    bench.clock.advance(Duration::from_secs(60));
    bench.push();
    assert_eq!(bench.sweep(), (2, 0));
    assert_eq!(bench.queue.drain(), [0, 1]);
    assert_eq!(bench.sweep(), (0, 0));
    // 0 and 1 are evicted now and were handed on before; 2 is evicted and was not.
    for _ in 0..3 {
        bench.push();
    }
    assert_eq!(bench.queue.drain(), [2]);
    assert_eq!(bench.memory.flush().accepted, 3);
    assert_eq!(bench.queue.drain(), [3, 4, 5]);
    bench.assert_counts(6, 0, 0);
    assert_eq!(bench.memory.counters().kept_lost, 0);
}

#[test]
fn a_refused_event_waits_for_the_next_sweep_and_counts_as_lost_when_evicted() {
    let bench = Bench::new(2, Keep::All, 0);
    bench.push();
    bench.push();
    bench.clock.advance(Duration::from_secs(60));
    assert_eq!(bench.sweep(), (0, 2));
    bench.queue.make_room(1);
    assert_eq!(bench.sweep(), (1, 1));
    assert_eq!(bench.queue.drain(), [0]);
    bench.push();
    bench.push();
    assert_eq!(bench.memory.counters().kept_lost, 1);
    bench.memory.clear();
    assert_eq!(bench.memory.counters().kept_lost, 1, "what is cleared is given up on purpose");
}

#[test]
fn keep_nothing_hands_on_no_event() {
    let bench = Bench::new(1, Keep::Nothing, 100);
    assert_eq!(bench.push_critical(), Spill::NotNeeded);
    bench.push_critical();
    bench.memory.flush();
    bench.assert_counts(0, 0, 0);
}

#[test]
fn a_push_may_offer_its_event_elsewhere() {
    let bench = Bench::new(4, Keep::Critical, 100);
    let mut handed = Vec::new();
    for critical in [false, true] {
        let event = Event { critical, ..Event::new("event", "s", json!(1)) };
        let pushed = bench.memory.push_event_with(event, |stored| {
            handed.push(stored.seq());
            Ok(())
        });
        assert_eq!(pushed.unwrap().spill, Spill::Accepted);
    }
    assert_eq!(handed, [0, 1]);
    // A refused critical event waits for the overflow, any other does not.
    for critical in [false, true] {
        let event = Event { critical, ..Event::new("event", "s", json!(1)) };
        let pushed = bench.memory.push_event_with(event, |_| Err(Refused)).unwrap();
        assert_eq!(pushed.spill, Spill::Full);
    }
    assert_eq!(bench.memory.offer_again().accepted, 1);
    assert_eq!(bench.queue.drain(), [3]);
    bench.assert_counts(3, 0, 0);
}

#[test]
fn every_event_is_accounted_for_when_the_overflow_fills_under_load() {
    const PUSHES_EACH: u64 = 20_000;
    for keep in [Keep::Critical, Keep::All] {
        let bench = Bench::new(32, keep, 500);
        let accepted = thread::scope(|scope| {
            let sweeper = scope.spawn(|| {
                for _ in 0..300 {
                    bench.queue.make_room(40);
                    bench.memory.offer_again();
                    bench.sweep();
                    thread::yield_now();
                }
            });
            let push = || (0..PUSHES_EACH).filter(|_| bench.push_critical() == Spill::Accepted);
            let one = scope.spawn(move || push().count());
            let two = scope.spawn(move || push().count());
            sweeper.join().unwrap();
            (one.join().unwrap() + two.join().unwrap()) as u64
        });
        let taken = bench.queue.drain();
        let counters = bench.memory.counters();
        assert_eq!(taken.iter().collect::<BTreeSet<_>>().len(), taken.len(), "each at most once");
        assert_eq!(taken.len() as u64, counters.spilled);
        assert!(accepted <= counters.spilled);
        let accounted = counters.spilled + counters.critical_lost + counters.critical_waiting;
        assert_eq!(accounted, 2 * PUSHES_EACH);
        assert!(counters.critical_waiting <= 32);
        let visible = bench.memory.recent(32, &Filter::all());
        assert_eq!(visible.events.len(), 32);
    }
}

#[test]
fn forgotten_events_are_neither_read_nor_handed_on() {
    let bench = Bench::new(4, Keep::All, 0);
    let events = ["a", "b", "c"].map(|name| {
        let event = Event::new("alarm", name, json!(1)).with_id(Id::new(name).unwrap());
        if name == "b" { event } else { event.critical() }
    });
    for event in events {
        bench.memory.push_event(event).unwrap();
    }
    bench.assert_counts(0, 0, 2);
    let held = bench.memory.recent(3, &Filter::all()).events;
    let ids = ["a", "b", "never"].map(|id| Id::new(id).unwrap()).into_iter().collect();
    assert_eq!((bench.memory.forget_events(&ids), bench.memory.forget_events(&ids)), (2, 0));
    bench.assert_counts(0, 0, 1);
    assert_eq!(held.iter().map(StoredEvent::is_forgotten).collect::<Vec<_>>(), [false, true, true]);
    let sources = |events: &[StoredEvent]| {
        events.iter().map(|event| event.source().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(sources(&bench.memory.recent(9, &Filter::all()).events), ["c"]);
    let news = bench.memory.events_since(Cursor::START, 9);
    assert_eq!((sources(&news.events), news.missed, news.next.seq()), (vec!["c".to_owned()], 2, 3));
    bench.queue.make_room(9);
    assert_eq!(bench.memory.flush().accepted, 1);
    for _ in 0..4 {
        bench.push();
    }
    assert_eq!(bench.queue.drain(), [2]);
    bench.assert_counts(1, 0, 0);
}
