//! Where the crate reads the time. Not here: what the time means for an event or a metric.

use std::{
    fmt,
    sync::Mutex,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use aios_record::Timestamp;

/// Tells the time. [`SystemClock`] unless [`Config`](crate::Config) says otherwise.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The time of day, in whole microseconds: when something happened.
    fn timestamp(&self) -> Timestamp;

    /// The monotonic time: how old something is.
    fn instant(&self) -> Instant;
}

/// The machine's clocks.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn timestamp(&self) -> Timestamp {
        // A clock that is set before 1970 is taken to stand at 1970.
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let micros = i64::try_from(since_1970.as_micros()).unwrap_or(i64::MAX);
        Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MAX)
    }

    fn instant(&self) -> Instant {
        Instant::now()
    }
}

/// A clock that stands still until it is told to go on: for tests and for replaying.
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
    /// A clock that stands at `start`.
    #[must_use]
    pub fn new(start: Timestamp) -> ManualClock {
        ManualClock { start: (start, Instant::now()), passed: Mutex::default() }
    }

    /// Goes on by `step`.
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
