//! The unit of work: from its begin to what is learned from it.

mod crash;
mod derived;
mod ownership;

use aios_memory::{
    AgentMemory, Error, Id, Key, Kind, MemoryView,
    record::Timestamp,
    work::{NewTask, Outcome, Work, WorkProblem},
    working::{Decision, Goal, GoalStatus, Task, TaskStatus, ToolCall},
};
use serde_json::json;

use crate::Fixture;

fn id(text: &str) -> Id {
    Id::new(text).unwrap()
}

/// Returns a successful call of a tool.
fn called(tool: &str, input: &str) -> ToolCall {
    ToolCall { input: json!({ "path": input }), success: true, ..ToolCall::new(tool) }
}

/// Does a task in the given steps, with success.
async fn done(view: &MemoryView, task: NewTask, steps: &[(&str, &str)]) -> Id {
    let work = view.work().begin(task).await.unwrap();
    for (tool, input) in steps {
        work.tool_call(called(tool, input)).await.unwrap();
    }
    let id = work.id().clone();
    work.finish(Outcome::success("done")).await.unwrap();
    id
}

/// Returns the tasks that can be resumed.
async fn resumable(view: &MemoryView) -> Vec<String> {
    let list = view.work().resume_list().await.unwrap();
    list.into_iter().map(|task| task.task.id.to_string()).collect()
}

/// Returns the problem of an error about a task.
fn problem(refused: Result<Work, Error>) -> WorkProblem {
    match refused.unwrap_err() {
        Error::Work { problem, .. } => problem,
        other => panic!("{other:?}"),
    }
}

/// Stores a goal and returns its id.
async fn goal(view: &MemoryView, name: &str, description: &str) -> Id {
    let goal = Goal { id: id(name), ..Goal::new(description) };
    view.working().goals().put(goal).await.unwrap().id
}

async fn status_of(view: &MemoryView, goal: &Id) -> GoalStatus {
    view.working().goals().get(goal).await.unwrap().unwrap().status
}

#[tokio::test]
async fn a_finished_task_has_its_steps_decisions_and_outcome() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let new = NewTask::new("count the files").with_id(id("t")).with_agent("clerk");
    let work = memory.work().begin(new).await.unwrap();
    let stored = memory.working().tasks().get(&id("t")).await.unwrap().unwrap();
    assert_eq!(stored.status, TaskStatus::InProgress);
    assert_eq!((&*stored.agent, stored.started_at.is_some()), ("clerk", true));

    let decision = work.decide(Decision::new("which tool", "list")).await.unwrap();
    work.tool_call(called("list", "/")).await.unwrap();
    work.tool_call(ToolCall::new("wrong")).await.unwrap();
    assert_eq!(work.tool_calls().await.unwrap()[0].agent, "clerk");
    let outcome = Outcome::success("7 files").with_summary("counted").with_output(json!(7));
    let finished = work.finish(outcome).await.unwrap();
    assert_eq!((finished.task.id.as_str(), &*finished.status), ("t", "completed"));

    let task = memory.working().tasks().get(&id("t")).await.unwrap().unwrap();
    assert_eq!(task.status, TaskStatus::Completed);
    assert_eq!(
        (task.result.as_deref(), task.summary.as_deref()),
        (Some("7 files"), Some("counted"))
    );
    assert_eq!((task.output, task.duration_ms.is_some()), (json!(7), true));
    let decision = memory.working().decisions().get(&decision).await.unwrap().unwrap();
    assert_eq!(decision.outcome.as_deref(), Some("completed: 7 files"));
    assert!(resumable(&memory).await.is_empty());
}

