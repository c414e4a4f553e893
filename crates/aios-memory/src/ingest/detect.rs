//! The layout of a file, from its format, its name and its first bytes.

use std::path::Path;

use serde_json::Value;

use super::Format;

/// The first bytes of a file, by which its layout is known.
pub(crate) const HEAD_BYTES: u64 = 64 * 1024;

/// The layout of a stream. JSON that is one document may be of any format of conversations; its
/// elements tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    Json,
    JsonLines,
    Markdown,
    Text,
}

/// The layout of a file in this format, of this name, that begins with `head`.
pub(crate) fn layout(format: Format, name: Option<&Path>, head: &[u8]) -> Layout {
    match format {
        Format::Auto => detect(name, head),
        Format::Chat => Layout::Json,
        Format::Jsonl => Layout::JsonLines,
        Format::Markdown => Layout::Markdown,
        Format::Text => Layout::Text,
        // All others are JSON. Most of them come as a document and as lines.
        _ => match detect(name, head) {
            Layout::JsonLines => Layout::JsonLines,
            _ => Layout::Json,
        },
    }
}

/// The layout of a file of this name that begins with `head`.
pub(crate) fn detect(name: Option<&Path>, head: &[u8]) -> Layout {
    let extension = name.and_then(Path::extension).and_then(|extension| extension.to_str());
    let extension = extension.unwrap_or_default().to_ascii_lowercase();
    match extension.as_str() {
        "jsonl" | "ndjson" => return Layout::JsonLines,
        "md" | "markdown" => return Layout::Markdown,
        "txt" | "text" => return Layout::Text,
        _ => {}
    }
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start();
    match head {
        [b'{', ..] if is_object_line(head) => Layout::JsonLines,
        [b'{', ..] => Layout::Json,
        [b'[', rest @ ..] if matches!(rest.trim_ascii_start(), [] | [b'{' | b']', ..]) => {
            Layout::Json
        }
        _ if extension == "json" => Layout::Json,
        _ => Layout::Text,
    }
}

/// Returns `true` if the first line is a whole object that is one record, not a list of them.
fn is_object_line(head: &[u8]) -> bool {
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let object = serde_json::from_slice::<Value>(line);
    object.is_ok_and(|object| {
        object.get("messages").is_none() && object.get("conversation").is_none()
    })
}

#[cfg(test)]
mod tests;
