//! The current state of the service, for a program of the same user that displays it continuously:
//! metrics, the machine, new events, work in progress. One request over the socket returns all of
//! it.
//!
//! Not here: the display. The route is not part of the API.

use std::{path::Path, sync::Arc};

use aios_memory::{
    Error, MemoryView, Timestamp,
    operational::{Cursor, Operational, Snapshot},
    working::{GoalStatus, TaskStatus},
};
use axum::{Extension, Json, Router, extract::State, routing::get};
use http_body_util::{BodyExt, Limited};
use hyper::{Request, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tonic::metadata::{MetadataMap, MetadataValue};

use crate::{call::Call, command::ask, failure::Failure, gate::Gate, operation::Right, peer::Peer};

pub(crate) const ROUTE: &str = "/internal/v1/live";
/// Maximum number of events per answer. Further ones are only counted.
const EVENTS_MAX: u64 = 100;
/// Maximum number of goals, and of tasks, per answer. Further ones are only counted.
const WORK_MAX: usize = 50;
/// Maximum length of the description of a goal or a task, in characters.
const DESCRIPTION_CHARS: usize = 200;
/// Maximum size of an answer in bytes.
const ANSWER_BYTES_MAX: usize = 64 << 20;

/// State of the service at one time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Live {
    /// The metrics, as `GET /metrics` writes them.
    pub figures: String,
    /// State of the machine and of its agents.
    pub machine: Snapshot,
    /// The newest 100 events since the requested position, oldest first, as `GET /api/v1/events`
    /// writes them.
    pub events: Vec<Value>,
    /// Number of events since that position that are not in `events`.
    pub skipped: u64,
    /// Position for the next request.
    pub next: u64,
    /// Counts of lost events.
    pub lost: Lost,
    /// Tasks that agents work on, as reported to tier 0.
    pub active: Work,
    /// Goals in progress, by priority.
    pub goals: Work,
    /// Tasks in progress.
    pub tasks: Work,
}

/// Exact numbers of events lost since the service started, by reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Lost {
    /// Critical events that were overwritten in the ring before they were stored.
    pub critical: u64,
    /// Other events to be stored that were overwritten before they were.
    pub kept: u64,
    /// Events that were overwritten before a reader read them, summed over all readers.
    pub lapped: u64,
}

/// Work in progress.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Work {
    /// The first 50 items.
    pub items: Vec<WorkItem>,
    /// Total number of items.
    pub total: u64,
}

/// A goal or a task.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WorkItem {
    /// The beginning of the description.
    pub description: String,
    /// The agent; empty if unknown.
    pub agent: String,
    /// Its status.
    pub state: String,
    /// Start time.
    pub since: Option<Timestamp>,
}

/// The result of requesting the state of a service.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Looked {
    /// The current state.
    Live(Box<Live>),
    /// The service refused, for example because it has another version. Contains the reason.
    Refused(String),
    /// No service answers at the socket.
    NoService,
}

/// Parameters of the route.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Since {
    next: Option<u64>,
}

/// Requests the state of the service at `socket`. Goals and tasks are those visible to `user`, or
/// the shared ones. Events are those since `next` of the previous answer, or the latest ones.
pub async fn look(socket: &Path, user: Option<&str>, next: Option<u64>) -> Looked {
    let path = next.map_or_else(|| ROUTE.to_owned(), |next| format!("{ROUTE}?next={next}"));
    let mut request = Request::get(path);
    if let Some(user) = user {
        // As bytes, to allow names outside of ASCII.
        let mut metadata = MetadataMap::new();
        metadata.insert_bin("aios-user-bin", MetadataValue::from_bytes(user.as_bytes()));
        for (name, value) in &metadata.into_headers() {
            request = request.header(name, value);
        }
    }
    let Some(answer) = ask(socket, request, Vec::new()).await else { return Looked::NoService };
    let status = answer.status();
    let Ok(body) = Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect().await else {
        return Looked::NoService;
    };
    let body = body.to_bytes();
    if status != StatusCode::OK {
        let problem: Value = serde_json::from_slice(&body).unwrap_or_default();
        let reason = problem["detail"].as_str().map(str::to_owned);
        return Looked::Refused(reason.unwrap_or_else(|| format!("it answers {status}")));
    }
    match serde_json::from_slice(&body) {
        Ok(live) => Looked::Live(Box::new(live)),
        Err(error) => Looked::Refused(format!("its answer is of another version: {error}")),
    }
}

