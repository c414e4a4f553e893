//! `/api/v1/tasks` and `/api/v1/resume`: units of work, for agents that call the service. The
//! service holds a task between calls. After a restart, the next call continues it.

use aios_memory::{
    Id, Key, Kind, MemoryView, Timestamp,
    work::{Finished, Known, Outcome, Step},
    working::{Decision, TaskStatus, ToolCall},
};
use axum::{Extension, response::Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    answer,
    replays::Derived,
    request::{Json, NoParameters, PathName, Query, id_of, key_of},
    shapes::Reference,
};
use crate::{
    call::Call,
    failure::Failure,
    units::{self, Begin, Steps},
};

/// The task to begin.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BeginTask {
    /// The work to do. Without it, `id` names a pending task.
    #[serde(default)]
    description: Option<String>,
    /// The id. Default: a new one.
    #[serde(default)]
    id: Option<String>,
    /// Id of the goal.
    #[serde(default)]
    goal: Option<String>,
    /// Name of the agent.
    #[serde(default)]
    agent: String,
    /// True if the task may be repeated from the beginning after an interruption. Default: false.
    #[serde(default)]
    idempotent: bool,
}

/// The task that was begun.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BegunTask {
    /// Its id.
    id: String,
    /// A pattern or procedure that fits the task and works, if there is one and the caller may
    /// read.
    #[serde(skip_serializing_if = "Option::is_none")]
    known: Option<KnownSteps>,
}

/// A pattern or procedure that fits a task and works.
#[derive(Debug, Serialize, ToSchema)]
struct KnownSteps {
    /// Its key, `KIND/ID`.
    key: String,
    /// The action of a pattern.
    action: String,
    /// The steps. Empty if the action is prose.
    steps: Vec<ShownStep>,
    /// The lower bound of its success rate, with 95 % confidence.
    bound: f64,
}

/// A call of a tool.
#[derive(Debug, Serialize, ToSchema)]
struct ShownStep {
    /// Name of the tool.
    tool: String,
    /// The input.
    input: Value,
}

/// Steps of a task, in order: decisions first.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TaskLog {
    /// Key of the known pattern or procedure that the task follows from now on.
    #[serde(default)]
    follow: Option<String>,
    /// At most 100 decisions.
    #[serde(default)]
    #[schema(max_items = 100)]
    decisions: Vec<LoggedDecision>,
    /// At most 100 tool calls.
    #[serde(default)]
    #[schema(max_items = 100)]
    tool_calls: Vec<LoggedCall>,
}

/// A decision for the task.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LoggedDecision {
    /// The question decided.
    context: String,
    /// The chosen option.
    chosen: String,
    /// The options considered.
    #[serde(default)]
    options: Value,
    /// Reason for the choice.
    #[serde(default)]
    reasoning: String,
    /// `reactive`, `operational`, `tactical` or `strategic`. Default: operational.
    #[serde(default)]
    intelligence_level: Option<String>,
    /// Name of the decider.
    #[serde(default)]
    decided_by: Option<String>,
    /// The model used.
    #[serde(default)]
    model_used: Option<String>,
}

/// A tool call of the task.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LoggedCall {
    /// Name of the tool.
    tool_name: String,
    /// The input.
    #[serde(default)]
    input: Value,
    /// The output. A long one is truncated.
    #[serde(default)]
    output: Value,
    /// True if the call succeeded. Default: false.
    #[serde(default)]
    success: bool,
    /// Duration in milliseconds.
    #[serde(default)]
    duration_ms: Option<i64>,
    /// Reason for the call.
    #[serde(default)]
    reason: Option<String>,
}

/// The stored steps.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LoggedSteps {
    /// Their keys, in the order of the request; the decision to follow a pattern comes first.
    keys: Vec<String>,
}

/// The end of a task.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FinishTask {
    status: FinalStatus,
    /// The result, the error of a failure, or the reason for a cancellation.
    #[serde(default)]
    text: String,
    /// Short summary of the work done.
    #[serde(default)]
    summary: Option<String>,
    /// The output.
    #[serde(default)]
    output: Value,
    /// True if the goal stays open even if all of its tasks have ended. Default: false.
    #[serde(default)]
    leaves_goal_open: bool,
}

/// The final status of a task.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum FinalStatus {
    Completed,
    Failed,
    Cancelled,
}

/// The consequences of the end of a task.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FinishedTask {
    /// Key of the task.
    key: String,
    /// Its status.
    status: String,
    /// Key of the pattern or procedure that the task followed, whose uses were counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    followed: Option<String>,
    /// Key of the pattern that was learned or counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    learned: Option<String>,
    /// Id of the goal that was completed with the task.
    #[serde(skip_serializing_if = "Option::is_none")]
    completed_goal: Option<String>,
}

