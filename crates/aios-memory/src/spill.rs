//! The transfer of events from RAM to disk.
//!
//! The ring passes critical events (and, by setting, evicted ones) to a bounded queue without
//! waiting; a task writes queued events in one transaction per batch. If the queue is full, the
//! ring keeps the events and offers them again. Failed writes are retried until the memory is shut
//! down; meanwhile the queue fills, and the ring keeps as many events as it can and counts those it
//! drops.
//!
//! The same task writes the metrics of `metrics`.

use std::{
    cmp,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use aios_guard::Guard;
use aios_operational::{
    Event, Operational, Overflow, Pushed, Refused, Spill as Spilled, StoredEvent,
};
use aios_record::Timestamp;
use aios_working::Working;
use tokio::{
    sync::{Mutex, mpsc, oneshot, watch},
    task::JoinHandle,
    time,
};

use crate::{Error, guarding, metrics::MetricHistory, pump::Pump};

/// Capacity of the queue.
const QUEUE: usize = 1024;

/// Events per batch.
const BATCH: usize = 256;

/// Failed attempts to write a batch before its waiting callers get the error and, at shutdown,
/// before the batch is dropped.
const TRIES: u32 = 5;

/// Delay after the first failure. It doubles with each further failure, up to the maximum.
const REST: Duration = Duration::from_millis(100);
const REST_MAX: Duration = Duration::from_secs(5);

/// Interval between sweeps for expired events.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60);

/// Interval between writes of metrics, which bounds the history that a killed process loses.
const METRICS_INTERVAL: Duration = Duration::from_secs(30);

/// An event, and the channel to the caller waiting for it.
struct Queued {
    event: StoredEvent,
    written: Option<oneshot::Sender<Result<(), Error>>>,
}

impl Queued {
    /// Sends the result to the waiting caller, once.
    fn reply(&mut self, error: Option<&(dyn std::error::Error + 'static)>) {
        let Some(written) = self.written.take() else { return };
        let result =
            error.map_or(Ok(()), |error| Err(Error::EventUnwritten { reason: error.to_string() }));
        // The caller may have stopped waiting.
        let _ = written.send(result);
    }
}

/// The sending side of the queue.
#[derive(Clone)]
pub(crate) struct Spill {
    queue: mpsc::Sender<Queued>,
}

impl Spill {
    /// Creates the queue and returns both sides.
    pub(crate) fn new() -> (Spill, Waiting) {
        let (queue, waiting) = mpsc::channel(QUEUE);
        (Spill { queue }, Waiting(waiting))
    }

    /// Pushes an event to the ring and waits until it is on disk.
    pub(crate) async fn push_durable(
        &self,
        operational: &Operational,
        event: Event,
    ) -> Result<Pushed, Error> {
        let (reply, written) = oneshot::channel();
        let offer = |event| {
            let queued = Queued { event, written: Some(reply) };
            self.queue.try_send(queued).map_err(|_| Refused)
        };
        let pushed = operational.push_event_with(event, offer)?;
        if pushed.spill == Spilled::Full {
            return Err(Error::EventsBusy);
        }
        written.await.map_err(|_| Error::Interrupted)??;
        Ok(pushed)
    }

    /// Returns the sink to which the ring passes events.
    pub(crate) fn sink(&self) -> Arc<dyn Overflow> {
        let queue = self.queue.clone();
        Arc::new(move |event| queue.try_send(Queued { event, written: None }).map_err(|_| Refused))
    }
}

/// The receiving side of the queue.
pub(crate) struct Waiting(mpsc::Receiver<Queued>);

/// The writing task. After a drop it ends when the queued events are written;
/// [`stop`](Spilling::stop) waits for that.
pub(crate) struct Spilling {
    stop: watch::Sender<()>,
    task: Mutex<Option<JoinHandle<Result<(), Error>>>>,
    unwritten: Arc<AtomicU64>,
}

impl Spilling {
    pub(crate) fn start(
        waiting: Waiting,
        operational: Operational,
        working: Working,
        pump: Pump,
        metrics: MetricHistory,
        guard: Guard,
    ) -> Spilling {
        let (stop, stopped) = watch::channel(());
        let unwritten = Arc::default();
        let spiller = Spiller {
            waiting: waiting.0,
            batch: Vec::with_capacity(BATCH),
            failures: 0,
            unwritten: Arc::clone(&unwritten),
            operational,
            working,
            pump,
            metrics,
            guard,
        };
        Spilling { stop, task: Mutex::new(Some(tokio::spawn(spiller.run(stopped)))), unwritten }
    }

    /// Returns a handle without a task, for a read-only memory.
    pub(crate) fn none() -> Spilling {
        let (stop, _) = watch::channel(());
        Spilling { stop, task: Mutex::new(None), unwritten: Arc::default() }
    }

    /// Returns the number of events that could not be written.
    pub(crate) fn unwritten(&self) -> u64 {
        // ORDERING: a statistic.
        self.unwritten.load(Ordering::Relaxed)
    }

    /// Writes all events that must be kept, regardless of age, and ends the task.
    ///
    /// # Errors
    /// [`Error::EventsUnwritten`] if some could not be written.
    pub(crate) async fn stop(&self) -> Result<(), Error> {
        // Sending fails only if the task has already ended.
        let _ = self.stop.send(());
        match self.task.lock().await.take() {
            Some(task) => task.await.map_err(|_| Error::Interrupted)?,
            None => Ok(()),
        }
    }
}

struct Spiller {
    waiting: mpsc::Receiver<Queued>,
    /// Events taken from the queue and not written yet.
    batch: Vec<Queued>,
    /// Consecutive failures to write the batch.
    failures: u32,
    unwritten: Arc<AtomicU64>,
    operational: Operational,
    working: Working,
    pump: Pump,
    metrics: MetricHistory,
    guard: Guard,
}

impl Spiller {
    async fn run(mut self, mut stopped: watch::Receiver<()>) -> Result<(), Error> {
        let mut sweep = time::interval(SWEEP_INTERVAL);
        let mut metrics = time::interval(METRICS_INTERVAL);
        loop {
            let rest = self.rest();
            tokio::select! {
                taken = self.waiting.recv_many(&mut self.batch, BATCH), if self.failures == 0 => {
                    if taken == 0 {
                        break;
                    }
                    self.write().await;
                }
                () = time::sleep(rest), if 0 < self.failures => self.write().await,
                _ = sweep.tick() => {
                    self.operational.sweep(self.operational.clock().instant());
                }
                _ = metrics.tick() => {
                    self.metrics.write(self.operational.clock().timestamp()).await;
                }
                // Stopped, or the memory was dropped.
                _ = stopped.changed() => break,
            }
        }
        self.finish().await
    }

    /// Writes the batch and replies to waiting callers. An event that cannot be stored is dropped
    /// alone; if writing fails, the batch is kept.
    async fn write(&mut self) {
        loop {
            let events = self.writable();
            if events.is_empty() {
                break;
            }
            match self.working.intake().put_events(events).await {
                Ok(()) => {
                    self.batch.drain(..).for_each(|mut queued| queued.reply(None));
                    self.failures = 0;
                    self.pump.wake();
                    self.operational.offer_again();
                }
                Err(aios_working::Error::InBatch { index, source }) if source.is_invalid() => {
                    let queued = self.batch.remove(index);
                    self.give_up(queued, &source);
                }
                Err(error) => {
                    self.failures += 1;
                    return self.tell(&error);
                }
            }
        }
        self.failures = 0;
    }

    /// Returns the batch in its stored form. Forgotten events and those that the guard refuses are
    /// removed from it.
    fn writable(&mut self) -> Vec<aios_working::Event> {
        let mut events = Vec::with_capacity(self.batch.len());
        for mut queued in std::mem::take(&mut self.batch) {
            match to_working(self.guard, &queued.event) {
                _ if queued.event.is_forgotten() => queued.reply(None),
                Ok(event) => {
                    events.push(event);
                    self.batch.push(queued);
                }
                Err(error) => self.give_up(queued, &error),
            }
        }
        events
    }

    /// Replies with the error to waiting callers, including those in the queue, after [`TRIES`]
    /// failures. Critical events remain in the batch and are retried.
    fn tell(&mut self, error: &aios_working::Error) {
        let reason = error as &dyn std::error::Error;
        match self.failures.cmp(&TRIES) {
            cmp::Ordering::Less => return,
            cmp::Ordering::Equal => {
                tracing::error!(error = reason, "failed to write events; retrying");
            }
            cmp::Ordering::Greater => {}
        }
        while self.batch.len() < QUEUE
            && let Ok(queued) = self.waiting.try_recv()
        {
            self.batch.push(queued);
        }
        self.batch.retain_mut(|queued| {
            let waited = queued.written.is_some();
            queued.reply(Some(error));
            !waited || queued.event.is_critical()
        });
    }

    fn give_up(&mut self, mut queued: Queued, error: &(dyn std::error::Error + 'static)) {
        tracing::error!(error, event = %queued.event.id(), "an event was not written");
        // ORDERING: a statistic.
        self.unwritten.fetch_add(1, Ordering::Relaxed);
        queued.reply(Some(error));
    }

    /// Returns the delay before the batch is retried.
    fn rest(&self) -> Duration {
        let doublings = self.failures.saturating_sub(1).min(16);
        REST.saturating_mul(1 << doublings).min(REST_MAX)
    }

    /// Writes all events that the ring must pass on and all queued ones. The queue is smaller than
    /// the ring, so this may take several rounds.
    async fn finish(mut self) -> Result<(), Error> {
        self.metrics.write(Timestamp::MAX).await;
        loop {
            let swept = self.operational.flush();
            while let Ok(queued) = self.waiting.try_recv() {
                self.batch.push(queued);
            }
            self.write_or_give_up().await?;
            if swept.refused == 0 {
                break;
            }
        }
        self.waiting.close();
        while 0 < self.waiting.recv_many(&mut self.batch, BATCH).await {
            self.write_or_give_up().await?;
        }
        Ok(())
    }

    async fn write_or_give_up(&mut self) -> Result<(), Error> {
        self.failures = 0;
        loop {
            self.write().await;
            if self.batch.is_empty() {
                return Ok(());
            }
            if TRIES <= self.failures {
                let count = self.batch.len() as u64 + self.operational.counters().critical_waiting;
                return Err(Error::EventsUnwritten { count });
            }
            time::sleep(self.rest()).await;
        }
    }
}

/// Returns an event as working memory stores it, after the guard. Runs in the writing task, so that
/// pushing an event is cheap.
fn to_working(guard: Guard, event: &StoredEvent) -> Result<aios_working::Event, aios_guard::Error> {
    let data = guarding::value(guard, event.data().clone())?;
    Ok(aios_working::Event {
        id: event.id(),
        seq: i64::try_from(event.seq()).unwrap_or(i64::MAX),
        timestamp: Some(event.timestamp()),
        critical: event.is_critical(),
        ..aios_working::Event::new(event.category().as_str(), event.source(), data)
    })
}
