//! Detects a file's layout from its format, its name and its first bytes.

use std::path::Path;

use aios_draft::spellings::{Field, NAME, ROLE, TEXT, TIME};
use serde::de::IgnoredAny;
use serde_json::Value;

use super::{encoding::begun, format::Format, formats};

/// Number of leading bytes used to detect the layout.
pub(crate) const HEAD_BYTES: u64 = 64 * 1024;

/// Layout of a stream. The elements of a single JSON document may have any conversation format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    Json,
    JsonLines,
    /// Records that are not one per line.
    Records,
    Markdown,
    Text,
}

/// Returns the layout of a file with this format and name that begins with `head`.
pub(crate) fn layout(format: Format, name: Option<&Path>, head: &[u8]) -> Layout {
    match format {
        Format::Auto => detect(name, head),
        Format::Chat => Layout::Json,
        Format::Jsonl => of_records(head),
        Format::Markdown => Layout::Markdown,
        Format::Text => Layout::Text,
        // All other formats are JSON, and most of them occur both as a document and as lines.
        _ => match detect(name, head) {
            layout @ (Layout::JsonLines | Layout::Records) => layout,
            _ => Layout::Json,
        },
    }
}

/// Returns the layout of a file with this name that begins with `head`. JSON with known fields is
/// detected regardless of the file name.
pub(crate) fn detect(name: Option<&Path>, head: &[u8]) -> Layout {
    let extension = name.and_then(Path::extension).and_then(|extension| extension.to_str());
    let extension = extension.unwrap_or_default().to_ascii_lowercase();
    let head = begun(head);
    match extension.as_str() {
        "jsonl" | "ndjson" => return of_records(head),
        "md" | "markdown" if !is_known(head) => return Layout::Markdown,
        "txt" | "text" if !is_known(head) => return Layout::Text,
        _ => {}
    }
    match head {
        [b'{', ..] if is_object_line(head) => of_records(head),
        [b'{', ..] => Layout::Json,
        [b'[', rest @ ..] if matches!(rest.trim_ascii_start(), [] | [b'{' | b']', ..]) => {
            Layout::Json
        }
        _ if extension == "json" => Layout::Json,
        _ => Layout::Text,
    }
}

/// Returns the layout of records that should be one per line, but may be lists, span several lines,
/// or have lines that end with only a carriage return.
fn of_records(head: &[u8]) -> Layout {
    let head = begun(head);
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii_end();
    if line.contains(&b'\r') {
        return Layout::Records;
    }
    let is_value = |line: &[u8]| serde_json::from_slice::<IgnoredAny>(line).is_ok();
    if is_value(line) || head.len() <= line.len() {
        let is_list = line.strip_prefix(b"[").is_some_and(|rest| begun(rest).starts_with(b"{"));
        return if is_list { Layout::Json } else { Layout::JsonLines };
    }
    let mut values = serde_json::Deserializer::from_slice(head).into_iter::<IgnoredAny>();
    let is_spread = match values.next() {
        Some(Ok(_)) => line.len() < values.byte_offset(),
        // The value continues past the head, unless it is broken.
        Some(Err(error)) if error.is_eof() => {
            !head.split(|byte| *byte == b'\n').any(|line| line.starts_with(b"{") && is_value(line))
        }
        _ => false,
    };
    match is_spread {
        true if head.starts_with(b"[") => Layout::Json,
        true => Layout::Records,
        false => Layout::JsonLines,
    }
}

/// Returns `true` if the first line is a complete object that is one record, not a list of them.
fn is_object_line(head: &[u8]) -> bool {
    let line = head.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
    let object = serde_json::from_slice::<Value>(line);
    object.is_ok_and(|object| {
        object.get("messages").is_none() && object.get("conversation").is_none()
    })
}

/// Returns `true` for JSON whose first object is a message, a conversation or of a known format.
fn is_known(head: &[u8]) -> bool {
    let object = match head {
        [b'{', ..] => head,
        [b'[', rest @ ..] if rest.trim_ascii_start().starts_with(b"{") => rest,
        _ => return false,
    };
    let mut values = serde_json::Deserializer::from_slice(object).into_iter::<Value>();
    match values.next() {
        Some(Ok(Value::Object(object))) => {
            let has = |field: &Field| object.keys().any(|name| field.is_spelled(name));
            formats::recognised(&object).is_some()
                || object.get("messages").is_some_and(Value::is_array)
                || (has(&TEXT) && (object.len() == 1 || [ROLE, NAME, TIME].iter().any(has)))
        }
        Some(Err(error)) => error.is_eof() && formats::holder_in(object).is_some(),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