/// The interrupted tasks, oldest first, at most 1,000.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ResumeList {
    tasks: Vec<Interrupted>,
}

/// An interrupted task. The next `log` or `finish` continues it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InterruptedTask)]
struct Interrupted {
    #[serde(flatten)]
    task: Reference,
    /// The work to be done.
    description: String,
    /// Name of the agent.
    agent: String,
    /// Id of the goal.
    #[serde(skip_serializing_if = "Option::is_none")]
    goal: Option<String>,
    /// Name of the tool in the last call.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_tool: Option<String>,
    /// True if the task may be repeated from the beginning.
    idempotent: bool,
    /// Time of the last activity.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
}

/// Begins a task, or starts a pending one. The service holds it until it is finished. A task
/// without a call for 15 minutes counts as interrupted.
#[utoipa::path(
    post,
    path = "/api/v1/tasks/begin",
    tag = "work",
    request_body = BeginTask,
    responses((status = 201, description = "The task", body = BegunTask))
)]
pub(crate) async fn begin_task(
    call: Call,
    derived: Option<Extension<Derived>>,
    Json(request): Json<BeginTask>,
) -> Result<Response, Failure> {
    let derived = derived.map(|Extension(derived)| derived.id(0));
    let (id, known) = begun(&call, call.caller.view(), request, derived).await?;
    let id = id.to_string();
    let key = format!("{}/{id}", Kind::Task);
    let kept = BegunTask { id: id.clone(), known: None };
    let begun = BegunTask { id, known: known.map(KnownSteps::from) };
    Ok(answer::with_changed(answer::kept_as(StatusCode::CREATED, &begun, &kept), [key]))
}

/// Stores decisions and tool calls of a task in progress. An interrupted task is continued.
#[utoipa::path(
    post,
    path = "/api/v1/tasks/{id}/log",
    tag = "work",
    params(("id" = String, Path, description = "Id of the task")),
    request_body = TaskLog,
    responses((status = 200, description = "The stored steps", body = LoggedSteps))
)]
pub(crate) async fn log_task(
    call: Call,
    PathName(id): PathName,
    derived: Option<Extension<Derived>>,
    Json(log): Json<TaskLog>,
) -> Result<Response, Failure> {
    let derived = derived.map(|Extension(derived)| derived);
    let keys = logged(&call, call.caller.view(), id_of(id)?, log, derived.as_ref()).await?;
    let response = answer::kept(StatusCode::OK, &LoggedSteps { keys: keys.clone() });
    Ok(answer::with_changed(response, keys))
}

/// Ends a task and learns from it.
#[utoipa::path(
    post,
    path = "/api/v1/tasks/{id}/finish",
    tag = "work",
    params(("id" = String, Path, description = "Id of the task")),
    request_body = FinishTask,
    responses((status = 200, description = "The consequences", body = FinishedTask))
)]
pub(crate) async fn finish_task(
    call: Call,
    PathName(id): PathName,
    derived: Option<Extension<Derived>>,
    Json(request): Json<FinishTask>,
) -> Result<Response, Failure> {
    let id = id_of(id)?;
    if derived.is_some() && has_ended(&call, &id, request.status).await? {
        return Ok(answer::kept(StatusCode::OK, &FinishedTask::known(&id, request.status)));
    }
    let finished = finished(&call, call.caller.view(), id, request).await?;
    let shown = FinishedTask {
        key: finished.task.key().to_string(),
        status: finished.status,
        followed: finished.followed.map(|key| key.to_string()),
        learned: finished.learned.map(|key| key.to_string()),
        completed_goal: finished.completed_goal.map(|id| id.to_string()),
    };
    let changed = [shown.key.clone()];
    Ok(answer::with_changed(answer::kept(StatusCode::OK, &shown), changed))
}

/// Lists the interrupted tasks of the caller.
#[utoipa::path(
    get,
    path = "/api/v1/resume",
    tag = "work",
    responses((status = 200, description = "The interrupted tasks", body = ResumeList))
)]
pub(crate) async fn resume_list(
    call: Call,
    Query(NoParameters {}): Query<NoParameters>,
) -> Result<Response, Failure> {
    let view = call.caller.view();
    let tasks = call.read(Box::pin(async { view.work().resume_list().await })).await?;
    let shown = |task: aios_memory::work::InterruptedTask| Interrupted {
        task: Reference::from(&task.task),
        description: task.description,
        agent: task.agent,
        goal: task.goal.map(|id| id.to_string()),
        last_tool: task.last_call.map(|call| call.tool_name),
        idempotent: task.is_idempotent,
        since: task.since,
    };
    let list = ResumeList { tasks: tasks.into_iter().map(shown).collect() };
    Ok(answer::json(StatusCode::OK, &list))
}

