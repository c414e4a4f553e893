//! A limit on concurrent inferences, shared by all callers: first come, first served.
//!
//! A lane is held for one batch, so a query waits only for the running batches and not for a whole
//! call that stores a thousand texts.

use std::sync::{Condvar, Mutex, MutexGuard};

pub(crate) struct Lanes {
    queue: Mutex<Queue>,
    moved: Condvar,
}

/// The queue of waiting threads. Each thread draws a ticket and waits for its turn.
struct Queue {
    free: usize,
    next: u64,
    called: u64,
}

/// The right to run one batch.
pub(crate) struct Lane<'a>(&'a Lanes);

impl Lanes {
    pub(crate) fn new(count: usize) -> Lanes {
        let queue = Queue { free: count, next: 0, called: 0 };
        Lanes { queue: Mutex::new(queue), moved: Condvar::new() }
    }

    /// Waits for a lane, behind all earlier callers.
    pub(crate) fn enter(&self) -> Lane<'_> {
        let mut queue = self.lock();
        let number = queue.next;
        queue.next += 1;
        let is_not_next = |queue: &mut Queue| queue.free == 0 || queue.called != number;
        let mut queue = self.moved.wait_while(queue, is_not_next).expect("no holder panics");
        queue.free -= 1;
        queue.called += 1;
        drop(queue);
        self.moved.notify_all();
        Lane(self)
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().expect("no holder panics")
    }
}

impl Drop for Lane<'_> {
    fn drop(&mut self) {
        self.0.lock().free += 1;
        self.0.moved.notify_all();
    }
}

#[cfg(test)]
mod tests;
