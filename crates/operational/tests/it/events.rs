//! Events: retention, reads, expiry.

use std::{sync::Arc, time::Duration};

use aios_operational::{
    Category, Clock, Config, Cursor, Error, Event, Filter, ManualClock, Operational, StoredEvent,
};
use serde_json::json;

fn open(capacity: usize) -> Operational {
    Operational::open(Config::default().with_capacity(capacity)).unwrap()
}

fn push(memory: &Operational, names: &[&str]) {
    for name in names {
        memory.push_event(Event::new("event", *name, json!({"name": name}))).unwrap();
    }
}

fn sources(events: &[StoredEvent]) -> Vec<&str> {
    events.iter().map(StoredEvent::source).collect()
}

#[test]
fn the_last_events_are_kept_newest_first() {
    let check = |capacity: usize, pushes: &[&str], expect: &[&str]| {
        let memory = open(capacity);
        push(&memory, pushes);
        assert_eq!(sources(&memory.recent(100, &Filter::all()).events), expect);
        let counters = memory.counters();
        assert_eq!(counters.kept, expect.len() as u64);
        assert_eq!(counters.evicted, (pushes.len() - expect.len()) as u64);
    };
    check(3, &["a", "b", "c", "d"], &["d", "c", "b"]);
    check(3, &["a", "b", "c"], &["c", "b", "a"]);
    check(1, &["a", "b"], &["b"]);
    check(5, &[], &[]);
}

#[test]
fn a_read_returns_at_most_the_requested_number() {
    let memory = open(10);
    push(&memory, &["a", "b", "c"]);
    let check = |count: usize, expect: &[&str]| {
        assert_eq!(sources(&memory.recent(count, &Filter::all()).events), expect);
    };
    check(0, &[]);
    check(2, &["c", "b"]);
    check(3, &["c", "b", "a"]);
    check(usize::MAX, &["c", "b", "a"]);
}

#[test]
fn filters_restrict_by_category_source_and_time() {
    let clock = Arc::new(ManualClock::new("2026-01-01T00:00:00Z".parse().unwrap()));
    let memory = Operational::open(Config::default().with_clock(clock.clone())).unwrap();
    for (category, source) in [("task", "a"), ("disk", "a"), ("task", "b"), ("disk", "b")] {
        memory.push_event(Event::new(category, source, json!(null))).unwrap();
        clock.advance(Duration::from_secs(1));
    }
    let check = |filter: Filter, expect: &[u64]| {
        let seqs: Vec<u64> =
            memory.recent(10, &filter).events.iter().map(StoredEvent::seq).collect();
        assert_eq!(seqs, expect);
    };
    check(Filter::all(), &[3, 2, 1, 0]);
    check(Filter::all().with_category(Category::Task), &[2, 0]);
    check(Filter::all().with_category("disk"), &[3, 1]);
    check(Filter::all().with_source("b"), &[3, 2]);
    check(Filter::all().with_category("disk").with_source("a"), &[1]);
    check(Filter::all().with_source("nobody"), &[]);
    check(Filter::all().with_since("2026-01-01T00:00:02Z".parse().unwrap()), &[3, 2]);
    check(Filter::all().with_since(clock.timestamp()), &[]);
}

#[test]
fn an_event_as_old_as_the_ttl_is_expired() {
    let check = |age_ms: u64, visible: usize| {
        let clock = Arc::new(ManualClock::new("2026-01-01T00:00:00Z".parse().unwrap()));
        let config = Config::default().with_ttl(Duration::from_secs(10)).with_clock(clock.clone());
        let memory = Operational::open(config).unwrap();
        clock.advance(Duration::from_secs(5));
        // Expiry counts from the push, whatever the timestamp of the event.
        let event = Event::new("event", "old", json!(1));
        memory.push_event(event.with_timestamp("1999-01-01T00:00:00Z".parse().unwrap())).unwrap();
        clock.advance(Duration::from_millis(age_ms));
        assert_eq!(memory.recent(9, &Filter::all()).events.len(), visible);
        let news = memory.events_since(Cursor::START, 9);
        assert_eq!(
            (news.events.len(), news.expired, news.missed),
            (visible, 1 - visible as u64, 0)
        );
        assert_eq!(memory.counters().kept, 1, "expired events leave the view, not the ring");
    };
    check(0, 1);
    check(9_999, 1);
    check(10_000, 0);
    check(10_001, 0);
}

