//! The transfer of the change feed from working to long-term memory.
//!
//! A page of the feed is written to the long-term journal in one transaction that also moves the
//! watermark, if the watermark still equals the start of the page. Any number of tasks and
//! processes can therefore pump the same feed, and each change arrives once. The background task of
//! `pumping` pumps continuously; a caller that needs recent writes pumps as well, up to the head
//! that it saw.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use aios_guard::Guard;
use aios_longterm::{Applied, FeedPage, Longterm};
use aios_record::{Change, FeedItem, Kind, Record};
use aios_working::Working;
use futures::future::BoxFuture;
use serde_json::Value;
use tokio::{
    sync::{Mutex, Notify},
    time,
};

use crate::{Error, work::learned::Deriver};

/// Changes per page.
const PAGE: usize = 500;

/// Maximum time to wait for a full journal to drain into the library.
const DRAIN_MAX: Duration = Duration::from_secs(5);

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
    /// True after the feed and the watermark were verified to belong together.
    checked: AtomicBool,
    /// The position up to which this process has trimmed the feed.
    trimmed: AtomicU64,
    /// Serialises the pages: a concurrent pump would only embed the same texts again.
    pumping: Mutex<()>,
    wake: Notify,
    deriver: Deriver,
}

impl Pump {
    pub(crate) fn new(working: Working, longterm: Longterm, guard: Guard) -> Pump {
        let deriver = Deriver::new(working.clone(), longterm.clone(), guard);
        let shared = Shared {
            working,
            longterm,
            seen: AtomicU64::new(0),
            checked: AtomicBool::new(false),
            trimmed: AtomicU64::new(0),
            pumping: Mutex::new(()),
            wake: Notify::new(),
            deriver,
        };
        Pump { shared: Arc::new(shared) }
    }

    /// Wakes the background task after a write.
    pub(crate) fn wake(&self) {
        self.shared.wake.notify_one();
    }

    /// Waits for a write of this process.
    pub(crate) async fn woken(&self) {
        self.shared.wake.notified().await;
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
    pub(crate) fn catch_up(&self) -> BoxFuture<'_, Result<usize, Error>> {
        Box::pin(async move {
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
                // Before the page is applied: after a crash in between, they are derived again.
                Box::pin(shared.deriver.derive(&items)).await;
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
        })
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

    /// Returns `true` if [`trim`](Pump::trim) would trim something.
    pub(crate) fn may_trim(&self) -> bool {
        let shared = &self.shared;
        shared.trimmed.load(Ordering::Acquire) < shared.seen.load(Ordering::Acquire)
    }

    /// Trims the feed of working memory up to the last seen watermark, and to `learned`, the
    /// position through which messages were learned from.
    pub(crate) async fn trim(&self, learned: u64) -> Result<(), Error> {
        let shared = &self.shared;
        let seen = shared.seen.load(Ordering::Acquire).min(learned);
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
