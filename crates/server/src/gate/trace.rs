//! The span of a call, with the trace that the caller names (W3C Trace Context, `traceparent`).

#[cfg(test)]
mod tests;

use http::HeaderMap;
use tracing::{Span, info_span};

use crate::{operation::Operation, telemetry::Traced};

/// Returns the span of a call in the log. Its trace is that of the exported span, if there is one.
pub(super) fn span(operation: &Operation, headers: &HeaderMap, traced: &Traced) -> Span {
    let (named, parent_id) = parent(headers).unwrap_or(("", ""));
    let ids = traced.ids();
    let trace_id = ids.as_ref().map_or(named, |(trace_id, _)| trace_id.as_str());
    let span_id = ids.as_ref().map(|(_, span_id)| span_id.as_str());
    info_span!("call", operation = operation.name, trace_id, span_id, parent_id)
}

/// Returns the trace and the parent that the caller names.
pub(crate) fn parent(headers: &HeaderMap) -> Option<(&str, &str)> {
    headers.get("traceparent").and_then(|value| value.to_str().ok()).and_then(parse)
}

/// Parses `00-<32 hex digits>-<16 hex digits>-<2 hex digits>`. Anything else is ignored, as the
/// recommendation demands.
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
