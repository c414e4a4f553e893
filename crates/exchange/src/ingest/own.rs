//! Detects what this memory gave to an agent, so that no transcript returns it as something that
//! was said: contexts, and calls of the memory's own tools.

use std::borrow::Cow;

use aios_memory::context::contexts;
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

/// End of the words with which a host introduces a context from a hook.
const INTRODUCTION: &str = "hook additional context:";

/// Returns `text` without the contexts of this memory, and without the lines that introduce them.
pub(in crate::ingest) fn without_own(text: &str) -> Cow<'_, str> {
    let contexts = contexts(text);
    if contexts.is_empty() {
        return Cow::Borrowed(text);
    }
    let (mut said, mut from) = (String::with_capacity(text.len()), 0);
    for context in contexts {
        said.push_str(without_introduction(&text[from..context.start]));
        from = context.end;
        if let Some(before) = said.trim_end().strip_suffix(REMINDER.0)
            && let Some(after) = text[from..].trim_start().strip_prefix(REMINDER.1)
        {
            said.truncate(before.len());
            from = text.len() - after.len();
        }
    }
    said.push_str(&text[from..]);
    Cow::Owned(said.trim().to_owned())
}

/// Returns the text before a context without the words with which a host introduces it, such as
/// `SessionStart hook additional context:`, alone in their line or element.
fn without_introduction(before: &str) -> &str {
    let Some(event) = before.trim_end().strip_suffix(INTRODUCTION) else { return before };
    let event = event.trim_end_matches(' ');
    let begin = event.rfind(|c: char| c.is_whitespace() || c == '>').map_or(0, |at| at + 1);
    match event[..begin].chars().next_back() {
        None | Some('\n' | '>') => &before[..begin],
        Some(_) => before,
    }
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

#[cfg(test)]
mod tests;
