//! The span of a call in the log, with its trace.

use http::HeaderMap;
use tracing::{Span, info_span};

use crate::{operation::Operation, telemetry::Traced, traceparent::parent};

/// Returns the span of a call in the log. Its trace is that of the exported span, if there is one.
pub(super) fn span(operation: &Operation, headers: &HeaderMap, traced: &Traced) -> Span {
    let (named, parent_id) = parent(headers).unzip();
    let ids = traced.ids();
    // A field without a value is not logged.
    let trace_id = ids.as_ref().map(|(trace_id, _)| trace_id.as_str()).or(named);
    let span_id = ids.as_ref().map(|(_, span_id)| span_id.as_str());
    info_span!("call", operation = operation.name, trace_id, span_id, parent_id)
}
