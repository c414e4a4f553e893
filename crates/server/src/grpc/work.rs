//! Tier 1: goals, tasks, tool calls, decisions, patterns and states of agents.

use aios_memory::{
    Error, Key, Kind,
    working::{self, Outcome},
};
use serde_json::json;

use super::{
    answer::Answer,
    fields::Fields,
    values::{self, bytes, narrow, seconds},
};
use crate::{
    call::Call,
    failure::Failure,
    wire::{
        AgentState, AgentStateRequest, Decision, Empty, GoalIdRequest, GoalList, GoalRecord,
        GoalUpdate, Pattern, PatternQuery, PatternResult, PatternStatsUpdate, TaskList, TaskRecord,
        ToolCallRecord,
    },
};

pub(super) async fn store_goal(call: &Call, goal: GoalRecord) -> Result<Answer<Empty>, Failure> {
    let fields = Fields::default()
        .text("id", goal.id)
        .text("description", goal.description)
        .text("status", goal.status)
        .number("priority", goal.priority.into())
        .time("created_at", goal.created_at)?
        .time("completed_at", goal.completed_at)?
        .text("result", goal.result)
        .json("metadata", &goal.metadata_json)?;
    fields.store(call, Kind::Goal).await
}

/// Changes a goal. Its end time is set or reset with its status.
pub(super) async fn update_goal(call: &Call, update: GoalUpdate) -> Result<Answer<Empty>, Failure> {
    let key = Key::new(Kind::Goal, values::id("id", update.id)?);
    let fields = Fields::default().text("status", update.status).text("result", update.result);
    if fields.is_empty() {
        return Err(Failure::invalid("expected `status` or `result`"));
    }
    let changed = key.to_string();
    let view = call.caller.view().clone();
    call.write(async move { Box::pin(view.update(&key, fields.into_map())).await }).await?;
    Ok(Answer::changed(Empty {}, [changed]))
}

pub(super) async fn active_goals(call: &Call, _: Empty) -> Result<GoalList, Failure> {
    let goals = call.caller.view().working().goals().active();
    let goals = call.read(async { goals.await.map_err(Error::from) }).await?;
    Ok(GoalList { goals: goals.into_iter().map(goal_message).collect() })
}

pub(super) async fn store_task(call: &Call, task: TaskRecord) -> Result<Answer<Empty>, Failure> {
    let fields = Fields::default()
        .text("id", task.id)
        .text("goal_id", task.goal_id)
        .text("description", task.description)
        .text("agent", task.agent)
        .text("status", task.status)
        .json("input", &task.input_json)?
        .json("output", &task.output_json)?
        .time("started_at", task.started_at)?
        .time("completed_at", task.completed_at)?
        .count("duration_ms", task.duration_ms)?
        .text("error", task.error);
    fields.store(call, Kind::Task).await
}

pub(super) async fn tasks_of_goal(
    call: &Call,
    request: GoalIdRequest,
) -> Result<TaskList, Failure> {
    let goal_id = values::id("goal_id", request.goal_id)?;
    let tasks = call.caller.view().working().tasks().of_goal(&goal_id);
    let tasks = call.read(async { tasks.await.map_err(Error::from) }).await?;
    Ok(TaskList { tasks: tasks.into_iter().map(task_message).collect() })
}

pub(super) async fn store_tool_call(
    call: &Call,
    made: ToolCallRecord,
) -> Result<Answer<Empty>, Failure> {
    let fields = Fields::default()
        .text("id", made.id)
        .text("task_id", made.task_id)
        .text("tool_name", made.tool_name)
        .text("agent", made.agent)
        .json("input", &made.input_json)?
        .json("output", &made.output_json)?
        .truth("success", made.success)
        .count("duration_ms", made.duration_ms)?
        .text("reason", made.reason)
        .time("timestamp", made.timestamp)?;
    fields.store(call, Kind::ToolCall).await
}

pub(super) async fn store_decision(
    call: &Call,
    decision: Decision,
) -> Result<Answer<Empty>, Failure> {
    let fields = Fields::default()
        .text("id", decision.id)
        .text("context", decision.context)
        .json("options", &decision.options_json)?
        .text("chosen", decision.chosen)
        .text("reasoning", decision.reasoning)
        .text("intelligence_level", decision.intelligence_level)
        .text("model_used", decision.model_used)
        .text("outcome", decision.outcome)
        .time("timestamp", decision.timestamp)?;
    fields.store(call, Kind::Decision).await
}

