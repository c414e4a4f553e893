//! The route of a call to `/mcp`: through the socket of the service, or in this process.
//!
//! A call whose answer was lost is sent again if that is safe: a statement is identified by its
//! text, and a forgotten record stays forgotten. An edit of a file is not sent again.

#[cfg(test)]
mod tests;

use std::{
    path::{Path, PathBuf},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use aios_memory::AgentMemory;
use axum::body::{Body, Bytes};
use http::{HeaderValue, Request, StatusCode, header, request::Builder};
use http_body_util::{BodyExt, Limited};
use rmcp::ErrorData;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::RwLock;

use crate::{
    Error, Presence,
    access::{AGENT, PROJECT, SESSION},
    command::Connection,
    failure::{Class, Failure},
    mcp::{offer::Offer, route::ROUTE},
    server::Local,
};

/// Maximum number of attempts to get an answer, and the pause before the second one. Each pause is
/// longer than the previous one.
const TRIES: u32 = 6;
const PAUSE: Duration = Duration::from_millis(100);
/// Time limit for an answer of the service, which has its own limit.
const ANSWER_MAX: Duration = Duration::from_secs(300);
/// Maximum size of an answer in bytes.
const ANSWER_BYTES_MAX: usize = 64 << 20;
/// Revision of the protocol between this process and the route.
const REVISION: &str = "2025-11-25";

/// A memory that is being opened.
pub type Opening = Pin<Box<dyn Future<Output = Result<AgentMemory, Error>> + Send>>;

/// Scope of a session, as headers.
#[derive(Debug, Clone, Default)]
pub(super) struct Head {
    pub(super) user: Option<String>,
    pub(super) project: Option<String>,
    pub(super) agent: Option<String>,
    pub(super) session: Option<String>,
}

/// Reason why a request has no result.
#[derive(Debug)]
pub(super) enum Unanswered {
    /// The route refused it, or did not answer.
    Refused(Failure),
    /// The route answered with a protocol error.
    Error(ErrorData),
}

impl From<Failure> for Unanswered {
    fn from(failure: Failure) -> Unanswered {
        Unanswered::Refused(failure)
    }
}

impl From<ErrorData> for Unanswered {
    fn from(error: ErrorData) -> Unanswered {
        Unanswered::Error(error)
    }
}

/// Handling of a call whose answer was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lost {
    /// It is sent again.
    Repeated,
    /// It is refused, because it may have been carried out and must not be carried out twice.
    Refused,
}

/// Connection to the route.
pub(super) struct Link {
    data_dir: PathBuf,
    open: Arc<dyn Fn() -> Opening + Send + Sync>,
    head: Head,
    offer: Offer,
    /// The memory in this process. Calls hold a read lock, so it is closed only between calls.
    local: RwLock<Option<Local>>,
    /// True if a running service must not be used, or lacks the route.
    is_alone: AtomicBool,
}

/// An answer of the route.
struct Answer {
    status: StatusCode,
    body: Bytes,
}

impl Link {
    pub(super) fn new(
        data_dir: PathBuf,
        open: Arc<dyn Fn() -> Opening + Send + Sync>,
        head: Head,
        offer: Offer,
        is_alone: bool,
    ) -> Link {
        let (local, is_alone) = (RwLock::new(None), AtomicBool::new(is_alone));
        Link { data_dir, open, head, offer, local, is_alone }
    }

    /// Lets the route answer a request.
    pub(super) async fn ask(
        &self,
        method: &str,
        params: Value,
        lost: Lost,
    ) -> Result<Value, Unanswered> {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let answer = self.send(Bytes::from(body.to_string()), lost).await?;
        if answer.status != StatusCode::OK {
            return Err(problem(&answer).into());
        }
        #[derive(Deserialize)]
        struct Reply {
            result: Option<Value>,
            error: Option<ErrorData>,
        }
        match serde_json::from_slice::<Reply>(&answer.body) {
            Ok(Reply { result: Some(result), .. }) => Ok(result),
            Ok(Reply { error: Some(error), .. }) => Err(error.into()),
            _ => Err(Failure::internal("an answer without a result").into()),
        }
    }

