//! Units of work: begin, log, finish, resume. Not here: tasks as plain records, see `work`.

use aios_memory::{
    Key, Kind,
    work::Outcome,
    working::{self, ToolCall},
};
use serde_json::{Value, json};

use super::{
    answer::Answer,
    values::{self, bytes, seconds},
};
use crate::{
    call::Call,
    failure::Failure,
    units::{self, Begin, Steps},
    wire::{
        BeginRequest, BeginResponse, Decision, FinishRequest, FinishResponse, InterruptedTask,
        KnownSteps, LogRequest, LogResponse, ResumeListRequest, ResumeListResponse, ToolCallRecord,
    },
};

pub(super) async fn begin(
    call: &Call,
    request: BeginRequest,
) -> Result<Answer<BeginResponse>, Failure> {
    let given =
        |field: &str, id: String| values::text(id).map(|id| values::id(field, id)).transpose();
    let (id, goal) = (given("id", request.id)?, given("goal_id", request.goal_id)?);
    let begin = Begin {
        description: values::text(request.description),
        id,
        goal,
        agent: request.agent,
        is_idempotent: request.idempotent,
        names: "`goal_id`, `agent` and `idempotent`",
    };
    let (id, known) = units::begin(call, call.caller.view(), begin).await?;
    let known = known.map(|known| KnownSteps {
        key: known.key.to_string(),
        action: known.action,
        steps_json: bytes(&json!(known.steps)),
        bound: known.bound,
    });
    let key = format!("{}/{id}", Kind::Task);
    Ok(Answer::changed(BeginResponse { id: id.to_string(), known }, [key]))
}

pub(super) async fn log(call: &Call, request: LogRequest) -> Result<Answer<LogResponse>, Failure> {
    units::check_counts(request.decisions.len(), request.tool_calls.len())?;
    let id = values::id("id", request.id)?;
    let follow = values::text(request.follow).map(|key| key.parse::<Key>());
    let follow = follow.transpose().map_err(aios_memory::Error::from)?;
    let steps = Steps {
        follow,
        decisions: request.decisions.into_iter().map(decision).collect::<Result<_, _>>()?,
        tool_calls: request.tool_calls.into_iter().map(tool_call).collect::<Result<_, _>>()?,
    };
    let keys = units::log(call, call.caller.view(), id, steps).await?;
    Ok(Answer::changed(LogResponse { keys: keys.clone() }, keys))
}

pub(super) async fn finish(
    call: &Call,
    request: FinishRequest,
) -> Result<Answer<FinishResponse>, Failure> {
    let id = values::id("id", request.id)?;
    let mut outcome = match request.status.as_str() {
        "completed" => Outcome::success(request.text),
        "failed" => Outcome::failure(request.text),
        "cancelled" => Outcome::cancelled(request.text),
        other => {
            return Err(Failure::invalid(format!(
                "`status`: expected completed, failed or cancelled, not `{other}`"
            )));
        }
    };
    outcome.summary = values::text(request.summary);
    outcome.output = json_or_null("output_json", &request.output_json)?;
    outcome.leaves_goal_open = request.leaves_goal_open;
    let finished = units::finish(call, call.caller.view(), id, outcome).await?;
    let key = finished.task.key().to_string();
    let shown = |key: Option<Key>| key.map(|key| key.to_string()).unwrap_or_default();
    let response = FinishResponse {
        followed: shown(finished.followed),
        learned: shown(finished.learned),
        completed_goal: finished.completed_goal.map(String::from).unwrap_or_default(),
    };
    Ok(Answer::changed(response, [key]))
}

pub(super) async fn resume_list(
    call: &Call,
    _: ResumeListRequest,
) -> Result<ResumeListResponse, Failure> {
    let view = call.caller.view();
    let tasks = call.read(Box::pin(async { view.work().resume_list().await })).await?;
    let shown = |task: aios_memory::work::InterruptedTask| InterruptedTask {
        user: task.task.owner.name().unwrap_or_default().to_owned(),
        id: task.task.id.into(),
        description: task.description,
        agent: task.agent,
        goal_id: task.goal.map(String::from).unwrap_or_default(),
        last_tool: task.last_call.map(|call| call.tool_name).unwrap_or_default(),
        idempotent: task.is_idempotent,
        since: seconds(task.since),
    };
    Ok(ResumeListResponse { tasks: tasks.into_iter().map(shown).collect() })
}

fn decision(given: Decision) -> Result<working::Decision, Failure> {
    Ok(working::Decision {
        options: json_or_null("options_json", &given.options_json)?,
        reasoning: given.reasoning,
        intelligence_level: values::text(given.intelligence_level)
            .map(Into::into)
            .unwrap_or_default(),
        model_used: values::text(given.model_used),
        ..working::Decision::new(given.context, given.chosen)
    })
}

fn tool_call(given: ToolCallRecord) -> Result<ToolCall, Failure> {
    // The request names the task, and the id is generated.
    for (field, value) in [("id", &given.id), ("task_id", &given.task_id)] {
        if !value.is_empty() {
            return Err(Failure::invalid(format!("`{field}`: a logged call has none of its own")));
        }
    }
    Ok(ToolCall {
        agent: given.agent,
        input: json_or_null("input_json", &given.input_json)?,
        output: json_or_null("output_json", &given.output_json)?,
        success: given.success,
        duration_ms: Some(given.duration_ms).filter(|duration| *duration != 0),
        reason: values::text(given.reason),
        ..ToolCall::new(given.tool_name)
    })
}

fn json_or_null(field: &str, bytes: &[u8]) -> Result<Value, Failure> {
    Ok(values::json(field, bytes)?.unwrap_or_default())
}
