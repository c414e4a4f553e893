//! What can be set when an [`Operational`](crate::Operational) is opened, and the limits of that.

use std::{fmt, num::NonZeroUsize, path::PathBuf, sync::Arc, time::Duration};

use crate::{Clock, Error, Overflow, SystemClock};

/// The largest ring: 2^24 places, 2 GiB of slots alone.
pub const CAPACITY_MAX: usize = 1 << 24;

/// The settings of an [`Operational`](crate::Operational). `Config::default()` is a good one.
#[derive(Clone)]
#[non_exhaustive]
pub struct Config {
    /// How many events are kept, 1 to [`CAPACITY_MAX`]. Default 10,000.
    pub capacity: usize,
    /// Events of this age, counted from their push, are expired and no longer shown. Default one
    /// hour.
    pub ttl: Duration,
    /// Which events are handed to the overflow. Default [`Keep::Critical`].
    pub keep: Keep,
    /// The largest event or tool result, by its texts and the values of its data. Default 64 KiB.
    pub event_bytes_max: usize,
    /// How many metric keys there may be, 1 to [`CAPACITY_MAX`]. Default 10,000.
    pub metric_keys_max: usize,
    /// How many values of each metric its window holds, 1 to [`CAPACITY_MAX`]. Default 64.
    pub metric_window: usize,
    /// Of every so many seconds the last value of a metric is a sample, 1 to [`CAPACITY_MAX`].
    /// Default 1.
    pub metric_sample_seconds: usize,
    /// How many tasks may be active at once. Default 1,000.
    pub active_tasks_max: usize,
    /// How many tool results are kept, 1 to [`CAPACITY_MAX`]. Default 100.
    pub tool_results: usize,
    /// The snapshot tells about the disk that holds this path. Default `/`. Used only with the
    /// feature `sysinfo`.
    pub disk: PathBuf,
    /// Takes the events that are to be kept. Default none.
    pub overflow: Option<Arc<dyn Overflow>>,
    /// Tells the time. Default [`SystemClock`].
    pub clock: Arc<dyn Clock>,
}

/// Which events are handed to the [`Overflow`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Keep {
    /// Critical ones, when they are pushed. The default.
    #[default]
    Critical,
    /// Critical ones when they are pushed, all others when they are evicted or expire.
    All,
    /// None.
    Nothing,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            capacity: 10_000,
            ttl: Duration::from_secs(60 * 60),
            keep: Keep::Critical,
            event_bytes_max: 64 * 1024,
            metric_keys_max: 10_000,
            metric_window: 64,
            metric_sample_seconds: 1,
            active_tasks_max: 1_000,
            tool_results: 100,
            disk: PathBuf::from("/"),
            overflow: None,
            clock: Arc::new(SystemClock),
        }
    }
}

impl Config {
    /// This configuration with the given ring capacity.
    #[must_use]
    pub fn with_capacity(self, capacity: usize) -> Config {
        Config { capacity, ..self }
    }

    /// This configuration with the given time to live.
    #[must_use]
    pub fn with_ttl(self, ttl: Duration) -> Config {
        Config { ttl, ..self }
    }

    /// This configuration with `overflow` taking the events that `keep` names.
    #[must_use]
    pub fn with_overflow(self, keep: Keep, overflow: Arc<dyn Overflow>) -> Config {
        Config { keep, overflow: Some(overflow), ..self }
    }

    /// This configuration with another clock.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Config {
        Config { clock, ..self }
    }

    /// This configuration with the given limit on tasks that are active at once.
    #[must_use]
    pub fn with_active_tasks_max(self, active_tasks_max: usize) -> Config {
        Config { active_tasks_max, ..self }
    }

    /// This configuration with the given limit on metric keys.
    #[must_use]
    pub fn with_metric_keys_max(self, metric_keys_max: usize) -> Config {
        Config { metric_keys_max, ..self }
    }
}

/// `value` as a number of places.
pub(crate) fn places(setting: &'static str, value: usize) -> Result<NonZeroUsize, Error> {
    NonZeroUsize::new(value).filter(|value| value.get() <= CAPACITY_MAX).ok_or(Error::Config {
        setting,
        value,
        max: CAPACITY_MAX,
    })
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("capacity", &self.capacity)
            .field("ttl", &self.ttl)
            .field("keep", &self.keep)
            .field("event_bytes_max", &self.event_bytes_max)
            .field("metric_keys_max", &self.metric_keys_max)
            .field("metric_window", &self.metric_window)
            .field("metric_sample_seconds", &self.metric_sample_seconds)
            .field("active_tasks_max", &self.active_tasks_max)
            .field("tool_results", &self.tool_results)
            .field("disk", &self.disk)
            .field("overflow", &self.overflow.is_some())
            .field("clock", &self.clock)
            .finish()
    }
}
