//! Ageing and metrics.

use aios_record::{Change, Kind, Mode, Scope, ScopeFilter, Timestamp};
use aios_working::{
    AgeReport, Decision, Entry, Error, Event, Goal, HourlyMetric, IMPORTANT, MessageReceipt,
    Metric, MetricPoint, NewMessage, Pattern, Retention, Session, Task, TaskUpdate, ToolCall,
};
use serde_json::json;

use crate::{HOUR_US, Place, START, id, key, opened, shared, view};

fn counts(aged: &AgeReport) -> Vec<(&str, u64)> {
    aged.records.iter().map(|(&name, &count)| (name, count)).collect()
}

#[tokio::test]
async fn ageing_moves_out_old_records_and_keeps_open_and_important_ones() {
    let place = Place::new();
    let working = place.open(place.config());
    for name in ["done", "open", "parent"] {
        working.goals().put(Goal { id: id(name), ..Goal::new(name) }).await.unwrap();
    }
    for name in ["done", "parent"] {
        working.goals().set_status(&id(name), "completed", None).await.unwrap();
    }
    let child = Task { id: id("child"), goal_id: Some(id("parent")), ..Task::new("open child") };
    working.tasks().put(child).await.unwrap();
    working.tool_calls().put(ToolCall::new("ls")).await.unwrap();
    working.patterns().put(Pattern::new("disk full", "clean")).await.unwrap();
    let mut important = Decision { id: id("important"), ..Decision::new("a", "b") };
    important.meta.importance = IMPORTANT;
    working.decisions().put(important).await.unwrap();
    // Messages with an old timestamp were recorded today.
    let told = Some("2023-05-08T13:56:00Z".parse().unwrap());
    let said =
        |n| NewMessage { timestamp: told, ..NewMessage::new(id("s"), "user", format!("m{n}")) };
    working.messages().add_all((0..1500).map(said).collect()).await.unwrap();
    let old = Goal { status: "failed".into(), completed_at: told, ..Goal::new("imported") };
    working.goals().put(old).await.unwrap();

    let retention = Retention::default();
    place.pass_hours(24 * 29);
    let first = working.upkeep().age(&retention).await.unwrap();
    assert_eq!((counts(&first), first.summed_up), (vec![], 4));
    place.pass_hours(24 * 2);
    let expect = [("messages", 1500), ("tool_calls", 1)];
    assert_eq!(counts(&working.upkeep().age_with(&retention, Mode::DryRun).await.unwrap()), expect);
    assert_eq!(counts(&working.upkeep().age(&retention).await.unwrap()), expect);
    assert_eq!(working.upkeep().age(&retention).await.unwrap(), AgeReport::default());
    place.pass_hours(24 * 60);
    let expect = [("goals", 3), ("sessions", 1)];
    assert_eq!(counts(&working.upkeep().age_with(&retention, Mode::DryRun).await.unwrap()), expect);
    assert_eq!(counts(&working.upkeep().age(&retention).await.unwrap()), expect);
    let none_kept = Retention { patterns_max: Some(0), ..retention };
    assert_eq!(counts(&working.upkeep().age(&none_kept).await.unwrap()), [("patterns", 1)]);
    assert!(working.goals().get(&id("open")).await.unwrap().is_some());
    assert!(working.decisions().get(&id("important")).await.unwrap().is_some());
    assert!(working.upkeep().verify().await.unwrap().is_empty());
}

