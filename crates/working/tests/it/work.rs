//! Goals, tasks, tool calls, decisions, patterns, agent states, interactions, preferences, events.

use aios_record::{Kind, Scope, ScopeFilter};
use aios_working::{
    AgentState, Decision, Error, Event, EventFilter, Goal, GoalStatus, IntelligenceLevel,
    Interaction, OUTPUT_CHARS_MAX, OUTPUT_CUT_MARK, Outcome, Pattern, Task, TaskStatus, TaskUpdate,
    ToolCall,
};
use serde_json::{Value, json};

use crate::{Place, id, key, opened, view};

#[tokio::test]
async fn a_goal_goes_from_pending_to_completed_and_keeps_its_result() {
    let (place, working) = opened();
    let stored =
        working.goals().put(Goal { priority: 2, ..Goal::new("move the blog") }).await.unwrap();
    assert_eq!((&stored.status, stored.completed_at), (&GoalStatus::Pending, None));
    place.pass_hours(1);
    let goal_id = &stored.id;
    working.goals().set_status(goal_id, "active", Some("half way".to_owned())).await.unwrap();
    let done = working.goals().set_status(goal_id, GoalStatus::Completed, None).await.unwrap();
    assert_eq!(done.result.as_deref(), Some("half way"));
    assert_eq!(done.meta.created_at, stored.meta.created_at);
    assert_eq!(done.meta.recorded_at, stored.meta.recorded_at);
    assert!(stored.meta.updated_at < done.meta.updated_at && done.completed_at.is_some());
    assert_eq!(working.goals().get(goal_id).await.unwrap(), Some(done));

    let reopened = working.goals().set_status(goal_id, "active", None).await.unwrap();
    assert_eq!(reopened.completed_at, None);
    assert!(
        working.goals().set_status(&id("none"), "active", None).await.unwrap_err().is_not_found()
    );
    assert_eq!(working.goals().get(&id("none")).await.unwrap(), None);
}

#[tokio::test]
async fn storing_again_replaces_everything_except_creation_times() {
    let (place, working) = opened();
    let first = working.goals().put(Goal { id: id("g"), ..Goal::new("one") }).await.unwrap();
    place.pass_hours(5);
    let other = Goal { id: id("g"), metadata: json!({"a": 1}), ..Goal::new("two") };
    let second = working.goals().put(other).await.unwrap();
    assert_eq!(working.goals().get(&id("g")).await.unwrap(), Some(second.clone()));
    assert_eq!(second.meta.created_at, first.meta.created_at);
    assert_eq!((second.description.as_str(), &second.metadata), ("two", &json!({"a": 1})));
}

#[tokio::test]
async fn active_goals_come_by_priority_then_age() {
    let (_place, working) = opened();
    let goals = [("c", 2, "active"), ("d", 2, "pending"), ("a", -1, "pending"), ("x", 1, "failed")];
    for (name, priority, status) in goals {
        let goal = Goal { id: id(name), priority, status: status.into(), ..Goal::new(name) };
        working.goals().put(goal).await.unwrap();
    }
    let active = working.goals().active().await.unwrap();
    assert_eq!(active.iter().map(|goal| goal.id.as_str()).collect::<Vec<_>>(), ["a", "c", "d"]);
}

#[tokio::test]
async fn unknown_statuses_round_trip() {
    let (_place, working) = opened();
    for status in ["INIT", "PLANNING", "Pending", "", "ждёт"] {
        let goal = Goal { status: status.into(), ..Goal::new("g") };
        let stored = working.goals().put(goal).await.unwrap();
        let read = working.goals().get(&stored.id).await.unwrap().unwrap();
        assert_eq!(read.status.as_str(), status);
        assert_eq!(serde_json::to_value(&read).unwrap()["status"], status);
    }
}