#[test]
fn a_cursor_counts_missed_events_exactly() {
    let memory = open(3);
    let start = memory.cursor();
    push(&memory, &["a", "b", "c", "d", "e"]);
    let news = memory.events_since(start, 2);
    assert_eq!((sources(&news.events), news.missed), (vec!["c", "d"], 2));
    let news = memory.events_since(news.next, 2);
    assert_eq!((sources(&news.events), news.missed), (vec!["e"], 0));
    assert_eq!(news.next, memory.cursor());
    assert_eq!(memory.counters().lapped, 2);
    push(&memory, &["f"]);
    memory.clear();
    push(&memory, &["g"]);
    let news = memory.events_since(news.next, 10);
    assert_eq!((sources(&news.events), news.missed), (vec!["g"], 1));
    // A position beyond the end, as from another handle, counts as the end.
    let news = memory.events_since(Cursor::at(1_000), 10);
    assert_eq!((news.events.len(), news.missed, news.next), (0, 0, memory.cursor()));
}

#[test]
fn clearing_empties_the_view_and_not_the_counters() {
    let memory = open(3);
    push(&memory, &["a", "b", "c", "d"]);
    assert_eq!(memory.clear(), 3);
    assert!(memory.recent(10, &Filter::all()).events.is_empty());
    let counters = memory.counters();
    assert_eq!((counters.pushed, counters.kept, counters.evicted, counters.cleared), (4, 0, 1, 3));
    push(&memory, &["e"]);
    assert_eq!(sources(&memory.recent(10, &Filter::all()).events), ["e"]);
}

#[test]
fn the_critical_flag_survives_every_way() {
    let memory = open(3);
    memory.push_event(Event::new("alarm", "s", json!({})).critical()).unwrap();
    let recent = memory.recent(1, &Filter::all()).events.remove(0);
    let followed = memory.events_since(Cursor::START, 1).events.remove(0);
    assert!(recent.is_critical() && followed.is_critical());
    assert_eq!(serde_json::to_value(&recent).unwrap()["critical"], json!(true));
    memory.clear();
    assert!(recent.is_critical(), "and the clearing");
}

#[test]
fn a_stored_event_serialises_as_a_record() {
    let memory = open(3);
    let event = Event::new("disk", "sensor", json!({"free_gb": 0.2}))
        .with_id("e-1".parse().unwrap())
        .with_timestamp("2026-01-01T00:00:00Z".parse().unwrap());
    memory.push_event(event).unwrap();
    let stored = memory.recent(1, &Filter::all()).events.remove(0);
    assert_eq!(
        serde_json::to_value(stored).unwrap(),
        json!({
            "id": "e-1", "seq": 0, "timestamp": "2026-01-01T00:00:00Z", "category": "disk",
            "source": "sensor", "data": {"free_gb": 0.2}, "critical": false,
        })
    );
}

#[test]
fn generated_ids_differ_stay_and_are_uuids() {
    let memories = [open(10), open(10)];
    let mut ids = Vec::new();
    for memory in &memories {
        push(memory, &["a", "b"]);
        for event in memory.recent(10, &Filter::all()).events {
            assert_eq!(event.id(), event.clone().id());
            assert_eq!(event.id().as_str().len(), 36);
            assert_eq!(event.id().as_str().as_bytes()[14], b'7');
            ids.push(event.id());
        }
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 4);
}

#[test]
fn exceeding_a_limit_is_an_error_that_names_it() {
    let check = |config: Config, setting: &str| {
        let error = Operational::open(config).unwrap_err();
        assert!(error.to_string().contains(setting), "{error}");
    };
    check(Config::default().with_capacity(0), "`capacity` is 0");
    check(Config::default().with_capacity(usize::MAX), "`capacity` is ");
    assert!(Operational::open(Config::default().with_capacity(1)).is_ok());

    let memory = open(3);
    let large = Event::new("event", "s", json!({"text": "x".repeat(70_000)}));
    let error = memory.push_event(large).unwrap_err();
    assert!(
        matches!(error, Error::TooLong { what: "event", bytes: 70_010, bytes_max: 65_536 }),
        "{error}"
    );
    assert!(error.is_limit() && !error.is_not_found());
    assert_eq!(memory.counters().pushed, 0);
}

#[test]
fn categories_are_any_text() {
    for name in ["metric", "event", "task", "tool_result", "disk", ""] {
        assert_eq!(Category::from(name).as_str(), name);
        assert_eq!(Category::from(name.to_owned()), Category::from(name));
        let text = serde_json::to_string(&Category::from(name)).unwrap();
        assert_eq!(serde_json::from_str::<Category>(&text).unwrap(), Category::from(name));
    }
    assert_eq!(Category::from("task"), Category::Task);
}
