//! Procedures and incidents that follow from the status of goals and tasks, and their forgetting.

use aios_memory::{
    ForgetOptions, ForgetTarget, Identity, Key, Kind, MemoryView, Record,
    longterm::Outcome as Use,
    work::{NewTask, Outcome},
    working::{GoalStatus, Task, TaskStatus},
};
use serde_json::{Map, json};

use super::{called, count, done, goal, id, now, only};
use crate::{Fixture, of};

/// Completes a goal of one task with these steps, by its last task.
async fn reached(view: &MemoryView, name: &str, text: &str, steps: &[(&str, &str)]) {
    let goal = goal(view, name, text).await;
    let task = NewTask::new(format!("{text}, the work")).with_id(id(name)).with_goal(goal);
    done(view, task, steps).await;
}

/// Forgets a record of the view's owner, and returns the keys of everything forgotten with it.
async fn forget(view: &MemoryView, kind: Kind, name: &str) -> Vec<String> {
    let owner = view.gate().acts_for().unwrap().clone();
    let target = ForgetTarget::Records(vec![Identity::new(owner, kind, id(name))]);
    let receipt = view.forget(ForgetOptions::new(target)).await.unwrap();
    receipt.keys.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn a_goal_that_ends_well_becomes_a_procedure_and_the_same_steps_count() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let steps = [("read", "a"), ("write", "b")];
    reached(&memory, "g1", "publish the report", &steps).await;
    let procedure = only(&memory, Kind::Procedure).await;
    assert_eq!(procedure.title.as_deref(), Some("publish the report"));
    let steps_of = |record: &Record| record.payload["steps"].clone();
    assert_eq!(
        steps_of(&procedure),
        json!([
            {"tool": "read", "input": {"path": "a"}},
            {"tool": "write", "input": {"path": "b"}},
        ])
    );
    let origins: Vec<String> = procedure.references.iter().map(|it| it.key().to_string()).collect();
    assert!(origins.contains(&"goal/g1".to_owned()) && origins.contains(&"task/g1".to_owned()));

    reached(&memory, "g2", "publish the report", &steps).await;
    let again = only(&memory, Kind::Procedure).await;
    assert_eq!(again.payload["success_count"], 2);
    assert!(procedure.references.len() < again.references.len());

    reached(&memory, "g3", "publish the report", &[("mail", "b")]).await;
    assert_eq!(count(&memory, Kind::Procedure).await, 2);
}

#[tokio::test]
async fn a_goal_that_is_completed_by_any_update_becomes_one_procedure() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let goal = goal(&memory, "g", "restart the gateway").await;
    let task = NewTask::new("restart it").with_goal(goal.clone());
    let work = memory.work().begin(task).await.unwrap();
    work.tool_call(called("stop", "gateway")).await.unwrap();
    work.finish(Outcome::success("").with_goal_left_open()).await.unwrap();
    assert_eq!(count(&memory, Kind::Procedure).await, 0);
    let completed: Map<_, _> = [("status".to_owned(), json!("completed"))].into_iter().collect();
    let key = Key::new(Kind::Goal, goal.clone());
    for _ in 0..2 {
        memory.update(&key, completed.clone()).await.unwrap();
        memory
            .update(&key, [("result".to_owned(), json!("it runs"))].into_iter().collect())
            .await
            .unwrap();
        memory.working().goals().set_status(&goal, GoalStatus::Active, None).await.unwrap();
        // The tier's own handle is followed, too.
        memory.working().goals().set_status(&goal, GoalStatus::Completed, None).await.unwrap();
    }
    assert_eq!(only(&memory, Kind::Procedure).await.payload["success_count"], 1);
}

#[tokio::test]
async fn a_failed_goal_and_failed_steps_teach_no_procedure() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let failed = goal(&memory, "f", "climb the wall").await;
    let work = memory.work().begin(NewTask::new("climb").with_goal(failed.clone())).await.unwrap();
    work.tool_call(called("jump", "up")).await.unwrap();
    work.finish(Outcome::failure("too high")).await.unwrap();
    memory.working().goals().set_status(&failed, GoalStatus::Failed, None).await.unwrap();
    assert_eq!(count(&memory, Kind::Procedure).await, 0);

    // The call of the failed task is no step of the goal that was reached otherwise.
    let goal = goal(&memory, "g", "pass the wall").await;
    let work = memory.work().begin(NewTask::new("pass").with_goal(goal.clone())).await.unwrap();
    work.tool_call(called("jump", "up")).await.unwrap();
    work.finish(Outcome::failure("too high")).await.unwrap();
    done(&memory, NewTask::new("pass").with_goal(goal), &[("walk", "round")]).await;
    let procedure = only(&memory, Kind::Procedure).await;
    assert_eq!(procedure.payload["steps"], json!([{"tool": "walk", "input": {"path": "round"}}]));
}

#[tokio::test]
async fn a_procedure_is_known_for_a_task_of_the_goals_words_and_its_use_is_counted() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    reached(&memory, "g", "publish the report", &[("write", "b")]).await;
    let work = memory.work().begin(NewTask::new("Publish the report.")).await.unwrap();
    let known = work.known().await.unwrap().unwrap();
    assert_eq!((known.key.kind, &*known.steps[0].tool), (Kind::Procedure, "write"));
    work.follow(&known).await.unwrap();
    work.finish(Outcome::failure("no network")).await.unwrap();
    let procedure = only(&memory, Kind::Procedure).await;
    let counts = (&procedure.payload["success_count"], &procedure.payload["fail_count"]);
    assert_eq!(counts, (&json!(1), &json!(1)));
    assert!(!procedure.references.is_empty(), "counting keeps the origins");
}