#[tokio::test]
async fn a_task_records_its_times_and_duration() {
    let (place, working) = opened();
    let goal = working.goals().put(Goal::new("g")).await.unwrap();
    let task = Task { goal_id: Some(goal.id.clone()), ..Task::new("copy files") };
    let task = working.tasks().put(task).await.unwrap();
    let task_id = &task.id;
    working.tasks().set_status(task_id, "in_progress", TaskUpdate::default()).await.unwrap();
    place.pass_hours(1);
    let update = TaskUpdate { output: Some(json!([1])), ..TaskUpdate::default() };
    let done = working.tasks().set_status(task_id, "completed", update).await.unwrap();
    let hour_ms = 3_600_000;
    assert!((hour_ms..hour_ms + 100).contains(&done.duration_ms.unwrap()), "{done:?}");
    let completed = working.tasks().list(None, Some(TaskStatus::Completed)).await.unwrap();
    assert_eq!(completed, [done]);
    assert_eq!(working.tasks().of_goal(&goal.id).await.unwrap(), completed);
    assert_eq!(working.tasks().history(5).await.unwrap(), completed);
    assert!(working.tasks().list(Some(&id("none")), None).await.unwrap().is_empty());
    let missing = working.tasks().set_status(&id("none"), "failed", TaskUpdate::default()).await;
    assert!(missing.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_reference_to_a_missing_record_is_refused_by_name() {
    let (_place, working) = opened();
    let task = Task { goal_id: Some(id("nowhere")), ..Task::new("t") };
    let error = working.tasks().put(task).await.unwrap_err();
    assert!(
        matches!(&error, Error::MissingParent { field: "goal_id", kind: Kind::Goal, id }
            if id.as_str() == "nowhere"),
        "{error}"
    );
    let call = ToolCall { task_id: Some(id("nowhere")), ..ToolCall::new("ls") };
    let error = working.tool_calls().put(call).await.unwrap_err();
    assert!(matches!(error, Error::MissingParent { field: "task_id", kind: Kind::Task, .. }));
}

#[tokio::test]
async fn tool_calls_are_ordered_and_long_output_is_truncated_at_a_character() {
    let (_place, working) = opened();
    let task = working.tasks().put(Task::new("t")).await.unwrap();
    let kept = OUTPUT_CHARS_MAX - OUTPUT_CUT_MARK.len();
    let fits = "\u{1f980}".repeat(OUTPUT_CHARS_MAX);
    let long = format!("{fits}\u{1f980}");
    let cut = format!("{}{OUTPUT_CUT_MARK}", "\u{1f980}".repeat(kept));
    let list = json!(vec!["word"; 5000]);
    let list_cut = list.to_string()[..kept].to_owned() + OUTPUT_CUT_MARK;
    let outputs: [(Value, Value); 4] = [
        (json!({"a": [1, 2]}), json!({"a": [1, 2]})),
        (fits.clone().into(), fits.into()),
        (long.into(), cut.into()),
        (list, list_cut.into()),
    ];
    for (output, _) in &outputs {
        let call = ToolCall {
            task_id: Some(task.id.clone()),
            output: output.clone(),
            success: true,
            ..ToolCall::new("ls")
        };
        working.tool_calls().put(call).await.unwrap();
    }
    let calls = working.tool_calls().of_task(&task.id).await.unwrap();
    for (call, (_, expect)) in calls.iter().zip(&outputs) {
        assert!(call.output == *expect, "{:.80}", call.output.to_string());
    }
    assert_eq!(calls.len(), outputs.len());
}

#[tokio::test]
async fn a_decision_gets_its_outcome_later() {
    let (_place, working) = opened();
    let decision = Decision {
        options: json!(["nginx", "caddy"]),
        reasoning: "known".to_owned(),
        intelligence_level: IntelligenceLevel::Tactical,
        ..Decision::new("web server", "nginx")
    };
    let stored = working.decisions().put(decision).await.unwrap();
    assert!(stored.timestamp.is_some() && stored.outcome.is_none());
    let done = working.decisions().set_outcome(&stored.id, "it runs").await.unwrap();
    assert_eq!(working.decisions().get(&stored.id).await.unwrap(), Some(done.clone()));
    assert_eq!(done.outcome.as_deref(), Some("it runs"));
}

#[tokio::test]
async fn a_pattern_learns_from_its_uses() {
    let (_place, working) = opened();
    let pattern = working.patterns().put(Pattern::new("disk full", "clean cache")).await.unwrap();
    assert_eq!((pattern.success_rate, pattern.uses, pattern.success_bound), (1.0, 0, 0.0));
    let pattern_id = &pattern.id;
    let mut bound = 0.0;
    for _ in 0..3 {
        let used = working.patterns().record_use(pattern_id, Outcome::Success).await.unwrap();
        assert!(bound < used.success_bound && used.success_bound < used.success_rate);
        bound = used.success_bound;
    }
    let used = working.patterns().record_use(pattern_id, Outcome::Failure).await.unwrap();
    assert_eq!((used.success_rate, used.uses), (0.75, 4));
    // Wilson, 3 of 4, z = 1.96.
    assert!((used.success_bound - 0.300_6).abs() < 1e-3, "{}", used.success_bound);
    assert!(used.last_used.is_some());
    assert!(
        working
            .patterns()
            .record_use(&id("none"), Outcome::Success)
            .await
            .unwrap_err()
            .is_not_found()
    );
}

#[tokio::test]
async fn pruning_patterns_keeps_the_surest() {
    let (_place, working) = opened();
    for (name, uses) in [("a", 1), ("b", 50), ("c", 10)] {
        let pattern = Pattern { id: id(name), uses, ..Pattern::new(name, "act") };
        working.patterns().put(pattern).await.unwrap();
    }
    assert_eq!(working.upkeep().prune_patterns(2).await.unwrap(), 1);
    assert!(working.patterns().get(&id("a")).await.unwrap().is_none());
    assert!(working.patterns().get(&id("c")).await.unwrap().is_some());
    assert!(working.upkeep().verify().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_agents_state_is_stored_and_read() {
    let (_place, working) = opened();
    assert_eq!(working.agent_states().get(&id("scout")).await.unwrap(), None);
    for n in 0..2 {
        let state = AgentState::new(id("scout"), json!({"round": n, "seen": [null, 1.5, "ü"]}));
        working.agent_states().put(state).await.unwrap();
    }
    let state = working.agent_states().get(&id("scout")).await.unwrap().unwrap();
    assert_eq!(state.state, json!({"round": 1, "seen": [null, 1.5, "ü"]}));
}

#[tokio::test]
async fn interactions_come_newest_first() {
    let (_place, working) = opened();
    for n in 0..12 {
        let interaction = Interaction {
            tool_calls: json!([{"name": "ls", "args": {}, "result": n}]),
            latency_ms: json!({"llm": 12}),
            ..Interaction::new(format!("question {n}"), format!("answer {n}"))
        };
        working.interactions().put(interaction).await.unwrap();
    }
    let recent = working.interactions().recent(10).await.unwrap();
    assert_eq!(recent.len(), 10);
    assert_eq!(recent[0].user_transcript, "question 11");
    assert_eq!(recent[9].user_transcript, "question 2");
}

#[tokio::test]
async fn own_preferences_take_precedence_over_shared_ones() {
    let (_place, working) = opened();
    let (ada, bob) = (view(&working, "ada"), view(&working, "bob"));
    working.preferences().put("coding_style", json!("terse")).await.unwrap();
    working.preferences().put("communication_tone", json!("dry")).await.unwrap();
    ada.preferences().put("coding_style", json!({"tabs": false})).await.unwrap();
    ada.preferences().put("colour", json!("blue")).await.unwrap();
    ada.preferences().put("colour", json!("green")).await.unwrap();
    bob.preferences().put("colour", json!("red")).await.unwrap();
    let hers = ada.preferences().list().await.unwrap();
    assert_eq!(hers.coding_style, Some(json!({"tabs": false})));
    assert_eq!(hers.communication_tone, Some(json!("dry")), "shared");
    assert_eq!(hers.other["colour"], "green");
    assert_eq!(ada.preferences().get("communication_tone").await.unwrap(), Some(json!("dry")));
    assert_eq!(working.preferences().get("coding_style").await.unwrap(), Some(json!("terse")));
    assert_eq!(working.preferences().get("colour").await.unwrap(), None);
    let hers = working.narrow(&ScopeFilter::new(Scope::default().with_user("ada"))).unwrap();
    assert_eq!(hers.preferences().get("colour").await.unwrap(), Some(json!("green")));
    working.persona().put("name", "Mia").await.unwrap();
    working.persona().put("name", "Max").await.unwrap();
    assert_eq!(working.persona().list().await.unwrap()["name"], "Max");
}

#[tokio::test]
async fn events_are_kept_once_and_filtered() {
    let (_place, working) = opened();
    let event = |n: i64, category: &str| Event {
        id: id(&format!("e{n}")),
        seq: n,
        ..Event::new(category, "kernel", json!({"n": n}))
    };
    let batch: Vec<_> = (0..4).map(|n| event(n, if n % 2 == 0 { "even" } else { "odd" })).collect();
    working.intake().put_events(batch.clone()).await.unwrap();
    working.intake().put_events(batch).await.unwrap();
    let check = async |filter: EventFilter, expect: &[i64]| {
        let events = working.events().list(filter).await.unwrap();
        assert_eq!(events.iter().map(|event| event.seq).collect::<Vec<_>>(), expect);
    };
    check(EventFilter::default(), &[3, 2, 1, 0]).await;
    let even = EventFilter { category: Some("even".to_owned()), ..EventFilter::default() };
    check(even, &[2, 0]).await;
    let newest =
        EventFilter { limit: Some(1), source: Some("kernel".to_owned()), ..EventFilter::default() };
    check(newest, &[3]).await;
    let other = EventFilter { source: Some("user".to_owned()), ..EventFilter::default() };
    check(other, &[]).await;
}

#[tokio::test]
async fn expired_records_are_not_shown() {
    let place = Place::new();
    let working = place.open(place.config());
    let soon = crate::START.parse::<aios_record::Timestamp>().unwrap();
    let mut goal = Goal { id: id("g"), ..Goal::new("short lived") };
    goal.meta.expires_at = Some(soon + jiff::SignedDuration::from_hours(1));
    working.goals().put(goal).await.unwrap();
    assert_eq!(working.records().find("lived", Default::default()).await.unwrap().len(), 1);
    place.pass_hours(1);
    assert_eq!(working.goals().get(&id("g")).await.unwrap(), None);
    assert!(working.goals().active().await.unwrap().is_empty());
    assert!(working.records().find("lived", Default::default()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_parent_must_belong_to_the_same_owner_or_be_shared() {
    let place = Place::new();
    let working = place.open(place.config());
    let (ada, bob) = (view(&working, "ada"), view(&working, "bob"));
    ada.goals().put(Goal { id: id("g"), ..Goal::new("hers") }).await.unwrap();
    let task = || Task { goal_id: Some(id("g")), ..Task::new("look") };
    let error = bob.tasks().put(task()).await.unwrap_err();
    assert!(matches!(error, Error::MissingParent { .. }), "{error}");
    ada.tasks().put(task()).await.unwrap();
    // A shared record refers to shared ones only.
    let error = working.tasks().put(task()).await.unwrap_err();
    assert!(matches!(error, Error::MissingParent { .. }), "{error}");
}

#[tokio::test]
async fn a_write_of_a_task_keeps_the_mark_of_its_work() {
    let (_place, working) = opened();
    let mark = json!({"hold": "h", "process": "p"});
    let marked = json!({"work": mark, "a": 1});
    let task = Task { id: id("t"), metadata: marked, ..Task::new("sweep") };
    assert_eq!(working.tasks().put(task.clone()).await.unwrap().metadata, json!({"a": 1}));
    let taken = mark.clone();
    working.tasks().update(&id("t"), move |task| task.set_mark(Some(taken))).await.unwrap();

    let other = json!({"work": {"hold": "mine"}, "b": 2});
    for (metadata, expect) in [
        (json!({"b": 2}), json!({"work": mark, "b": 2})),
        (other, json!({"work": mark, "b": 2})),
        (json!("plain"), json!({"work": mark, "value": "plain"})),
        (Value::Null, json!({"work": mark})),
    ] {
        let changes = [("metadata".to_owned(), metadata.clone())].into_iter().collect();
        let changed = working.records().update(&key(Kind::Task, "t"), changes).await.unwrap();
        assert_eq!(changed.payload["metadata"], expect);
        let put = working.tasks().put(Task { metadata, ..task.clone() }).await.unwrap();
        assert_eq!(put.metadata, expect);
    }
    // A text of this name is no mark.
    let plain = Task { metadata: json!({"work": "home"}), ..Task::new("rest") };
    assert_eq!(working.tasks().put(plain).await.unwrap().metadata, json!({"work": "home"}));
}
