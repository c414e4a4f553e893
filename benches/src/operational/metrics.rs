//! Metric updates from two threads, beside a map behind a lock.

use std::{
    collections::{HashMap, VecDeque},
    sync::RwLock,
};

use aios_operational::{Config, Operational};
use jiff::Timestamp;

use super::parallel::{self, Round};
use crate::{Size, report::Report};

pub(super) const SHARED: &str = "metric update, 2 writers, 64 keys";
pub(super) const OWN: &str = "metric update, 2 writers, own keys";
const ONE: &str = "metric update, 2 writers, 1 key";
const ALONE: &str = "metric update, 1 writer, 64 keys";
pub(super) const RIVAL: &str = "RwLock<HashMap>";

/// The rival's state of a key: the latest value and a window, as in the tier, but no hourly
/// aggregates.
#[derive(Default)]
struct Values {
    latest: Option<(Timestamp, f64)>,
    window: VecDeque<(Timestamp, f64)>,
}

const WINDOW: usize = 64;

#[derive(Default)]
struct Map(RwLock<HashMap<String, Values>>);

impl Map {
    fn update(&self, key: &str, value: f64) {
        let sample = (Timestamp::now(), value);
        let mut map = self.0.write().expect("nobody panics");
        let values = match map.get_mut(key) {
            Some(values) => values,
            None => map.entry(key.to_owned()).or_default(),
        };
        if values.latest.is_none_or(|latest| latest.0 <= sample.0) {
            values.latest = Some(sample);
        }
        if values.window.len() == WINDOW {
            values.window.pop_front();
        }
        values.window.push_back(sample);
    }
}

pub(super) fn updates(size: Size, report: &mut Report) {
    let key = |number: usize| format!("agent.{number}.tokens_per_second");
    let keys: Vec<String> = (0..64).map(key).collect();
    let others: Vec<String> = (64..128).map(key).collect();
    let workloads: [(&str, Vec<&[String]>); 4] = [
        (ALONE, vec![&keys]),
        (SHARED, vec![&keys, &keys]),
        (OWN, vec![&keys, &others]),
        (ONE, vec![&keys[..1], &keys[..1]]),
    ];
    for (workload, writers) in workloads {
        let memory = Operational::open(Config::default()).expect("the configuration is valid");
        let map = Map::default();
        let ours = contend(&writers, size, |key, value| {
            memory.update_metric(key, value).expect("there is room for the keys");
        });
        let theirs = contend(&writers, size, |key, value| map.update(key, value));
        report.add(workload, "Operational", &ours);
        report.add(workload, RIVAL, &theirs);
    }
}

/// Returns the nanoseconds per update of all writers together, for each round.
fn contend(writers: &[&[String]], size: Size, update: impl Fn(&str, f64) + Sync) -> Vec<f64> {
    let count = size.pick(200, 10_000);
    let work = |writer: usize| {
        let keys = writers[writer];
        for number in 0..count {
            update(&keys[number % keys.len()], number as f64);
        }
        Vec::new()
    };
    let each = |round: Round| round.elapsed.as_nanos() as f64 / (count * writers.len()) as f64;
    parallel::rounds(size, writers.len(), 0, work, || {}).into_iter().map(each).collect()
}
