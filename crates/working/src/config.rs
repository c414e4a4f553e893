//! The options with which a working memory is opened.

use std::{fmt, sync::Arc, time::Duration};

use aios_analysis::Analyzer;
pub use aios_analysis::Language;
pub use aios_ledger::{Access, Durability};
use aios_record::{Generation, Kind, Timestamp};

/// The options with which a working memory is opened.
#[derive(Debug, Clone)]
pub struct Config {
    /// The use that is made of the file. Default: [`Access::ReadWrite`]. With [`Access::ReadOnly`]
    /// nothing is written into the file or beside it, and a write gives
    /// [`Error::ReadOnly`](crate::Error::ReadOnly).
    pub access: Access,
    /// The generation that the file has reached, as [`Working::generation`](crate::Working) told.
    /// An older file, or another store's, gives [`Error::Older`](crate::Error::Older). Default:
    /// none.
    pub reached: Option<Generation>,
    /// The failures that an acknowledged write survives; see the crate's front page. Default:
    /// [`Durability::Full`].
    pub durability: Durability,
    /// The time to wait for another process that is writing. Default: 10 s.
    pub busy_timeout: Duration,
    /// The number of calls that may wait. Default: 1,024.
    pub queue: usize,
    /// The number of threads that read. Default: 2.
    pub readers: usize,
    /// The longest text or JSON value of one field. Default 16 MiB.
    pub text_bytes_max: usize,
    /// The bytes that the file may hold, without its log and free pages. A write that would make it
    /// more gives [`Error::Full`](crate::Error::Full) and is undone. Calls that make room, such as
    /// removing and ageing, write as well: for them the file may grow to twice the limit. Default:
    /// as much as the disk allows.
    pub file_bytes_max: Option<u64>,
    /// Which kinds leave a trace in the change feed. Default none, which is the feed switched off;
    /// [`FEED_KINDS`] is what a long-term memory wants. Summaries do whenever any kind does.
    pub feed_kinds: Vec<Kind>,
    /// Which events do, if their kind does. Default [`EventFeed::Critical`].
    pub feed_events: EventFeed,
    /// The language whose word endings a search ignores. Another one than before has the words
    /// indexed again when the file is opened. Default: English.
    pub language: Language,
    /// Where the time comes from. Default the system's clock.
    pub clock: Clock,
}

/// The kinds that feed a long-term memory by default.
pub const FEED_KINDS: &[Kind] =
    &[Kind::Goal, Kind::Task, Kind::Decision, Kind::Message, Kind::Entry, Kind::Event];

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

    /// Returns `true` if records of this kind leave a trace in the change feed.
    pub(crate) fn feeds(&self, kind: Kind) -> bool {
        self.feed_kinds.contains(&kind) || (kind == Kind::Summary && !self.feed_kinds.is_empty())
    }
}

/// Which events go into the change feed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventFeed {
    /// Those that are marked critical. The default.
    #[default]
    Critical,
    /// Every event that is stored here.
    All,
}

/// Where the time comes from.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// A clock that says what `now` returns.
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Clock {
        Clock(Arc::new(now))
    }

    pub(crate) fn now(&self) -> Timestamp {
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
