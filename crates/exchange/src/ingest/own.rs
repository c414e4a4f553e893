//! Detects what this memory gave to an agent, so that no transcript returns it as something that
//! was said: contexts, and calls of the memory's own tools.

use std::borrow::Cow;

use aios_memory::context::{has_context, without_contexts};
use serde_json::Value;

/// Names of the MCP server in agent hosts, which replace characters and add prefixes.
const SERVERS: &[&str] = &["aios-memory", "aios_memory"];

/// Name of the server in its own words, with its tools. Another server may have the same name but
/// not these tools.
const SERVER: &str = "memory";
const TOOLS: &[&str] =
    &["context", "recall", "read", "remember", "forget", "memory", "search", "fetch"];

/// Separator of the server's name and the tool's name in agent hosts.
const SEPARATOR: &str = "__";

/// The element in which hosts wrap texts that they add to a user's message.
const REMINDER: (&str, &str) = ("<system-reminder>", "</system-reminder>");

/// End of the line with which a host introduces a context from a hook.
const INTRODUCTION: &str = "hook additional context:";

/// Returns `text` without the contexts of this memory, and without the lines that introduce them.
pub(in crate::ingest) fn without_own(text: &str) -> Cow<'_, str> {
    if !has_context(text) {
        return Cow::Borrowed(text);
    }
    let text = without_reminders(text);
    let text = without_contexts(&text);
    let is_said = |line: &&str| !line.trim_end().ends_with(INTRODUCTION);
    let said: Vec<&str> = text.lines().filter(is_said).collect();
    Cow::Owned(said.join("\n").trim().to_owned())
}

/// Removes the contexts of this memory from each text in `value`.
pub(in crate::ingest) fn cut_own(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Cow::Owned(cut) = without_own(text) {
                *text = cut;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(cut_own),
        Value::Object(fields) => fields.values_mut().for_each(cut_own),
        _ => {}
    }
}

/// Returns true for the name of a tool of this memory in an agent host, such as
/// `mcp__aios-memory__recall`.
pub(in crate::ingest) fn is_own_tool(name: &str) -> bool {
    let Some(rest) = name.strip_prefix("mcp__").or_else(|| name.strip_prefix("mcp.")) else {
        return false;
    };
    let (server, tool) = rest.rsplit_once(SEPARATOR).unwrap_or((rest, ""));
    SERVERS.iter().any(|own| server == *own || server.ends_with(&format!("_{own}")))
        || (server == SERVER && TOOLS.contains(&tool))
}

/// Removes the reminders that contain a context of this memory.
fn without_reminders(text: &str) -> String {
    let (open, close) = REMINDER;
    let (mut kept, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find(open) {
        let end = rest[at..].find(close).map_or(rest.len(), |length| at + length + close.len());
        let reminder = &rest[at..end];
        kept.push_str(&rest[..at]);
        if !has_context(reminder) {
            kept.push_str(reminder);
        }
        rest = &rest[end..];
    }
    kept + rest
}

#[cfg(test)]
mod tests;
