//! The latest value of each metric, with a short window and hourly roll-ups behind it.
//!
//! Keys are only ever added, and their number is limited from the start. The map is therefore one
//! preallocated table with linear probing, whose slots are filled once and never emptied. A lookup
//! takes no lock.
//!
//! The values of a key are striped (as in J. Dice, D. Lea, `java.util.concurrent.atomic`
//! `Striped64`): a thread always adds to the same stripe, behind a lock that is contended only if
//! there are more threads than stripes, and a read merges the stripes. For any keys, writers
//! neither wait for each other nor share cache lines. `series` implements one stripe.

mod series;

use std::{
    collections::BTreeMap,
    fmt,
    hash::BuildHasher,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};

use aios_record::Timestamp;
use crossbeam_utils::CachePadded;
use foldhash::fast::RandomState;
use serde::Serialize;

use crate::{Clock, Config, Error, Operational, config::places, lock};
use series::{Figures, SECOND_MICROS, Sample, Series, Span};

pub use series::{HOURS_WAITING_MAX, MetricWindow, SAMPLES_WAITING_MAX};

/// The longest metric key, in bytes.
pub const METRIC_KEY_BYTES_MAX: usize = 256;

/// Maximum number of stripes per key, for any number of processors, because each stripe has a
/// window.
const STRIPES_MAX: usize = 16;

impl Operational {
    /// Sets the metric `key` as of now.
    ///
    /// # Errors
    /// Same as [`update_metric_at`](Operational::update_metric_at).
    pub fn update_metric(&self, key: &str, value: f64) -> Result<(), Error> {
        let metrics = &self.inner.metrics;
        metrics.update(key, value, metrics.clock.timestamp())
    }

    /// Sets the metric `key` as of `timestamp`. The latest value is the one with the newest
    /// timestamp, or, of two with the same timestamp, the one set last.
    ///
    /// # Errors
    /// [`Error::TooManyMetricKeys`] for a new key beyond the limit, [`Error::MetricKeyLength`] if
    /// the key is empty or too long, [`Error::MetricNotFinite`] if the value is not finite.
    pub fn update_metric_at(
        &self,
        key: &str,
        value: f64,
        timestamp: Timestamp,
    ) -> Result<(), Error> {
        self.inner.metrics.update(key, value, timestamp)
    }

    /// Returns the latest value of `key`, or `None` if it was never set.
    #[must_use]
    pub fn metric(&self, key: &str) -> Option<Metric> {
        self.inner.metrics.latest(key)
    }

    /// Returns the latest value of every metric, sorted by key.
    #[must_use]
    pub fn metrics(&self) -> Vec<Metric> {
        self.inner.metrics.all()
    }

    /// Returns statistics of the last [`Config::metric_window`] values of `key`, or `None` if it
    /// was never set.
    #[must_use]
    pub fn metric_window(&self, key: &str) -> Option<MetricWindow> {
        self.inner.metrics.window(key)
    }

    /// Removes and returns the samples of all intervals that were over at `now`, sorted by key and
    /// time. A sample is the last value in an interval of [`Config::metric_sample_seconds`]; use
    /// samples if not every value is needed. A value that arrived after a newer one may be missing.
    /// Before the process ends, pass `Timestamp::MAX` to take the current interval too. If more
    /// than [`SAMPLES_WAITING_MAX`] samples wait, the oldest are dropped.
    #[must_use]
    pub fn take_samples(&self, now: Timestamp) -> Vec<Metric> {
        self.inner.metrics.take_samples(now)
    }

    /// Removes and returns the roll-ups of all hours that were over at `now`, sorted by key and
    /// hour. A value that arrives for an hour already taken starts another roll-up of that hour;
    /// combine the two by `count`. Before the process ends, pass `Timestamp::MAX` to take the
    /// current hour too. If more than [`HOURS_WAITING_MAX`] hours wait, the oldest are dropped.
    #[must_use]
    pub fn take_hourly(&self, now: Timestamp) -> Vec<HourlyMetric> {
        self.inner.metrics.take_hourly(now)
    }
}