#[tokio::test]
async fn a_task_is_begun_once() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let new = || NewTask::new("sweep").with_id(id("t"));
    let work = memory.work().begin(new()).await.unwrap();
    assert_eq!(problem(memory.work().begin(new()).await), WorkProblem::InProgress);
    assert_eq!(problem(memory.work().resume(&id("t")).await), WorkProblem::Held);
    assert_eq!(problem(memory.work().start(&id("t")).await), WorkProblem::InProgress);
    work.finish(Outcome::cancelled("rain")).await.unwrap();
    let ended = WorkProblem::Ended { status: TaskStatus::Cancelled };
    assert_eq!(problem(memory.work().begin(new()).await), ended);
    assert_eq!(problem(memory.work().resume(&id("t")).await), ended);
    assert!(memory.work().resume(&id("none")).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_planned_task_is_started_and_one_set_in_progress_is_not_touched() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let planned = Task { id: id("p"), metadata: json!("by hand"), ..Task::new("plan") };
    memory.working().tasks().put(planned).await.unwrap();
    let work = memory.work().start(&id("p")).await.unwrap();
    let task = memory.working().tasks().get(&id("p")).await.unwrap().unwrap();
    assert_eq!(task.metadata["value"], "by hand", "other metadata stays");
    work.finish(Outcome::success("")).await.unwrap();

    let other = Task { id: id("o"), status: TaskStatus::InProgress, ..Task::new("of another") };
    memory.working().tasks().put(other).await.unwrap();
    assert!(resumable(&memory).await.is_empty());
    assert_eq!(problem(memory.work().resume(&id("o")).await), WorkProblem::Untracked);
}

#[tokio::test]
async fn a_dropped_task_is_interrupted_and_resumed_with_its_steps() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    goal(&memory, "g", "tidy up").await;
    let new = NewTask::new("sort").with_id(id("t")).with_goal(id("g")).idempotent();
    let work = memory.work().begin(new).await.unwrap();
    work.decide(Decision::new("order", "by date")).await.unwrap();
    work.tool_call(called("read", "a")).await.unwrap();
    drop(work);

    let list = memory.work().resume_list().await.unwrap();
    let [task] = list.as_slice() else { panic!("{list:?}") };
    assert_eq!((&*task.description, task.is_idempotent), ("sort", true));
    assert_eq!(task.goal_description.as_deref(), Some("tidy up"));
    let last = task.last_call.as_ref().unwrap();
    assert_eq!((&*last.tool_name, last.success, task.since), ("read", true, last.timestamp));

    let work = memory.work().resume(&id("t")).await.unwrap();
    assert!(resumable(&memory).await.is_empty());
    assert_eq!(work.tool_calls().await.unwrap().len(), 1);
    assert_eq!(work.decisions().await.unwrap()[0].chosen, "by date");
    work.finish(Outcome::success("sorted")).await.unwrap();
    let outcomes = memory.working().decisions().latest(9).await.unwrap();
    assert_eq!(outcomes[0].outcome.as_deref(), Some("completed: sorted"));
}

#[tokio::test]
async fn a_shutdown_releases_the_tasks_in_progress_without_an_incident() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let work = memory.work().begin(NewTask::new("wait").with_id(id("t"))).await.unwrap();
    let run = fixture.config().memory.data_dir.join("run");
    assert_eq!(std::fs::read_dir(&run).unwrap().count(), 1);
    memory.shutdown().await.unwrap();
    assert_eq!(std::fs::read_dir(&run).unwrap().count(), 0, "the mark is gone");
    drop(work);

    let memory = fixture.open().await;
    assert_eq!(resumable(&memory).await, ["t"]);
    assert!(memory.list(Kind::Incident, None, 9).await.unwrap().records.is_empty());
}

#[tokio::test]
async fn two_that_resume_a_task_do_not_both_get_it() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    drop(memory.work().begin(NewTask::new("one seat").with_id(id("t"))).await.unwrap());
    let task = id("t");
    let (works_a, works_b) = (memory.work(), memory.work());
    let (a, b) = tokio::join!(works_a.resume(&task), works_b.resume(&task));
    assert_ne!(a.is_ok(), b.is_ok(), "{a:?} {b:?}");
    let refused = problem(if a.is_ok() { b } else { a });
    assert!(matches!(refused, WorkProblem::Held | WorkProblem::Taken), "{refused:?}");
}

