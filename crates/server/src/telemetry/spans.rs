//! The spans of a call: one for the call itself, from its arrival to its answer or the end of its
//! stream, and within it one for the memory's operation, from the time at which the call has its
//! place.

use std::sync::{Arc, Mutex, PoisonError, atomic::Ordering};

use axum::body::Body;
use http::{HeaderMap, Method, Response, Version};
use opentelemetry::{
    Context, KeyValue,
    global::BoxedSpan,
    propagation::{Extractor, TextMapPropagator},
    trace::{Span, SpanBuilder, SpanContext, SpanKind, Status, TraceContextExt, Tracer},
};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use serde_json::json;

use super::{
    conventions as names,
    exporter::{Running, Source},
};
use crate::{
    Error,
    operation::{Operation, Shape},
    traceparent,
};

/// Maximum size of a text in a span in bytes, and maximum number of texts. Further ones are
/// dropped.
const TEXT_BYTES_MAX: usize = 2_048;
const TEXTS_MAX: usize = 20;

/// Tracing of a service. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Tracing(Option<Arc<Running>>);

/// The spans of a call, if it is traced. Cheap to clone. They end with the answer; those of a
/// stream end when the last clone is dropped.
#[derive(Clone, Default)]
pub(crate) struct Traced(Option<Arc<Spans>>);

struct Spans {
    running: Arc<Running>,
    operation: Option<&'static str>,
    is_grpc: bool,
    context: SpanContext,
    open: Mutex<Open>,
}

/// The spans that have not ended. The inner one is dropped first.
struct Open {
    memory: Option<BoxedSpan>,
    call: Option<BoxedSpan>,
}

impl Tracing {
    /// Returns a tracing that is disabled.
    pub(crate) fn off() -> Tracing {
        Tracing(None)
    }

    /// Starts tracing to a destination.
    ///
    /// # Errors
    /// [`Error::Telemetry`] if the exporter cannot be built.
    pub(super) fn start(source: Source) -> Result<Tracing, Error> {
        Ok(Tracing(Some(Arc::new(Running::start(source)?))))
    }

    /// Starts the span of a call.
    pub(crate) fn begin(
        &self,
        operation: &Operation,
        method: &Method,
        version: Version,
        is_grpc: bool,
        headers: &HeaderMap,
    ) -> Traced {
        let Some(running) = &self.0 else { return Traced::default() };
        let parent = match running.takes_parents && traceparent::parent(headers).is_some() {
            true => {
                let root = Context::new();
                TraceContextPropagator::new().extract_with_context(&root, &Headers(headers))
            }
            false => Context::new(),
        };
        let builder = SpanBuilder::from_name(names::span_name(operation))
            .with_kind(SpanKind::Server)
            .with_attributes(names::attributes(operation, method, version));
        let span = start(running, builder, &parent);
        Traced(Some(Arc::new(Spans {
            running: Arc::clone(running),
            operation: names::memory_operation(operation),
            is_grpc,
            context: span.span_context().clone(),
            open: Mutex::new(Open { memory: None, call: Some(span) }),
        })))
    }

    /// Exports the waiting spans, and ends.
    pub(crate) async fn end(&self) {
        if let Some(running) = &self.0 {
            running.end().await;
        }
    }
}

fn start(running: &Running, builder: SpanBuilder, parent: &Context) -> BoxedSpan {
    let span = running.tracer.build_with_context(builder, parent);
    if span.span_context().is_sampled() {
        running.counts.begun.fetch_add(1, Ordering::Relaxed);
    }
    span
}

impl Traced {
    /// Returns the ids of the trace and the span, for the log.
    pub(crate) fn ids(&self) -> Option<(String, String)> {
        let context = &self.0.as_ref()?.context;
        Some((context.trace_id().to_string(), context.span_id().to_string()))
    }

    /// Starts the span of the memory's operation, if the call corresponds to one.
    pub(crate) fn enter_memory(&self) {
        let Some(spans) = &self.0 else { return };
        let Some(operation) = spans.operation else { return };
        let builder = SpanBuilder::from_name(operation)
            .with_kind(SpanKind::Internal)
            .with_attributes([KeyValue::new(names::OPERATION_NAME, operation)]);
        let parent = Context::new().with_remote_span_context(spans.context.clone());
        let span = start(&spans.running, builder, &parent);
        spans.open.lock().unwrap_or_else(PoisonError::into_inner).memory = Some(span);
    }

    /// Records the text of a search.
    pub(crate) fn asked(&self, query: &str) {
        if self.shows_texts() {
            self.note(KeyValue::new(names::QUERY, cut(query).to_owned()));
        }
    }

    /// Records the texts of the records found.
    pub(crate) fn found<'a>(&self, texts: impl ExactSizeIterator<Item = &'a str>) {
        self.changed(texts.len());
        self.given(texts);
    }

    /// Records the texts to store.
    pub(crate) fn given<'a>(&self, texts: impl Iterator<Item = &'a str>) {
        if self.shows_texts() {
            let records = texts.take(TEXTS_MAX).map(|text| json!({"content": cut(text)}));
            let records = json!(records.collect::<Vec<_>>()).to_string();
            self.note(KeyValue::new(names::RECORDS, records));
        }
    }

    /// Records the number of changed records.
    pub(crate) fn changed(&self, count: usize) {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        self.note(KeyValue::new(names::RECORD_COUNT, count));
    }

    /// Records the answer, and ends the spans except those of a stream.
    pub(crate) fn answered(&self, response: &Response<Body>, outcome: &str, shape: Shape) {
        let Some(spans) = &self.0 else { return };
        let mut open = spans.open.lock().unwrap_or_else(PoisonError::into_inner);
        if outcome != "ok"
            && let Some(memory) = &mut open.memory
        {
            memory.set_attribute(KeyValue::new(names::ERROR_TYPE, outcome.to_owned()));
            memory.set_status(Status::error(outcome.to_owned()));
        }
        if let Some(call) = &mut open.call {
            let (attributes, status) = names::outcome(response, spans.is_grpc, outcome);
            call.set_attributes(attributes);
            call.set_status(status);
        }
        if shape == Shape::Unary {
            drop(open.memory.take());
            drop(open.call.take());
        }
    }

    fn shows_texts(&self) -> bool {
        self.0.as_ref().is_some_and(|spans| spans.running.shows_texts)
    }

    /// Adds an attribute to the span of the memory's operation.
    fn note(&self, attribute: KeyValue) {
        let Some(spans) = &self.0 else { return };
        let mut open = spans.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(memory) = &mut open.memory {
            memory.set_attribute(attribute);
        }
    }
}

/// Returns the beginning of a text.
fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(TEXT_BYTES_MAX)]
}

/// The headers of a request, for a propagator.
struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}
