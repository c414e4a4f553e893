//! Units of work, the same for all transports: begin, log, finish.
//!
//! Not here: their shapes, which differ between the transports.

use aios_memory::{
    Id, Key, Kind, MemoryView,
    work::{Finished, Known, NewTask, Outcome, Work},
    working::{Decision, ToolCall},
};

use crate::{bounds::LOGGED_MAX, call::Call, failure::Failure, operation::Right};

/// A task to begin: a new one, or a pending one by its id alone.
pub(crate) struct Begin {
    pub(crate) description: Option<String>,
    pub(crate) id: Option<Id>,
    pub(crate) goal: Option<Id>,
    pub(crate) agent: String,
    pub(crate) is_idempotent: bool,
    /// Names of the last three fields in the transport's messages, for errors.
    pub(crate) names: &'static str,
}

/// Steps of a task to store.
pub(crate) struct Steps {
    pub(crate) follow: Option<Key>,
    pub(crate) decisions: Vec<Decision>,
    pub(crate) tool_calls: Vec<ToolCall>,
}

/// Checks the numbers of steps.
///
/// # Errors
/// [`Failure`] if there are more than [`LOGGED_MAX`] decisions or tool calls.
pub(crate) fn check_counts(decisions: usize, tool_calls: usize) -> Result<(), Failure> {
    for (name, count) in [("decisions", decisions), ("tool_calls", tool_calls)] {
        if LOGGED_MAX < count {
            return Err(Failure::invalid(format!("`{name}` has at most {LOGGED_MAX} items")));
        }
    }
    Ok(())
}

/// Begins or starts a task, and returns its id and, if the caller may read, the known steps.
pub(crate) async fn begin(
    call: &Call,
    view: &MemoryView,
    request: Begin,
) -> Result<(Id, Option<Known>), Failure> {
    let Begin { description, id, goal, agent, is_idempotent, names } = request;
    let has_more = goal.is_some() || !agent.is_empty() || is_idempotent;
    let may_read = call.caller.demand(Right::Read, "`known`").is_ok();
    let view = view.clone();
    let begin = async move {
        let works = view.work();
        let work = match (description, id) {
            (Some(description), id) => {
                let mut task = NewTask::new(description).with_agent(agent);
                (task.id, task.goal, task.is_idempotent) = (id, goal, is_idempotent);
                works.begin(task).await?
            }
            (None, Some(_)) if has_more => {
                return Err(Failure::invalid(format!(
                    "{names} belong to a new task, with `description`"
                )));
            }
            (None, Some(id)) => works.start(&id).await?,
            (None, None) => {
                return Err(Failure::invalid(
                    "expected `description`, or the `id` of a pending task",
                ));
            }
        };
        let known = if may_read { work.known().await } else { Ok(None) };
        // The task has begun, and the caller needs its id.
        let known = known.unwrap_or_else(|error| {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "failed to find known steps");
            None
        });
        Ok((work.keep(), known))
    };
    call.write(Box::pin(begin)).await
}

/// Stores the steps of a task, and returns their keys.
pub(crate) async fn log(
    call: &Call,
    view: &MemoryView,
    id: Id,
    steps: Steps,
) -> Result<Vec<String>, Failure> {
    let mut durations = steps.tool_calls.iter().filter_map(|call| call.duration_ms);
    if let Some(duration) = durations.find(|duration| *duration < 0) {
        return Err(Failure::invalid(format!(
            "`duration_ms`: expected a number of at least 0, not {duration}"
        )));
    }
    let view = view.clone();
    let store = async move {
        let work = view.work().open(&id).await?;
        stored(&work, steps).await
    };
    call.write(Box::pin(store)).await
}

/// Ends a task.
pub(crate) async fn finish(
    call: &Call,
    view: &MemoryView,
    id: Id,
    outcome: Outcome,
) -> Result<Finished, Failure> {
    let view = view.clone();
    let finish = async move { view.work().open(&id).await?.finish(outcome).await };
    call.write(Box::pin(finish)).await
}

async fn stored(work: &Work, steps: Steps) -> Result<Vec<String>, aios_memory::Error> {
    let mut keys = Vec::new();
    let decision = |id| format!("{}/{id}", Kind::Decision);
    if let Some(follow) = steps.follow {
        keys.push(decision(work.follow_key(&follow).await?));
    }
    for item in steps.decisions {
        keys.push(decision(work.decide(item).await?));
    }
    for item in steps.tool_calls {
        keys.push(format!("{}/{}", Kind::ToolCall, work.tool_call(item).await?));
    }
    Ok(keys)
}
