//! The values of one metric, as far as they came through one stripe: the latest, a window of the
//! last few, the last of each second, and figures for each hour. Sequential code: the lock is the
//! caller's.

use std::collections::VecDeque;

use aios_record::Timestamp;
use serde::Serialize;

/// How many hours of a metric wait to be taken by
/// [`Operational::take_hourly`](crate::Operational::take_hourly).
pub const HOURS_WAITING_MAX: usize = 48;

/// How many values of a metric, one for each second, wait to be taken by
/// [`Operational::take_samples`](crate::Operational::take_samples).
pub const SAMPLES_WAITING_MAX: usize = 120;

pub(super) const SECOND_MICROS: i64 = 1_000_000;
const HOUR_MICROS: i64 = 60 * 60 * SECOND_MICROS;

/// The last values of a metric, in figures.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct MetricWindow {
    /// How many values there are.
    pub count: u64,
    /// Their mean.
    pub mean: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// By how much the value changes in a second, from the oldest to the newest value: of a
    /// counter, its rate. None when all have the same time.
    pub rate_per_second: Option<f64>,
    /// The time of the oldest value.
    pub from: Timestamp,
    /// The time of the newest value.
    pub to: Timestamp,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    pub(super) micros: i64,
    /// Greater for the later of two samples with the same `micros`.
    pub(super) order: u64,
    pub(super) value: f64,
}

/// How much of the past is looked at: for the window, and for a sample.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    /// In values.
    pub(super) window: usize,
    /// In microseconds, whole seconds; called a second here.
    pub(super) micros: i64,
}

impl Span {
    /// Where the second that contains `micros` ends.
    pub(super) fn end(self, micros: i64) -> i64 {
        (micros.div_euclid(self.micros) + 1) * self.micros
    }
}

#[derive(Debug, Default)]
pub(super) struct Series {
    /// By time, the newest last: the latest value is at the end.
    window: VecDeque<Sample>,
    /// Where the second of the latest value ends.
    second_end: i64,
    /// The last values of the seconds before that one, as far as nobody has taken them.
    seconds: VecDeque<Sample>,
    /// The values before it have been taken, or came too late for that.
    taken_to: Option<i64>,
    /// By hour, the newest last.
    hours: VecDeque<Hour>,
}

#[derive(Debug)]
pub(super) struct Hour {
    /// In hours since 1970.
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
        // Values come in order but for rare exceptions, so this looks at one or two.
        let at = place(&self.window, |other| other.micros <= sample.micros);
        if self.window.len() < span.window {
            self.window.insert(at, sample);
        } else if 0 < at {
            self.window.pop_front();
            self.window.insert(at - 1, sample);
        }
        self.add_to_hour(sample);
    }

    /// The latest value stays the last of its second.
    fn begin_second(&mut self, end: i64) {
        if let Some(last) = self.untaken() {
            self.seconds.push_back(last);
            if SAMPLES_WAITING_MAX < self.seconds.len() {
                self.seconds.pop_front();
            }
        }
        self.second_end = end;
    }

    /// The latest value, unless that of its second has been taken.
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

    /// The window, oldest first.
    pub(super) fn samples(&self) -> impl Iterator<Item = Sample> {
        self.window.iter().copied()
    }

    /// Removes the last values of the seconds that ended at `now_micros` or before, oldest first.
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

    /// Removes the hours that ended at `now_micros` or before.
    pub(super) fn take_hours(&mut self, now_micros: i64) -> Vec<Hour> {
        let over = now_micros.div_euclid(HOUR_MICROS);
        let count = self.hours.partition_point(|hour| hour.index < over);
        self.hours.drain(..count).collect()
    }
}

/// Where in `items`, sorted, the first stands that is not `before`, looking from the end.
fn place<T>(items: &VecDeque<T>, before: impl Fn(&T) -> bool) -> usize {
    items.iter().rposition(before).map_or(0, |at| at + 1)
}

impl MetricWindow {
    /// `samples` in figures; they are sorted. None of none.
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
    /// Its place in the order of all samples of its metric.
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

/// The first hour of all may have begun before time does.
fn timestamp(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MIN)
}
