//! Rivals of the ring: a deque behind a lock, which is the obvious implementation, and a lock-free
//! queue, which can only be read by removing entries.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, RwLock},
};

use aios_operational::{Event, Ring};
use crossbeam_queue::ArrayQueue;
use serde_json::json;

use super::CAPACITY;

/// Holds the last [`CAPACITY`] events.
pub trait Contender: Sync {
    /// Adds an event, and drops the oldest if full.
    fn push(&self, event: Arc<Event>);

    /// Clones the newest `count` events and returns their number.
    fn recent(&self, count: usize) -> usize;
}

/// Returns an event of about 200 bytes, including its texts.
#[must_use]
pub fn event() -> Event {
    Event::new(
        "event",
        "sensor-3",
        json!("a payload of some eighty bytes, as events have them now"),
    )
}

impl Contender for Ring<Arc<Event>> {
    fn push(&self, event: Arc<Event>) {
        Ring::push(self, event);
    }

    fn recent(&self, count: usize) -> usize {
        Ring::recent(self, count).entries.len()
    }
}

/// A deque behind a mutex.
#[derive(Debug, Default)]
pub struct LockedDeque(Mutex<VecDeque<Arc<Event>>>);

impl Contender for LockedDeque {
    fn push(&self, event: Arc<Event>) {
        let mut events = self.0.lock().expect("nobody panics");
        let evicted = replace_oldest(&mut events, event);
        drop(events);
        drop(evicted);
    }

    fn recent(&self, count: usize) -> usize {
        let recent = newest(&self.0.lock().expect("nobody panics"), count);
        recent.len()
    }
}

/// A deque behind a reader-writer lock.
#[derive(Debug, Default)]
pub struct SharedDeque(RwLock<VecDeque<Arc<Event>>>);

impl Contender for SharedDeque {
    fn push(&self, event: Arc<Event>) {
        let mut events = self.0.write().expect("nobody panics");
        let evicted = replace_oldest(&mut events, event);
        drop(events);
        drop(evicted);
    }

    fn recent(&self, count: usize) -> usize {
        let recent = newest(&self.0.read().expect("nobody panics"), count);
        recent.len()
    }
}

fn replace_oldest(events: &mut VecDeque<Arc<Event>>, event: Arc<Event>) -> Option<Arc<Event>> {
    let evicted = if events.len() == CAPACITY { events.pop_front() } else { None };
    events.push_back(event);
    evicted
}

fn newest(events: &VecDeque<Arc<Event>>, count: usize) -> Vec<Arc<Event>> {
    events.iter().rev().take(count).cloned().collect()
}

/// A lock-free queue. It is not read, because reading would remove its entries.
#[derive(Debug)]
pub struct Queue(ArrayQueue<Arc<Event>>);

impl Default for Queue {
    fn default() -> Queue {
        Queue(ArrayQueue::new(CAPACITY))
    }
}

impl Contender for Queue {
    fn push(&self, event: Arc<Event>) {
        self.0.force_push(event);
    }

    fn recent(&self, count: usize) -> usize {
        self.0.len().min(count)
    }
}
