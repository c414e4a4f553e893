//! Stores of agents that pursue goals: `goals`, their tasks with `tool_calls`, `decisions`,
//! `patterns` and the saved states of agents.

use aios_record::Kind;

use super::{
    mapping::{Becomes, CREATED_AT, METADATA, SESSION, TIMESTAMP, Table, column},
    shape::Shape,
    tasks,
};

pub(super) const SHAPE: Shape = Shape {
    name: "agent",
    about: "tables goals, tasks, tool_calls, decisions, patterns, agent_states",
    tables: &[
        Table {
            finish: tasks::finish_status,
            ..Table::new(
                &["goals", "goal"],
                Becomes::Record(Kind::Goal),
                &["description"],
                &["description", "created_at"],
                &[
                    column("id", &["id", "goal_id", "uuid"]),
                    column("description", &["description", "goal", "title", "name"]),
                    column("status", &["status", "state"]),
                    column("priority", &["priority"]),
                    column("completed_at", &["completed_at", "finished_at"]),
                    column("result", &["result", "outcome"]),
                    CREATED_AT,
                    METADATA,
                    SESSION,
                ],
            )
        },
        Table::new(
            &["decisions", "decision"],
            Becomes::Record(Kind::Decision),
            &["context", "chosen"],
            &["context", "chosen", "timestamp"],
            &[
                column("id", &["id", "decision_id", "uuid"]),
                column("context", &["context", "situation", "question"]),
                column("options", &["options", "options_json", "alternatives"]),
                column("chosen", &["chosen", "choice", "decision", "selected"]),
                column("reasoning", &["reasoning", "reason", "rationale"]),
                column("intelligence_level", &["intelligence_level", "level"]),
                column("decided_by", &["decided_by", "agent", "agent_name"]),
                column("model_used", &["model_used", "model"]),
                column("outcome", &["outcome", "result"]),
                TIMESTAMP,
                SESSION,
            ],
        ),
        Table::new(
            &["patterns", "pattern"],
            Becomes::Record(Kind::Pattern),
            &["trigger"],
            &["trigger", "action"],
            &[
                column("id", &["id", "pattern_id", "uuid"]),
                column("trigger", &["trigger", "trigger_text", "pattern"]),
                column("action", &["action", "action_json", "response"]),
                column("success_rate", &["success_rate"]),
                column("uses", &["uses", "use_count", "usage_count"]),
                column("last_used", &["last_used", "last_used_at"]),
                column("created_from", &["created_from", "source"]),
                CREATED_AT,
            ],
        ),
        Table::new(
            &["agent_states", "agent_state"],
            Becomes::Record(Kind::AgentState),
            &["agent_name"],
            &["agent_name"],
            &[
                column("agent_name", &["agent_name", "agent", "agent_id", "name"]),
                column("state", &["state", "state_json", "data"]),
            ],
        ),
        Table::new(
            &["tool_calls", "tool_call"],
            Becomes::Record(Kind::ToolCall),
            &["tool_name"],
            &["task_id", "tool_name", "timestamp"],
            &[
                column("id", &["id", "call_id", "uuid"]),
                column("task_id", &["task_id"]),
                column("iteration", &["iteration", "step"]),
                column("tool_name", &["tool_name", "tool", "name"]),
                column("agent", &["agent", "agent_name"]),
                column("input", &["input", "input_json", "arguments", "args"]),
                column("output", &["output", "output_json", "result"]),
                column("success", &["success", "succeeded", "status"]),
                column("duration_ms", &["duration_ms", "elapsed_ms"]),
                column("reason", &["reason", "reasoning"]),
                TIMESTAMP,
                SESSION,
            ],
        ),
    ],
};
