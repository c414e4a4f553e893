//! Settings of an [`Operational`](crate::Operational), and their limits.

use std::{fmt, num::NonZeroUsize, path::PathBuf, sync::Arc, time::Duration};

use crate::{Clock, Error, Overflow, SystemClock};

/// Largest ring: 2^24 slots, 128 MiB without the entries.
pub const CAPACITY_MAX: usize = 1 << 24;

/// The settings of an [`Operational`](crate::Operational). Start with `Config::default()`.
#[derive(Clone)]
#[non_exhaustive]
pub struct Config {
    /// Maximum number of events kept, 1 to [`CAPACITY_MAX`]. Default: 10,000.
    pub capacity: usize,
    /// Age of an event, from its push, after which it has expired and is no longer shown. Default:
    /// one hour.
    pub ttl: Duration,
    /// Events that are handed to the overflow. Default: [`Keep::Critical`].
    pub keep: Keep,
    /// Maximum size of an event or tool result in bytes: its texts and the values of its data.
    /// Default: 64 KiB.
    pub event_bytes_max: usize,
    /// Maximum number of metric keys, 1 to [`CAPACITY_MAX`]. Default: 10,000.
    pub metric_keys_max: usize,
    /// Number of values in the window of each metric, 1 to [`CAPACITY_MAX`]. Default: 64.
    pub metric_window: usize,
    /// Sampling interval in seconds, 1 to [`CAPACITY_MAX`]: the last value of a metric in each
    /// interval is a sample. Default: 1.
    pub metric_sample_seconds: usize,
    /// Maximum number of tasks active at once. Default: 1,000.
    pub active_tasks_max: usize,
    /// Maximum number of tool results kept, 1 to [`CAPACITY_MAX`]. Default: 100.
    pub tool_results: usize,
    /// Path on the disk that the snapshot reports. Default: `/`. Used only with the feature
    /// `sysinfo`.
    pub disk: PathBuf,
    /// Receiver of the events that `keep` selects. Default: none.
    pub overflow: Option<Arc<dyn Overflow>>,
    /// Source of the time. Default: [`SystemClock`].
    pub clock: Arc<dyn Clock>,
}

/// Events that are handed to the [`Overflow`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Keep {
    /// Critical events, when they are pushed. The default.
    #[default]
    Critical,
    /// Critical events when they are pushed, all others when they are evicted or expire.
    All,
    /// No events.
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
    /// Sets the ring capacity.
    #[must_use]
    pub fn with_capacity(self, capacity: usize) -> Config {
        Config { capacity, ..self }
    }

    /// Sets the time to live of events.
    #[must_use]
    pub fn with_ttl(self, ttl: Duration) -> Config {
        Config { ttl, ..self }
    }

    /// Sets `overflow` as the receiver of the events that `keep` selects.
    #[must_use]
    pub fn with_overflow(self, keep: Keep, overflow: Arc<dyn Overflow>) -> Config {
        Config { keep, overflow: Some(overflow), ..self }
    }

    /// Sets the clock.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Config {
        Config { clock, ..self }
    }

    /// Sets the limit on tasks active at once.
    #[must_use]
    pub fn with_active_tasks_max(self, active_tasks_max: usize) -> Config {
        Config { active_tasks_max, ..self }
    }

    /// Sets the limit on metric keys.
    #[must_use]
    pub fn with_metric_keys_max(self, metric_keys_max: usize) -> Config {
        Config { metric_keys_max, ..self }
    }
}

/// Checks that `value`, given for `setting`, is from 1 to [`CAPACITY_MAX`].
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
