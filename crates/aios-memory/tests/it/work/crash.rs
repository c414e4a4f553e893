//! Processes that die while they work: a child is killed, and what it acknowledged is found, listed
//! and reported once.

use std::path::Path;

use aios_memory::{
    AgentMemory, Config, Kind, MemoryView, Scope,
    work::{NewTask, Outcome, WorkProblem},
};
use aios_memory_tests::child::{self, Child};

use super::{called, count, goal, id, only, problem, resumable, status_of};
use crate::{Fixture, of};

/// Works on tasks of two owners until it is killed.
#[tokio::test]
async fn child() {
    let Some(dir) = child::place() else { return };
    let memory = AgentMemory::open(Config::at(dir)).await.unwrap();
    let ada = memory.for_user("ada").unwrap();
    let goal = goal(&ada, "g", "move the archive").await;
    let task = |name: &str, text: &str| NewTask::new(text).with_id(id(name));
    let first = ada.work().begin(task("t1", "copy the archive").with_goal(goal.clone())).await;
    let first = first.unwrap();
    first.tool_call(called("copy", "archive")).await.unwrap();
    let new = task("t2", "check the copy").with_goal(goal).idempotent();
    let second = ada.work().begin(new).await.unwrap();
    let third = memory.work().begin(task("t3", "a shared task")).await.unwrap();
    let dropped = ada.work().begin(task("t4", "given up before")).await.unwrap();
    drop(dropped);
    assert_eq!(ada.work().resume_list().await.unwrap().len(), 1);
    // The background records that it was given up.
    while ada.working().tasks().get(&id("t4")).await.unwrap().unwrap().metadata["work"]["released"]
        != true
    {
        tokio::task::yield_now().await;
    }
    child::say("working");
    std::future::pending::<()>().await;
    drop((first, second, third));
}

/// Works on tasks of one owner in two projects, and in none, until it is killed.
#[tokio::test]
async fn child_of_projects() {
    let Some(dir) = child::place() else { return };
    let memory = AgentMemory::open(Config::at(dir)).await.unwrap();
    let ada = memory.for_user("ada").unwrap();
    let mut held = Vec::new();
    for view in [in_project(&ada, "east"), in_project(&ada, "west"), ada] {
        let project = view.gate().filter().scope.project.clone();
        let text = format!("work of {}", project.as_deref().unwrap_or("nowhere"));
        held.push(view.work().begin(NewTask::new(text)).await.unwrap());
    }
    child::say("working");
    std::future::pending::<()>().await;
    drop(held);
}