pub(super) async fn store_pattern(call: &Call, pattern: Pattern) -> Result<Answer<Empty>, Failure> {
    let rate = match (values::share("success_rate", pattern.success_rate)?, pattern.uses) {
        // Without uses there is no rate, and 0 means unset.
        (None, 0) => None,
        (rate, _) => Some(rate.unwrap_or(0.0)),
    };
    let fields = Fields::default()
        .text("id", pattern.id)
        .text("trigger", pattern.trigger)
        .text("action", pattern.action)
        .count("uses", pattern.uses.into())?
        .time("last_used", pattern.last_used)?
        .text("created_from", pattern.created_from);
    let fields = rate.into_iter().fold(fields, |it, rate| it.with("success_rate", json!(rate)));
    fields.store(call, Kind::Pattern).await
}

pub(super) async fn find_pattern(
    call: &Call,
    query: PatternQuery,
) -> Result<PatternResult, Failure> {
    let rate = values::share("min_success_rate", query.min_success_rate)?.unwrap_or(0.0);
    let found = call.caller.view().working().patterns().find_best(query.trigger, rate);
    let found = call.read(async { found.await.map_err(Error::from) }).await?;
    Ok(PatternResult { found: found.is_some(), pattern: found.map(pattern_message) })
}

pub(super) async fn update_pattern_stats(
    call: &Call,
    update: PatternStatsUpdate,
) -> Result<Answer<Empty>, Failure> {
    let id = values::id("id", update.id)?;
    let changed = Key::new(Kind::Pattern, id.clone()).to_string();
    let outcome = if update.success { Outcome::Success } else { Outcome::Failure };
    let view = call.caller.view().clone();
    let counting = async move { view.working().patterns().record_use(&id, outcome).await };
    call.write(async move { counting.await.map_err(Error::from) }).await?;
    Ok(Answer::changed(Empty {}, [changed]))
}

pub(super) async fn store_agent_state(
    call: &Call,
    state: AgentState,
) -> Result<Answer<Empty>, Failure> {
    let fields =
        Fields::default().text("agent_name", state.agent_name).json("state", &state.state_json)?;
    fields.store(call, Kind::AgentState).await
}

pub(super) async fn agent_state(
    call: &Call,
    request: AgentStateRequest,
) -> Result<AgentState, Failure> {
    let name = values::id("agent_name", request.agent_name)?;
    let state = call.caller.view().working().agent_states().get(&name);
    match call.read(async { state.await.map_err(Error::from) }).await? {
        Some(state) => Ok(state_message(state)),
        None => Err(Failure::not_found(format!("no state of the agent `{name}`"))
            .with_advice("check the name, or store the agent's state first")),
    }
}

fn goal_message(goal: working::Goal) -> GoalRecord {
    let meta = goal.meta;
    GoalRecord {
        id: goal.id.into(),
        description: goal.description,
        status: goal.status.to_string(),
        priority: goal.priority,
        created_at: seconds(meta.created_at.or(meta.recorded_at)),
        completed_at: seconds(goal.completed_at),
        result: goal.result.unwrap_or_default(),
        metadata_json: bytes(&goal.metadata),
    }
}

fn task_message(task: working::Task) -> TaskRecord {
    TaskRecord {
        id: task.id.into(),
        goal_id: task.goal_id.map(String::from).unwrap_or_default(),
        description: task.description,
        agent: task.agent,
        status: task.status.to_string(),
        input_json: bytes(&task.input),
        output_json: bytes(&task.output),
        started_at: seconds(task.started_at),
        completed_at: seconds(task.completed_at),
        duration_ms: task.duration_ms.unwrap_or_default(),
        error: task.error.unwrap_or_default(),
    }
}

fn pattern_message(pattern: working::Pattern) -> Pattern {
    Pattern {
        id: pattern.id.into(),
        trigger: pattern.trigger,
        action: pattern.action,
        success_rate: pattern.success_rate,
        uses: narrow(pattern.uses),
        last_used: seconds(pattern.last_used),
        created_from: pattern.created_from.unwrap_or_default(),
    }
}

fn state_message(state: working::AgentState) -> AgentState {
    AgentState {
        agent_name: state.id.into(),
        state_json: state.state.to_string().into_bytes(),
        updated_at: seconds(state.meta.updated_at),
    }
}
