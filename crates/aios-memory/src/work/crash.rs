//! The report of crashes: one incident for each process that died while it held tasks, and for each
//! owner and project of such tasks.
//!
//! The lock of a process's mark is acquired first, so that only one of several processes that open
//! the memory reports the crash. The id of the incident is derived from the mark and the project,
//! so an interrupted report is repeated without a second incident. The mark is removed last.

use std::{collections::BTreeMap, sync::Arc};

use aios_files::LeftMark;
use aios_longterm::Incident;
use aios_record::{Id, Identity, Key, Kind, Owner, Scope};
use aios_working::{Task, TaskStatus};
use serde_json::json;
use tokio::task;

use super::{
    claim::Claim,
    described::{InterruptedTask, described},
    hold::owned,
    learned::{derived_id, store_derived},
    process::directory,
    unit::complete_goal,
};
use crate::{Error, shared::Shared};

/// Records the incidents of processes that died, and releases their tasks.
///
/// # Errors
/// Errors of the directory of marks, of working or long-term memory. The next call handles the
/// remaining marks.
pub(crate) async fn report_crashes(shared: &Arc<Shared>) -> Result<(), Error> {
    let dir = directory(shared);
    let left = task::spawn_blocking(move || LeftMark::all(&dir));
    let mut failed = None;
    for mark in left.await.map_err(|_| Error::Interrupted)?? {
        match report(shared, mark.name()).await {
            Ok(()) => {
                let removing = task::spawn_blocking(move || mark.remove());
                removing.await.map_err(|_| Error::Interrupted)??;
            }
            // The mark is kept, so the next call repeats the report.
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    failed.map_or(Ok(()), Err)
}

async fn report(shared: &Arc<Shared>, process: &str) -> Result<(), Error> {
    let is_of_process =
        |task: &Task| Claim::of(&task.metadata).is_some_and(|claim| claim.process == process);
    let mut by_place: BTreeMap<(Owner, Option<String>), Vec<Task>> = BTreeMap::new();
    let tasks = shared.working.tasks();
    for task in tasks.list(None, Some(TaskStatus::InProgress)).await? {
        if is_of_process(&task) {
            let place = (task.meta.scope.owner(), task.meta.scope.project.clone());
            by_place.entry(place).or_default().push(task);
        }
    }
    let mut failed = None;
    for ((owner, project), tasks) in by_place {
        let scope = Scope { project, ..Scope::default().with_owner(&owner) };
        // The other owners' tasks are released nevertheless.
        let reported = report_to(shared, process, scope, tasks).await;
        failed = failed.or(reported.err());
    }
    if let Some(error) = failed {
        return Err(error);
    }
    // A task that ended just before the crash may have been the last one of its goal.
    for goal in shared.working.goals().active().await? {
        let key = Key::new(Kind::Goal, goal.id.clone());
        let own = owned(shared, &key.of(goal.meta.scope.owner()))?;
        let tasks = own.working().tasks().of_goal(&goal.id).await?;
        let ended = tasks.iter().filter(|task| task.status.is_final());
        let completes = |task: &Task| {
            task.status == TaskStatus::Completed
                && is_of_process(task)
                && Claim::of(&task.metadata).is_some_and(|claim| !claim.leaves_goal_open)
        };
        if ended.max_by_key(|task| task.completed_at).is_some_and(completes) {
            complete_goal(&own, &goal.id).await?;
        }
    }
    Ok(())
}

/// Records the incident of `scope`, an owner and a project, and releases the tasks.
async fn report_to(
    shared: &Arc<Shared>,
    process: &str,
    scope: Scope,
    tasks: Vec<Task>,
) -> Result<(), Error> {
    let id = id_of(process, &scope);
    let kind = Kind::Incident;
    let own = owned(shared, &Identity::new(scope.owner(), kind, id.clone()))?;
    let mut interrupted = Vec::with_capacity(tasks.len());
    let mut holds = Vec::with_capacity(tasks.len());
    for task in tasks {
        let claim = Claim::of(&task.metadata).unwrap_or_default();
        interrupted.push(described(&own, task, &claim).await?);
        if !claim.is_released {
            holds.push((interrupted.len() - 1, claim.hold));
        }
    }
    // A task that was released before the crash was interrupted for another reason.
    let lost: Vec<&InterruptedTask> = holds.iter().map(|(at, _)| &interrupted[*at]).collect();
    if !lost.is_empty() {
        let now = shared.working.config().clock.now();
        let (fields, origins) = incident(process, &scope, &lost);
        let fields = json!(Incident { timestamp: Some(now), ..fields });
        let guard = shared.config.to_guard();
        let is_known = own.longterm().get(&Key::new(kind, id)).await?.is_some();
        if !is_known {
            let longterm = (&shared.longterm, own.longterm());
            match store_derived(longterm, guard, kind, fields, scope, origins).await {
                // The tasks are released nevertheless.
                Err(Error::Guard(error)) => tracing::warn!(%error, "a crash has no incident"),
                stored => drop(stored?),
            }
        }
        tracing::warn!(process, tasks = lost.len(), "a process ended while it worked on tasks");
    }
    for (at, hold) in holds {
        let id = &interrupted[at].task.id;
        let released = Claim::change(&own, id, &hold, |claim| claim.is_released = true).await;
        match released {
            // Another caller resumed it just now.
            Err(Error::Work { .. }) => {}
            Err(error) if error.is_not_found() => {}
            released => drop(released?),
        }
    }
    own.wake_pump();
    Ok(())
}

/// Returns the incident of a crash, and the records that it names.
fn incident(process: &str, scope: &Scope, lost: &[&InterruptedTask]) -> (Incident, Vec<Identity>) {
    let described = |it: &&InterruptedTask| {
        let goal = it.goal_description.as_ref().map(|goal| format!(", for: {goal}"));
        let last = it.last_call.as_ref().map(|call| format!(", after {}", call.tool_name));
        let (goal, last) = (goal.unwrap_or_default(), last.unwrap_or_default());
        format!("{}{goal}{last}", it.description)
    };
    let tasks: Vec<String> = lost.iter().map(|it| it.task.key().to_string()).collect();
    // A shared goal is not the owner's.
    let own = lost.iter().filter(|it| it.goal_description.is_some());
    let goals = own.filter_map(|it| it.goal.as_ref());
    let mut goals: Vec<Key> = goals.map(|goal| Key::new(Kind::Goal, goal.clone())).collect();
    goals.sort();
    goals.dedup();
    let mut origins: Vec<Identity> = lost.iter().map(|it| it.task.clone()).collect();
    origins.extend(goals.iter().map(|goal| goal.clone().of(scope.owner())));
    let count = lost.len();
    let noun = if count == 1 { "task was" } else { "tasks were" };
    let mut incident = Incident {
        id: id_of(process, scope),
        symptoms: lost.iter().map(described).collect(),
        ..Incident::new(format!("A process died, and {count} {noun} interrupted."))
    };
    let goals: Vec<String> = goals.iter().map(Key::to_string).collect();
    let other = &mut incident.meta.other;
    other.insert("process".to_owned(), json!(process));
    other.insert("tasks".to_owned(), json!(tasks));
    other.insert("goals".to_owned(), json!(goals));
    (incident, origins)
}

/// Returns the id of the incident, one per owner and project.
fn id_of(process: &str, scope: &Scope) -> Id {
    match scope.project {
        Some(_) => derived_id("crash", scope, &[process]),
        None => Id::new(format!("crash-{process}")).expect("the name of a mark is short"),
    }
}
