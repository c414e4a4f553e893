//! Tests of the routes with a real memory and without a network. Each request has the call that the
//! gate would insert.

mod conversations;
mod events;
mod exchange;
mod facades;
mod files;
mod forgetting;
mod idempotency;
mod memory;
mod openapi;
mod records;
mod refusals;
mod store;
mod tasks;
mod transports;
mod uploads;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use aios_memory::{AgentMemory, Config as Settings, Scope};
use axum::{
    Router,
    body::{Body, Bytes},
    response::Response,
};
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::Value;
use tempfile::TempDir;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

use crate::{
    call::Call,
    caller::{Caller, MadeBy, Naming},
    config::Config,
    gate::Changed,
    importer::Importer,
    operation::Right,
    place::Place,
    telemetry::Traced,
};

/// Time without an event after which an event stream sends a comment.
const QUIET_MAX: Duration = Duration::from_millis(300);

/// A memory in a temporary directory, and the routes over it.
pub(super) struct Fixture {
    pub(super) memory: AgentMemory,
    pub(super) router: Router,
    pub(super) ended: CancellationToken,
    writes: TaskTracker,
    _dir: TempDir,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) bytes: Bytes,
    /// Keys for the audit line.
    pub(super) changed: Vec<String>,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|_| panic!("not JSON: {}", self.text()))
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// Returns the answer if it has this status.
    #[track_caller]
    pub(super) fn expect(self, status: u16) -> Answer {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        self
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Fixture {
    pub(super) async fn new() -> Fixture {
        Fixture::with(Config::default()).await
    }

    pub(super) async fn with(config: Config) -> Fixture {
        Fixture::over(config, |_| {}).await
    }

    /// Opens a memory with changed settings.
    pub(super) async fn over(config: Config, change: impl FnOnce(&mut Settings)) -> Fixture {
        Fixture::serving(config, None, change).await
    }

    /// Opens a memory whose service has an importer.
    pub(super) async fn serving(
        config: Config,
        importer: Option<Arc<dyn Importer>>,
        change: impl FnOnce(&mut Settings),
    ) -> Fixture {
        let dir = tempfile::tempdir().unwrap();
        let mut settings = Settings::at(dir.path().join("memory"));
        settings.embedding.model = "static".to_owned();
        change(&mut settings);
        let memory = AgentMemory::open(settings).await.unwrap();
        let router = super::with_quiet(&config, importer, QUIET_MAX);
        let (ended, writes) = (CancellationToken::new(), TaskTracker::new());
        Fixture { memory, router, ended, writes, _dir: dir }
    }

    /// Returns a caller with every right that acts for no user.
    pub(super) fn shared(&self) -> Caller {
        self.caller(None, &Right::ALL, Naming::Any)
    }

    /// Returns a caller with every right that acts for this user.
    pub(super) fn user(&self, name: &str) -> Caller {
        self.caller(Some(name), &Right::ALL, Naming::Fixed)
    }

    /// Returns a caller with every right that acts for this user in this project.
    pub(super) fn in_project(&self, user: &str, project: &str) -> Caller {
        let rights = Arc::new(Right::ALL.iter().copied().collect());
        let made_by = MadeBy { name: "test".into(), rights, naming: Naming::Fixed };
        let scope = Scope { project: Some(project.to_owned()), ..Scope::default() };
        Caller::new(self.memory.clone(), Some(user), Some(scope.into()), made_by).unwrap()
    }

    /// Returns the routes in the state after a start of the service.
    pub(super) fn restart(&mut self) {
        self.router = super::with_quiet(&Config::default(), None, QUIET_MAX);
    }

    pub(super) fn caller(&self, user: Option<&str>, rights: &[Right], naming: Naming) -> Caller {
        let rights: BTreeSet<Right> = rights.iter().copied().collect();
        let made_by = MadeBy { name: "test".into(), rights: Arc::new(rights), naming };
        Caller::new(self.memory.clone(), user, None, made_by).unwrap()
    }

    pub(super) fn call(&self, caller: Caller) -> Call {
        Call {
            caller,
            deadline: None,
            ended: self.ended.clone(),
            writes: self.writes.clone(),
            place: Place::free(),
            traced: Traced::default(),
        }
    }

    /// Sends a request, and returns the answer before its body is read.
    pub(super) async fn open(&self, caller: Caller, mut request: Request<Body>) -> Response {
        request.extensions_mut().insert(self.call(caller));
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub(super) async fn send(&self, caller: Caller, request: Request<Body>) -> Answer {
        let response = self.open(caller, request).await;
        let (mut parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let changed = parts.extensions.remove::<Changed>().map_or(Vec::new(), |Changed(keys)| keys);
        Answer { status: parts.status, headers: parts.headers, bytes, changed }
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.send(self.shared(), request(Method::GET, path, Body::empty())).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.shared(), json_request(Method::POST, path, body)).await
    }
}

pub(super) fn request(method: Method, path: &str, body: Body) -> Request<Body> {
    Request::builder().method(method).uri(path).body(body).unwrap()
}

pub(super) fn json_request(method: Method, path: &str, body: &Value) -> Request<Body> {
    let mut request = request(method, path, Body::from(body.to_string()));
    request.headers_mut().insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
    request
}

pub(super) fn with_header(
    mut request: Request<Body>,
    name: &'static str,
    value: &str,
) -> Request<Body> {
    request.headers_mut().insert(name, value.parse().unwrap());
    request
}
