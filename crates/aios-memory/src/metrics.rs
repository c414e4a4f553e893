//! Transfer of metrics from RAM to disk: the last value of each sampling interval, and hourly
//! figures, which cover every value.

use aios_operational::Operational;
use aios_record::Timestamp;
use aios_working::{HourlyMetric, Metric, Working};

/// Rows per transaction. Other writers run between transactions.
const BATCH: usize = 1024;

/// Maximum number of rows of each type kept while writing fails; the oldest are dropped first.
const WAITING_MAX: usize = 100_000;

/// The metrics of an [`Operational`] that are not written yet.
pub(crate) struct MetricHistory {
    operational: Operational,
    working: Working,
    keeps_samples: bool,
    samples: Vec<Metric>,
    hours: Vec<HourlyMetric>,
}

impl MetricHistory {
    pub(crate) fn new(
        operational: Operational,
        working: Working,
        keeps_samples: bool,
    ) -> MetricHistory {
        MetricHistory { operational, working, keeps_samples, samples: vec![], hours: vec![] }
    }

    /// Writes the samples of intervals that ended by `now`, and the hourly figures so far: figures
    /// of the same hour are added up in the file.
    pub(crate) async fn write(&mut self, now: Timestamp) {
        if self.keeps_samples {
            let samples = self.operational.take_samples(now).into_iter();
            self.samples.extend(samples.map(|sample| Metric {
                key: sample.key,
                timestamp: sample.timestamp,
                value: sample.value,
            }));
        }
        let hours = self.operational.take_hourly(Timestamp::MAX).into_iter();
        self.hours.extend(hours.map(|hour| HourlyMetric {
            key: hour.key,
            hour: hour.hour,
            count: hour.count,
            mean: hour.mean,
            min: hour.min,
            max: hour.max,
        }));
        write_all(&mut self.samples, &self.working).await;
        write_all(&mut self.hours, &self.working).await;
    }
}

/// A row of the history.
trait Row: Clone + Send + Sync {
    fn write(
        working: &Working,
        batch: Vec<Self>,
    ) -> impl Future<Output = Result<(), aios_working::Error>> + Send;
}

impl Row for Metric {
    fn write(
        working: &Working,
        batch: Vec<Metric>,
    ) -> impl Future<Output = Result<(), aios_working::Error>> + Send {
        working.intake().put_metrics(batch)
    }
}

impl Row for HourlyMetric {
    fn write(
        working: &Working,
        batch: Vec<HourlyMetric>,
    ) -> impl Future<Output = Result<(), aios_working::Error>> + Send {
        working.intake().add_hours(batch)
    }
}

/// Writes `rows` in batches. Rows that could not be written are kept for the next call; a row that
/// can never be stored is dropped.
async fn write_all<R: Row>(rows: &mut Vec<R>, working: &Working) {
    while !rows.is_empty() {
        let count = rows.len().min(BATCH);
        match R::write(working, rows[..count].to_vec()).await {
            Ok(()) => _ = rows.drain(..count),
            Err(aios_working::Error::InBatch { index, source }) if source.is_invalid() => {
                let error = &*source as &dyn std::error::Error;
                tracing::warn!(error, "dropped an invalid metric");
                rows.remove(index);
            }
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, waiting = rows.len(), "failed to write metrics; retrying");
                rows.drain(..rows.len().saturating_sub(WAITING_MAX));
                return;
            }
        }
    }
}
