//! Units of work of several owners: nothing crosses from one to another.

use aios_memory::{
    Id, Kind, Scope, ScopeFilter,
    work::{NewTask, Outcome, WorkProblem},
    working::GoalStatus,
};

use super::{called, count, done, goal, id, only, problem, resumable, status_of};
use crate::{Fixture, in_session, of};

#[tokio::test]
async fn tasks_and_what_is_learned_stay_with_their_owner() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let (ada, bob) = (of(&memory, "ada"), of(&memory, "bob"));
    // The same id and words, of each of them.
    for view in [&ada, &bob] {
        let goal = goal(view, "g", "send the invoice").await;
        let task = NewTask::new("send it").with_id(id("t")).with_goal(goal);
        drop(view.work().begin(task).await.unwrap());
    }
    drop(ada.work().begin(NewTask::new("of ada alone").with_id(id("a"))).await.unwrap());
    assert_eq!(resumable(&ada).await, ["t", "a"]);
    assert_eq!(resumable(&bob).await, ["t"]);
    assert!(resumable(&memory.for_shared()).await.is_empty());
    assert!(bob.work().resume(&id("a")).await.unwrap_err().is_not_found());

    let work = ada.work().resume(&id("t")).await.unwrap();
    work.tool_call(called("mail", "customer")).await.unwrap();
    work.finish(Outcome::success("")).await.unwrap();
    assert_eq!(status_of(&ada, &id("g")).await, GoalStatus::Completed);
    assert_eq!(status_of(&bob, &id("g")).await, GoalStatus::Active);
    let counts = async |kind| [count(&ada, kind).await, count(&bob, kind).await];
    assert_eq!(counts(Kind::Procedure).await, [1, 0]);
    assert_eq!(counts(Kind::Pattern).await, [1, 0]);
    let work = bob.work().begin(NewTask::new("send it")).await.unwrap();
    assert_eq!(work.known_above(0.0).await.unwrap(), None);
}

#[tokio::test]
async fn a_shared_pattern_serves_a_user_and_counts_the_uses_of_nobody_else() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let ada = of(&memory, "ada");
    done(&memory, NewTask::new("ping"), &[("ping", "host")]).await;
    let work = ada.work().begin(NewTask::new("ping")).await.unwrap();
    let known = work.known().await.unwrap().unwrap();
    work.follow(&known).await.unwrap();
    work.tool_call(called("ping", "host")).await.unwrap();
    work.finish(Outcome::success("")).await.unwrap();
    let shared = memory.working().patterns().get(&known.key.id).await.unwrap().unwrap();
    assert_eq!((shared.uses, shared.meta.scope.user), (1, None));
}

#[tokio::test]
async fn the_task_of_a_user_completes_no_shared_goal() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let ada = of(&memory, "ada");
    let goal = goal(&memory, "g", "a goal of all").await;
    let work = ada.work().begin(NewTask::new("my part").with_goal(goal.clone())).await.unwrap();
    work.tool_call(called("write", "secret")).await.unwrap();
    let finished = work.finish(Outcome::success("")).await.unwrap();
    assert_eq!(finished.completed_goal, None);
    assert_eq!(status_of(&memory, &goal).await, GoalStatus::Pending);
    memory.working().goals().set_status(&goal, GoalStatus::Completed, None).await.unwrap();
    assert_eq!(count(&memory, Kind::Procedure).await, 0, "its steps are ada's");
}

#[tokio::test]
async fn a_user_resumes_no_shared_task() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    drop(memory.work().begin(NewTask::new("of all").with_id(id("t"))).await.unwrap());
    let ada = of(&memory, "ada");
    assert!(ada.work().resume(&id("t")).await.unwrap_err().is_not_yours());
    assert!(resumable(&ada).await.is_empty());
    // The id is free for a task of her own.
    let own = ada.work().begin(NewTask::new("of ada").with_id(id("t"))).await.unwrap();
    assert_eq!(own.task().meta.scope.user.as_deref(), Some("ada"));
    assert_eq!(resumable(&memory).await, ["t"]);
}

#[tokio::test]
async fn the_administrator_works_for_the_owner_of_the_task() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let ada = of(&memory, "ada");
    drop(ada.work().begin(NewTask::new("of ada").with_id(id("t"))).await.unwrap());
    let administrator = memory.administrator();
    assert_eq!(resumable(&administrator).await, ["t"]);
    let work = administrator.work().resume(&id("t")).await.unwrap();
    let call = work.tool_call(called("read", "a")).await.unwrap();
    work.finish(Outcome::success("")).await.unwrap();
    let call = ada.working().tool_calls().get(&call).await.unwrap().unwrap();
    assert_eq!(call.meta.scope.user.as_deref(), Some("ada"));
    let pattern = only(&ada, Kind::Pattern).await;
    assert_eq!(pattern.scope.user.as_deref(), Some("ada"));
}

#[tokio::test]
async fn what_was_learned_in_a_session_holds_in_others_and_stays_in_its_project() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let in_project =
        |name: &str| memory.narrow(&ScopeFilter::new(Scope::default().with_project(name))).unwrap();
    let (east, west) = (in_project("east"), in_project("west"));
    let monday = in_session(&east, "monday");
    let goal = goal(&monday, "g", "build it").await;
    let task = NewTask::new("build it here").with_goal(goal);
    done(&monday, task, &[("make", "all")]).await;
    let tuesday = in_session(&east, "tuesday");
    for text in ["build it", "build it here"] {
        let known = async |view: &aios_memory::MemoryView| {
            let work = view.work().begin(NewTask::new(text)).await.unwrap();
            work.known().await.unwrap().is_some()
        };
        assert!(known(&tuesday).await, "{text}");
        assert!(!known(&west).await, "{text}");
    }
    let taken = problem(monday.work().start(&Id::new(first_task(&monday).await).unwrap()).await);
    assert!(matches!(taken, WorkProblem::Ended { .. }));
}

async fn first_task(view: &aios_memory::MemoryView) -> String {
    view.list(Kind::Task, None, 1).await.unwrap().records[0].id.to_string()
}
