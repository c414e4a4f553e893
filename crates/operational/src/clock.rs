//! The clocks of the crate. Not here: the meaning of a time for an event or a metric.

use std::{
    fmt,
    sync::Mutex,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use aios_record::Timestamp;

/// A source of the time. [`Config`](crate::Config) selects one; the default is [`SystemClock`].
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// Returns the time of day, in whole microseconds.
    fn timestamp(&self) -> Timestamp;

    /// Returns the monotonic time, from which ages are computed.
    fn instant(&self) -> Instant;
}

/// The machine's clocks.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn timestamp(&self) -> Timestamp {
        // A clock set before 1970 reads as 1970.
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let micros = i64::try_from(since_1970.as_micros()).unwrap_or(i64::MAX);
        Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MAX)
    }

    fn instant(&self) -> Instant {
        Instant::now()
    }
}

/// A clock that moves only by [`advance`](ManualClock::advance), for tests and replays.
///
/// ```
/// use std::time::Duration;
/// use aios_operational::{Clock, ManualClock};
///
/// let clock = ManualClock::new("2026-01-01T00:00:00Z".parse()?);
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.timestamp().to_string(), "2026-01-01T00:01:00Z");
/// # Ok::<(), jiff::Error>(())
/// ```
#[derive(Debug)]
pub struct ManualClock {
    start: (Timestamp, Instant),
    passed: Mutex<Duration>,
}

impl ManualClock {
    /// Creates a clock that reads `start`.
    #[must_use]
    pub fn new(start: Timestamp) -> ManualClock {
        ManualClock { start: (start, Instant::now()), passed: Mutex::default() }
    }

    /// Advances the clock by `step`.
    pub fn advance(&self, step: Duration) {
        let mut passed = crate::lock(&self.passed);
        *passed = passed.saturating_add(step);
    }

    fn passed(&self) -> Duration {
        *crate::lock(&self.passed)
    }
}

impl Clock for ManualClock {
    fn timestamp(&self) -> Timestamp {
        self.start.0.saturating_add(self.passed()).unwrap_or(Timestamp::MAX)
    }

    fn instant(&self) -> Instant {
        self.start.1 + self.passed()
    }
}