/// Returns true if the task has already ended with this status.
async fn has_ended(call: &Call, id: &Id, status: FinalStatus) -> Result<bool, Failure> {
    let key = Key::new(Kind::Task, id.clone());
    let task = call.read(Box::pin(call.caller.view().get(&key))).await?;
    Ok(task.is_some_and(|task| task.payload["status"] == status.stored().as_str()))
}

/// Begins or starts a task, and returns its id and, if the caller may read, the known steps. A new
/// task without an id gets the `derived` one; if that is already stored, the same call began it
/// before.
pub(crate) async fn begun(
    call: &Call,
    view: &MemoryView,
    request: BeginTask,
    derived: Option<Id>,
) -> Result<(Id, Option<Known>), Failure> {
    let mut id = request.id.map(id_of).transpose()?;
    if let Some(derived) = derived.filter(|_| id.is_none() && request.description.is_some()) {
        let key = Key::new(Kind::Task, derived.clone());
        if call.read(Box::pin(view.get(&key))).await?.is_some() {
            return Ok((derived, None));
        }
        id = Some(derived);
    }
    let begin = Begin {
        description: request.description,
        id,
        goal: request.goal.map(id_of).transpose()?,
        agent: request.agent,
        is_idempotent: request.idempotent,
        names: "`goal`, `agent` and `idempotent`",
    };
    units::begin(call, view, begin).await
}

/// Stores the steps of a task, and returns their keys. With an idempotency key, the ids of the
/// steps are derived from it.
pub(crate) async fn logged(
    call: &Call,
    view: &MemoryView,
    id: Id,
    log: TaskLog,
    derived: Option<&Derived>,
) -> Result<Vec<String>, Failure> {
    units::check_counts(log.decisions.len(), log.tool_calls.len())?;
    let mut steps = Steps {
        follow: log.follow.as_deref().map(key_of).transpose()?,
        decisions: log.decisions.into_iter().map(Decision::from).collect(),
        tool_calls: log.tool_calls.into_iter().map(ToolCall::from).collect(),
    };
    if let Some(derived) = derived {
        let decisions = steps.decisions.iter_mut().map(|it| &mut it.id);
        let ids = decisions.chain(steps.tool_calls.iter_mut().map(|it| &mut it.id));
        ids.enumerate().for_each(|(index, id)| *id = derived.id(index));
    }
    units::log(call, view, id, steps).await
}

/// Ends a task.
pub(crate) async fn finished(
    call: &Call,
    view: &MemoryView,
    id: Id,
    request: FinishTask,
) -> Result<Finished, Failure> {
    units::finish(call, view, id, Outcome::from(request)).await
}

impl From<LoggedDecision> for Decision {
    fn from(given: LoggedDecision) -> Decision {
        Decision {
            options: given.options,
            reasoning: given.reasoning,
            intelligence_level: given.intelligence_level.map(Into::into).unwrap_or_default(),
            decided_by: given.decided_by,
            model_used: given.model_used,
            ..Decision::new(given.context, given.chosen)
        }
    }
}

impl From<LoggedCall> for ToolCall {
    fn from(given: LoggedCall) -> ToolCall {
        ToolCall {
            input: given.input,
            output: given.output,
            success: given.success,
            duration_ms: given.duration_ms,
            reason: given.reason,
            ..ToolCall::new(given.tool_name)
        }
    }
}

impl FinalStatus {
    fn stored(self) -> TaskStatus {
        match self {
            FinalStatus::Completed => TaskStatus::Completed,
            FinalStatus::Failed => TaskStatus::Failed,
            FinalStatus::Cancelled => TaskStatus::Cancelled,
        }
    }
}

impl FinishedTask {
    /// Returns the answer for a task that had already ended with this status. Its consequences are
    /// no longer known.
    fn known(id: &Id, status: FinalStatus) -> FinishedTask {
        let key = Key::new(Kind::Task, id.clone()).to_string();
        let status = status.stored().to_string();
        FinishedTask { key, status, followed: None, learned: None, completed_goal: None }
    }
}

impl From<FinishTask> for Outcome {
    fn from(given: FinishTask) -> Outcome {
        let mut outcome = match given.status {
            FinalStatus::Completed => Outcome::success(given.text),
            FinalStatus::Failed => Outcome::failure(given.text),
            FinalStatus::Cancelled => Outcome::cancelled(given.text),
        };
        outcome.summary = given.summary;
        outcome.output = given.output;
        outcome.leaves_goal_open = given.leaves_goal_open;
        outcome
    }
}

impl From<Known> for KnownSteps {
    fn from(known: Known) -> KnownSteps {
        let step = |step: Step| ShownStep { tool: step.tool, input: step.input };
        KnownSteps {
            key: known.key.to_string(),
            action: known.action,
            steps: known.steps.into_iter().map(step).collect(),
            bound: known.bound,
        }
    }
}