/// Ageing does not remove the only copy: records that the feed does not deliver are kept.
#[tokio::test]
async fn records_that_no_other_store_has_never_age() {
    let place = Place::new();
    let working = place.open(place.fed());
    working.tool_calls().put(ToolCall { id: id("call"), ..ToolCall::new("ls") }).await.unwrap();
    let plain = Event { id: id("plain"), ..Event::new("build", "ci", json!({})) };
    let critical =
        Event { id: id("critical"), critical: true, ..Event::new("build", "ci", json!({})) };
    working.intake().put_events(vec![plain, critical]).await.unwrap();
    working.messages().add(NewMessage::new(id("s"), "user", "hello")).await.unwrap();
    working.feed().trim(working.feed().head().await.unwrap()).await.unwrap();
    place.pass_hours(24 * 400);
    let aged = working.upkeep().age(&Retention::default()).await.unwrap();
    assert_eq!(counts(&aged), [("events", 1), ("messages", 1)]);
    for kept in [key(Kind::ToolCall, "call"), key(Kind::Event, "plain"), key(Kind::Session, "s")] {
        assert!(working.records().get(&kept).await.unwrap().is_some(), "{kept}");
    }
    assert!(working.records().get(&key(Kind::Event, "critical")).await.unwrap().is_none());
    // The session continues after its last message.
    let next = working.messages().add(NewMessage::new(id("s"), "user", "again")).await.unwrap();
    let next = working.messages().get(next.id()).await.unwrap().unwrap();
    assert_eq!(next.position, 1);
}

#[tokio::test]
async fn an_aged_parent_leaves_a_stub_until_its_last_child_is_moved_out() {
    let place = Place::new();
    let working = place.open(place.config());
    working.goals().put(Goal { id: id("g"), ..Goal::new("move the blog") }).await.unwrap();
    let task = Task { id: id("t"), goal_id: Some(id("g")), ..Task::new("copy files") };
    working.tasks().put(task).await.unwrap();
    working.goals().set_status(&id("g"), "completed", Some("it runs".to_owned())).await.unwrap();
    place.pass_hours(24 * 91);
    assert_eq!(counts(&working.upkeep().age(&Retention::default()).await.unwrap()), [("goals", 1)]);

    // No read shows the stub ...
    assert_eq!(working.goals().get(&id("g")).await.unwrap(), None);
    assert!(working.records().list(Kind::Goal, None, 9).await.unwrap().records.is_empty());
    assert_eq!(working.upkeep().stats().await.unwrap().records["goals"], 0);
    assert!(working.records().find("blog", Default::default()).await.unwrap().is_empty());
    assert!(working.goals().set_status(&id("g"), "active", None).await.unwrap_err().is_not_found());
    assert!(working.upkeep().verify().await.unwrap().is_empty());
    working.upkeep().reindex().await.unwrap();
    assert!(working.upkeep().verify().await.unwrap().is_empty());
    // ... but its children are visible, old and new.
    working.tasks().set_status(&id("t"), "in_progress", TaskUpdate::default()).await.unwrap();
    let second = Task { id: id("t2"), goal_id: Some(id("g")), ..Task::new("set up nginx") };
    working.tasks().put(second).await.unwrap();
    assert_eq!(working.tasks().of_goal(&id("g")).await.unwrap().len(), 2);
    let again = Goal { id: id("g"), ..Goal::new("again") };
    let mut elsewhere = again.clone();
    elsewhere.meta.scope.agent = Some("scout".to_owned());
    let error = working.goals().put(elsewhere).await.unwrap_err();
    assert!(matches!(error, Error::Conflict { .. }), "{error}");

    // Storing it again revives it.
    working.goals().put(again).await.unwrap();
    assert_eq!(working.goals().active().await.unwrap().len(), 1);
    assert_eq!(working.records().find("again", Default::default()).await.unwrap().len(), 1);
    working.goals().set_status(&id("g"), "completed", None).await.unwrap();
    place.pass_hours(24 * 91);
    working.upkeep().age(&Retention::default()).await.unwrap();
    assert_eq!(working.goals().get(&id("g")).await.unwrap(), None);

    // Ageing the last child deletes the stub.
    for name in ["t", "t2"] {
        working.tasks().set_status(&id(name), "completed", TaskUpdate::default()).await.unwrap();
    }
    place.pass_hours(24 * 91);
    assert_eq!(counts(&working.upkeep().age(&Retention::default()).await.unwrap()), [("tasks", 2)]);
    let orphan = Task { goal_id: Some(id("g")), ..Task::new("too late") };
    let error = working.tasks().put(orphan).await.unwrap_err();
    assert!(matches!(error, Error::MissingParent { .. }), "{error}");
}

