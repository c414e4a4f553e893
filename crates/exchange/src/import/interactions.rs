//! Stores of exchanges with a user: `interactions`, each with the data behind its answer.

use aios_record::Kind;
use serde_json::{Map, Value};

use super::{
    mapping::{Becomes, SESSION, TIMESTAMP, Table, column},
    shape::Shape,
};

pub(super) const SHAPE: Shape = Shape {
    name: "interactions",
    about: "table interactions",
    tables: &[Table {
        finish,
        ..Table::new(
            &["interactions", "interaction", "interaction_log"],
            Becomes::Record(Kind::Interaction),
            &["user_transcript", "assistant_response"],
            &["timestamp", "user_transcript"],
            &[
                column("id", &["id", "interaction_id", "uuid"]),
                column(
                    "user_transcript",
                    &[
                        "user_transcript",
                        "transcript",
                        "user_input",
                        "user_message",
                        "user_text",
                        "user_query",
                        "query",
                        "prompt",
                        "question",
                        "input",
                    ],
                ),
                column("llm_messages", &["llm_messages", "messages", "messages_json"]),
                column("tool_calls", &["tool_calls", "tool_calls_json", "tools_used"]),
                column(
                    "assistant_response",
                    &[
                        "assistant_response",
                        "response",
                        "assistant_message",
                        "assistant_text",
                        "ai_response",
                        "reply",
                        "answer",
                        "output",
                    ],
                ),
                column("skill_used", &["skill_used", "skill", "intent"]),
                column(
                    "latency_ms",
                    &["latency_ms", "latency_json", "latencies", "latency", "timings"],
                ),
                TIMESTAMP,
                SESSION,
            ],
        )
    }],
};

/// Accepts exchanges in which only the agent spoke.
fn finish(fields: &mut Map<String, Value>, _: &mut Map<String, Value>) {
    fields.entry("user_transcript").or_insert("".into());
}
