//! Stores of assistants that work on tasks: `tasks` with their `task_steps`, user preferences, and
//! the persona.

use aios_record::Kind;
use serde_json::{Map, Value};

use super::{
    mapping::{Becomes, CREATED_AT, Column, METADATA, SESSION, Table, UPDATED_AT, column},
    shape::Shape,
};

pub(super) const SHAPE: Shape = Shape {
    name: "tasks",
    about: "tables tasks, task_steps, preferences, persona_state",
    tables: &[
        Table {
            finish: finish_task,
            ..Table::new(
                &["tasks", "task", "task_history"],
                Becomes::Record(Kind::Task),
                &["description"],
                &["description", "created_at"],
                TASK,
            )
        },
        Table {
            finish: finish_step,
            ..Table::new(
                &["task_steps", "steps", "task_step"],
                Becomes::Record(Kind::ToolCall),
                &["tool_name", "task_id"],
                &["task_id", "iteration", "tool_name", "timestamp"],
                STEP,
            )
        },
        Table::new(&["preferences", "preference"], Becomes::Preferences, &[], &[], PREFERENCE),
        Table::new(
            &["persona_state", "persona", "personality"],
            Becomes::Persona,
            &[],
            &[],
            &[KEY, VALUE],
        ),
    ],
};

const TASK: &[Column] = &[
    column("id", &["id", "task_id", "uuid"]),
    column("goal_id", &["goal_id", "parent_goal_id", "goal"]),
    column(
        "description",
        &["description", "task_description", "task", "title", "name", "request", "prompt", "query"],
    ),
    column("agent", &["agent", "agent_name", "agent_id", "assigned_to", "assignee"]),
    column("status", &["status", "state"]),
    column("input", &["input", "input_json", "input_data", "parameters", "params"]),
    column("output", &["output", "output_json", "output_data"]),
    column("summary", &["summary", "result_summary", "final_summary"]),
    column("result", &["result", "final_result", "outcome", "answer", "response"]),
    column("error", &["error", "error_message", "failure_reason"]),
    column("started_at", &["started_at", "start_time", "started"]),
    column("completed_at", &["completed_at", "finished_at", "ended_at", "end_time", "completed"]),
    column("duration_ms", &["duration_ms", "elapsed_ms"]),
    CREATED_AT,
    METADATA,
    SESSION,
];

const STEP: &[Column] = &[
    column("id", &["id", "step_id", "uuid"]),
    column("task_id", &["task_id", "task"]),
    column(
        "iteration",
        &["iteration", "step_number", "step_num", "step_index", "step_order", "step", "seq"],
    ),
    column(
        "tool_name",
        &["tool_name", "tool", "action", "name", "function", "skill", "step_type", "type"],
    ),
    column("agent", &["agent", "agent_name", "agent_id"]),
    column(
        "input",
        &["input", "tool_input", "tool_args", "args", "arguments", "parameters", "params"],
    ),
    column(
        "output",
        &["output", "tool_output", "tool_result", "result", "observation", "response"],
    ),
    column("success", &["success", "succeeded", "is_success", "ok", "status"]),
    column("duration_ms", &["duration_ms", "elapsed_ms", "latency_ms"]),
    column("reason", &["reason", "reasoning", "rationale", "thought", "description", "content"]),
    column(
        "timestamp",
        &["timestamp", "created_at", "executed_at", "started_at", "time", "completed_at"],
    ),
    SESSION,
];

pub(super) const KEY: Column =
    column("key", &["key", "preference_key", "pref_key", "preference", "trait", "name"]);
pub(super) const VALUE: Column =
    column("value", &["value", "preference_value", "pref_value", "state"]);
pub(super) const PREFERENCE: &[Column] = &[KEY, VALUE, UPDATED_AT];

/// Normalises the status words of other programs and keeps the original word.
pub(super) fn finish_status(fields: &mut Map<String, Value>, rest: &mut Map<String, Value>) {
    let Some(status) = fields.get("status").and_then(Value::as_str).map(str::to_owned) else {
        return;
    };
    let ours = match status.to_ascii_lowercase().as_str() {
        "done" | "complete" | "finished" | "success" | "succeeded" => "completed",
        "error" | "errored" | "failure" => "failed",
        "canceled" | "aborted" => "cancelled",
        _ => return,
    };
    fields.insert("status".to_owned(), ours.into());
    rest.insert("status".to_owned(), status.into());
}

fn finish_task(fields: &mut Map<String, Value>, rest: &mut Map<String, Value>) {
    finish_status(fields, rest);
    // A completion time is valid only for a task that has ended.
    let has_ended = fields.get("status").is_some_and(|status| {
        ["completed", "failed", "cancelled"].map(Value::from).contains(status)
    });
    if !has_ended && let Some(time) = fields.remove("completed_at") {
        match fields.contains_key("status") {
            true => drop(rest.insert("completed_at".to_owned(), time)),
            false => {
                fields.insert("status".to_owned(), "completed".into());
                fields.insert("completed_at".to_owned(), time);
            }
        }
    }
}

/// Completes a step: without an outcome, it succeeded if it has no error; without a tool, its tool
/// is `step`.
fn finish_step(fields: &mut Map<String, Value>, rest: &mut Map<String, Value>) {
    let erred = ["error", "error_message"].iter().any(|column| rest.contains_key(*column));
    fields.entry("success").or_insert(Value::Bool(!erred));
    fields.entry("tool_name").or_insert("step".into());
}
