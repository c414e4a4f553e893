//! Metrics: the latest value, windows, hours, and the limit on keys.

use std::{sync::Arc, thread};

use aios_operational::{
    Clock, Config, Error, HOURS_WAITING_MAX, HourlyMetric, ManualClock, Operational,
    SAMPLES_WAITING_MAX,
};
use jiff::{Timestamp, ToSpan};

fn open() -> Operational {
    Operational::open(Config::default()).unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

#[test]
fn the_newest_timestamp_wins() {
    let check = |updates: &[(f64, i64)], expect: (f64, i64)| {
        let memory = open();
        for &(value, second) in updates {
            memory.update_metric_at("cpu.usage", value, at(second)).unwrap();
        }
        let latest = memory.metric("cpu.usage").unwrap();
        assert_eq!((latest.value, latest.timestamp), (expect.0, at(expect.1)));
        assert_eq!(memory.metrics(), [latest]);
    };
    check(&[(1.0, 0)], (1.0, 0));
    check(&[(1.0, 0), (2.0, 1)], (2.0, 1));
    check(&[(2.0, 1), (1.0, 0)], (2.0, 1));
    check(&[(1.0, 1), (2.0, 1)], (2.0, 1));
}

#[test]
fn without_a_time_a_metric_is_as_of_now() {
    let clock = Arc::new(ManualClock::new(at(7)));
    let memory = Operational::open(Config::default().with_clock(clock.clone())).unwrap();
    memory.update_metric("k", 1.5).unwrap();
    assert_eq!(memory.metric("k").unwrap().timestamp, clock.timestamp());
}

#[test]
fn an_unknown_metric_is_none() {
    let memory = open();
    assert_eq!(memory.metric("nothing"), None);
    assert_eq!(memory.metric_window("nothing"), None);
    assert_eq!(memory.metric(""), None);
    assert!(memory.metrics().is_empty());
}

#[test]
fn a_window_is_the_last_values_in_figures() {
    let mut config = Config::default();
    config.metric_window = 3;
    let memory = Operational::open(config).unwrap();
    let check = |value: f64, second: i64, expect: (u64, f64, f64, f64, Option<f64>)| {
        memory.update_metric_at("k", value, at(second)).unwrap();
        let window = memory.metric_window("k").unwrap();
        let found = (window.count, window.mean, window.min, window.max, window.rate_per_second);
        assert_eq!(found, expect);
        assert!(window.from <= window.to);
    };
    check(10.0, 0, (1, 10.0, 10.0, 10.0, None));
    check(20.0, 2, (2, 15.0, 10.0, 20.0, Some(5.0)));
    check(30.0, 4, (3, 20.0, 10.0, 30.0, Some(5.0)));
    check(10.0, 8, (3, 20.0, 10.0, 30.0, Some(-10.0 / 6.0)));
    // Late, and older than the window.
    check(99.0, 1, (3, 20.0, 10.0, 30.0, Some(-10.0 / 6.0)));
    // Late, and within it.
    check(40.0, 7, (3, 80.0 / 3.0, 10.0, 40.0, Some(-20.0 / 4.0)));
}

#[test]
fn hours_are_handed_out_once_when_they_are_over() {
    let memory = open();
    let start: Timestamp = "2026-01-01T10:00:00Z".parse().unwrap();
    for (key, minute, value) in
        [("b", 0, 1.0), ("b", 30, 3.0), ("a", 59, 5.0), ("b", 60, 7.0), ("a", -1, 9.0)]
    {
        memory.update_metric_at(key, value, start + minute.minutes()).unwrap();
    }
    let brief = |hours: Vec<HourlyMetric>| -> Vec<(String, Timestamp, u64, f64, f64, f64)> {
        hours.into_iter().map(|h| (h.key, h.hour, h.count, h.mean, h.min, h.max)).collect()
    };
    let early = memory.take_hourly(start + 59.minutes());
    assert_eq!(brief(early), [("a".into(), start - 1.hours(), 1, 9.0, 9.0, 9.0)]);
    let taken = memory.take_hourly(start + 60.minutes());
    assert_eq!(
        brief(taken),
        [("a".into(), start, 1, 5.0, 5.0, 5.0), ("b".into(), start, 2, 2.0, 1.0, 3.0)]
    );
    assert!(memory.take_hourly(start + 60.minutes()).is_empty());
    let rest = memory.take_hourly(Timestamp::MAX);
    assert_eq!(brief(rest), [("b".into(), start + 1.hours(), 1, 7.0, 7.0, 7.0)]);
}

#[test]
fn untaken_hours_are_limited() {
    let memory = open();
    let hours = HOURS_WAITING_MAX as i64 + 10;
    for hour in 0..hours {
        memory.update_metric_at("k", hour as f64, at(hour * 3600)).unwrap();
    }
    let taken = memory.take_hourly(Timestamp::MAX);
    assert_eq!(taken.len(), HOURS_WAITING_MAX);
    assert_eq!(taken[0].min, 10.0);
}

#[test]
fn the_number_of_keys_is_limited_and_known_keys_keep_working() {
    let memory = Operational::open(Config::default().with_metric_keys_max(3)).unwrap();
    for key in ["a", "b", "c"] {
        memory.update_metric(key, 1.0).unwrap();
    }
    let error = memory.update_metric("d", 1.0).unwrap_err();
    assert_eq!(error, Error::TooManyMetricKeys { key: "d".into(), max: 3 });
    assert!(error.is_limit());
    memory.update_metric("a", 2.0).unwrap();
    assert_eq!(memory.metrics().len(), 3);
}

#[test]
fn invalid_metrics_are_refused() {
    let memory = open();
    let check = |key: &str, value: f64, part: &str| {
        let error = memory.update_metric(key, value).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
        assert!(memory.metrics().is_empty());
    };
    check("", 1.0, "has 0");
    check(&"k".repeat(257), 1.0, "257");
    check("k", f64::NAN, "not a finite");
    check("k", f64::INFINITY, "not a finite");
}

#[test]
fn threads_that_meet_new_keys_agree_on_them() {
    let memory = Operational::open(Config::default().with_metric_keys_max(500)).unwrap();
    thread::scope(|scope| {
        for worker in 0..4_i64 {
            let memory = &memory;
            scope.spawn(move || {
                for number in 0..4_000_i64 {
                    let key = format!("key.{}", number % 500);
                    let value = (worker * 10_000 + number) as f64;
                    memory.update_metric_at(&key, value, at(number)).unwrap();
                }
            });
        }
    });
    let metrics = memory.metrics();
    assert_eq!(metrics.len(), 500);
    for metric in metrics {
        let second = metric.timestamp.as_second() - at(0).as_second();
        assert!(3_500 <= second, "the latest round won");
        assert_eq!(metric.key, format!("key.{}", second % 500));
        assert_eq!(metric.value as i64 % 10_000, second);
    }
    let counts: u64 = memory.take_hourly(Timestamp::MAX).iter().map(|hour| hour.count).sum();
    assert_eq!(counts, 16_000, "no update was lost");
    assert!(memory.update_metric("one.more", 0.0).unwrap_err().is_limit());
}

/// Sets each value on its own thread, one after the other.
fn update_on_threads(memory: &Operational, updates: &[(f64, i64)]) {
    for &(value, second) in updates {
        thread::scope(|scope| {
            scope.spawn(|| memory.update_metric_at("k", value, at(second)).unwrap());
        });
    }
}

#[test]
fn values_from_several_threads_form_one_metric() {
    let check = |updates: &[(f64, i64)], latest: (f64, i64), count: u64, mean: f64| {
        let mut config = Config::default();
        config.metric_window = 3;
        let memory = Operational::open(config).unwrap();
        update_on_threads(&memory, updates);
        let metric = memory.metric("k").unwrap();
        assert_eq!((metric.value, metric.timestamp), (latest.0, at(latest.1)));
        let window = memory.metric_window("k").unwrap();
        assert_eq!((window.count, window.mean), (count, mean));
        let hours = memory.take_hourly(Timestamp::MAX);
        assert_eq!(hours.len(), 1);
        assert_eq!(hours[0].count, updates.len() as u64);
    };
    check(&[(1.0, 0), (3.0, 1)], (3.0, 1), 2, 2.0);
    check(&[(3.0, 1), (1.0, 0)], (3.0, 1), 2, 2.0);
    // The value that was set last wins among those with the same time.
    check(&[(1.0, 5), (2.0, 5), (9.0, 5), (4.0, 5)], (4.0, 5), 3, 5.0);
    // The window is the newest three by time, from any thread.
    check(&[(7.0, 9), (100.0, 1), (8.0, 10), (9.0, 11)], (9.0, 11), 3, 8.0);
}

#[test]
fn the_last_value_of_each_past_second_is_a_sample() {
    let memory = open();
    let update = |value: f64, millis: i64| {
        memory.update_metric_at("k", value, at(0) + millis.milliseconds()).unwrap();
    };
    let taken = |second: i64| -> Vec<(f64, i64)> {
        let samples = memory.take_samples(at(second)).into_iter();
        samples.map(|s| (s.value, s.timestamp.as_millisecond() - at(0).as_millisecond())).collect()
    };
    (0..100).for_each(|number| update(number.into(), 10 * i64::from(number)));
    update(200.0, 1_000);
    update(201.0, 1_999);
    update(202.0, 4_500);
    assert_eq!(taken(0), []);
    assert_eq!(taken(2), [(99.0, 990), (201.0, 1_999)]);
    assert_eq!(taken(2), [], "each once");
    assert_eq!(taken(4), []);
    // Late, so no longer the last of its second.
    update(150.0, 1_500);
    assert_eq!(taken(5), [(202.0, 4_500)]);
    update(203.0, 4_600);
    assert_eq!(taken(5), [], "that second was taken");
    update(204.0, 7_000);
    let rest: Vec<f64> = memory.take_samples(Timestamp::MAX).iter().map(|s| s.value).collect();
    assert_eq!(rest, [204.0]);

    let memory = open();
    update_on_threads(&memory, &[(1.0, 0), (2.0, 0), (3.0, 1), (2.5, 1)]);
    let samples: Vec<f64> = memory.take_samples(at(2)).iter().map(|s| s.value).collect();
    assert_eq!(samples, [2.0, 2.5], "one of each second, whoever set it");
}

#[test]
fn untaken_samples_are_limited() {
    let memory = open();
    let seconds = SAMPLES_WAITING_MAX as i64 + 10;
    (0..=seconds).for_each(|s| memory.update_metric_at("k", s as f64, at(s)).unwrap());
    let taken = memory.take_samples(at(seconds));
    assert_eq!(taken.len(), SAMPLES_WAITING_MAX);
    assert_eq!(taken[0].value, 10.0);
}