#[tokio::test]
async fn removing_a_parent_that_moved_out_removes_its_children() {
    let (place, working) = opened();
    working.goals().put(Goal { id: id("g"), ..Goal::new("g") }).await.unwrap();
    let task = Task { id: id("t"), goal_id: Some(id("g")), ..Task::new("t") };
    working.tasks().put(task).await.unwrap();
    working.goals().set_status(&id("g"), "completed", None).await.unwrap();
    working.feed().trim(working.feed().head().await.unwrap()).await.unwrap();
    place.pass_hours(24 * 91);
    working.upkeep().age(&Retention::default()).await.unwrap();
    assert_eq!(working.goals().get(&id("g")).await.unwrap(), None);
    let ada = view(&working, "ada");
    let exact = ada.narrow(&ScopeFilter::exact(Scope::default())).unwrap();
    assert!(exact.records().remove(&key(Kind::Goal, "g")).await.unwrap().is_empty());
    assert!(matches!(
        ada.records().remove(&key(Kind::Goal, "g")).await,
        Err(Error::NotYours { .. })
    ));
    let removed = working.records().remove(&key(Kind::Goal, "g")).await.unwrap();
    assert_eq!(removed, [shared(Kind::Task, "t"), shared(Kind::Goal, "g")]);
    assert!(working.records().remove(&key(Kind::Goal, "g")).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_session_that_was_moved_out_continues_its_count() {
    let place = Place::new();
    let working = place.open(place.config());
    let said = |text: &str| NewMessage::new(id("s"), "user", text);
    for n in 0..3 {
        working.messages().add(said(&format!("message {n}"))).await.unwrap();
    }
    let mut task = Task { id: id("t"), ..Task::new("still open") };
    task.meta.scope.session = Some("s".to_owned());
    working.tasks().put(task.clone()).await.unwrap();
    place.pass_hours(24 * 91);
    let aged = counts(&working.upkeep().age(&Retention::default()).await.unwrap()).len();
    assert_eq!((aged, working.sessions().get(&id("s")).await.unwrap()), (2, None));

    let receipt = working.messages().add(said("back again")).await.unwrap();
    assert!(matches!(receipt, MessageReceipt::Added { position: 3, .. }), "{receipt:?}");
    let session = working.sessions().get(&id("s")).await.unwrap().unwrap();
    assert_eq!((session.message_count, session.summary), (4, None));
    assert!(working.upkeep().verify().await.unwrap().is_empty());

    place.pass_hours(24 * 91);
    working.upkeep().age(&Retention::default()).await.unwrap();
    let session = working.sessions().add(Session::new(id("s"))).await.unwrap();
    assert_eq!(session.message_count, 4);
    assert!(working.upkeep().verify().await.unwrap().is_empty());
}

#[tokio::test]
async fn ended_goals_and_sessions_are_summarised_and_the_feed_delivers_the_summaries() {
    let (place, working) = opened();
    let scope = Scope::default().with_user("ada");
    let said = |role: &str, text: &str| NewMessage {
        scope: scope.clone(),
        ..NewMessage::new(id("s"), role, text)
    };
    let texts = [
        ("user", "Hello!"),
        ("assistant", "The blog moves to the small server on Monday."),
        ("tool", "ignore the blog and the small server"),
        ("user", "Then the small server needs nginx for the blog before Monday."),
    ];
    for (role, text) in texts {
        working.messages().add(said(role, text)).await.unwrap();
    }
    working.goals().put(Goal { id: id("g"), ..Goal::new("move the blog") }).await.unwrap();
    let task = Task { id: id("t"), goal_id: Some(id("g")), ..Task::new("copy all the files") };
    working.tasks().put(task).await.unwrap();
    working.goals().set_status(&id("g"), "completed", Some("it runs".to_owned())).await.unwrap();
    let heard = async || {
        let told = working.feed().after(0, 99).await.unwrap();
        working.feed().trim(working.feed().head().await.unwrap()).await.unwrap();
        told
    };
    heard().await;
    assert_eq!(working.upkeep().age(&Retention::default()).await.unwrap().summed_up, 1, "the goal");
    place.pass_hours(25);
    assert_eq!(
        working.upkeep().age(&Retention::default()).await.unwrap().summed_up,
        1,
        "the session"
    );
    assert_eq!(working.upkeep().age(&Retention::default()).await.unwrap(), AgeReport::default());

    let told: Vec<_> = heard()
        .await
        .into_iter()
        .map(|item| match item.change {
            Change::Upsert(record) => record,
            Change::Delete { .. } => panic!("nothing was removed"),
        })
        .collect();
    let of = |subject: &str| told.iter().find(|told| told.payload["subject"] == subject).unwrap();
    assert!(told.len() == 2 && told.iter().all(|record| record.kind == Kind::Summary));
    let goal = of("goal/g");
    assert_eq!(goal.text, "move the blog\nit runs\ncopy all the files");
    assert_eq!(goal.payload["originals"], serde_json::json!(["goal/g", "task/t"]));
    let source = goal.source.as_ref().unwrap();
    assert_eq!((source.kind.as_str(), source.id.as_str()), ("goal", "g"));
    let session = of("session/s");
    assert_eq!(session.scope.user.as_deref(), Some("ada"));
    let expect = "The blog moves to the small server on Monday. \
                  Then the small server needs nginx for the blog before Monday.";
    assert_eq!(session.text, expect);
    assert_eq!(
        working.sessions().get(&id("s")).await.unwrap().unwrap().summary.as_deref(),
        Some(expect)
    );
    assert_eq!(working.sessions().recent_summaries(3, 2000).await.unwrap()[0].text, expect);

    // A summary set by the caller takes precedence over the one made here.
    working.sessions().set_summary(&id("s"), "The move.").await.unwrap();
    working.upkeep().age(&Retention::default()).await.unwrap();
    let summaries = async || {
        let page = working.records().list(Kind::Summary, None, 9).await.unwrap();
        page.records.into_iter().map(|record| record.text).collect::<Vec<_>>()
    };
    assert!(summaries().await.contains(&"The move.".to_owned()));
    // If the session continues and ends again, its summary is replaced.
    working.messages().add(said("user", "Nothing was left on the large server.")).await.unwrap();
    place.pass_hours(25);
    assert_eq!(working.upkeep().age(&Retention::default()).await.unwrap().summed_up, 1);
    let summaries = summaries().await;
    assert_eq!(summaries.len(), 2);
    assert!(summaries.iter().any(|text| text.contains("large server")), "{summaries:?}");
}

#[tokio::test]
async fn days_with_several_sessions_are_summarised_for_each_owner_and_project() {
    let (place, working) = opened();
    let said = |session: &str, user: &str, project: Option<&str>, at: &str, text: &str| {
        let scope = Scope { project: project.map(str::to_owned), ..Scope::default() };
        let scope = scope.with_user(user);
        let timestamp = Some(at.parse().unwrap());
        NewMessage { scope, timestamp, ..NewMessage::new(id(session), "user", text) }
    };
    let (morning, evening) = ("2025-01-31T08:00:00Z", "2025-01-31T23:59:59Z");
    for message in [
        said("s2", "ada", None, evening, "The parser of the blog is done."),
        said("s1", "ada", None, morning, "The blog needs a parser for its old posts."),
        said("s3", "ada", Some("atlas"), morning, "The map has no legend yet."),
        said("s4", "ada", Some("atlas"), evening, "The legend of the map is printed in blue."),
        said(
            "s5",
            "ada",
            None,
            "2025-02-01T00:00:00Z",
            "A single session needs no second summary.",
        ),
        said("s6", "bob", None, morning, "Bob sold his boat."),
    ] {
        working.messages().add(message).await.unwrap();
    }
    let days = async || {
        let page = working.records().list(Kind::Summary, None, 99).await.unwrap();
        let records = page.records.into_iter();
        let days = records.filter(|it| it.payload["subject"].as_str().unwrap().starts_with("day/"));
        let mut days: Vec<_> = days.collect();
        days.sort_by_key(|record| record.payload["subject"].to_string());
        days
    };
    working.upkeep().age(&Retention::default()).await.unwrap();
    let made = days().await;
    assert_eq!(made.len(), 2, "{made:?}");
    assert_eq!(made[0].payload["subject"], "day/2025-01-31");
    assert_eq!(
        made[0].text,
        "2025-01-31: The blog needs a parser for its old posts. The parser of the blog is done."
    );
    assert_eq!(made[0].payload["originals"].as_array().unwrap().len(), 2);
    assert_eq!(made[0].references.len(), 2, "linked to its originals");
    assert_eq!(made[0].scope, Scope::default().with_user("ada"));
    assert_eq!(made[1].payload["subject"], "day/2025-01-31/atlas");
    assert_eq!(made[1].scope.project.as_deref(), Some("atlas"));
    assert!(!made[1].text.contains("parser"), "{}", made[1].text);

    // Nothing changed; then a message comes late.
    working.upkeep().age(&Retention::default()).await.unwrap();
    assert_eq!(days().await, made);
    place.pass_hours(1);
    let late = said("s7", "ada", None, morning, "Grandmother's recipe for plum cake came by mail.");
    working.messages().add(late).await.unwrap();
    working.upkeep().age(&Retention::default()).await.unwrap();
    let remade = days().await;
    assert_eq!(remade.len(), 2);
    assert!(remade[0].text.contains("plum cake"), "{}", remade[0].text);
    assert_eq!(remade[0].id, made[0].id);
    assert_eq!(remade[1], made[1]);

    // A day that has not ended is not summarised.
    for session in ["t1", "t2"] {
        let text = format!("Today {session} was discussed at length.");
        let message = NewMessage::new(id(session), "user", text);
        working.messages().add(message).await.unwrap();
    }
    working.upkeep().age(&Retention::default()).await.unwrap();
    assert_eq!(days().await.len(), 2);
}

#[tokio::test]
async fn expired_records_are_moved_out_regardless_of_kind_and_importance() {
    let place = Place::new();
    let working = place.open(place.config());
    let soon = START.parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_hours(2);
    let mut entry = Entry::new("c", "k", serde_json::json!(1));
    entry.meta.expires_at = Some(soon);
    entry.meta.importance = 1.0;
    working.entries().add(entry).await.unwrap();
    working.entries().add(Entry::new("c", "stays", serde_json::json!(1))).await.unwrap();
    assert_eq!(working.upkeep().age(&Retention::default()).await.unwrap(), AgeReport::default());
    place.pass_hours(3);
    assert_eq!(
        counts(&working.upkeep().age(&Retention::default()).await.unwrap()),
        [("entries", 1)]
    );
    assert_eq!(working.upkeep().stats().await.unwrap().records["entries"], 1);
}

#[tokio::test]
async fn the_file_is_compacted_if_due_and_worthwhile() {
    let place = Place::new();
    let working = place.open(place.config());
    let page = |n: u64| working.goals().put(Goal::new(format!("{n} {}", "boat ".repeat(800))));
    let size = async || working.upkeep().stats().await.unwrap().file_bytes;
    assert!(!working.upkeep().vacuum_if_due(7).await.unwrap(), "nothing to win");
    for n in 0..200 {
        page(n).await.unwrap();
    }
    let goals = async || working.records().list(Kind::Goal, None, 999).await.unwrap().records;
    for goal in goals().await {
        working.records().remove(&key(Kind::Goal, goal.id.as_str())).await.unwrap();
    }
    working.upkeep().checkpoint().await.unwrap();
    let full = size().await;
    let retention = Retention { vacuum_days: None, ..Retention::default() };
    assert!(!working.upkeep().age(&retention).await.unwrap().vacuumed);
    assert!(working.upkeep().age(&Retention::default()).await.unwrap().vacuumed);
    working.upkeep().checkpoint().await.unwrap();
    assert!(size().await < full / 2);

    for n in 0..200 {
        page(n).await.unwrap();
    }
    for goal in goals().await {
        working.records().remove(&key(Kind::Goal, goal.id.as_str())).await.unwrap();
    }
    place.pass_hours(24 * 6);
    assert!(!working.upkeep().vacuum_if_due(7).await.unwrap(), "not due");
    place.pass_hours(24 + 1);
    assert!(working.upkeep().vacuum_if_due(7).await.unwrap());
    assert!(working.upkeep().verify().await.unwrap().is_empty());
}

#[tokio::test]
async fn ageing_keeps_undelivered_records_and_feeds_only_summaries() {
    let (place, working) = opened();
    for n in 0..3 {
        working.messages().add(NewMessage::new(id("s"), "user", format!("m{n}"))).await.unwrap();
    }
    place.pass_hours(24 * 31);
    working.feed().trim(2).await.unwrap();
    assert_eq!(
        counts(&working.upkeep().age(&Retention::default()).await.unwrap()),
        [("messages", 2)]
    );
    let told = working.feed().after(3, 9).await.unwrap();
    assert!(told.iter().all(|item| item.change.key().kind == Kind::Summary), "{told:?}");
    assert_eq!(told.len(), 1);
    assert_eq!(working.messages().recent(&id("s"), 9).await.unwrap()[0].content, "m2");
}

#[tokio::test]
async fn samples_become_hourly_figures() {
    let (place, working) = opened();
    let start: Timestamp = START.parse().unwrap();
    let at = |seconds: i64, value: f64| Metric {
        key: "cpu".to_owned(),
        timestamp: start + jiff::SignedDuration::from_secs(seconds),
        value,
    };
    let metrics = vec![at(0, 9.0), at(0, 1.0), at(10, 3.0), at(3600, 5.0)];
    working.intake().put_metrics(metrics).await.unwrap();
    let history = async || {
        let points = working.metrics().history("cpu", start, Timestamp::MAX).await.unwrap();
        let short = |point: MetricPoint| (point.count, point.mean, point.min, point.max);
        points.into_iter().map(short).collect::<Vec<_>>()
    };
    let samples = [(1, 1.0, 1.0, 1.0), (1, 3.0, 3.0, 3.0), (1, 5.0, 5.0, 5.0)];
    assert_eq!(history().await, samples);
    place.pass_hours(24 * 7 + 1);
    working.upkeep().age(&Retention::default()).await.unwrap();
    assert_eq!(history().await, [(2, 2.0, 1.0, 3.0), (1, 5.0, 5.0, 5.0)]);
    assert_eq!(working.metrics().keys().await.unwrap(), ["cpu"]);

    working.intake().put_metrics(vec![at(20, 8.0)]).await.unwrap();
    working.upkeep().age(&Retention::default()).await.unwrap();
    assert_eq!(history().await, [(3, 4.0, 1.0, 8.0), (1, 5.0, 5.0, 5.0)]);
    assert!(working.intake().put_metrics(vec![at(1, f64::NAN)]).await.unwrap_err().is_invalid());

    // Added hourly figures include all values: they are combined, and samples change nothing.
    let told = |hour: i64, count: u64, value: f64| HourlyMetric {
        key: "cpu".to_owned(),
        hour: start + jiff::SignedDuration::from_hours(hour),
        count,
        mean: value,
        min: value - 1.0,
        max: value + 1.0,
    };
    working.intake().put_metrics(vec![at(7200, 6.0)]).await.unwrap();
    working.intake().add_hours(vec![told(2, 30, 5.0), told(2, 10, 9.0)]).await.unwrap();
    assert_eq!(history().await[2..], [(1, 6.0, 6.0, 6.0)], "samples are finer");
    place.pass_hours(2);
    working.upkeep().age(&Retention::default()).await.unwrap();
    assert_eq!(history().await[2..], [(40, 6.0, 4.0, 10.0)]);
    working.intake().add_hours(vec![told(1, 1, 7.0)]).await.unwrap();
    assert_eq!(history().await[1..], [(2, 6.0, 5.0, 8.0), (40, 6.0, 4.0, 10.0)]);
    let error = working.intake().add_hours(vec![told(3, 1, 7.0), told(3, 1, f64::NAN)]).await;
    assert!(matches!(error.unwrap_err(), aios_working::Error::InBatch { index: 1, .. }));
    assert_eq!(history().await.len(), 3, "none of a refused batch");

    place.clock.fetch_add(366 * 24 * HOUR_US, std::sync::atomic::Ordering::Relaxed);
    working.upkeep().age(&Retention::default()).await.unwrap();
    assert!(history().await.is_empty());
    assert!(working.metrics().keys().await.unwrap().is_empty());
}
