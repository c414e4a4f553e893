//! `/api/v1/events`: pushes events, and follows them as server-sent events.
//!
//! The `id` of an event is its position in the order of all pushes. A slow reader does not delay
//! the ring: `lapped` states the exact number of events it missed, and the stream continues with
//! the oldest one that is left. Positions count from 0 after each start of the service. If a reader
//! resumes at a later position, it gets `restarted` and the stream begins with the oldest event.

use std::{convert::Infallible, time::Duration};

use aios_memory::{
    Event, Id, MemoryView, Timestamp,
    operational::{Cursor, Operational, StoredEvent},
    record::forms,
};
use axum::{
    Extension,
    body::{Body, Bytes},
    extract::State,
    response::Response,
};
use futures::{future, stream};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use utoipa::{IntoParams, ToSchema};

use super::{
    answer,
    replays::Derived,
    request::{Json, Query, id_of, time, within},
    service::Service,
};
use crate::{bounds::EVENTS_INTERVAL, call::Call, failure::Failure};

/// Maximum number of events per request.
const EVENTS_MAX: usize = 256;
/// Number of events read from the ring at once. Bounds the bytes that wait for a slow reader.
const BATCH: usize = 64;
/// Time without an event after which a comment shows that the connection is alive.
pub(super) const QUIET_MAX: Duration = Duration::from_secs(15);
/// Header with which a reader resumes.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Events to push.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewEvents {
    /// 1 to 256 events, in order.
    #[schema(min_items = 1, max_items = 256)]
    events: Vec<NewEvent>,
}

/// An event to push.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewEvent {
    /// Category: `metric`, `event`, `task`, `tool_result`, or any other word.
    category: String,
    /// Name of the component that reports the event. Default: none.
    #[serde(default)]
    source: String,
    /// The content.
    #[serde(default)]
    data: Value,
    /// True for an event that must not be lost; it is on disk when this answers. Default: false.
    #[serde(default)]
    critical: bool,
    /// Id chosen by the caller. Default: a new one.
    #[serde(default)]
    id: Option<String>,
    /// Time of the event, RFC 3339. Default: now.
    #[serde(default, deserialize_with = "time")]
    #[schema(value_type = Option<String>, format = DateTime)]
    timestamp: Option<Timestamp>,
}

/// The pushed events.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PushedEvents {
    events: Vec<Pushed>,
}

/// A pushed event.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PushedEvent)]
struct Pushed {
    /// Position in the order of all pushes.
    seq: u64,
    /// True if it is on disk.
    durable: bool,
}

/// The events to follow.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Watch {
    /// Only events of this category. Default: all. Losses are counted over all categories.
    category: Option<String>,
    /// Only events from this component. Default: all.
    source: Option<String>,
    /// The position after which to start, for clients that cannot send `last-event-id`. Default:
    /// the last event so far.
    after: Option<u64>,
}

/// Pushes events into the ring. Critical ones are on disk when this answers. Events have no owner,
/// so a caller that acts for a user also needs the right `observe`.
#[utoipa::path(
    post,
    path = "/api/v1/events",
    tag = "operation",
    request_body = NewEvents,
    responses((status = 200, description = "The pushed events", body = PushedEvents))
)]
pub(crate) async fn push_events(
    call: Call,
    derived: Option<Extension<Derived>>,
    Json(NewEvents { events }): Json<NewEvents>,
) -> Result<Response, Failure> {
    within("events", events.len(), 1..=EVENTS_MAX)?;
    let view = call.caller.machine()?;
    let derived = derived.map(|Extension(derived)| derived);
    let mut pushes = Vec::with_capacity(events.len());
    for (index, event) in events.into_iter().enumerate() {
        let id = derived.as_ref().map(|derived| derived.id(index));
        let event = event_of(event, id).map_err(|it| it.within(&at(index)))?;
        pushes.push(event);
    }
    let pushing = Box::pin(async move { push(&view, pushes).await });
    let events = call.write(pushing).await?;
    Ok(answer::kept(StatusCode::OK, &PushedEvents { events }))
}

fn at(index: usize) -> String {
    format!("events[{index}]")
}

fn event_of(event: NewEvent, derived: Option<Id>) -> Result<Event, Failure> {
    let NewEvent { category, source, data, critical, id, timestamp } = event;
    if forms::is_blank(&category) {
        return Err(Failure::invalid("`category` is empty"));
    }
    let id = id.map(id_of).transpose()?.or(derived);
    Ok(Event { id, timestamp, critical, ..Event::new(category, source, data) })
}

/// Pushes the events in order. Critical events wait for the disk together.
async fn push(view: &MemoryView, events: Vec<Event>) -> Result<Vec<Pushed>, Failure> {
    let pushed = events.into_iter().map(|event| async move {
        let durable = event.critical;
        let pushed = match durable {
            true => view.events().push_durable(event).await?,
            false => view.observe(event)?,
        };
        Ok(Pushed { seq: pushed.seq, durable })
    });
    // Each push takes effect at the first poll, so the order is that of the request.
    let pushed: Vec<Result<Pushed, aios_memory::Error>> = future::join_all(pushed).await;
    let numbered = pushed.into_iter().enumerate();
    numbered
        .map(|(index, it)| it.map_err(|error| Failure::from(error).within(&at(index))))
        .collect()
}

