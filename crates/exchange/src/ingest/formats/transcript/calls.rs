//! Drafts of tool calls, with bounded inputs and outputs.

use aios_draft::{Draft, Mend, content::Call, moment};
use aios_record::{Kind, Scope};
use aios_working::OUTPUT_CUT_MARK;
use serde_json::{Value, json};

/// Minimum length in characters of a text that may be encoded bytes.
const BYTES_MIN: usize = 1024;

/// Maximum length of a tool call's input that is kept whole, in bytes.
const INPUT_BYTES_MAX: usize = 256 * 1024;

/// Returns the output of a tool as the text of a message.
pub(super) fn text_of(output: &Value) -> String {
    match output {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// Builds the draft of a call, with the fields of the tool call as metadata.
pub(super) fn call_draft(scope: Scope, call: &Call, time: &Value) -> Draft {
    let tool = match call.tool.trim() {
        "" => "unknown",
        tool => tool,
    };
    let (input, mended) = fitted("input", call.input.clone(), INPUT_BYTES_MAX);
    let Value::Object(fields) = json!({"tool_name": tool, "input": input, "success": false}) else {
        unreachable!("built as an object")
    };
    Draft {
        role: Some(tool.to_owned()),
        occurred_at: moment::from_json(time).ok(),
        metadata: fields,
        mended: mended.into_iter().collect(),
        ..Draft::new(Kind::ToolCall, scope, call.input.to_string())
    }
}

/// Replaces Base64 data in an output with its length in bytes. Returns `true` if there was any.
pub(super) fn name_bytes(output: &mut Value) -> bool {
    match output {
        Value::String(text) if is_base64(text) => {
            *text = format!("[{} bytes]", text.len() / 4 * 3);
            true
        }
        // Visits every item, also after one was replaced.
        Value::Array(items) => 0 < items.iter_mut().map(name_bytes).filter(|it| *it).count(),
        Value::Object(fields) => 0 < fields.values_mut().map(name_bytes).filter(|it| *it).count(),
        _ => false,
    }
}

/// Returns `true` for a long text that is Base64, alone or in a data URL.
fn is_base64(text: &str) -> bool {
    let data = text.split_once(";base64,").filter(|(head, _)| head.starts_with("data:"));
    let bytes = data.map_or(text, |(_, data)| data).trim_ascii().as_bytes();
    let is_of = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=-_".contains(byte);
    let has = |is: fn(&u8) -> bool| bytes.iter().any(is);
    BYTES_MIN <= bytes.len()
        && bytes.iter().all(is_of)
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_digit)
}

/// Returns the value of the field `name` of a call, limited to `max` bytes. A longer value becomes
/// a truncated text with a mark at its end, which is reported.
pub(super) fn fitted(name: &str, value: Value, max: usize) -> (Value, Option<Mend>) {
    let text = match &value {
        Value::String(text) => text.clone(),
        Value::Array(_) | Value::Object(_) => value.to_string(),
        _ => return (value, None),
    };
    if text.len() <= max {
        return (value, None);
    }
    let end = text.floor_char_boundary(max - OUTPUT_CUT_MARK.len());
    let reason = format!("the {name} of the call has {} bytes; cut to {max}", text.len());
    (format!("{}{OUTPUT_CUT_MARK}", &text[..end]).into(), Some(Mend::of(name, reason)))
}
