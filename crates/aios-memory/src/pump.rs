//! The transfer of the change feed from working to long-term memory.
//!
//! A page of the feed is written to the long-term journal in one transaction that also moves the
//! watermark, if the watermark still equals the start of the page. So any number of tasks and
//! processes may pump the same feed, and each change arrives once. A background task pumps
//! continuously; a caller that needs recent writes pumps as well, up to the head that it saw.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use aios_longterm::{Applied, FeedPage, Longterm};
use aios_record::{Change, FeedItem};
use aios_record::{Kind, Record};
use aios_working::{Retention, Working};
use serde_json::Value;
use tokio::{
    sync::{Mutex, Notify, watch},
    task::JoinHandle,
    time,
};

use crate::{Error, maintenance};

/// Changes per page.
const PAGE: usize = 500;

/// Maximum time to wait for a full journal to drain into the library.
const DRAIN_MAX: Duration = Duration::from_secs(5);

/// Sleep of the background task while nothing changes: initial and maximum. Writers of this process
/// wake it; the sleep bounds the delay of other processes' writes.
const REST_MIN: Duration = Duration::from_millis(5);
const REST_MAX: Duration = Duration::from_millis(250);

/// Sleep of the background task after an error.
const REST_AFTER_ERROR: Duration = Duration::from_secs(1);

/// Pumps on demand. Clones share the cached watermark.
#[derive(Clone)]
pub(crate) struct Pump {
    shared: Arc<Shared>,
}

struct Shared {
    working: Working,
    longterm: Longterm,
    /// The last seen watermark. It only grows, so a stale value only costs another query.
    seen: AtomicU64,
    /// True once the feed and the watermark were verified to belong together.
    checked: AtomicBool,
    /// The position up to which this process has trimmed the feed.
    trimmed: AtomicU64,
    /// One page at a time: a concurrent pump would embed the same texts for nothing.
    pumping: Mutex<()>,
    wake: Notify,
}

impl Pump {
    pub(crate) fn new(working: Working, longterm: Longterm) -> Pump {
        let shared = Shared {
            working,
            longterm,
            seen: AtomicU64::new(0),
            checked: AtomicBool::new(false),
            trimmed: AtomicU64::new(0),
            pumping: Mutex::new(()),
            wake: Notify::new(),
        };
        Pump { shared: Arc::new(shared) }
    }

    /// Wakes the background task after a write.
    pub(crate) fn wake(&self) {
        self.shared.wake.notify_one();
    }

    /// Returns `true` if long-term memory may still lack a change that working memory acknowledged.
    pub(crate) async fn is_behind(&self) -> Result<bool, Error> {
        let shared = &self.shared;
        let head = shared.working.feed().head().await?;
        let is_level = shared.checked.load(Ordering::Acquire);
        Ok(!is_level || shared.seen.load(Ordering::Acquire) < head)
    }

    /// Returns the number of records of all owners with changes that long-term memory has not
    /// received.
    pub(crate) async fn behind(&self) -> Result<u64, Error> {
        let watermark = self.shared.longterm.feed().watermark().await?;
        Ok(self.shared.working.feed().waiting(watermark).await?)
    }

    /// Waits until all changes that working memory acknowledged before the call are in long-term
    /// memory, and returns the number of changes that this call moved.
    ///
    /// # Errors
    /// [`Error::FeedBehind`] if the feed ends before the watermark; errors of the tiers.
    pub(crate) async fn catch_up(&self) -> Result<usize, Error> {
        let shared = &self.shared;
        if !self.is_behind().await? {
            return Ok(0);
        }
        let head = shared.working.feed().head().await?;
        let _pumping = shared.pumping.lock().await;
        let mut pumped = 0;
        let mut watermark = shared.longterm.feed().watermark().await?;
        // Read after the watermark, which never passes the head of its own feed.
        let told = shared.working.feed().head().await?;
        if told < watermark {
            return Err(Error::FeedBehind { head: told, watermark });
        }
        shared.checked.store(true, Ordering::Release);
        while watermark < head {
            let items = shared.working.feed().after(watermark, PAGE).await?;
            // The remaining feed refers only to records that no longer exist.
            let Some(last) = items.last() else {
                watermark = head;
                break;
            };
            let (through, count) = (last.seq, items.len());
            let changes = items.into_iter().map(change_of).collect();
            let page = FeedPage { after: watermark, through, changes };
            watermark = match Box::pin(self.apply(page)).await? {
                Applied::Yes { .. } => {
                    pumped += count;
                    through
                }
                Applied::WatermarkMoved { watermark } => watermark,
            };
        }
        shared.seen.fetch_max(watermark, Ordering::AcqRel);
        Ok(pumped)
    }

