//! Change feed of another tier: its pages, the watermark up to which they are applied, and the
//! refused changes.

use aios_record::{Change, FeedItem, Identity, Owner};

use crate::{
    Error, Longterm,
    error::shown,
    intake::{Embedding, cut},
    journal::{FeedOutcome, Page, Refusal, Refused},
};

/// Consecutive entries of another tier's change feed.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedPage {
    /// The position in the feed after which this page begins: the watermark before it is applied.
    pub after: u64,
    /// The position in the feed through which this page reaches: the watermark after it is applied.
    pub through: u64,
    /// The changes, oldest first.
    pub changes: Vec<FeedItem>,
}

/// Outcome of applying a page of the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// The page is in the journal.
    Yes {
        /// Records that were left unchanged: their owner has them in another scope, or they cannot
        /// be stored.
        refused: Vec<Identity>,
    },
    /// Nothing was written: another process has applied this part of the feed.
    WatermarkMoved {
        /// The watermark from which the feed continues.
        watermark: u64,
    },
}

/// The change feed of another tier, as far as it was applied here.
///
/// ```
/// # use aios_longterm::{Applied, Config, FeedPage, Longterm};
/// # use aios_record::{Change, FeedItem, Id, Kind, Record, Scope};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # let model = aios_embedding::StaticModel::bundled()?;
/// # let longterm = Longterm::open(dir.path(), Config::default(), model).await?;
/// let goal = Record::new(Kind::Goal, Id::generate(), "Ship the parser", Scope::default());
/// let changes = vec![FeedItem { seq: 1, change: Change::Upsert(Box::new(goal)) }];
/// let page = FeedPage { after: 0, through: 1, changes };
///
/// let applied = longterm.feed().apply(page).await?;
/// assert_eq!(applied, Applied::Yes { refused: Vec::new() });
/// assert_eq!(longterm.feed().watermark().await?, 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy)]
pub struct Feed<'a> {
    longterm: &'a Longterm,
}

impl Longterm {
    /// Returns the change feed.
    #[must_use]
    pub fn feed(&self) -> Feed<'_> {
        Feed { longterm: self }
    }
}

impl Feed<'_> {
    /// Writes a page of another tier's change feed and moves the watermark, in one transaction. A
    /// change is skipped if its `seq` is lower than one applied before to the same record. A
    /// removal without an owner removes the only record of this kind and id; if several owners have
    /// one, it removes none and is refused.
    ///
    /// A slow model embeds the texts in the background, see
    /// [`store_deferred`](crate::LongtermView::store_deferred).
    ///
    /// # Errors
    /// [`Error::JournalFull`], [`Error::LimitReached`] if a limit of the configuration is reached;
    /// [`Error::Journal`] if the journal cannot be written. Problems of single changes do not stop
    /// the feed: a text that is too long is truncated. A change that cannot be stored, or whose
    /// record is stored in another scope, is left out, named in [`Applied::Yes`] and listed in
    /// [`refused`](Feed::refused).
    pub async fn apply(self, page: FeedPage) -> Result<Applied, Error> {
        let FeedPage { after, through, mut changes } = page;
        for FeedItem { change, .. } in &mut changes {
            if let Change::Upsert(record) = change {
                cut(record, self.longterm.parts.config.text_bytes_max);
            }
        }
        let places: Vec<_> = changes.iter().map(|it| (identity(&it.change), it.seq)).collect();
        let changes =
            changes.into_iter().map(|FeedItem { seq, change }| (Some(seq), change)).collect();
        let mut page = Page { after, through, writes: Vec::new(), refusals: Vec::new() };
        for ((identity, seq), write) in places
            .into_iter()
            .zip(self.longterm.parts.intake.prepare(changes, Embedding::Later).await?)
        {
            match write {
                Ok(write) => page.writes.push(write),
                Err(error) => {
                    let (key, reason) = (identity.encode(), error.to_string());
                    page.refusals.push(Refusal { key, feed_seq: Some(seq), reason });
                }
            }
        }
        match self.longterm.parts.writer.write_page(page).await? {
            FeedOutcome::Moved { watermark } => Ok(Applied::WatermarkMoved { watermark }),
            FeedOutcome::Unread(_) => unreachable!("it was read and written"),
            FeedOutcome::Written { refusals } => {
                let mut refused = Vec::new();
                for Refusal { key, reason, .. } in &refusals {
                    tracing::warn!(key = shown(key), reason, "a change of the feed was left out");
                    refused.extend(Identity::decode(key));
                }
                Ok(Applied::Yes { refused })
            }
        }
    }

    /// Returns the watermark up to which the feed is applied, 0 at first.
    ///
    /// # Errors
    /// [`Error::Journal`] if the journal cannot be read.
    pub async fn watermark(self) -> Result<u64, Error> {
        self.longterm.parts.journal.watermark().await
    }

    /// Returns the changes that could not be stored, newest first, at most `limit`. The newest
    /// 10,000 are kept.
    ///
    /// # Errors
    /// [`Error::Journal`] if the journal cannot be read.
    pub async fn refused(self, limit: usize) -> Result<Vec<Refused>, Error> {
        self.longterm.parts.journal.refused(limit).await
    }
}

/// Returns the identity of the changed record, with the shared owner if the change names none.
fn identity(change: &Change) -> Identity {
    match change {
        Change::Upsert(record) => record.identity(),
        Change::Delete { owner, key } => key.clone().of(owner.clone().unwrap_or(Owner::SHARED)),
    }
}
