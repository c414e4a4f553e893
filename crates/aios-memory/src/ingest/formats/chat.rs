//! Messages that stand beside the `messages` of a conversation: the instructions of a
//! request to Anthropic, and the response that a log has of OpenAI or Anthropic.

use serde_json::{Map, Value, json};

/// The fields of a response.
const RESPONSES: &[&str] = &["response", "completion"];

/// Fields of a request that say how it is to be answered, not what was said.
const SETTINGS: &[&str] = &[
    "model",
    "tools",
    "tool_choice",
    "functions",
    "max_tokens",
    "max_completion_tokens",
    "temperature",
    "top_p",
    "stream",
    "stop",
    "stop_sequences",
    "response_format",
    "parallel_tool_calls",
    "thinking",
];

/// Takes the messages before and after those of a conversation out of its fields.
pub(crate) fn messages_beside(fields: &mut Map<String, Value>) -> (Vec<Value>, Vec<Value>) {
    let is_said = |system: &Value| system.is_array() || system.is_string();
    let system =
        if fields.get("system").is_some_and(is_said) { fields.remove("system") } else { None };
    let before = system.map(|system| json!({"role": "system", "content": system}));
    let mut after = Vec::new();
    for name in RESPONSES {
        let Some(response) = fields.get(*name) else { continue };
        let message = response.pointer("/choices/0/message").unwrap_or(response);
        if message.get("role").is_some() && message.get("content").is_some() {
            after.push(message.clone());
            fields.remove(*name);
        }
    }
    fields.retain(|name, _| !SETTINGS.contains(&&**name));
    (before.into_iter().collect(), after)
}
