//! Events and metrics reach the disk: on shutdown, in spite of a kill, and with a full queue.

use std::{collections::BTreeSet, path::Path};

use aios_memory::{
    AgentMemory, Config, Error, Event, ForgetOptions, ForgetTarget, Id, Identity, Kind, Owner,
    Timestamp,
    operational::{Keep, Spill},
    working::{self, EventFilter, Working},
};
use aios_memory_tests::{
    child::{self, Child},
    rounds,
};
use serde_json::json;

use crate::Fixture;

/// Default number of kills of the child.
const KILLS: u64 = 3;
const WRITERS: usize = 4;

/// Runs as a child: [`WRITERS`] tasks push events, and say the name of each once it is
/// acknowledged.
#[test]
fn child() {
    let Some(directory) = child::place() else { return };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let memory = AgentMemory::open(Config::at(&directory)).await.unwrap();
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..WRITERS {
            let memory = memory.clone();
            writers.spawn(async move {
                for n in 0.. {
                    let name = format!("{}-{writer}-{n}", std::process::id());
                    let event = Event::new("event", "child", json!({ "name": name }));
                    let event = if n % 2 == 0 { event.critical() } else { event };
                    let pushed = memory.events().push_durable(event).await.unwrap();
                    assert_eq!(pushed.spill, Spill::Accepted);
                    child::say(name);
                }
            });
        }
        writers.join_all().await;
    });
}

/// Returns the names of the events in working memory, after a check that each is unique.
async fn names(path: &Path) -> BTreeSet<String> {
    let working = Working::open(path, working::Config::default()).unwrap();
    assert!(working.upkeep().verify().await.unwrap().is_empty());
    let events = working.events().list(EventFilter::default()).await.unwrap();
    let name = |event: &working::Event| event.data["name"].as_str().unwrap().to_owned();
    let names: BTreeSet<String> = events.iter().map(name).collect();
    assert_eq!(names.len(), events.len());
    working.close().await;
    names
}

#[tokio::test]
async fn a_durable_event_survives_a_kill() {
    let fixture = Fixture::new();
    let directory = fixture.config().memory.data_dir;
    let mut acknowledged = BTreeSet::new();
    for round in 0..rounds(KILLS) {
        let mut child = Child::start("events::child", &directory);
        acknowledged.extend(child.hear_some(50 + 37 * (round as usize % 10)));
        // Those said before the kill took effect are acknowledged as well.
        acknowledged.extend(child.kill());
        let found = names(&directory.join("working.db")).await;
        let lost: Vec<_> = acknowledged.difference(&found).collect();
        assert!(lost.is_empty(), "{lost:?}");
    }
}

/// More critical events than the queue and the ring can hold, faster than the disk: after the
/// shutdown, each is on the disk or was counted as lost.
#[tokio::test]
async fn every_critical_event_is_accounted_for() {
    let fixture = Fixture::new();
    let check = async |directory: &str, keep: Keep, capacity: usize, count: u64| {
        let mut config = Config::at(fixture.dir.path().join(directory));
        config.operational.capacity = capacity;
        config.operational.keep = keep;
        let path = config.working_path();
        let memory = AgentMemory::open(config).await.unwrap();
        for number in 0..count {
            let event = Event::new("alarm", "sensor", json!({ "name": number.to_string() }));
            let event = if keep == Keep::Critical { event.critical() } else { event };
            memory.observe(event).unwrap();
        }
        let operational = memory.operational().clone();
        memory.shutdown().await.unwrap();
        let counters = operational.counters();
        assert_eq!(counters.pushed, count);
        assert_eq!(counters.critical_waiting, 0, "the shutdown waits for them");
        let lost = counters.critical_lost + counters.kept_lost;
        assert_eq!(counters.spilled + lost, count);
        let names = names(&path).await;
        assert_eq!(names.len() as u64, counters.spilled);
        lost
    };
    assert_eq!(check("room", Keep::Critical, 10_000, 5_000).await, 0);
    assert_eq!(check("all", Keep::All, 10_000, 5_000).await, 0);
    assert!(0 < check("no room", Keep::Critical, 10, 5_000).await, "1,024 places are not enough");
}

