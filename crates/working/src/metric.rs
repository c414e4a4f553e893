//! Metrics over time: samples for some days, hourly figures after that.

use aios_record::Timestamp;

use crate::{
    Error, Working, WorkingView,
    access::Access,
    column::{Column, label},
};

const SECOND_US: i64 = 1_000_000;
const HOUR_US: i64 = 3600 * SECOND_US;

/// One measured value.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// The name of the metric.
    pub key: String,
    /// When; one value is kept of each second, the last one stored.
    pub timestamp: Timestamp,
    /// The value.
    pub value: f64,
}

/// The figures of all values that a metric had in an hour, or in a part of it.
#[derive(Debug, Clone, PartialEq)]
pub struct HourlyMetric {
    /// The name of the metric.
    pub key: String,
    /// Where the hour begins.
    pub hour: Timestamp,
    /// The number of values; at least 1.
    pub count: u64,
    /// Their mean.
    pub mean: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
}

/// The figures of a metric at a second, or over an hour.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricPoint {
    /// The second, or where the hour begins.
    pub timestamp: Timestamp,
    /// The number of samples that it stands for: 1 for a second.
    pub count: i64,
    /// Their mean.
    pub mean: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
}

impl Working {
    /// Stores measured values, all in one transaction.
    ///
    /// # Errors
    /// [`Error::InBatch`] with the place of the first one that cannot be stored; none is then.
    pub async fn store_metrics(&self, metrics: Vec<Metric>) -> Result<(), Error> {
        let put_all = move |access: &Access<'_>| {
            for (index, metric) in metrics.iter().enumerate() {
                put(access, metric)
                    .map_err(|source| Error::InBatch { index, source: Box::new(source) })?;
            }
            Ok(())
        };
        self.view.write(put_all).await
    }

    /// Adds figures to those of their hours, all in one transaction: what is told of one hour in
    /// several calls adds up by `count`.
    ///
    /// # Errors
    /// [`Error::InBatch`] with the place of the first one that cannot be stored; none is then.
    pub async fn add_hourly_metrics(&self, hours: Vec<HourlyMetric>) -> Result<(), Error> {
        let add_all = move |access: &Access<'_>| {
            for (index, hour) in hours.iter().enumerate() {
                add_hour(access, hour)
                    .map_err(|source| Error::InBatch { index, source: Box::new(source) })?;
            }
            Ok(())
        };
        self.view.write(add_all).await
    }
}

impl WorkingView {
    /// The keys that have values, by name.
    ///
    /// # Errors
    /// [`Error::Storage`] when the file cannot be read.
    pub async fn metric_keys(&self) -> Result<Vec<String>, Error> {
        self.read(|access| {
            let sql = "SELECT key FROM metrics UNION SELECT key FROM metrics_hourly ORDER BY key";
            let mut statement = access.connection.prepare_cached(sql)?;
            let keys = statement.query_map([], |row| row.get(0))?;
            Ok(keys.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// The figures of a metric from `since` until before `until`, oldest first: samples, and the
    /// figures of hours that have none, or none any more.
    ///
    /// # Errors
    /// [`Error::Storage`] when the file cannot be read.
    pub async fn metric_history(
        &self,
        key: &str,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<MetricPoint>, Error> {
        let key = key.to_owned();
        self.read(move |access| {
            let mut statement = access.connection.prepare_cached(
                "SELECT hour, count, mean, min, max FROM metrics_hourly
                 WHERE key = ?1 AND ?2 <= hour AND hour < ?3 AND NOT EXISTS (
                     SELECT 1 FROM metrics WHERE metrics.key = metrics_hourly.key
                     AND hour <= timestamp AND timestamp < hour + ?4)
                 UNION ALL
                 SELECT timestamp, 1, value, value, value FROM metrics
                 WHERE key = ?1 AND ?2 <= timestamp AND timestamp < ?3
                 ORDER BY 1",
            )?;
            let range = (key, since.as_microsecond(), until.as_microsecond(), HOUR_US);
            let points = statement.query_map(range, |row| {
                Ok(MetricPoint {
                    timestamp: Timestamp::decode(row.get_ref(0)?)?,
                    count: row.get(1)?,
                    mean: row.get(2)?,
                    min: row.get(3)?,
                    max: row.get(4)?,
                })
            })?;
            Ok(points.collect::<Result<_, _>>()?)
        })
        .await
    }
}

fn put(access: &Access<'_>, metric: &Metric) -> Result<(), Error> {
    label(&metric.key, "key")?;
    metric.timestamp.check("timestamp", 0)?;
    metric.value.check("value", 0)?;
    let second = metric.timestamp.as_microsecond() / SECOND_US * SECOND_US;
    let sql = "INSERT INTO metrics (key, timestamp, value) VALUES (?1, ?2, ?3)
        ON CONFLICT DO UPDATE SET value = excluded.value";
    access.connection.prepare_cached(sql)?.execute((&metric.key, second, metric.value))?;
    Ok(())
}

fn add_hour(access: &Access<'_>, hour: &HourlyMetric) -> Result<(), Error> {
    label(&hour.key, "key")?;
    hour.hour.check("hour", 0)?;
    for (value, name) in [(hour.mean, "mean"), (hour.min, "min"), (hour.max, "max")] {
        value.check(name, 0)?;
    }
    let begin = hour.hour.as_microsecond().div_euclid(HOUR_US) * HOUR_US;
    let count = i64::try_from(hour.count.max(1)).unwrap_or(i64::MAX);
    let sql = format!(
        "INSERT INTO metrics_hourly (key, hour, count, mean, min, max, told)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1) {MERGE}, told = 1"
    );
    let row = (&hour.key, begin, count, hour.mean, hour.min, hour.max);
    access.connection.prepare_cached(&sql)?.execute(row)?;
    Ok(())
}

/// Puts figures of an hour together with those that are there.
const MERGE: &str = "ON CONFLICT DO UPDATE SET
    mean = (mean * count + excluded.mean * excluded.count) / (count + excluded.count),
    count = count + excluded.count,
    min = min(min, excluded.min),
    max = max(max, excluded.max)";

/// Turns the samples of whole hours before `before` into hourly figures; how many samples went.
/// Where the figures of an hour were told, they know of all values and the samples of some, so
/// those change nothing.
pub(crate) fn roll_up(access: &Access<'_>, before: i64) -> Result<u64, Error> {
    let before = before / HOUR_US * HOUR_US;
    // A sample may come late, after its hour was rolled up: then the two are put together.
    let sql = format!(
        "INSERT INTO metrics_hourly (key, hour, count, mean, min, max)
         SELECT key, timestamp / ?2 * ?2 AS hour, count(*), avg(value), min(value), max(value)
         FROM metrics WHERE timestamp < ?1 GROUP BY key, hour {MERGE} WHERE NOT told"
    );
    access.connection.prepare_cached(&sql)?.execute((before, HOUR_US))?;
    let sql = "DELETE FROM metrics WHERE timestamp < ?1";
    Ok(access.connection.prepare_cached(sql)?.execute([before])? as u64)
}

/// Drops the hourly figures before `before`.
pub(crate) fn drop_hours(access: &Access<'_>, before: i64) -> Result<(), Error> {
    let sql = "DELETE FROM metrics_hourly WHERE hour < ?1";
    access.connection.prepare_cached(sql)?.execute([before])?;
    Ok(())
}