/// A metric's latest value.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Metric {
    /// Key, such as `cpu.usage`.
    pub key: String,
    /// Value.
    pub value: f64,
    /// Time of the value.
    pub timestamp: Timestamp,
}

/// Statistics of one hour of a metric.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct HourlyMetric {
    /// Key.
    pub key: String,
    /// Start of the hour.
    pub hour: Timestamp,
    /// Number of values.
    pub count: u64,
    /// Mean of the values.
    pub mean: f64,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
}

pub(crate) struct Metrics {
    /// At least twice the maximum number of keys, a power of two.
    slots: Box<[OnceLock<Box<Cell>>]>,
    hasher: RandomState,
    keys: AtomicUsize,
    keys_max: usize,
    span: Span,
    stripes: usize,
    opened_at: Instant,
    clock: Arc<dyn Clock>,
}

struct Cell {
    key: Box<str>,
    /// Created when a thread first needs it.
    stripes: Box<[OnceLock<Box<Stripe>>]>,
}

type Stripe = CachePadded<Mutex<Series>>;

impl Metrics {
    pub(crate) fn new(config: &Config) -> Result<Metrics, Error> {
        let keys_max = places("metric_keys_max", config.metric_keys_max)?.get();
        let window = places("metric_window", config.metric_window)?.get();
        let seconds = places("metric_sample_seconds", config.metric_sample_seconds)?.get();
        let processors = thread::available_parallelism().map_or(STRIPES_MAX, |count| count.get());
        Ok(Metrics {
            slots: (0..(2 * keys_max).next_power_of_two()).map(|_| OnceLock::new()).collect(),
            hasher: RandomState::default(),
            keys: AtomicUsize::new(0),
            keys_max,
            span: Span { window, micros: seconds as i64 * SECOND_MICROS },
            stripes: processors.next_power_of_two().min(STRIPES_MAX),
            opened_at: Instant::now(),
            clock: Arc::clone(&config.clock),
        })
    }

    fn update(&self, key: &str, value: f64, timestamp: Timestamp) -> Result<(), Error> {
        if !value.is_finite() {
            return Err(Error::MetricNotFinite { key: key.to_owned() });
        }
        let cell = self.find_or_add(key)?;
        // Orders two values with one timestamp, possibly in different stripes. It is an order and
        // not a time, so the configured clock is not used.
        let order = self.opened_at.elapsed().as_nanos() as u64;
        let sample = Sample { micros: timestamp.as_microsecond(), order, value };
        lock(cell.own_stripe()).add(sample, self.span);
        Ok(())
    }

    pub(crate) fn latest(&self, key: &str) -> Option<Metric> {
        self.find(key)?.latest()
    }

    fn all(&self) -> Vec<Metric> {
        let mut metrics: Vec<Metric> = self.cells().filter_map(Cell::latest).collect();
        metrics.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        metrics
    }

    fn window(&self, key: &str) -> Option<MetricWindow> {
        let mut samples = Vec::new();
        self.find(key)?.stripes().for_each(|series| samples.extend(lock(series).samples()));
        samples.sort_unstable_by_key(Sample::place);
        let oldest = samples.len().saturating_sub(self.span.window);
        MetricWindow::of(&samples[oldest..])
    }

    fn take_samples(&self, now: Timestamp) -> Vec<Metric> {
        let mut taken = Vec::new();
        for cell in self.cells() {
            let mut seconds = BTreeMap::new();
            for stripe in cell.stripes() {
                for sample in lock(stripe).take_samples(now.as_microsecond(), self.span) {
                    let last = seconds.entry(self.span.end(sample.micros)).or_insert(sample);
                    if last.place() < sample.place() {
                        *last = sample;
                    }
                }
            }
            taken.extend(seconds.into_values().map(|sample| cell.metric(sample)));
        }
        taken.sort_unstable_by(|a, b| (&a.key, a.timestamp).cmp(&(&b.key, b.timestamp)));
        taken
    }

