//! Bad input: a typed error or a correct answer.

use aios_record::{Id, Timestamp};
use aios_working::{Config, Decision, Error, Goal, NewMessage, Pattern, Task, TaskUpdate};
use serde_json::json;

use crate::{Place, id, opened};

#[tokio::test]
async fn nul_characters_round_trip_and_are_searched_around() {
    let (_place, working) = opened();
    let text = "before\0after \u{0} end";
    let goal = Goal { id: id("a\0b"), metadata: json!({"k\0": "v\0"}), ..Goal::new(text) };
    working.store_goal(goal.clone()).await.unwrap();
    let read = working.goal("a\0b").await.unwrap().unwrap();
    assert_eq!((read.description.as_str(), &read.metadata), (text, &goal.metadata));
    assert_eq!(working.goal("a").await.unwrap(), None);
    assert_eq!(working.find_relevant("end", Default::default()).await.unwrap().len(), 1);
    assert_eq!(working.find_relevant("after", Default::default()).await.unwrap().len(), 1);
    assert!(working.verify().await.unwrap().is_empty());
}

#[tokio::test]
async fn times_outside_1970_to_9999_are_refused_and_the_ends_are_kept() {
    let (_place, working) = opened();
    let early: Timestamp = "1969-12-31T23:59:59Z".parse().unwrap();
    let message = NewMessage { timestamp: Some(early), ..NewMessage::new(id("s"), "user", "x") };
    let error = working.add_message(message).await.unwrap_err();
    assert!(matches!(error, Error::Time { .. }), "{error}");
    for time in [early, Timestamp::MAX, Timestamp::MIN] {
        let decision = Decision { timestamp: Some(time), ..Decision::new("c", "d") };
        let error = working.log_decision(decision).await.unwrap_err();
        assert!(matches!(error, Error::Time { field: "timestamp", .. }), "{error}");
    }
    for time in [Timestamp::UNIX_EPOCH, "9999-12-30T22:00:00Z".parse().unwrap()] {
        let decision = Decision { timestamp: Some(time), ..Decision::new("c", "d") };
        let stored = working.log_decision(decision).await.unwrap();
        let read = working.decision(stored.id.as_str()).await.unwrap().unwrap();
        assert_eq!(read.timestamp, Some(time));
    }
}

#[tokio::test]
async fn long_texts_are_refused_at_the_limit() {
    let place = Place::new();
    let working = place.open(Config { text_bytes_max: 1000, ..place.config() });
    let check = async |error: Result<(), Error>, field: &str| {
        let error = error.unwrap_err();
        assert!(
            matches!(&error, Error::TooLong { field: found, .. } if *found == field),
            "{error}"
        );
        assert!(error.is_invalid());
    };
    working.store_goal(Goal::new("x".repeat(1000))).await.unwrap();
    check(working.store_goal(Goal::new("x".repeat(1001))).await.map(drop), "description").await;
    let goal = Goal { metadata: json!(vec!["word"; 200]), ..Goal::new("g") };
    check(working.store_goal(goal).await.map(drop), "metadata").await;
    let goal = Goal { status: "x".repeat(10_000).as_str().into(), ..Goal::new("g") };
    check(working.store_goal(goal).await.map(drop), "status").await;
    let goal = working.store_goal(Goal::new("g")).await.unwrap();
    let result = Some("x".repeat(1001));
    check(working.update_goal(goal.id.as_str(), "failed", result).await.map(drop), "result").await;
    let task = working.store_task(Task::new("t")).await.unwrap();
    let update = TaskUpdate { error: Some("x".repeat(1001)), ..TaskUpdate::default() };
    check(working.update_task_status(task.id.as_str(), "failed", update).await.map(drop), "error")
        .await;
    check(working.set_preference(None, "k", json!("x".repeat(1001))).await, "value").await;
    check(working.set_persona("k", "x".repeat(1001)).await, "value").await;
}

#[tokio::test]
async fn a_text_of_100_mb_meets_the_default_limit() {
    let (_place, working) = opened();
    let huge = "x".repeat(100 * 1024 * 1024);
    let error = working.add_message(NewMessage::new(id("s"), "user", huge)).await.unwrap_err();
    let limit = 16 * 1024 * 1024;
    assert!(
        matches!(error, Error::TooLong { field: "content", limit: found, .. } if found == limit)
    );
    assert!(working.session("s").await.unwrap().is_none());
    let error = error.to_string();
    assert!(error.contains("104857600") && error.len() < 200, "{error}");
}

#[tokio::test]
async fn ids_of_128_bytes_fit_and_longer_sessions_do_not() {
    let (_place, working) = opened();
    assert!(Id::new("x".repeat(129)).is_err());
    let longest = "x".repeat(128);
    working.store_goal(Goal { id: id(&longest), ..Goal::new("g") }).await.unwrap();
    assert!(working.goal(&longest).await.unwrap().is_some());
    assert_eq!(working.goal(&"x".repeat(129)).await.unwrap(), None);
    let mut task = Task::new("t");
    task.meta.scope.session = Some("x".repeat(129));
    let error = working.store_task(task).await.unwrap_err();
    assert!(matches!(error, Error::Record(aios_record::Error::IdLength { bytes: 129 })), "{error}");
}

#[tokio::test]
async fn numbers_that_are_none_are_refused() {
    let (_place, working) = opened();
    let mut goal = Goal::new("g");
    goal.meta.importance = f32::NAN;
    assert!(matches!(working.store_goal(goal).await, Err(Error::NotFinite { .. })));
    let pattern = Pattern { success_rate: f64::NAN, ..Pattern::new("a", "b") };
    assert!(working.store_pattern(pattern).await.is_err());
}