/// Opens a memory whose file another process keeps locked.
async fn open_locked(fixture: &Fixture) -> (AgentMemory, rusqlite::Connection) {
    let mut config = fixture.config();
    config.working.busy_timeout_ms = 1;
    let path = config.working_path();
    let memory = AgentMemory::open(config).await.unwrap();
    let other = rusqlite::Connection::open(path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    (memory, other)
}

/// While another process keeps the file locked, waiting callers get an error. Critical events are
/// written once the file is free.
#[tokio::test(flavor = "multi_thread")]
async fn critical_events_that_the_disk_refuses_are_retried() {
    let fixture = Fixture::new();
    let (memory, other) = open_locked(&fixture).await;
    let event = |name: &str| Event::new("alarm", "sensor", json!({ "name": name }));
    memory.observe(event("observed").critical()).unwrap();
    let error = memory.events().push_durable(event("durable").critical()).await.unwrap_err();
    assert!(matches!(error, Error::EventUnwritten { .. }), "{error:?}");
    let error = memory.events().push_durable(event("told")).await.unwrap_err();
    assert!(matches!(error, Error::EventUnwritten { .. }), "{error:?}");
    other.execute_batch("ROLLBACK").unwrap();
    memory.shutdown().await.unwrap();
    let expected = ["durable", "observed"].map(str::to_owned);
    assert_eq!(names(&fixture.config().working_path()).await, expected.into());
}

#[tokio::test]
async fn a_shutdown_reports_the_number_of_unwritten_events() {
    let fixture = Fixture::new();
    let (memory, _other) = open_locked(&fixture).await;
    for name in ["one", "two"] {
        memory.observe(Event::new("alarm", "sensor", json!({ "name": name })).critical()).unwrap();
    }
    let error = memory.shutdown().await.unwrap_err();
    assert!(matches!(error, Error::EventsUnwritten { count: 2 }), "{error:?}");
}

#[tokio::test]
async fn metrics_are_kept_by_second_and_by_hour() {
    let start: Timestamp = "2026-03-01T10:59:58Z".parse().unwrap();
    let at = |millis: i64| start + jiff::SignedDuration::from_millis(millis);
    let check = async |sample_seconds: usize, expect: &[(i64, u64, f64)]| {
        let fixture = Fixture::new();
        for part in [[(0, 1.0), (900, 3.0)], [(1_000, 5.0), (2_500, 7.0)]] {
            let mut config = fixture.config();
            config.operational.metric_sample_seconds = sample_seconds;
            let memory = AgentMemory::open(config).await.unwrap();
            for (millis, value) in part {
                memory.operational().update_metric_at("cpu", value, at(millis)).unwrap();
            }
            // Working memory refuses this one; the others are kept.
            memory.operational().update_metric_at("old", 1.0, Timestamp::MIN).unwrap();
            memory.shutdown().await.unwrap();
        }
        let memory = fixture.open().await;
        let history = memory
            .working()
            .metrics()
            .history("cpu", at(-10_000_000), Timestamp::MAX)
            .await
            .unwrap();
        let brief: Vec<(i64, u64, f64)> = history
            .iter()
            .map(|point| {
                let second = point.timestamp.as_second() - start.as_second();
                (second, point.count as u64, point.mean)
            })
            .collect();
        assert_eq!(brief, expect);
        memory.shutdown().await.unwrap();
    };
    check(1, &[(0, 1, 3.0), (1, 1, 5.0), (2, 1, 7.0)]).await;
    check(0, &[(-3598, 3, 3.0), (2, 1, 7.0)]).await;
}

/// Looks like an access key of a service.
const SECRET: &str = "AKIAIOSFODNN7EXAMPLQ";

/// A harmless word; only the name of its field reveals a secret.
const NAMED: &str = "sunflower";

#[tokio::test]
async fn the_guard_checks_events_before_they_reach_the_disk() {
    for (policy, written) in [("redact", 2), ("refuse", 1)] {
        let fixture = Fixture::new();
        let mut config = fixture.config();
        config.guard.secrets = policy.parse().unwrap();
        let path = config.working_path();
        let memory = AgentMemory::open(config).await.unwrap();
        let plain = Event::new("event", "s", json!({"name": "plain"}));
        let data = json!({
            "name": "telling",
            "key": [SECRET],
            "login": {"password": NAMED},
            "env": [{"name": "DB_PASSWORD", "value": NAMED}],
        });
        let telling = Event::new("event", "s", data);
        memory.events().push_durable(plain.critical()).await.unwrap();
        let told = memory.events().push_durable(telling.critical()).await;
        assert_eq!(told.is_ok(), policy == "redact", "{told:?}");
        assert!(!format!("{told:?}").contains(SECRET));
        let unwritten = memory.stats().await.unwrap().events_unwritten;
        assert_eq!((unwritten, memory.operational().counters().critical_lost), (2 - written, 0));
        memory.shutdown().await.unwrap();
        assert_eq!(names(&path).await.len() as u64, written);
        let written = std::fs::read(&path).unwrap();
        let written = String::from_utf8_lossy(&written);
        assert!(!written.contains(SECRET) && !written.contains(NAMED));
    }
}

#[tokio::test]
async fn an_event_forgotten_in_the_ring_never_reaches_the_disk() {
    let fixture = Fixture::new();
    let mut config = fixture.config();
    config.operational.keep = Keep::All;
    let path = config.working_path();
    let memory = AgentMemory::open(config).await.unwrap();
    for name in ["kept", "gone"] {
        let event = Event::new("event", "s", json!({"name": name})).with_id(Id::new(name).unwrap());
        memory.observe(event).unwrap();
    }
    let gone = Identity::new(Owner::SHARED, Kind::Event, Id::new("gone").unwrap());
    let gone = ForgetTarget::Records(vec![gone]);
    memory.forget(ForgetOptions::new(gone)).await.unwrap();
    memory.shutdown().await.unwrap();
    assert_eq!(names(&path).await, BTreeSet::from(["kept".to_owned()]));
}
