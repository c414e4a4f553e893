//! Events, on their way from RAM to the disk.
//!
//! The ring hands critical ones (and, by setting, those that leave it) to a bounded queue without
//! waiting; a task takes what is queued and writes it in one transaction. When the queue is full
//! the ring keeps them and offers them again. What the disk refuses is tried again until the memory
//! is shut down: meanwhile the queue fills, the ring keeps what it can, and counts what it cannot.
//!
//! The same task hands on what is to be kept of metrics, which is in `metrics`.

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
use aios_record::{Kind, Timestamp};
use aios_working::Working;
use tokio::{
    sync::{Mutex, mpsc, oneshot, watch},
    task::JoinHandle,
    time,
};

use crate::{Error, MemoryView, guarding, metrics::MetricHistory, pump::Pump};

/// How many events may wait for the disk.
const QUEUE: usize = 1024;

/// How many are written at once.
const BATCH: usize = 256;

/// How often a batch is tried before those who wait for it are told, and, at the end, before it is
/// given up.
const TRIES: u32 = 5;

/// How long to rest after the first failure; twice as long after each further one, up to the
/// longest.
const REST: Duration = Duration::from_millis(100);
const REST_MAX: Duration = Duration::from_secs(5);

/// How often expired events are looked for.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60);

/// How often metrics go to the disk: a process that is killed loses so much of their history.
const METRICS_INTERVAL: Duration = Duration::from_secs(30);

impl MemoryView {
    /// Takes note of something that happened: in RAM, without waiting. A critical event is on its
    /// way to the disk when this returns, and searchable soon after. Events have no owner. The
    /// guard's settings hold for what reaches the disk, not for what is in RAM: an event that they
    /// refuse is not written, critical or not, which is counted in [`Stats`](crate::Stats) and
    /// logged.
    ///
    /// # Errors
    /// [`Error::MachineWide`] if this is the view of a user; an error of tier 0 if the event is too
    /// large.
    pub fn observe(&self, event: Event) -> Result<Pushed, Error> {
        self.check_machine_wide(Kind::Event)?;
        Ok(self.shared().operational.push_event(event)?)
    }

    /// Takes note of something that happened, and returns when it is on the disk, critical or not.
    ///
    /// # Errors
    /// - [`Error::EventsBusy`] if too many wait; the event is in RAM all the same.
    /// - [`Error::EventUnwritten`] if the disk refuses; a critical event is tried again in the
    ///   background all the same. The same if the guard's settings refuse what is in it.
    /// - As [`observe`](MemoryView::observe).
    pub async fn push_event_durable(&self, event: Event) -> Result<Pushed, Error> {
        self.check_machine_wide(Kind::Event)?;
        let (reply, written) = oneshot::channel();
        let queue = self.shared().spill.queue.clone();
        let offer = |event| {
            let queued = Queued { event, written: Some(reply) };
            queue.try_send(queued).map_err(|_| Refused)
        };
        let pushed = self.shared().operational.push_event_with(event, offer)?;
        if pushed.spill == Spilled::Full {
            return Err(Error::EventsBusy);
        }
        written.await.map_err(|_| Error::Interrupted)??;
        Ok(pushed)
    }

    /// Checks that records of a kind that has no owner can be written, and that this view may.
    pub(crate) fn check_machine_wide(&self, kind: Kind) -> Result<(), Error> {
        self.check_writable()?;
        match self.gate().acts_for_user() {
            true => Err(Error::MachineWide { kind }),
            false => Ok(()),
        }
    }
}

/// An event, and who waits for it.
struct Queued {
    event: StoredEvent,
    written: Option<oneshot::Sender<Result<(), Error>>>,
}

impl Queued {
    /// Tells who waits, once.
    fn reply(&mut self, error: Option<&(dyn std::error::Error + 'static)>) {
        let Some(written) = self.written.take() else { return };
        let result =
            error.map_or(Ok(()), |error| Err(Error::EventUnwritten { reason: error.to_string() }));
        // Who asked may have gone.
        let _ = written.send(result);
    }
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

    /// No task, where nothing can be written.
    pub(crate) fn none() -> Spilling {
        let (stop, _) = watch::channel(());
        Spilling { stop, task: Mutex::new(None), unwritten: Arc::default() }
    }

    /// How many events were handed on and could not be written.
    pub(crate) fn unwritten(&self) -> u64 {
        // ORDERING: a statistic.
        self.unwritten.load(Ordering::Relaxed)
    }

    /// Has everything written that is to be kept, whatever its age.
    ///
    /// # Errors
    /// [`Error::EventsUnwritten`] when the disk refuses some.
    pub(crate) async fn stop(&self) -> Result<(), Error> {
        // The receiver is gone only when the task has ended already.
        let _ = self.stop.send(());
        match self.task.lock().await.take() {
            Some(task) => task.await.map_err(|_| Error::Interrupted)?,
            None => Ok(()),
        }
    }
}

struct Spiller {
    waiting: mpsc::Receiver<Queued>,
    /// Taken out of the queue, and not written yet.
    batch: Vec<Queued>,
    /// How often writing it has failed.
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
                // Told to, or the memory was dropped.
                _ = stopped.changed() => break,
            }
        }
        self.finish().await
    }

    /// Writes the batch and answers those who wait for it. An event that cannot be stored costs
    /// itself only; what the disk refuses stays in the batch.
    async fn write(&mut self) {
        loop {
            let events = self.writable();
            if events.is_empty() {
                break;
            }
            match self.working.store_events(events).await {
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

    /// The batch as it is written; what was forgotten or the guard refuses leaves it.
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

    /// Tells those who wait that the disk refuses, when it has done so long enough: those in the
    /// queue too. Critical events are tried again.
    fn tell(&mut self, error: &aios_working::Error) {
        let reason = error as &dyn std::error::Error;
        match self.failures.cmp(&TRIES) {
            cmp::Ordering::Less => return,
            cmp::Ordering::Equal => {
                tracing::error!(error = reason, "events cannot be written; they are tried again");
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
        tracing::error!(error, event = %queued.event.id(), "an event cannot be written");
        // ORDERING: a statistic.
        self.unwritten.fetch_add(1, Ordering::Relaxed);
        queued.reply(Some(error));
    }

    /// How long to wait before the batch is tried again.
    fn rest(&self) -> Duration {
        let doublings = self.failures.saturating_sub(1).min(16);
        REST.saturating_mul(1 << doublings).min(REST_MAX)
    }

    /// Writes everything that the ring is to hand on and everything queued. The queue has fewer
    /// places than the ring, so that may take rounds.
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

/// An event as working memory stores it, and as the guard lets it through: what a push costs does
/// not grow by it.
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