    /// Closes the memory if it is open in this process.
    pub(super) async fn close(&self) {
        let local = self.local.write().await.take();
        if let Some(local) = local
            && let Err(error) = local.close().await
        {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "the memory was not closed; acknowledged writes are durable");
        }
    }

    async fn send(&self, body: Bytes, lost: Lost) -> Result<Answer, Failure> {
        let mut last = None;
        for number in 0..TRIES {
            if 0 < number {
                tokio::time::sleep(PAUSE * number).await;
            }
            match self.try_send(&body, lost).await? {
                Some(answer) if answer.status != StatusCode::SERVICE_UNAVAILABLE => {
                    return Ok(answer);
                }
                // The service is shutting down or busy.
                other => last = other.or(last),
            }
        }
        last.ok_or_else(|| {
            Failure::busy("the service of the data directory does not answer")
                .with_advice("send the call again, or end that service")
        })
    }

    /// Sends a call once. Returns `None` if the service did not answer.
    async fn try_send(&self, body: &Bytes, lost: Lost) -> Result<Option<Answer>, Failure> {
        let socket = match self.is_alone.load(Ordering::Relaxed) {
            true => None,
            false => Presence::find(&self.data_dir),
        };
        let Some(socket) = socket else { return self.in_process(body).await };
        if self.local.read().await.is_some() {
            // The service has taken over the memory.
            self.close().await;
        }
        match self.by_service(&socket, body, lost).await? {
            Some(answer) if answer.status == StatusCode::NOT_FOUND => {
                tracing::warn!("the running service is of a version without MCP");
                self.is_alone.store(true, Ordering::Relaxed);
                self.in_process(body).await
            }
            answer => Ok(answer),
        }
    }

    async fn by_service(
        &self,
        socket: &Path,
        body: &Bytes,
        lost: Lost,
    ) -> Result<Option<Answer>, Failure> {
        let request = self.request()?;
        let Some(connection) = Connection::to(socket).await else { return Ok(None) };
        let asking = async {
            let response = connection.ask(request, body.to_vec()).await?;
            let status = response.status();
            let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
            Some(Answer { status, body: body.ok()?.to_bytes() })
        };
        match tokio::time::timeout(ANSWER_MAX, asking).await {
            Ok(None) if lost == Lost::Refused => Err(lost_answer()),
            Ok(answer) => Ok(answer),
            Err(_) => Err(Failure::deadline()),
        }
    }

    /// Answers a call in this process. Returns `None` if a service takes over the memory in the
    /// meantime.
    async fn in_process(&self, body: &Bytes) -> Result<Option<Answer>, Failure> {
        self.open().await?;
        let local = self.local.read().await;
        let Some(local) = local.as_ref() else { return Ok(None) };
        let request = self.request()?.header(header::HOST, "localhost");
        let request = request.body(Body::from(body.clone()));
        let request = request.map_err(|error| Failure::internal(&error.to_string()))?;
        let response = local.send(request).await;
        let status = response.status();
        let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
        let body = body.map_err(|error| Failure::internal(&error.to_string()))?;
        Ok(Some(Answer { status, body: body.to_bytes() }))
    }

    /// Opens the memory in this process unless it is open.
    async fn open(&self) -> Result<(), Failure> {
        if self.local.read().await.is_some() {
            return Ok(());
        }
        let mut local = self.local.write().await;
        if local.is_some() {
            return Ok(());
        }
        let memory = (self.open)().await.map_err(|error| match error {
            Error::Memory(error) => Failure::from(error),
            other => Failure::new(Class::Precondition, other.code(), other.to_string()),
        })?;
        *local = Some(Local::new(memory));
        Ok(())
    }

    /// Returns a request with the headers of the session.
    ///
    /// # Errors
    /// Fails if a part of the scope cannot be sent, because the scope would be wider without it.
    fn request(&self) -> Result<Builder, Failure> {
        let Offer { profiles, is_structured } = self.offer;
        let mut request =
            Request::post(format!("{ROUTE}?tools={profiles}&structured={is_structured}"))
                .header(header::CONTENT_TYPE, "application/json")
                .header(header::ACCEPT, "application/json, text/event-stream")
                .header("mcp-protocol-version", REVISION);
        let Head { user, project, agent, session } = &self.head;
        let named = [("aios-user", user), (PROJECT, project), (AGENT, agent), (SESSION, session)];
        for (name, value) in named {
            let Some(value) = value else { continue };
            let value = HeaderValue::from_bytes(value.as_bytes());
            let value = value.map_err(|_| {
                Failure::invalid(format!("`{name}` holds a character that cannot be sent"))
            })?;
            request = request.header(name, value);
        }
        Ok(request)
    }
}

fn lost_answer() -> Failure {
    let message = "the service ended before it answered, and may have made the change";
    Failure::new(Class::Unavailable, "lost", message)
        .with_advice("view the file, and repeat the command only if it is not as intended")
}

/// Returns the failure described by an answer.
fn problem(Answer { status, body }: &Answer) -> Failure {
    let problem: Value = serde_json::from_slice(body).unwrap_or_default();
    let part = |name: &str| problem[name].as_str().map(str::to_owned);
    let mut message =
        part("detail").unwrap_or_else(|| format!("the service answered with {status}"));
    if let Some(advice) = part("try") {
        message.push_str("; ");
        message.push_str(&advice);
    }
    Failure::new(Class::Unavailable, "refused", message)
}
