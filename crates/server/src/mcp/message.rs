//! Parses messages from bytes. The library gives no JSON-RPC answer to a malformed message, so the
//! client would wait forever, or receive plain text.
//!
//! Batches are refused in every revision. Only 2025-03-26 had them, and no known client sends any.

#[cfg(test)]
mod tests;

use rmcp::model::{ClientJsonRpcMessage, ErrorCode};
use serde::Deserialize;
use serde_json::{Value, json};

/// Refusal of JSON that is not a message.
const NOT_A_MESSAGE: &str = "expected a request of JSON-RPC 2.0";

/// The parsed content.
#[derive(Debug)]
pub(super) enum Parsed {
    Message(Box<ClientJsonRpcMessage>),
    /// Empty, or a notification that this server does not know.
    Nothing,
    /// The answer to bytes that are not a message.
    Refused(Value),
}

/// Parses a message.
pub(super) fn parse(bytes: &[u8]) -> Parsed {
    let refused = |code, id, message: &str| Parsed::Refused(refusal(code, id, message));
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii();
    if bytes.is_empty() {
        return Parsed::Nothing;
    }
    if let Ok(message) = serde_json::from_slice::<ClientJsonRpcMessage>(bytes) {
        return Parsed::Message(Box::new(message));
    }
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else {
        let id = serde_json::from_slice(bytes).ok().and_then(|Identified { id }| id_in(Some(&id)));
        let message = "expected one message in JSON";
        return refused(ErrorCode::PARSE_ERROR, id.unwrap_or_default(), message);
    };
    let id = id_in(value.get("id"));
    match (&value, id) {
        (Value::Array(_), _) => {
            let message = "expected one message: batches are not supported";
            refused(ErrorCode::INVALID_REQUEST, Value::Null, message)
        }
        (Value::Object(fields), None)
            if fields.contains_key("method") && !fields.contains_key("id") =>
        {
            Parsed::Nothing
        }
        (_, id) => {
            let id = id.unwrap_or_default();
            refused(ErrorCode::INVALID_REQUEST, id, NOT_A_MESSAGE)
        }
    }
}

/// The id of a message whose texts may have lone surrogate escapes.
#[derive(Deserialize)]
struct Identified {
    id: Value,
}

/// Returns the id of a message if it is a request.
fn id_in(id: Option<&Value>) -> Option<Value> {
    id.filter(|id| id.is_string() || id.is_i64()).cloned()
}

/// Returns the error for [`Parsed::Nothing`] if an answer is expected.
pub(super) fn not_a_message() -> Value {
    refusal(ErrorCode::INVALID_REQUEST, Value::Null, NOT_A_MESSAGE)
}

/// Returns a JSON-RPC error.
pub(super) fn refusal(code: ErrorCode, id: Value, message: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "error": {"code": code.0, "message": message}})
}