    fn take_hourly(&self, now: Timestamp) -> Vec<HourlyMetric> {
        let mut taken = Vec::new();
        for cell in self.cells() {
            let mut hours = BTreeMap::new();
            for stripe in cell.stripes() {
                for hour in lock(stripe).take_hours(now.as_microsecond()) {
                    hours.entry(hour.start()).or_insert_with(Figures::none).merge(&hour.figures);
                }
            }
            taken.extend(hours.into_iter().map(|(hour, figures)| HourlyMetric {
                key: cell.key.to_string(),
                hour,
                count: figures.count,
                mean: figures.mean(),
                min: figures.min,
                max: figures.max,
            }));
        }
        taken.sort_unstable_by(|a, b| (&a.key, a.hour).cmp(&(&b.key, b.hour)));
        taken
    }

    fn find(&self, key: &str) -> Option<&Cell> {
        self.probe(key).map_while(OnceLock::get).find(|cell| &*cell.key == key).map(|cell| &**cell)
    }

    fn find_or_add(&self, key: &str) -> Result<&Cell, Error> {
        for slot in self.probe(key) {
            let cell = match slot.get() {
                Some(cell) => cell,
                None => self.add(slot, key)?,
            };
            if &*cell.key == key {
                return Ok(cell);
            }
        }
        unreachable!("half of the slots are empty")
    }

    /// Fills `slot` with `key`, unless another thread has just filled it, with any key.
    fn add<'a>(&self, slot: &'a OnceLock<Box<Cell>>, key: &str) -> Result<&'a Cell, Error> {
        if key.is_empty() || METRIC_KEY_BYTES_MAX < key.len() {
            return Err(Error::MetricKeyLength { bytes: key.len(), max: METRIC_KEY_BYTES_MAX });
        }
        // ORDERING: only the number counts; the slot publishes the cell.
        if self.keys_max <= self.keys.fetch_add(1, Ordering::Relaxed) {
            self.keys.fetch_sub(1, Ordering::Relaxed);
            return Err(Error::TooManyMetricKeys { key: key.to_owned(), max: self.keys_max });
        }
        let stripes = (0..self.stripes).map(|_| OnceLock::new()).collect();
        let cell = Cell { key: key.into(), stripes };
        if slot.set(Box::new(cell)).is_err() {
            // ORDERING: as above.
            self.keys.fetch_sub(1, Ordering::Relaxed);
        }
        Ok(slot.get().expect("it was filled, by this thread or another"))
    }

    /// Returns the slots that may hold `key`, in probe order.
    fn probe(&self, key: &str) -> impl Iterator<Item = &OnceLock<Box<Cell>>> {
        let mask = self.slots.len() - 1;
        let first = self.hasher.hash_one(key) as usize;
        (0..self.slots.len()).map(move |step| &self.slots[first.wrapping_add(step) & mask])
    }

    fn cells(&self) -> impl Iterator<Item = &Cell> {
        self.slots.iter().filter_map(OnceLock::get).map(|cell| &**cell)
    }
}

impl Cell {
    /// Returns the stripe of this thread. Threads are assigned to stripes in turn.
    #[inline]
    fn own_stripe(&self) -> &Stripe {
        static THREADS: AtomicUsize = AtomicUsize::new(0);
        thread_local! {
            // ORDERING: threads need only be distributed evenly.
            static THREAD: usize = THREADS.fetch_add(1, Ordering::Relaxed);
        }
        let own = THREAD.with(|number| number & (self.stripes.len() - 1));
        self.stripes[own].get_or_init(Box::default)
    }

    fn stripes(&self) -> impl Iterator<Item = &Stripe> {
        self.stripes.iter().filter_map(OnceLock::get).map(|stripe| &**stripe)
    }

    /// Returns `None` between the creation of the key and its first value.
    fn latest(&self) -> Option<Metric> {
        let latest = self.stripes().filter_map(|stripe| lock(stripe).latest());
        latest.max_by_key(Sample::place).map(|sample| self.metric(sample))
    }

    fn metric(&self, sample: Sample) -> Metric {
        Metric { key: self.key.to_string(), value: sample.value, timestamp: sample.timestamp() }
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").field("keys", &self.keys).finish_non_exhaustive()
    }
}
