//! Metrics over time: samples for some days, then hourly figures.

use aios_record::Timestamp;

use crate::{
    Error, WorkingView,
    access::Access,
    column::{Column, label},
};

const SECOND_US: i64 = 1_000_000;
const HOUR_US: i64 = 3600 * SECOND_US;

/// A sample of a metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// The name of the metric.
    pub key: String,
    /// Time of the sample. One value is kept per second: the last one stored.
    pub timestamp: Timestamp,
    /// The value.
    pub value: f64,
}

/// Aggregates of a metric over an hour, or over part of one.
#[derive(Debug, Clone, PartialEq)]
pub struct HourlyMetric {
    /// The name of the metric.
    pub key: String,
    /// Start of the hour.
    pub hour: Timestamp,
    /// Number of samples; at least 1.
    pub count: u64,
    /// Mean of the samples.
    pub mean: f64,
    /// Smallest sample.
    pub min: f64,
    /// Largest sample.
    pub max: f64,
}

/// Aggregates of a metric at a second, or over an hour.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricPoint {
    /// The second, or the start of the hour.
    pub timestamp: Timestamp,
    /// Number of samples: 1 for a second.
    pub count: i64,
    /// Mean of the samples.
    pub mean: f64,
    /// Smallest sample.
    pub min: f64,
    /// Largest sample.
    pub max: f64,
}

/// The history of metrics. [`Intake`](crate::Intake) stores it.
///
/// ```
/// # use aios_working::{Config, Metric, Working};
/// # use aios_record::Timestamp;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let working = Working::open(&folder.path().join("working.db"), Config::default())?;
/// let metric = Metric { key: "cpu".to_owned(), value: 0.5, timestamp: Timestamp::now() };
/// working.intake().put_metrics(vec![metric]).await?;
/// assert_eq!(working.metrics().keys().await?, ["cpu"]);
/// # working.close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Metrics<'a> {
    pub(crate) view: &'a WorkingView,
}

impl Metrics<'_> {
    /// Returns the keys that have values, by name.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn keys(self) -> Result<Vec<String>, Error> {
        self.view
            .read(|access| {
                let sql =
                    "SELECT key FROM metrics UNION SELECT key FROM metrics_hourly ORDER BY key";
                let mut statement = access.connection.prepare_cached(sql)?;
                let keys = statement.query_map([], |row| row.get(0))?;
                Ok(keys.collect::<Result<_, _>>()?)
            })
            .await
    }

    /// Returns the newest point of each key, by name of the key.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn newest(self) -> Result<Vec<(String, MetricPoint)>, Error> {
        self.view
            .read(|access| {
                // SQLite takes the other columns from the row of the maximum.
                let sql = "SELECT max(timestamp), 1, value, value, value, key FROM metrics
                     GROUP BY key
                     UNION ALL
                     SELECT max(hour), count, mean, min, max, key FROM metrics_hourly
                     WHERE key NOT IN (SELECT key FROM metrics) GROUP BY key
                     ORDER BY 6";
                let mut statement = access.connection.prepare_cached(sql)?;
                let points = statement.query_map([], |row| Ok((row.get(5)?, point(row)?)))?;
                Ok(points.collect::<Result<_, _>>()?)
            })
            .await
    }

    /// Returns the history of a metric from `since` until before `until`, oldest first: samples,
    /// and the hourly figures of hours without samples.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn history(
        self,
        key: &str,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<MetricPoint>, Error> {
        let key = key.to_owned();
        self.view
            .read(move |access| {
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
                let points = statement.query_map(range, point)?;
                Ok(points.collect::<Result<_, _>>()?)
            })
            .await
    }
}

/// Reads a point from the first five columns of a row.
fn point(row: &rusqlite::Row<'_>) -> rusqlite::Result<MetricPoint> {
    Ok(MetricPoint {
        timestamp: Timestamp::decode(row.get_ref(0)?)?,
        count: row.get(1)?,
        mean: row.get(2)?,
        min: row.get(3)?,
        max: row.get(4)?,
    })
}

/// Stores samples.
pub(crate) fn put_all(access: &Access<'_>, metrics: &[Metric]) -> Result<(), Error> {
    each(metrics, |metric| put(access, metric))
}

/// Adds aggregates to their hours.
pub(crate) fn add_hours(access: &Access<'_>, hours: &[HourlyMetric]) -> Result<(), Error> {
    each(hours, |hour| add_hour(access, hour))
}

/// Stores each item; an error names the index of the first that cannot be stored.
fn each<T>(items: &[T], store: impl Fn(&T) -> Result<(), Error>) -> Result<(), Error> {
    for (index, item) in items.iter().enumerate() {
        store(item).map_err(|source| Error::InBatch { index, source: Box::new(source) })?;
    }
    Ok(())
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

/// Combines the figures of an hour with the stored ones.
const MERGE: &str = "ON CONFLICT DO UPDATE SET
    mean = (mean * count + excluded.mean * excluded.count) / (count + excluded.count),
    count = count + excluded.count,
    min = min(min, excluded.min),
    max = max(max, excluded.max)";

/// Aggregates the samples of whole hours before `before` into hourly figures, deletes them and
/// returns their number. If the figures of an hour were [added](crate::Intake::add_hours), they
/// already include its samples and do not change.
pub(crate) fn roll_up(access: &Access<'_>, before: i64) -> Result<u64, Error> {
    let before = before / HOUR_US * HOUR_US;
    // A late sample may arrive after its hour was aggregated; then both are combined.
    let sql = format!(
        "INSERT INTO metrics_hourly (key, hour, count, mean, min, max)
         SELECT key, timestamp / ?2 * ?2 AS hour, count(*), avg(value), min(value), max(value)
         FROM metrics WHERE timestamp < ?1 GROUP BY key, hour {MERGE} WHERE NOT told"
    );
    access.connection.prepare_cached(&sql)?.execute((before, HOUR_US))?;
    let sql = "DELETE FROM metrics WHERE timestamp < ?1";
    Ok(access.connection.prepare_cached(sql)?.execute([before])? as u64)
}

/// Deletes the hourly figures before `before`.
pub(crate) fn drop_hours(access: &Access<'_>, before: i64) -> Result<(), Error> {
    let sql = "DELETE FROM metrics_hourly WHERE hour < ?1";
    access.connection.prepare_cached(sql)?.execute([before])?;
    Ok(())
}
