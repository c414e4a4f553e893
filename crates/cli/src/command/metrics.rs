//! Metrics, which are values over time and not records: stores a value, lists keys, shows one key.

use aios_memory::{
    Administrator, MemoryView, Timestamp,
    fields::{parse, read},
    kinds::ValueType,
    working::{Metric, MetricPoint},
};
use serde_json::{Map, Value, json};

use crate::{
    args::{Global, List},
    failure::Failure,
    output::{Output, line},
};

/// Stores a value. Fails if a scope is given, or if the handle acts for a user.
pub(super) async fn record(
    memory: &Administrator,
    view: &MemoryView,
    mut given: Map<String, Value>,
    global: &Global,
    output: Output,
) -> Result<(), Failure> {
    if global.is_scoped() || view.gate().acts_for_user() {
        return Err(Failure::Usage {
            message: "metrics belong to the machine and have no scope".to_owned(),
            hint: "omit --user, --project, --agent and --session; put such a name into the key",
        });
    }
    let hint = "pass --key KEY --value NUMBER [--timestamp TIME]";
    let usage = |message| Failure::Usage { message, hint };
    let mut take = |name: &str, value_type: ValueType| match given.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => parse(value_type, &text).map(Some),
        Some(value) => read(value_type, value).map(Some),
    };
    let mut field = |name: &str, value_type| {
        take(name, value_type).map_err(|problem| usage(format!("`{name}`: {problem}")))
    };
    let key = field("key", ValueType::Text)?;
    let value = field("value", ValueType::Number)?;
    let timestamp = field("timestamp", ValueType::Time)?;
    if let Some(name) = given.keys().next() {
        return Err(usage(format!("a metric has no field `{name}`; it has key, value, timestamp")));
    }
    let (Some(Value::String(key)), Some(value)) = (key, value.and_then(|value| value.as_f64()))
    else {
        return Err(usage("a metric requires a key and a value".to_owned()));
    };
    let time = timestamp.as_ref().and_then(Value::as_str).and_then(|time| time.parse().ok());
    let timestamp = time.unwrap_or_else(Timestamp::now);
    let metric = Metric { key: key.clone(), timestamp, value };
    memory.working().intake().put_metrics(vec![metric]).await.map_err(aios_memory::Error::from)?;
    let stored = json!({"key": key, "value": value, "timestamp": timestamp});
    output.result(&stored, |out| writeln!(out, "stored: metric/{} = {value}", line(&key)))?;
    Ok(())
}

/// Lists all keys with their newest values. For a past hour, the value is the mean.
pub(super) async fn list(memory: &MemoryView, list: &List, output: Output) -> Result<(), Failure> {
    if let Some(text) = list.after.clone() {
        return Err(aios_memory::Error::Cursor { text }.into());
    }
    let newest = memory.working().metrics().newest().await.map_err(aios_memory::Error::from)?;
    let item = |(key, point): &(String, MetricPoint)| {
        let MetricPoint { timestamp, mean, .. } = point;
        json!({"kind": "metric", "key": key, "timestamp": timestamp, "value": mean})
    };
    let items: Vec<Value> = newest.iter().map(item).collect();
    output.result(&json!({"items": items}), |out| {
        newest.iter().try_for_each(|(key, point)| {
            let time = output.second(point.timestamp);
            writeln!(out, "{time}  {}  [metric/{}]", point.mean, line(key))
        })
    })?;
    Ok(())
}

/// Prints the points of a key, oldest first.
pub(super) async fn show(memory: &MemoryView, key: &str, output: Output) -> Result<(), Failure> {
    let all = (Timestamp::UNIX_EPOCH, Timestamp::MAX);
    let points = memory.working().metrics().history(key, all.0, all.1).await;
    let points = points.map_err(aios_memory::Error::from)?;
    if points.is_empty() {
        return Err(Failure::NotFound {
            message: format!("metric `{key}` not found"),
            hint: "`aios-memory list metric` prints all keys",
        });
    }
    let shown: Vec<Value> = points
        .iter()
        .map(|point| {
            json!({
                "timestamp": point.timestamp, "count": point.count, "mean": point.mean,
                "min": point.min, "max": point.max,
            })
        })
        .collect();
    output.result(&json!({"key": key, "points": shown}), |out| {
        points.iter().try_for_each(|point| {
            let time = output.second(point.timestamp);
            let (mean, min, max) = (point.mean, point.min, point.max);
            match point.count {
                1 => writeln!(out, "{time}  {mean}"),
                count => writeln!(out, "{time}  {mean:.3} ({min} to {max}, {count} values)"),
            }
        })
    })?;
    Ok(())
}