pub(crate) fn router(gate: Arc<Gate>) -> Router {
    Router::new().route(ROUTE, get(live)).with_state(gate)
}

async fn live(
    State(gate): State<Arc<Gate>>,
    Extension(peer): Extension<Peer>,
    Extension(call): Extension<Call>,
    since: Result<axum::extract::Query<Since>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Live>, Failure> {
    if !matches!(peer, Peer::SameUser { .. }) {
        return Err(Failure::denied("the live view is answered over the socket only"));
    }
    call.caller.demand(Right::Read, "the live view, which shows texts,")?;
    let since = since.map_err(|error| Failure::invalid(error.body_text()))?.0;
    call.read(Box::pin(taken(&gate, &call, since))).await.map(Json)
}

async fn taken(gate: &Gate, call: &Call, since: Since) -> Result<Live, Failure> {
    let view = call.caller.view();
    let operational = call.caller.operational();
    let (events, skipped, next) = events(operational, since.next)?;
    let counters = operational.counters();
    let lost = Lost {
        critical: counters.critical_lost,
        kept: counters.kept_lost,
        lapped: counters.lapped,
    };
    let active = operational.active_tasks().into_iter();
    let active = active.map(|it| item(&it.description, it.agent, &it.state, Some(it.started_at)));
    Ok(Live {
        figures: gate.figures().await?,
        machine: view.snapshot().await?,
        active: work(active),
        goals: goals(view).await?,
        tasks: tasks(view).await?,
        events,
        skipped,
        next,
        lost,
    })
}

/// Returns the newest events since a position, the number of the others, and the next position. A
/// position beyond the last event is from an earlier run.
fn events(
    operational: &Operational,
    since: Option<u64>,
) -> Result<(Vec<Value>, u64, u64), Failure> {
    let end = operational.cursor().seq();
    let since = since.filter(|since| *since <= end);
    let newest = end.saturating_sub(EVENTS_MAX);
    let first = since.unwrap_or(0).max(newest);
    let count = usize::try_from(EVENTS_MAX).unwrap_or(usize::MAX);
    let news = operational.events_since(Cursor::at(first), count);
    let skipped = since.map_or(0, |since| first - since + news.missed);
    let events = news.events.iter().map(serde_json::to_value).collect::<Result<Vec<_>, _>>();
    let events = events.map_err(|error| Failure::internal(&error.to_string()))?;
    Ok((events, skipped, news.next.seq()))
}

async fn goals(view: &MemoryView) -> Result<Work, Error> {
    let goals = view.working().goals().active().await?.into_iter();
    let goals = goals.filter(|goal| goal.status == GoalStatus::Active);
    Ok(work(goals.map(|goal| {
        item(&goal.description, String::new(), goal.status.as_str(), goal.meta.created_at)
    })))
}

async fn tasks(view: &MemoryView) -> Result<Work, Error> {
    let tasks = view.working().tasks().list(None, Some(TaskStatus::InProgress)).await?.into_iter();
    Ok(work(
        tasks
            .map(|task| item(&task.description, task.agent, task.status.as_str(), task.started_at)),
    ))
}

fn item(description: &str, agent: String, state: &str, since: Option<Timestamp>) -> WorkItem {
    let description = description.chars().take(DESCRIPTION_CHARS).collect();
    WorkItem { description, agent, state: state.to_owned(), since }
}

fn work(items: impl Iterator<Item = WorkItem>) -> Work {
    let mut work = Work::default();
    for item in items {
        work.total += 1;
        if work.items.len() < WORK_MAX {
            work.items.push(item);
        }
    }
    work
}
