//! Tier 0: events, metrics and the machine state.

use aios_memory::{
    Event,
    draft::moment,
    operational::{Category, Filter, StoredEvent},
};

use super::values;
use crate::{
    call::Call,
    failure::Failure,
    wire::{
        self, Empty, EventList, MetricRequest, MetricUpdate, MetricValue, RecentEventsRequest,
        SystemSnapshot,
    },
};

/// Default and maximum number of recent events per call.
const RECENT_EVENTS: usize = 100;
const RECENT_EVENTS_MAX: usize = 10_000;

/// Stores an event. A critical one is on disk when this returns.
pub(super) async fn push(call: &Call, event: wire::Event) -> Result<Empty, Failure> {
    let event = event_of(event)?;
    let view = call.caller.machine()?;
    match event.critical {
        false => drop(view.observe(event)?),
        true => {
            call.write(async move { view.events().push_durable(event).await }).await?;
        }
    }
    Ok(Empty {})
}

pub(super) async fn recent(
    call: &Call,
    request: RecentEventsRequest,
) -> Result<EventList, Failure> {
    let RecentEventsRequest { count, category, source, since } = request;
    let count = values::count("count", count, RECENT_EVENTS_MAX)?.unwrap_or(RECENT_EVENTS);
    let since = values::time("since", since)?;
    let filter = selecting(category, source);
    let filter = since.into_iter().fold(filter, Filter::with_since);
    let recent = call.caller.operational().recent(count, &filter);
    Ok(EventList { events: recent.events.iter().map(event_message).collect() })
}

pub(super) async fn update_metric(call: &Call, update: MetricUpdate) -> Result<Empty, Failure> {
    let MetricUpdate { key, value, timestamp } = update;
    call.caller.machine()?;
    let operational = call.caller.operational();
    match values::time("timestamp", timestamp)? {
        Some(timestamp) => operational.update_metric_at(&key, value, timestamp),
        None => operational.update_metric(&key, value),
    }
    .map_err(aios_memory::Error::from)?;
    Ok(Empty {})
}

pub(super) async fn metric(call: &Call, request: MetricRequest) -> Result<MetricValue, Failure> {
    let MetricRequest { key } = request;
    match call.caller.operational().metric(&key) {
        Some(metric) => {
            Ok(MetricValue { key, value: metric.value, timestamp: metric.timestamp.as_second() })
        }
        None => Err(Failure::not_found(format!("no metric `{}`", moment::excerpt(&key)))
            .with_advice("check the key, or set the metric first")),
    }
}

pub(super) async fn snapshot(call: &Call, _: Empty) -> Result<SystemSnapshot, Failure> {
    let snapshot = call.read(call.caller.view().snapshot()).await?;
    Ok(SystemSnapshot {
        cpu_percent: snapshot.cpu_percent,
        memory_used_mb: snapshot.memory_used_mb,
        memory_total_mb: snapshot.memory_total_mb,
        disk_used_gb: snapshot.disk_used_gb,
        disk_total_gb: snapshot.disk_total_gb,
        gpu_utilization: snapshot.gpu_utilization,
        active_tasks: values::narrow(snapshot.active_tasks),
        active_agents: values::narrow(snapshot.active_agents),
        loaded_models: snapshot.loaded_models,
        load_average: snapshot.load_average.to_vec(),
        uptime_seconds: snapshot.uptime_seconds,
    })
}

/// Returns the filter for a category and a source, each if given.
pub(super) fn selecting(category: String, source: String) -> Filter {
    let filter = values::text(category).into_iter().fold(Filter::all(), Filter::with_category);
    values::text(source).into_iter().fold(filter, Filter::with_source)
}

fn event_of(event: wire::Event) -> Result<Event, Failure> {
    let wire::Event { id, timestamp, category, source, data_json, critical, seq: _ } = event;
    let category = values::text(category).map_or(Category::Event, Category::from);
    let data = values::json("data_json", &data_json)?.unwrap_or_default();
    let id = values::text(id).map(|id| values::id("id", id)).transpose()?;
    let timestamp = values::time("timestamp", timestamp)?;
    Ok(Event { id, timestamp, critical, ..Event::new(category, source, data) })
}

pub(super) fn event_message(event: &StoredEvent) -> wire::Event {
    wire::Event {
        id: event.id().into(),
        timestamp: event.timestamp().as_second(),
        category: event.category().to_string(),
        source: event.source().to_owned(),
        data_json: values::bytes(event.data()),
        critical: event.is_critical(),
        seq: event.seq(),
    }
}
