//! Events, on their way from RAM to the disk.
//!
//! The ring hands critical ones (and, by setting, those that leave it) to a bounded queue without
//! waiting; a task takes what is queued and writes it in one transaction. When the queue is full
//! the ring keeps them and offers them again.

use std::{sync::Arc, time::Duration};

use aios_operational::{
    Event, Operational, Overflow, Pushed, Refused, Spill as Spilled, StoredEvent,
};
use aios_working::Working;
use tokio::{
    sync::{Mutex, mpsc, oneshot, watch},
    task::JoinHandle,
    time,
};

use crate::{AgentMemory, Error, pump::Pump};

/// How many events may wait for the disk.
const QUEUE: usize = 1024;

/// How many are written at once.
const BATCH: usize = 256;

/// How often a batch is tried before its events are given up, and how long between.
const TRIES: u32 = 5;
const REST_AFTER_ERROR: Duration = Duration::from_millis(200);

/// How often expired events are looked for.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60);

impl AgentMemory {
    /// Takes note of something that happened: in RAM, without waiting. A critical event is on its
    /// way to the disk when this returns, and searchable soon after.
    ///
    /// # Errors
    /// When the event is too large.
    pub fn observe(&self, event: Event) -> Result<Pushed, Error> {
        Ok(self.operational().push_event(event)?)
    }

    /// Takes note of something that happened, and returns when it is on the disk, critical or not.
    ///
    /// # Errors
    /// - [`Error::EventsBusy`] when too many wait; the event is in RAM all the same.
    /// - When the event is too large, or the disk refuses.
    pub async fn push_event_durable(&self, event: Event) -> Result<Pushed, Error> {
        let (reply, written) = oneshot::channel();
        let queue = self.spill().queue.clone();
        let offer = |event| {
            let queued = Queued { event, written: Some(reply) };
            queue.try_send(queued).map_err(|_| Refused)
        };
        let pushed = self.operational().push_event_with(event, offer)?;
        if pushed.spill == Spilled::Full {
            return Err(Error::EventsBusy);
        }
        written.await.map_err(|_| Error::Interrupted)??;
        Ok(pushed)
    }
}

/// An event, and who waits for it.
struct Queued {
    event: StoredEvent,
    written: Option<oneshot::Sender<Result<(), Error>>>,
}

/// The way into the queue.
#[derive(Clone)]
pub(crate) struct Spill {
    queue: mpsc::Sender<Queued>,
}

impl Spill {
    /// The way in, and what comes out at the other end.
    pub(crate) fn new() -> (Spill, Waiting) {
        let (queue, waiting) = mpsc::channel(QUEUE);
        (Spill { queue }, Waiting(waiting))
    }

    /// What the ring hands events to.
    pub(crate) fn sink(&self) -> Arc<dyn Overflow> {
        let queue = self.queue.clone();
        Arc::new(move |event| queue.try_send(Queued { event, written: None }).map_err(|_| Refused))
    }
}

/// The events that wait for the disk.
pub(crate) struct Waiting(mpsc::Receiver<Queued>);

/// The task that writes. Dropped, it ends when it has written what is queued;
/// [`stop`](Spilling::stop) waits for that.
pub(crate) struct Spilling {
    stop: watch::Sender<bool>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Spilling {
    pub(crate) fn start(
        waiting: Waiting,
        operational: Operational,
        working: Working,
        pump: Pump,
    ) -> Spilling {
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(run(waiting.0, stopped, operational, working, pump));
        Spilling { stop, task: Mutex::new(Some(task)) }
    }

    pub(crate) async fn stop(&self) {
        // The receiver is gone only when the task has ended already.
        let _ = self.stop.send(true);
        if let Some(task) = self.task.lock().await.take()
            && let Err(error) = task.await
        {
            tracing::warn!(%error, "the task that writes events ended badly");
        }
    }
}

async fn run(
    mut waiting: mpsc::Receiver<Queued>,
    mut stopped: watch::Receiver<bool>,
    operational: Operational,
    working: Working,
    pump: Pump,
) {
    let mut sweep = time::interval(SWEEP_INTERVAL);
    let mut batch = Vec::with_capacity(BATCH);
    loop {
        tokio::select! {
            taken = waiting.recv_many(&mut batch, BATCH) => {
                if taken == 0 {
                    return;
                }
                write(&mut batch, &working).await;
                pump.wake();
                operational.offer_again();
            }
            _ = sweep.tick() => {
                operational.sweep(operational.clock().instant());
            }
            // What is queued is still taken; then the queue says that it has ended.
            _ = stopped.changed(), if !waiting.is_closed() => waiting.close(),
        }
    }
}

/// Writes a batch and answers those who wait for it. An event that cannot be stored costs itself
/// only.
async fn write(batch: &mut Vec<Queued>, working: &Working) {
    let mut tries = 1;
    while !batch.is_empty() {
        let events = batch.iter().map(|queued| to_working(&queued.event)).collect();
        match working.store_events(events).await {
            Ok(()) => return answer(batch.drain(..), None),
            Err(aios_working::Error::InBatch { index, source }) if source.is_invalid() => {
                answer([batch.remove(index)], Some(&*source));
            }
            Err(error) if error.is_retryable() && tries < TRIES => {
                tries += 1;
                time::sleep(REST_AFTER_ERROR).await;
            }
            Err(error) => return answer(batch.drain(..), Some(&error)),
        }
    }
}

fn answer(answered: impl IntoIterator<Item = Queued>, error: Option<&aios_working::Error>) {
    for Queued { event, written } in answered {
        if let Some(error) = error {
            let error = error as &dyn std::error::Error;
            tracing::error!(error, event = %event.id(), "an event could not be written");
        }
        let result =
            error.map_or(Ok(()), |error| Err(Error::EventUnwritten { reason: error.to_string() }));
        if let Some(written) = written {
            // Who asked may have gone.
            let _ = written.send(result);
        }
    }
}

fn to_working(event: &StoredEvent) -> aios_working::Event {
    let kept =
        aios_working::Event::new(event.category().as_str(), event.source(), event.data().clone());
    aios_working::Event {
        id: event.id(),
        seq: i64::try_from(event.seq()).unwrap_or(i64::MAX),
        timestamp: Some(event.timestamp()),
        critical: event.is_critical(),
        ..kept
    }
}