    /// Writes a page to the journal. A full journal is drained first, if that takes at most
    /// [`DRAIN_MAX`].
    async fn apply(&self, page: FeedPage) -> Result<Applied, Error> {
        let longterm = &self.shared.longterm;
        match longterm.feed().apply(page.clone()).await {
            Err(full @ aios_longterm::Error::JournalFull { .. }) => {
                match time::timeout(DRAIN_MAX, Box::pin(longterm.upkeep().drain())).await {
                    Ok(drained) => drained?,
                    Err(_) => return Err(full.into()),
                }
                Ok(longterm.feed().apply(page).await?)
            }
            applied => Ok(applied?),
        }
    }

    pub(crate) fn working(&self) -> &Working {
        &self.shared.working
    }

    pub(crate) fn longterm(&self) -> &Longterm {
        &self.shared.longterm
    }

    /// Trims the feed of working memory up to the last seen watermark.
    pub(crate) async fn trim(&self) -> Result<(), Error> {
        let shared = &self.shared;
        let seen = shared.seen.load(Ordering::Acquire);
        if shared.trimmed.load(Ordering::Acquire) < seen {
            shared.longterm.upkeep().sync().await?;
            shared.working.feed().trim(seen).await?;
            shared.trimmed.fetch_max(seen, Ordering::AcqRel);
        }
        Ok(())
    }
}

fn change_of(item: FeedItem) -> FeedItem {
    let change = match item.change {
        Change::Upsert(record) => Change::Upsert(Box::new(with_tags(*record))),
        deletion @ Change::Delete { .. } => deletion,
    };
    FeedItem { seq: item.seq, change }
}

/// Sets the tags of a message from its metadata, because messages have no tags field.
pub(crate) fn with_tags(mut record: Record) -> Record {
    if record.kind == Kind::Message
        && let Some(tags) = record.payload["metadata"]["tags"].as_array()
    {
        record.tags = tags.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    }
    record
}

/// The background task. After a drop it ends at its next sleep; [`stop`](Pumping::stop) waits for
/// that.
pub(crate) struct Pumping {
    stop: watch::Sender<bool>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Pumping {
    /// Starts the task, which also ages working memory once an hour.
    pub(crate) fn start(pump: Pump, retention: Retention) -> Pumping {
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(run(pump, retention, stopped));
        Pumping { stop, task: Mutex::new(Some(task)) }
    }

    /// Returns a handle without a task, for a memory that is only read.
    pub(crate) fn none() -> Pumping {
        Pumping { stop: watch::channel(false).0, task: Mutex::new(None) }
    }

    pub(crate) async fn stop(&self) {
        // Sending fails only if the task has already ended.
        let _ = self.stop.send(true);
        if let Some(task) = self.task.lock().await.take()
            && let Err(error) = task.await
        {
            tracing::warn!(%error, "the task of the change feed failed");
        }
    }
}

async fn run(pump: Pump, retention: Retention, mut stopped: watch::Receiver<bool>) {
    let mut rest = REST_MIN;
    let first = time::Instant::now() + maintenance::FIRST;
    let mut hourly = time::interval_at(first, maintenance::INTERVAL);
    hourly.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
    loop {
        match round(&pump).await {
            Ok(0) => rest = (rest * 2).min(REST_MAX),
            Ok(_) => rest = REST_MIN,
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "failed to move changes to long-term memory; retrying"
                );
                rest = REST_AFTER_ERROR;
            }
        }
        tokio::select! {
            // Also returns if the handle was dropped, which closes the channel.
            _ = stopped.changed() => return,
            () = pump.shared.wake.notified() => rest = REST_MIN,
            _ = hourly.tick() => age(&pump, &retention).await,
            () = time::sleep(rest) => {}
        }
    }
}

async fn age(pump: &Pump, retention: &Retention) {
    match maintenance::age(pump, retention).await {
        Ok(aged) => tracing::debug!(?aged, "moved old records out of working memory"),
        Err(error) => tracing::warn!(
            error = &error as &dyn std::error::Error,
            "failed to move old records out of working memory; retrying in an hour"
        ),
    }
}

/// Moves the pending changes. Trims only if there are none, because trimming is a commit of its own
/// and would delay writers.
async fn round(pump: &Pump) -> Result<usize, Error> {
    let pumped = pump.catch_up().await?;
    if pumped == 0 {
        pump.trim().await?;
    }
    Ok(pumped)
}
