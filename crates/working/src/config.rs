//! Options of a working memory.

use std::{fmt, sync::Arc, time::Duration};

use aios_analysis::Analyzer;
pub use aios_analysis::Language;
pub use aios_ledger::{Access, Durability};
use aios_record::{Feeding, Generation, Kind, Timestamp};

/// Options of a working memory.
#[derive(Debug, Clone)]
pub struct Config {
    /// Access mode. Default: [`Access::ReadWrite`]. With [`Access::ReadOnly`] nothing is written
    /// into the file or beside it, and a write fails with an error that
    /// [`is_read_only`](crate::Error::is_read_only).
    pub access: Access,
    /// Minimum generation of the file, as returned by
    /// [`Upkeep::generation`](crate::Upkeep::generation). An older file, or one of another store,
    /// is refused with [`Error::Older`](crate::Error::Older). Default: none.
    pub reached: Option<Generation>,
    /// Durability of an acknowledged write; see the crate documentation. Default:
    /// [`Durability::Full`].
    pub durability: Durability,
    /// Maximum wait for another process that is writing. Default: 10 s.
    pub busy_timeout: Duration,
    /// Capacity of the queue of waiting calls. Default: 1,024.
    pub queue: usize,
    /// Number of reader threads. Default: 2.
    pub readers: usize,
    /// Maximum length of text or JSON in one field, in bytes. Default: 16 MiB.
    pub text_bytes_max: usize,
    /// Maximum size of the file in bytes, without its log and free pages. A write that exceeds it
    /// is rolled back and returns [`Error::LimitReached`](crate::Error::LimitReached). Calls that
    /// free space, such as removal and ageing, also write: for them the limit is twice as high.
    /// Default: no limit.
    pub file_bytes_max: Option<u64>,
    /// Kinds whose changes go into the change feed. Default: none, which disables the feed;
    /// [`FEED_KINDS`] are the kinds for a long-term memory. Summaries are included if any kind is.
    pub feed_kinds: Vec<Kind>,
    /// Events whose changes go into the feed, if their kind is included. Default:
    /// [`EventFeed::Critical`].
    pub feed_events: EventFeed,
    /// Language whose word endings a search ignores. If it changes, opening the file rebuilds the
    /// search index. Default: English.
    pub language: Language,
    /// Source of the current time. Default: the system clock.
    pub clock: Clock,
}

/// The kinds that feed a long-term memory by default.
pub const FEED_KINDS: &[Kind] = Kind::FED;

/// Default number of hours for which a session counts as active.
pub const SESSION_ACTIVE_HOURS: u32 = 24;

/// Default number of patterns that are kept.
pub const PATTERNS_MAX: usize = 1000;

impl Default for Config {
    fn default() -> Config {
        Config {
            access: Access::ReadWrite,
            reached: None,
            durability: Durability::Full,
            busy_timeout: Duration::from_secs(10),
            queue: 1024,
            readers: 2,
            text_bytes_max: 16 * 1024 * 1024,
            file_bytes_max: None,
            feed_kinds: Vec::new(),
            feed_events: EventFeed::Critical,
            language: Language::default(),
            clock: Clock::default(),
        }
    }
}

impl Config {
    pub(crate) fn analyzer(&self) -> &'static Analyzer {
        Analyzer::of(self.language)
    }

    /// Returns true if changes of records of this kind go into the feed.
    pub(crate) fn feeds(&self, kind: Kind) -> bool {
        match kind.feeding() {
            Feeding::Default | Feeding::Setting => self.feed_kinds.contains(&kind),
            Feeding::WithOthers => !self.feed_kinds.is_empty(),
            Feeding::Never => false,
        }
    }
}

/// Selection of the events in the change feed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventFeed {
    /// Events that are marked critical. The default.
    #[default]
    Critical,
    /// Every event that is stored here.
    All,
}

/// Source of the current time.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// Returns a clock that calls `now`.
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Clock {
        Clock(Arc::new(now))
    }

    /// Returns the current time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl Default for Clock {
    fn default() -> Clock {
        Clock::new(Timestamp::now)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
