//! The steps of patterns and procedures: tool calls with their inputs, without their outputs.

use aios_working::ToolCall;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Maximum number of steps that are learned from one task or goal. Longer work is not learned.
pub const STEPS_MAX: usize = 200;
/// Maximum size of learned steps, in bytes of JSON. Larger ones are not learned.
pub const STEPS_BYTES_MAX: usize = 32 << 10;

/// One step: a call of a tool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Name of the tool.
    pub tool: String,
    /// The input.
    #[serde(default)]
    pub input: Value,
}

impl Step {
    /// Returns the steps of the successful calls, in order. `None` if there are no such calls, or
    /// too many.
    pub(super) fn of_calls<'a>(calls: impl IntoIterator<Item = &'a ToolCall>) -> Option<Steps> {
        let calls = calls.into_iter().filter(|call| call.success);
        let steps: Vec<Step> = calls
            .map(|call| Step { tool: call.tool_name.clone(), input: call.input.clone() })
            .collect();
        let json = serde_json::to_string(&steps).expect("steps are plain data");
        let fits = (1..=STEPS_MAX).contains(&steps.len()) && json.len() <= STEPS_BYTES_MAX;
        fits.then_some(Steps { steps, json })
    }

    /// Reads the steps of a pattern's action. An action in prose has none.
    pub(super) fn of_action(action: &str) -> Vec<Step> {
        serde_json::from_str(action).unwrap_or_default()
    }

    /// Reads the steps of a procedure. Returns an empty list for another form.
    pub(super) fn of_procedure(steps: &Value) -> Vec<Step> {
        Vec::deserialize(steps).unwrap_or_default()
    }
}

/// Learned steps, with their JSON.
pub(super) struct Steps {
    pub(super) steps: Vec<Step>,
    pub(super) json: String,
}
