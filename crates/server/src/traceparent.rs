//! The trace named by a caller (W3C Trace Context, `traceparent`).

#[cfg(test)]
mod tests;

use http::HeaderMap;

/// Returns the trace id and the parent id named by the caller.
pub(crate) fn parent(headers: &HeaderMap) -> Option<(&str, &str)> {
    headers.get("traceparent").and_then(|value| value.to_str().ok()).and_then(parse)
}

/// Parses `00-<32 hex digits>-<16 hex digits>-<2 hex digits>`. Other values are ignored, as the
/// recommendation requires.
fn parse(text: &str) -> Option<(&str, &str)> {
    let mut parts = text.split('-');
    let (version, trace, parent, flags) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_hex = |text: &str, digits: usize| {
        text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let is_set = |text: &str| text.bytes().any(|byte| byte != b'0');
    let is_valid = is_hex(version, 2)
        && version != "ff"
        && is_hex(trace, 32)
        && is_set(trace)
        && is_hex(parent, 16)
        && is_set(parent)
        && is_hex(flags, 2)
        && (version != "00" || parts.next().is_none());
    is_valid.then_some((trace, parent))
}
