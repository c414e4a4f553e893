//! Calls without a result in the lines of a session file. They are read again together with the
//! later lines that have their results.

use std::collections::HashMap;

use serde_json::Value;

use crate::ingest::format::Format;

/// Text that every Claude Code line with a call or a result contains.
const CLAUDE_CODE: &str = "\"tool_use";
const CODEX: &str = "\"call_id\"";

/// Returns the offset and the number of lines before the first line with a call that has no result.
pub(super) fn unanswered(format: Format, bytes: &[u8]) -> Option<(u64, u64)> {
    let mut waiting: HashMap<String, (u64, u64)> = HashMap::new();
    let mut offset = 0;
    for (number, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let place = (offset, number as u64);
        offset += line.len() as u64;
        let sign = if format == Format::Codex { CODEX } else { CLAUDE_CODE };
        let Ok(text) = std::str::from_utf8(line) else { continue };
        if !text.contains(sign) {
            continue;
        }
        let Ok(row) = serde_json::from_str::<Value>(text) else { continue };
        for (id, is_call) in calls_in(format, &row) {
            match is_call {
                true => drop(waiting.entry(id.to_owned()).or_insert(place)),
                false => drop(waiting.remove(id)),
            }
        }
    }
    waiting.into_values().min()
}

/// Returns the ids of the calls (true) and results (false) in a row.
fn calls_in(format: Format, row: &Value) -> Vec<(&str, bool)> {
    if format == Format::Codex {
        let item = row.get("payload").unwrap_or(row);
        let sort = item["type"].as_str().unwrap_or_default();
        let is_event = row["type"] == "event_msg";
        let id = item["call_id"].as_str().filter(|_| !is_event);
        let is_call = !sort.ends_with("_output");
        return id.map(|id| (id, is_call)).into_iter().collect();
    }
    let parts = row["message"]["content"].as_array().into_iter().flatten();
    parts.filter_map(call_in_part).collect()
}

/// Returns the id of a call (true) or of a result (false) in a part of a message.
fn call_in_part(part: &Value) -> Option<(&str, bool)> {
    match part["type"].as_str()? {
        "tool_use" => part["id"].as_str().map(|id| (id, true)),
        "tool_result" => part["tool_use_id"].as_str().map(|id| (id, false)),
        _ => None,
    }
}