#[tokio::test]
async fn a_task_that_failed_twice_the_same_way_becomes_one_incident() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let fail = async |error: &str| {
        let work = memory.work().begin(NewTask::new("reach the server")).await.unwrap();
        work.finish(Outcome::failure(error)).await.unwrap();
    };
    fail("connection refused").await;
    fail("unknown host").await;
    assert_eq!(count(&memory, Kind::Incident).await, 0, "they failed in two ways");
    fail("Connection  refused").await;
    let incident = only(&memory, Kind::Incident).await;
    assert!(incident.text.contains("reach the server") && incident.text.contains("refused"));
    assert_eq!(incident.payload["count"], 2);
    fail("connection refused").await;
    let incident = only(&memory, Kind::Incident).await;
    assert_eq!((&incident.payload["count"], incident.references.len()), (&json!(3), 3));
}

#[tokio::test]
async fn one_task_that_fails_again_after_it_was_tried_again_is_an_incident_too() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let task = Task { id: id("t"), ..Task::new("print") };
    memory.working().tasks().put(task).await.unwrap();
    let key = Key::new(Kind::Task, id("t"));
    let set = async |fields: serde_json::Value| {
        memory.update(&key, fields.as_object().unwrap().clone()).await.unwrap();
    };
    set(json!({"status": "failed", "error": "no paper"})).await;
    set(json!({"summary": "nobody refilled it"})).await;
    assert_eq!(count(&memory, Kind::Incident).await, 0, "it failed once");
    set(json!({"status": "in_progress"})).await;
    set(json!({"status": "failed", "error": "no paper"})).await;
    let incident = only(&memory, Kind::Incident).await;
    assert_eq!((&incident.payload["count"], incident.references.len()), (&json!(2), 1));
}

#[tokio::test]
async fn what_ended_long_ago_is_imported_and_teaches_nothing() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let long_ago = now() - jiff::SignedDuration::from_hours(24 * 30);
    for name in ["a", "b"] {
        let task = Task {
            id: id(name),
            status: TaskStatus::Failed,
            error: Some("no paper".to_owned()),
            completed_at: Some(long_ago),
            ..Task::new("print")
        };
        memory.working().tasks().put(task).await.unwrap();
    }
    assert_eq!(count(&memory, Kind::Incident).await, 0);
}

#[tokio::test]
async fn forgetting_a_source_reaches_what_was_learned_from_it() {
    for (kind, name) in [(Kind::Goal, "g"), (Kind::Task, "g"), (Kind::ToolCall, "")] {
        let fixture = Fixture::new();
        let memory = fixture.open().await;
        let ada = of(&memory, "ada");
        reached(&ada, "g", "water the ficus", &[("pour", "water")]).await;
        reached(&ada, "other", "feed the cat", &[("feed", "cat")]).await;
        let call = ada.working().tool_calls().of_task(&id("g")).await.unwrap().remove(0).id;
        let name = if name.is_empty() { call.as_str() } else { name };
        // A count or a change must not lose the origins.
        let procedures = ada.list(Kind::Procedure, None, 9).await.unwrap().records;
        let procedure = procedures.iter().find(|it| it.text.contains("ficus")).unwrap();
        ada.longterm().procedures().count(&procedure.id, Use::Success, 5).await.unwrap();
        let tags = [("tags".to_owned(), json!(["plants"]))].into_iter().collect();
        ada.update(&Key::new(Kind::Procedure, procedure.id.clone()), tags).await.unwrap();

        let gone = forget(&ada, kind, name).await;
        assert!(gone.iter().any(|key| key.starts_with("procedure/")), "{kind}: {gone:?}");
        assert!(gone.iter().any(|key| key.starts_with("pattern/")), "{kind}: {gone:?}");
        let left = only(&ada, Kind::Procedure).await;
        assert!(left.text.contains("cat"), "{left:?}");
        let work = ada.work().begin(NewTask::new("feed the cat, the work")).await.unwrap();
        assert!(work.known().await.unwrap().is_some(), "that of the other goal stays");
    }
}

#[tokio::test]
async fn a_forgotten_incident_is_not_made_again() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    for _ in 0..2 {
        let work = memory.work().begin(NewTask::new("open the safe")).await.unwrap();
        work.finish(Outcome::failure("wrong code")).await.unwrap();
    }
    let incident = only(&memory, Kind::Incident).await;
    forget(&memory, Kind::Incident, incident.id.as_str()).await;
    let work = memory.work().begin(NewTask::new("open the safe")).await.unwrap();
    work.finish(Outcome::failure("wrong code")).await.unwrap();
    assert_eq!(count(&memory, Kind::Incident).await, 0);
}

#[tokio::test]
async fn the_guard_examines_what_is_learned() {
    let fixture = Fixture::new();
    let mut config = fixture.config();
    config.guard.secrets = aios_memory::guard::Policy::Redact;
    let memory = aios_memory::AgentMemory::open(config).await.unwrap();
    // The tier's own handle stores it as it is.
    let goal = goal(&memory, "g", "log in").await;
    let task = Task { id: id("t"), goal_id: Some(goal.clone()), ..Task::new("log in there") };
    memory.working().tasks().put(task).await.unwrap();
    let work = memory.work().start(&id("t")).await.unwrap();
    let mut call = called("login", "x");
    call.input = json!({"password": "hunter2-Tr0ub4dor"});
    call.task_id = Some(id("t"));
    memory.working().tool_calls().put(call).await.unwrap();
    work.finish(Outcome::success("")).await.unwrap();
    let procedure = only(&memory, Kind::Procedure).await;
    assert!(!procedure.payload.to_string().contains("hunter2"), "{procedure:?}");
    let pattern = only(&memory, Kind::Pattern).await;
    assert!(!pattern.text.contains("hunter2"), "{pattern:?}");
}
