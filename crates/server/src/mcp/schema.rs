//! Schemas of arguments. They are minimal, because a host adds them to every prompt, and closed:
//! unknown arguments are refused.

use rmcp::model::JsonObject;
use serde_json::{Value, json};

/// Limits of a token budget.
pub(crate) const TOKENS_MIN: usize = 50;
pub(crate) const TOKENS_MAX: usize = 8_000;

/// Returns a closed schema of an object.
pub(crate) fn closed(properties: Value, required: &[&str]) -> JsonObject {
    let schema = json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    });
    match schema {
        Value::Object(schema) => schema,
        _ => unreachable!("the schema of an object is an object"),
    }
}

/// Returns the schema of a text.
pub(crate) fn text() -> Value {
    json!({"type": "string"})
}

/// Returns the schema of a text, with a hint.
pub(crate) fn described(hint: &str) -> Value {
    json!({"type": "string", "description": hint})
}

/// Returns the schema of a list of texts.
pub(crate) fn texts() -> Value {
    json!({"type": "array", "items": text()})
}

/// Returns the schema of a list of 1 to `count_max` keys.
pub(crate) fn keys(count_max: usize) -> Value {
    json!({"type": "array", "items": text(), "minItems": 1, "maxItems": count_max})
}

/// Returns the schema of a token budget.
pub(crate) fn budget(default: usize) -> Value {
    json!({"type": "integer", "minimum": TOKENS_MIN, "maximum": TOKENS_MAX, "default": default})
}

/// Returns the schema of a list of at most `count_max` objects with a closed schema.
pub(crate) fn objects(properties: Value, required: &[&str], count_max: usize) -> Value {
    json!({"type": "array", "items": closed(properties, required), "maxItems": count_max})
}

/// Returns the schema of a list of at most `count_max` texts.
pub(crate) fn texts_to(count_max: usize) -> Value {
    json!({"type": "array", "items": text(), "maxItems": count_max})
}