fn in_project(view: &MemoryView, project: &str) -> MemoryView {
    view.narrow(&Scope::default().with_project(project).into()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_leaves_one_incident_for_each_project() {
    let fixture = Fixture::new();
    let dir = fixture.config().memory.data_dir;
    let mut worker = Child::start("work::crash::child_of_projects", &dir);
    assert_eq!(worker.hear().as_deref(), Some("working"));
    worker.kill();
    let memory = fixture.open().await;
    let ada = of(&memory, "ada");
    let incidents = ada.list(Kind::Incident, None, 9).await.unwrap().records;
    let mut reported: Vec<(Option<&str>, &str)> = incidents
        .iter()
        .map(|it| (it.scope.project.as_deref(), it.text.lines().nth(1).unwrap()))
        .collect();
    reported.sort_unstable();
    let expect =
        [(None, "work of nowhere"), (Some("east"), "work of east"), (Some("west"), "work of west")];
    assert_eq!(reported, expect);
    assert!(incidents.iter().all(|it| it.text.contains("1 task was")), "{incidents:?}");
}

/// Starts the child and waits until it works.
fn working(dir: &Path) -> Child {
    let mut child = Child::start("work::crash::child", dir);
    assert_eq!(child.hear().as_deref(), Some("working"));
    child
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_leaves_one_incident_for_each_owner_and_its_tasks_to_resume() {
    let fixture = Fixture::new();
    let dir = fixture.config().memory.data_dir;
    let worker = working(&dir);

    // While it lives, its tasks are its own.
    let beside = fixture.open().await;
    let ada = of(&beside, "ada");
    assert_eq!(problem(ada.work().resume(&id("t1")).await), WorkProblem::Held);
    assert!(!resumable(&ada).await.contains(&"t1".to_owned()));
    assert_eq!(count(&ada, Kind::Incident).await, 0);

    worker.kill();
    let list = ada.work().resume_list().await.unwrap();
    let names: Vec<&str> = list.iter().map(|task| task.task.id.as_str()).collect();
    assert_eq!(names, ["t1", "t2", "t4"]);
    assert_eq!(list[0].last_call.as_ref().unwrap().tool_name, "copy");
    assert_eq!(
        list.iter().map(|task| task.is_idempotent).collect::<Vec<_>>(),
        [false, true, false]
    );
    let incident = only(&ada, Kind::Incident).await;
    assert!(incident.text.contains("copy the archive, for: move the archive, after copy"));
    assert!(!incident.text.contains("shared task"), "{}", incident.text);
    assert_eq!(incident.payload["tasks"].as_array().unwrap().len(), 2);
    let shared = only(&beside.for_shared(), Kind::Incident).await;
    assert!(shared.text.contains("a shared task") && !shared.text.contains("archive"));

    let work = ada.work().resume(&id("t1")).await.unwrap();
    assert_eq!(work.tool_calls().await.unwrap().len(), 1);
    work.finish(Outcome::success("")).await.unwrap();
    ada.work().resume(&id("t2")).await.unwrap().finish(Outcome::success("")).await.unwrap();
    assert_eq!(status_of(&ada, &id("g")).await.as_str(), "completed");
    assert_eq!(resumable(&ada).await, ["t4"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_processes_that_open_after_a_crash_report_it_once() {
    let fixture = Fixture::new();
    let dir = fixture.config().memory.data_dir;
    working(&dir).kill();
    let open = || AgentMemory::open(Config::at(&dir));
    let (a, b, c) = tokio::join!(open(), open(), open());
    let memories = [a.unwrap(), b.unwrap(), c.unwrap()];
    for memory in &memories {
        let ada = of(memory, "ada");
        assert_eq!(resumable(&ada).await, ["t1", "t2", "t4"]);
        assert_eq!(count(&ada, Kind::Incident).await, 1);
    }
    let marks = std::fs::read_dir(dir.join("run")).unwrap().count();
    assert_eq!(marks, 0, "what was reported is no longer marked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_is_cut_short_is_finished_without_a_second_incident() {
    let fixture = Fixture::new();
    let dir = fixture.config().memory.data_dir;
    working(&dir).kill();
    let run = dir.join("run");
    let mark = std::fs::read_dir(&run).unwrap().next().unwrap().unwrap().path();
    let memory = fixture.open().await;
    assert_eq!(count(&of(&memory, "ada"), Kind::Incident).await, 1);
    memory.shutdown().await.unwrap();
    // As after a crash between the incident and the removal of the mark.
    let name = format!("{}.ended", mark.file_name().unwrap().to_str().unwrap());
    std::fs::write(run.join(name), "").unwrap();
    let memory = fixture.open().await;
    assert_eq!(count(&of(&memory, "ada"), Kind::Incident).await, 1);
    assert_eq!(std::fs::read_dir(&run).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mark_of_this_process_number_whose_lock_is_free_belongs_to_a_dead_process() {
    let fixture = Fixture::new();
    let dir = fixture.config().memory.data_dir;
    working(&dir).kill();
    // The number of the dead process is used again: by this process.
    let run = dir.join("run");
    let mark = std::fs::read_dir(&run).unwrap().next().unwrap().unwrap().path();
    let name = mark.file_name().unwrap().to_str().unwrap();
    let started = name.rsplit('-').next().unwrap();
    let reused = format!("process-{}-{started}", std::process::id());
    let memory = {
        let database = rusqlite::Connection::open(dir.join("working.db")).unwrap();
        let changed = database.execute(
            "UPDATE tasks SET metadata = replace(metadata, ?1, ?2)",
            (name, reused.as_str()),
        );
        assert_eq!(changed.unwrap(), 4);
        drop(database);
        std::fs::rename(&mark, run.join(&reused)).unwrap();
        fixture.open().await
    };
    let ada = of(&memory, "ada");
    assert_eq!(resumable(&ada).await, ["t1", "t2", "t4"]);
    assert_eq!(count(&ada, Kind::Incident).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn forgetting_a_task_reaches_the_incident_of_its_crash() {
    let fixture = Fixture::new();
    working(&fixture.config().memory.data_dir).kill();
    let memory = fixture.open().await;
    let ada = of(&memory, "ada");
    let owner = ada.gate().acts_for().unwrap().clone();
    let task = aios_memory::Identity::new(owner, Kind::Task, id("t1"));
    let target = aios_memory::ForgetTarget::Records(vec![task]);
    ada.forget(aios_memory::ForgetOptions::new(target)).await.unwrap();
    assert_eq!(count(&ada, Kind::Incident).await, 0);
    assert_eq!(count(&memory.for_shared(), Kind::Incident).await, 1);
}