#[tokio::test]
async fn a_task_that_worked_is_known_and_a_failure_ends_that() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let steps = [("read", "a"), ("write", "b")];
    done(&memory, NewTask::new("copy a to b"), &steps).await;

    let work = memory.work().begin(NewTask::new("Copy a to b.")).await.unwrap();
    let known = work.known().await.unwrap().unwrap();
    let tools: Vec<&str> = known.steps.iter().map(|step| step.tool.as_str()).collect();
    assert_eq!((tools, known.key.kind), (vec!["read", "write"], Kind::Pattern));
    work.follow(&known).await.unwrap();
    let finished = work.finish(Outcome::failure("no space")).await.unwrap();
    assert_eq!((finished.followed.as_ref(), finished.learned), (Some(&known.key), None));

    let work = memory.work().begin(NewTask::new("copy a to b")).await.unwrap();
    assert_eq!(work.known().await.unwrap(), None, "one success of two is not enough");
    let pattern = memory.working().patterns().get(&known.key.id).await.unwrap().unwrap();
    assert_eq!((pattern.uses, pattern.success_rate), (2, 0.5));
    let decision = memory.working().decisions().latest(1).await.unwrap().remove(0);
    assert_eq!(decision.intelligence_level.as_str(), "reactive");
    assert_eq!(decision.outcome.as_deref(), Some("failed: no space"));

    for other in ["copy b to a", "copy a to c", "never copy a to b"] {
        let work = memory.work().begin(NewTask::new(other)).await.unwrap();
        assert_eq!(work.known_above(0.0).await.unwrap(), None, "{other}");
    }
}

#[tokio::test]
async fn doing_the_same_again_counts_the_pattern() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    for _ in 0..2 {
        done(&memory, NewTask::new("ping"), &[("ping", "host")]).await;
    }
    let work = memory.work().begin(NewTask::new("ping")).await.unwrap();
    let known = work.known().await.unwrap().unwrap();
    work.follow(&known).await.unwrap();
    work.tool_call(called("ping", "host")).await.unwrap();
    let finished = work.finish(Outcome::success("")).await.unwrap();
    assert_eq!(finished.learned, finished.followed);
    let patterns = memory.list(Kind::Pattern, None, 9).await.unwrap().records;
    assert_eq!((patterns.len(), &patterns[0].payload["uses"]), (1, &json!(3)));
}

#[tokio::test]
async fn a_resumed_task_still_follows_its_pattern() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    done(&memory, NewTask::new("ping"), &[("ping", "host")]).await;
    let work = memory.work().begin(NewTask::new("ping").with_id(id("t"))).await.unwrap();
    let known = work.known().await.unwrap().unwrap();
    work.follow(&known).await.unwrap();
    drop(work);
    let work = memory.work().resume(&id("t")).await.unwrap();
    let finished = work.finish(Outcome::failure("timeout")).await.unwrap();
    assert_eq!(finished.followed, Some(known.key));
}

#[tokio::test]
async fn a_goal_is_completed_with_its_last_task() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let goal = goal(&memory, "g", "two things").await;
    let planned = Task { id: id("b"), goal_id: Some(goal.clone()), ..Task::new("the other") };
    memory.working().tasks().put(planned).await.unwrap();
    let new = NewTask::new("the one").with_goal(goal.clone());
    let work = memory.work().begin(new).await.unwrap();
    assert_eq!(status_of(&memory, &goal).await, GoalStatus::Active);
    let finished = work.finish(Outcome::success("")).await.unwrap();
    assert_eq!(finished.completed_goal, None, "a task is pending");
    let work = memory.work().start(&id("b")).await.unwrap();
    let finished = work.finish(Outcome::success("")).await.unwrap();
    assert_eq!(finished.completed_goal, Some(goal.clone()));
    assert_eq!(status_of(&memory, &goal).await, GoalStatus::Completed);

    // More work reopens it.
    let new = NewTask::new("one more").with_goal(goal.clone());
    let work = memory.work().begin(new).await.unwrap();
    assert_eq!(status_of(&memory, &goal).await, GoalStatus::Active);
    work.finish(Outcome::success("").with_goal_left_open()).await.unwrap();
    assert_eq!(status_of(&memory, &goal).await, GoalStatus::Active);
}

