//! Stores of an agent that pursues goals: `goals`, their tasks with `tool_calls`, `decisions`,
//! `patterns` and the saved states of agents.

use aios_memory::fields::Holds;
use aios_record::Kind;

use super::{
    Shape,
    mapping::{Becomes, CREATED_AT, METADATA, SESSION, TIMESTAMP, Table, column},
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
                    column("id", Holds::Id, &["id", "goal_id", "uuid"]),
                    column("description", Holds::Text, &["description", "goal", "title", "name"]),
                    column("status", Holds::Text, &["status", "state"]),
                    column("priority", Holds::Whole, &["priority"]),
                    column("completed_at", Holds::Time, &["completed_at", "finished_at"]),
                    column("result", Holds::Text, &["result", "outcome"]),
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
                column("id", Holds::Id, &["id", "decision_id", "uuid"]),
                column("context", Holds::Text, &["context", "situation", "question"]),
                column("options", Holds::Json, &["options", "options_json", "alternatives"]),
                column("chosen", Holds::Text, &["chosen", "choice", "decision", "selected"]),
                column("reasoning", Holds::Text, &["reasoning", "reason", "rationale"]),
                column("intelligence_level", Holds::Text, &["intelligence_level", "level"]),
                column("decided_by", Holds::Text, &["decided_by", "agent", "agent_name"]),
                column("model_used", Holds::Text, &["model_used", "model"]),
                column("outcome", Holds::Text, &["outcome", "result"]),
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
                column("id", Holds::Id, &["id", "pattern_id", "uuid"]),
                column("trigger", Holds::Text, &["trigger", "trigger_text", "pattern"]),
                column("action", Holds::Text, &["action", "action_json", "response"]),
                column("success_rate", Holds::Number, &["success_rate"]),
                column("uses", Holds::Whole, &["uses", "use_count", "usage_count"]),
                column("last_used", Holds::Time, &["last_used", "last_used_at"]),
                column("created_from", Holds::Text, &["created_from", "source"]),
                CREATED_AT,
            ],
        ),
        Table::new(
            &["agent_states", "agent_state"],
            Becomes::Record(Kind::AgentState),
            &["agent_name"],
            &["agent_name"],
            &[
                column("agent_name", Holds::Id, &["agent_name", "agent", "agent_id", "name"]),
                column("state", Holds::Json, &["state", "state_json", "data"]),
            ],
        ),
        Table::new(
            &["tool_calls", "tool_call"],
            Becomes::Record(Kind::ToolCall),
            &["tool_name"],
            &["task_id", "tool_name", "timestamp"],
            &[
                column("id", Holds::Id, &["id", "call_id", "uuid"]),
                column("task_id", Holds::Id, &["task_id"]),
                column("iteration", Holds::Whole, &["iteration", "step"]),
                column("tool_name", Holds::Text, &["tool_name", "tool", "name"]),
                column("agent", Holds::Text, &["agent", "agent_name"]),
                column("input", Holds::Json, &["input", "input_json", "arguments", "args"]),
                column("output", Holds::Json, &["output", "output_json", "result"]),
                column("success", Holds::Truth, &["success", "succeeded", "status"]),
                column("duration_ms", Holds::Whole, &["duration_ms", "elapsed_ms"]),
                column("reason", Holds::Text, &["reason", "reasoning"]),
                TIMESTAMP,
                SESSION,
            ],
        ),
    ],
};