/// Follows the events as server-sent events: `id` is the position, `data` the event. `lapped`
/// reports in `lost` how many events the reader missed. A comment is sent after 15 seconds without
/// an event.
#[utoipa::path(
    get,
    path = "/api/v1/events",
    tag = "operation",
    params(
        Watch,
        ("last-event-id" = Option<String>, Header, description = "The last event that was read")
    ),
    responses((
        status = 200,
        description = "The events, until the reader leaves",
        content_type = "text/event-stream",
        body = String
    ))
)]
pub(crate) async fn watch_events(
    State(service): State<Service>,
    call: Call,
    Query(watch): Query<Watch>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let operational = call.caller.operational().clone();
    let after = last_read(&headers)?.or(watch.after);
    let (cursor, is_restarted) = begin(&operational, after);
    let first = match is_restarted {
        true => "retry: 1000\n\nevent: restarted\ndata: {}\n\n",
        false => "retry: 1000\n\n",
    };
    let watcher = Watcher {
        call,
        operational,
        cursor,
        watch,
        quiet_max: service.quiet_max(),
        told_at: Instant::now(),
    };
    let first = stream::once(future::ready(Ok(Bytes::from_static(first.as_bytes()))));
    let rest = stream::unfold(watcher, |watcher| Box::pin(watcher.next()));
    let mut response = Response::new(Body::from_stream(futures::StreamExt::chain(first, rest)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Prevents proxies from buffering events.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

/// Reads the header with which a reader resumes.
fn last_read(headers: &HeaderMap) -> Result<Option<u64>, Failure> {
    let Some(value) = headers.get(LAST_EVENT_ID) else { return Ok(None) };
    let refused = || Failure::invalid(format!("the header `{LAST_EVENT_ID}` is not a position"));
    let text = value.to_str().map_err(|_| refused())?;
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| refused())
}

/// Returns the start position, and true if the reader's position is later than all events.
fn begin(operational: &Operational, after: Option<u64>) -> (Cursor, bool) {
    let end = operational.cursor();
    match after.map(|after| after.saturating_add(1)) {
        None => (end, false),
        Some(next) if end.seq() < next => (Cursor::START, true),
        Some(next) => (Cursor::at(next), false),
    }
}

/// A reader of the events.
struct Watcher {
    call: Call,
    operational: Operational,
    cursor: Cursor,
    watch: Watch,
    quiet_max: Duration,
    /// Time of the last byte sent.
    told_at: Instant,
}

impl Watcher {
    /// Waits for events and returns them as text. `None` if the call has ended.
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Watcher)> {
        let call = self.call.clone();
        tokio::select! {
            biased;
            _ = call.over() => None,
            text = self.wait() => Some((Ok(Bytes::from(text)), self)),
        }
    }

    async fn wait(&mut self) -> String {
        loop {
            let before = self.cursor;
            let mut text = self.news();
            if text.is_empty() && self.quiet_max <= self.told_at.elapsed() {
                text.push_str(": quiet\n\n");
            }
            if !text.is_empty() {
                self.told_at = Instant::now();
                return text;
            }
            if before != self.cursor {
                // No event was selected. Lets other tasks run.
                tokio::task::yield_now().await;
                continue;
            }
            sleep(EVENTS_INTERVAL).await;
        }
    }

    /// Reads the ring and formats new events. A gap is reported at its position, so that a reader
    /// that resumes in between does not get the report twice.
    fn news(&mut self) -> String {
        let news = self.operational.events_since(self.cursor, BATCH);
        let mut text = String::new();
        let mut expected = self.cursor.seq();
        for event in &news.events {
            let seq = event.seq();
            tell_lost(&mut text, expected, seq);
            expected = seq + 1;
            if self.wants(event) {
                let data = serde_json::to_string(event).expect("an event has text keys");
                text.push_str(&format!("id: {seq}\nevent: event\ndata: {data}\n\n"));
            }
        }
        tell_lost(&mut text, expected, news.next.seq());
        self.cursor = news.next;
        text
    }

    fn wants(&self, event: &StoredEvent) -> bool {
        let Watch { category, source, .. } = &self.watch;
        category.as_ref().is_none_or(|it| it == event.category().as_str())
            && source.as_ref().is_none_or(|it| it == event.source())
    }
}

/// Reports the loss of the events from `from` (inclusive) to `to` (exclusive).
fn tell_lost(text: &mut String, from: u64, to: u64) {
    if from < to {
        let (last, data) = (to - 1, json!({"lost": to - from}));
        text.push_str(&format!("id: {last}\nevent: lapped\ndata: {data}\n\n"));
    }
}
