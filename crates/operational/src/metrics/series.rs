//! The values of one metric that arrived through one stripe: the latest, a window of the last few,
//! the last of each second, and statistics of each hour. Sequential code: the caller holds the
//! lock.

use std::collections::VecDeque;

use aios_record::Timestamp;
use serde::Serialize;

/// Maximum number of hours of a metric that wait for
/// [`Operational::take_hourly`](crate::Operational::take_hourly).
pub const HOURS_WAITING_MAX: usize = 48;

/// Maximum number of samples of a metric that wait for
/// [`Operational::take_samples`](crate::Operational::take_samples).
pub const SAMPLES_WAITING_MAX: usize = 120;

pub(super) const SECOND_MICROS: i64 = 1_000_000;
const HOUR_MICROS: i64 = 60 * 60 * SECOND_MICROS;

/// Statistics of the last values of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct MetricWindow {
    /// Number of values.
    pub count: u64,
    /// Mean of the values.
    pub mean: f64,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// Change of the value per second, from the oldest to the newest value; for a counter, its
    /// rate. `None` if all values have the same time.
    pub rate_per_second: Option<f64>,
    /// Time of the oldest value.
    pub from: Timestamp,
    /// Time of the newest value.
    pub to: Timestamp,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    pub(super) micros: i64,
    /// Greater for the later of two samples with the same `micros`.
    pub(super) order: u64,
    pub(super) value: f64,
}

/// Lengths of the window and of the sampling interval.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    /// Length of the window in values.
    pub(super) window: usize,
    /// Sampling interval in microseconds, whole seconds. This module calls it a second.
    pub(super) micros: i64,
}

impl Span {
    /// Returns the end of the second that contains `micros`.
    pub(super) fn end(self, micros: i64) -> i64 {
        (micros.div_euclid(self.micros) + 1) * self.micros
    }
}

#[derive(Debug, Default)]
pub(super) struct Series {
    /// Sorted by time; the latest value is last.
    window: VecDeque<Sample>,
    /// End of the second of the latest value.
    second_end: i64,
    /// Last values of the earlier seconds that have not been taken.
    seconds: VecDeque<Sample>,
    /// Values before it have been taken, or arrived too late to be.
    taken_to: Option<i64>,
    /// Sorted by hour, newest last.
    hours: VecDeque<Hour>,
}

#[derive(Debug)]
pub(super) struct Hour {
    /// Hours since 1970.
    index: i64,
    pub(super) figures: Figures,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Figures {
    pub(super) count: u64,
    sum: f64,
    pub(super) min: f64,
    pub(super) max: f64,
}

impl Series {
    pub(super) fn add(&mut self, sample: Sample, span: Span) {
        if self.second_end <= sample.micros || self.window.is_empty() {
            self.begin_second(span.end(sample.micros));
        }
        // Values arrive in order with rare exceptions, so this examines one or two.
        let at = place(&self.window, |other| other.micros <= sample.micros);
        if self.window.len() < span.window {
            self.window.insert(at, sample);
        } else if 0 < at {
            self.window.pop_front();
            self.window.insert(at - 1, sample);
        }
        self.add_to_hour(sample);
    }

    /// Begins the second that ends at `end`. The latest value stays the last of its second.
    fn begin_second(&mut self, end: i64) {
        if let Some(last) = self.untaken() {
            self.seconds.push_back(last);
            if SAMPLES_WAITING_MAX < self.seconds.len() {
                self.seconds.pop_front();
            }
        }
        self.second_end = end;
    }

    /// Returns the latest value, unless the last of its second has been taken.
    fn untaken(&self) -> Option<Sample> {
        self.latest()
            .filter(|latest| self.taken_to.is_none_or(|taken_to| taken_to <= latest.micros))
    }

    fn add_to_hour(&mut self, sample: Sample) {
        let index = sample.micros.div_euclid(HOUR_MICROS);
        let at = place(&self.hours, |hour| hour.index <= index);
        if let Some(hour) = at.checked_sub(1).map(|at| &mut self.hours[at])
            && hour.index == index
        {
            return hour.figures.add(sample.value);
        }
        let mut figures = Figures::none();
        figures.add(sample.value);
        self.hours.insert(at, Hour { index, figures });
        if HOURS_WAITING_MAX < self.hours.len() {
            self.hours.pop_front();
        }
    }

    pub(super) fn latest(&self) -> Option<Sample> {
        self.window.back().copied()
    }

    /// Returns the window, oldest first.
    pub(super) fn samples(&self) -> impl Iterator<Item = Sample> {
        self.window.iter().copied()
    }

    /// Removes and returns the last values of the seconds that ended at or before `now_micros`,
    /// oldest first.
    pub(super) fn take_samples(&mut self, now_micros: i64, span: Span) -> Vec<Sample> {
        let is_over = |sample: &Sample| span.end(sample.micros) <= now_micros;
        let count = self.seconds.partition_point(is_over);
        let mut taken: Vec<Sample> = self.seconds.drain(..count).collect();
        taken.extend(self.untaken().filter(is_over));
        if let Some(last) = taken.last() {
            self.taken_to = Some(span.end(last.micros));
        }
        taken
    }

    /// Removes and returns the hours that ended at or before `now_micros`.
    pub(super) fn take_hours(&mut self, now_micros: i64) -> Vec<Hour> {
        let over = now_micros.div_euclid(HOUR_MICROS);
        let count = self.hours.partition_point(|hour| hour.index < over);
        self.hours.drain(..count).collect()
    }
}

/// Returns the index after the last of the sorted `items` that is `before`, searching from the end.
fn place<T>(items: &VecDeque<T>, before: impl Fn(&T) -> bool) -> usize {
    items.iter().rposition(before).map_or(0, |at| at + 1)
}

impl MetricWindow {
    /// Returns the statistics of the sorted `samples`, or `None` if there are none.
    pub(super) fn of(samples: &[Sample]) -> Option<MetricWindow> {
        let (first, last) = (samples.first()?, samples.last()?);
        let mut figures = Figures::none();
        samples.iter().for_each(|sample| figures.add(sample.value));
        let seconds = (last.micros - first.micros) as f64 / 1e6;
        Some(MetricWindow {
            count: figures.count,
            mean: figures.mean(),
            min: figures.min,
            max: figures.max,
            rate_per_second: (0.0 < seconds).then(|| (last.value - first.value) / seconds),
            from: first.timestamp(),
            to: last.timestamp(),
        })
    }
}

impl Sample {
    /// Returns the position in the order of all samples of the metric.
    pub(super) fn place(&self) -> (i64, u64) {
        (self.micros, self.order)
    }

    pub(super) fn timestamp(self) -> Timestamp {
        timestamp(self.micros)
    }
}

impl Hour {
    pub(super) fn start(&self) -> Timestamp {
        timestamp(self.index * HOUR_MICROS)
    }
}

impl Figures {
    pub(super) fn none() -> Figures {
        Figures { count: 0, sum: 0.0, min: f64::INFINITY, max: f64::NEG_INFINITY }
    }

    fn add(&mut self, value: f64) {
        self.count += 1;
        self.sum += value;
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }

    pub(super) fn merge(&mut self, other: &Figures) {
        self.count += other.count;
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    pub(super) fn mean(&self) -> f64 {
        self.sum / self.count as f64
    }
}

/// Converts `micros`. The first of all hours may begin before the earliest timestamp.
fn timestamp(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MIN)
}
