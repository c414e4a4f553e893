//! The values of one metric: the latest, a window of the last few, and figures for each hour.
//! Sequential code: the lock is the caller's.

use std::collections::VecDeque;

use aios_record::Timestamp;
use serde::Serialize;

/// How many hours of a metric wait to be taken by
/// [`Operational::take_hourly`](crate::Operational::take_hourly).
pub const HOURS_WAITING_MAX: usize = 48;

const HOUR_MICROS: i64 = 60 * 60 * 1_000_000;

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
    pub(super) value: f64,
}

#[derive(Debug, Default)]
pub(super) struct Series {
    /// By time, the newest last: the latest value is at the end.
    window: VecDeque<Sample>,
    /// By hour, the newest last.
    hours: VecDeque<Hour>,
}

#[derive(Debug)]
pub(super) struct Hour {
    /// In hours since 1970.
    index: i64,
    pub(super) figures: Figures,
}

#[derive(Debug)]
pub(super) struct Figures {
    pub(super) count: u64,
    sum: f64,
    pub(super) min: f64,
    pub(super) max: f64,
}

impl Series {
    pub(super) fn add(&mut self, sample: Sample, window_max: usize) {
        // Values come in order but for rare exceptions, so this looks at one or two.
        let at = place(&self.window, |other| other.micros <= sample.micros);
        if self.window.len() < window_max {
            self.window.insert(at, sample);
        } else if 0 < at {
            self.window.pop_front();
            self.window.insert(at - 1, sample);
        }
        self.add_to_hour(sample);
    }

    fn add_to_hour(&mut self, sample: Sample) {
        let index = sample.micros.div_euclid(HOUR_MICROS);
        let at = place(&self.hours, |hour| hour.index <= index);
        if let Some(hour) = at.checked_sub(1).map(|at| &mut self.hours[at])
            && hour.index == index
        {
            return hour.figures.add(sample.value);
        }
        self.hours.insert(at, Hour { index, figures: Figures::of(sample.value) });
        if HOURS_WAITING_MAX < self.hours.len() {
            self.hours.pop_front();
        }
    }

    pub(super) fn latest(&self) -> Option<Sample> {
        self.window.back().copied()
    }

    pub(super) fn window(&self) -> Option<MetricWindow> {
        let (first, last) = (self.window.front()?, self.window.back()?);
        let mut figures = Figures::of(first.value);
        self.window.iter().skip(1).for_each(|sample| figures.add(sample.value));
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

impl Sample {
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
    fn of(value: f64) -> Figures {
        Figures { count: 1, sum: value, min: value, max: value }
    }

    fn add(&mut self, value: f64) {
        self.count += 1;
        self.sum += value;
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }

    pub(super) fn mean(&self) -> f64 {
        self.sum / self.count as f64
    }
}

/// The first hour of all may have begun before time does.
fn timestamp(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MIN)
}