#[tokio::test]
async fn a_failed_task_completes_no_goal_until_it_is_done_again() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let goal = goal(&memory, "g", "reach the server").await;
    let task = |text: &str| NewTask::new(text).with_goal(goal.clone());
    let work = memory.work().begin(task("connect")).await.unwrap();
    work.finish(Outcome::failure("refused")).await.unwrap();
    assert_eq!(status_of(&memory, &goal).await, GoalStatus::Active);
    let work = memory.work().begin(task("look")).await.unwrap();
    assert_eq!(work.finish(Outcome::success("")).await.unwrap().completed_goal, None);
    let work = memory.work().begin(task("connect")).await.unwrap();
    assert_eq!(work.finish(Outcome::success("")).await.unwrap().completed_goal, Some(goal));
}

#[tokio::test]
async fn a_cancelled_goal_is_not_worked_on() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let goal = goal(&memory, "g", "stopped").await;
    memory.working().goals().set_status(&goal, GoalStatus::Cancelled, None).await.unwrap();
    let refused = problem(memory.work().begin(NewTask::new("on").with_goal(goal.clone())).await);
    assert_eq!(refused, WorkProblem::GoalEnded { goal, status: GoalStatus::Cancelled });
}

#[tokio::test]
async fn the_context_of_a_task_is_of_its_description() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    memory.remember("The staging database moved to port 5433.").await.unwrap();
    let work = memory.work().begin(NewTask::new("connect to staging")).await.unwrap();
    let context = work.context(300).await.unwrap();
    assert!(context.text.contains("5433") && context.total_tokens <= 300.into());
}

#[tokio::test]
async fn a_kept_task_is_opened_by_its_id_until_it_is_finished() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let task = memory.work().begin(NewTask::new("serve")).await.unwrap().keep();
    assert!(resumable(&memory).await.is_empty());
    for _ in 0..2 {
        let work = memory.work().open(&task).await.unwrap();
        work.tool_call(called("read", "a")).await.unwrap();
    }
    assert!(resumable(&memory).await.is_empty(), "its works do not release it");
    let work = memory.work().open(&task).await.unwrap();
    assert_eq!(work.tool_calls().await.unwrap().len(), 2);
    work.finish(Outcome::success("")).await.unwrap();
    assert!(problem(memory.work().open(&task).await).to_string().contains("completed"));
}

#[tokio::test]
async fn a_memory_that_is_only_read_lists_and_begins_nothing() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    drop(memory.work().begin(NewTask::new("wait").with_id(id("t"))).await.unwrap());
    memory.shutdown().await.unwrap();
    let config = fixture.config().with_access(aios_memory::Access::ReadOnly);
    let memory = AgentMemory::open(config).await.unwrap();
    assert_eq!(resumable(&memory).await, ["t"]);
    let refused = memory.work().begin(NewTask::new("more")).await.unwrap_err();
    assert!(matches!(refused, Error::ReadOnly));
    let refused = memory.work().resume(&id("t")).await.unwrap_err();
    assert!(matches!(refused, Error::ReadOnly));
    let run = fixture.config().memory.data_dir.join("run");
    assert_eq!(std::fs::read_dir(run).unwrap().count(), 0, "a reader makes no mark");
}

/// Returns the records of a kind that belong to the view's owner.
async fn own(view: &MemoryView, kind: Kind) -> Vec<aios_memory::Record> {
    view.feed().catch_up().await.unwrap();
    let mut records = view.list(kind, None, 100).await.unwrap().records;
    records.retain(|record| view.gate().may_change(&record.scope));
    records
}

/// Returns the only record of a kind.
async fn only(view: &MemoryView, kind: Kind) -> aios_memory::Record {
    let mut records = own(view, kind).await;
    assert_eq!(records.len(), 1, "{records:?}");
    let key = Key::new(kind, records.remove(0).id);
    view.get(&key).await.unwrap().unwrap()
}

/// Returns the number of records of a kind.
async fn count(view: &MemoryView, kind: Kind) -> usize {
    own(view, kind).await.len()
}

fn now() -> Timestamp {
    Timestamp::now()
}
