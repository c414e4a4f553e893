//! Ageing and metrics.

use aios_record::Timestamp;
use aios_working::{
    Aged, Decision, Goal, IMPORTANT, Metric, MetricPoint, NewMessage, Pattern, Retention, Task,
    ToolCall,
};

use crate::{HOUR_US, Place, START, id, opened};

fn counts(aged: &Aged) -> Vec<(&str, u64)> {
    aged.records.iter().map(|(&name, &count)| (name, count)).collect()
}

#[tokio::test]
async fn what_is_old_moves_out_and_what_matters_stays() {
    let place = Place::new();
    let working = place.open(place.config());
    for name in ["done", "open", "parent"] {
        working.store_goal(Goal { id: id(name), ..Goal::new(name) }).await.unwrap();
    }
    for name in ["done", "parent"] {
        working.update_goal(name, "completed", None).await.unwrap();
    }
    let child = Task { id: id("child"), goal_id: Some(id("parent")), ..Task::new("open child") };
    working.store_task(child).await.unwrap();
    working.store_tool_call(ToolCall::new("ls")).await.unwrap();
    working.store_pattern(Pattern::new("disk full", "clean")).await.unwrap();
    let mut important = Decision { id: id("important"), ..Decision::new("a", "b") };
    important.meta.importance = IMPORTANT;
    working.log_decision(important).await.unwrap();
    // What happened long ago was still taken in today.
    let told = Some("2023-05-08T13:56:00Z".parse().unwrap());
    let said =
        |n| NewMessage { timestamp: told, ..NewMessage::new(id("s"), "user", format!("m{n}")) };
    working.add_messages((0..1500).map(said).collect()).await.unwrap();
    let retention = Retention::default();
    place.pass_hours(24 * 29);
    assert_eq!(working.age(&retention).await.unwrap(), Aged::default());
    place.pass_hours(24 * 2);
    let expect = [("messages", 1500), ("tool_calls", 1)];
    assert_eq!(counts(&working.would_age(&retention).await.unwrap()), expect);
    assert_eq!(counts(&working.age(&retention).await.unwrap()), expect);
    assert_eq!(working.age(&retention).await.unwrap(), Aged::default());
    place.pass_hours(24 * 60);
    assert_eq!(counts(&working.age(&retention).await.unwrap()), [("goals", 1)]);
    let none_kept = Retention { patterns_max: Some(0), ..retention };
    assert_eq!(counts(&working.age(&none_kept).await.unwrap()), [("patterns", 1)]);
    assert!(working.goal("open").await.unwrap().is_some());
    assert!(working.goal("parent").await.unwrap().is_some());
    assert!(working.decision("important").await.unwrap().is_some());
    assert!(working.verify().await.unwrap().is_empty());
}

#[tokio::test]
async fn what_the_feed_has_still_to_tell_stays_and_ageing_tells_nothing() {
    let (place, working) = opened();
    for n in 0..3 {
        working.add_message(NewMessage::new(id("s"), "user", format!("m{n}"))).await.unwrap();
    }
    place.pass_hours(24 * 31);
    working.trim_feed(2).await.unwrap();
    assert_eq!(counts(&working.age(&Retention::default()).await.unwrap()), [("messages", 2)]);
    assert_eq!(working.feed_head().await.unwrap(), 3);
    assert_eq!(working.recent_messages("s", 9).await.unwrap()[0].content, "m2");
}

#[tokio::test]
async fn samples_become_hours() {
    let (place, working) = opened();
    let start: Timestamp = START.parse().unwrap();
    let at = |seconds: i64, value: f64| Metric {
        key: "cpu".to_owned(),
        timestamp: start + jiff::SignedDuration::from_secs(seconds),
        value,
    };
    let metrics = vec![at(0, 9.0), at(0, 1.0), at(10, 3.0), at(3600, 5.0)];
    working.store_metrics(metrics).await.unwrap();
    let history = async || {
        let points = working.metric_history("cpu", start, Timestamp::MAX).await.unwrap();
        let short = |point: MetricPoint| (point.count, point.mean, point.min, point.max);
        points.into_iter().map(short).collect::<Vec<_>>()
    };
    let samples = [(1, 1.0, 1.0, 1.0), (1, 3.0, 3.0, 3.0), (1, 5.0, 5.0, 5.0)];
    assert_eq!(history().await, samples);
    place.pass_hours(24 * 7 + 1);
    working.age(&Retention::default()).await.unwrap();
    assert_eq!(history().await, [(2, 2.0, 1.0, 3.0), (1, 5.0, 5.0, 5.0)]);

    working.store_metrics(vec![at(20, 8.0)]).await.unwrap();
    working.age(&Retention::default()).await.unwrap();
    assert_eq!(history().await, [(3, 4.0, 1.0, 8.0), (1, 5.0, 5.0, 5.0)]);
    assert!(working.store_metrics(vec![at(1, f64::NAN)]).await.unwrap_err().is_invalid());

    place.clock.fetch_add(366 * 24 * HOUR_US, std::sync::atomic::Ordering::Relaxed);
    working.age(&Retention::default()).await.unwrap();
    assert!(history().await.is_empty());
}
