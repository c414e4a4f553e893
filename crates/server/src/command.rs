//! Command lines that the service executes for the command-line program of the same user. The
//! memory is already open in the service, so a command need not open it.
//!
//! The service has no commands of its own; a program passes them as [`Commands`].

use std::{path::Path, pin::Pin, sync::Arc};

use aios_memory::AgentMemory;
use axum::{Extension, Json, Router, extract::State, routing::post};
use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    HeaderMap, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    client::conn::http1,
    client::conn::http1::SendRequest,
    header,
    http::request::Builder,
};
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use tokio::net::UnixStream;

use crate::{
    access::is_forwarded,
    call::Call,
    failure::{Class, Failure},
    peer::Peer,
};

pub(crate) const ROUTE: &str = "/internal/v1/command";
/// Maximum size of a command's output, in bytes.
const OUTPUT_BYTES_MAX: usize = 256 << 20;
/// Status codes with which a service declines a command line: `CONFLICT` if it has other
/// circumstances, the others if its version has another form of command lines, or none.
const DECLINED: &[StatusCode] = &[
    StatusCode::CONFLICT,
    StatusCode::BAD_REQUEST,
    StatusCode::NOT_FOUND,
    StatusCode::UNPROCESSABLE_ENTITY,
];

/// A command line with its environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct CommandLine {
    /// The arguments. The first one is the name of the program.
    pub words: Vec<String>,
    /// The environment on which the output depends, in a form that the program defines: its
    /// version, its settings, its time zone. A service with a different one declines the command.
    pub circumstances: String,
    /// The text from stdin, if the command reads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
}

impl CommandLine {
    /// Creates a command line without input.
    #[must_use]
    pub fn new(words: Vec<String>, circumstances: String) -> CommandLine {
        CommandLine { words, circumstances, input: None }
    }

    /// Sets the text from stdin.
    #[must_use]
    pub fn with_input(self, input: String) -> CommandLine {
        CommandLine { input: Some(input), ..self }
    }
}

/// The result of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CommandOutput {
    /// The exit code of the process.
    pub exit_code: u8,
    /// Output for stdout.
    pub stdout: String,
    /// Output for stderr.
    pub stderr: String,
}

impl CommandOutput {
    /// Creates a result.
    #[must_use]
    pub fn new(exit_code: u8, stdout: String, stderr: String) -> CommandOutput {
        CommandOutput { exit_code, stdout, stderr }
    }
}

/// A command in progress. The result is `None` if the command is declined; the caller then executes
/// it itself.
pub type Running = Pin<Box<dyn Future<Output = Option<CommandOutput>> + Send>>;

/// The commands of a program that runs a service.
pub trait Commands: Send + Sync + 'static {
    /// Executes a command line on the open memory.
    fn run(&self, memory: AgentMemory, line: CommandLine) -> Running;
}

/// State of the route.
#[derive(Clone)]
struct Answering {
    memory: AgentMemory,
    commands: Arc<dyn Commands>,
}

pub(crate) fn router(memory: AgentMemory, commands: Arc<dyn Commands>) -> Router {
    Router::new().route(ROUTE, post(run)).with_state(Answering { memory, commands })
}

/// Executes a command for a process of the user who runs the service. Refuses all others.
async fn run(
    State(Answering { memory, commands }): State<Answering>,
    Extension(peer): Extension<Peer>,
    Extension(call): Extension<Call>,
    headers: HeaderMap,
    Json(line): Json<CommandLine>,
) -> Result<Json<CommandOutput>, Failure> {
    if !matches!(peer, Peer::SameUser { .. }) || is_forwarded(&headers) {
        return Err(Failure::denied("commands are answered over the socket only"));
    }
    let ran = call.write(async move { Ok::<_, Failure>(commands.run(memory, line).await) }).await?;
    ran.map(Json)
        .ok_or_else(|| Failure::new(Class::Precondition, "declined", "the command is not served"))
}

/// The answer of a service to a command line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CommandAnswer {
    /// The service executed the command.
    Done(CommandOutput),
    /// The service does not execute this command line: it has other circumstances, or does not know
    /// the command or its form.
    Declined,
    /// The service did not answer, is overloaded or ends, or the connection broke. It may have
    /// executed the command; commands that store records give the same result when repeated.
    Missing,
}

/// Lets the service at `socket` execute a command line. If it does not, the caller executes the
/// command itself.
pub async fn run_by_service(socket: &Path, line: &CommandLine) -> CommandAnswer {
    let request = Request::post(ROUTE).header(header::CONTENT_TYPE, "application/json");
    let body = serde_json::to_vec(line).expect("a command line is plain data");
    let Some(answer) = ask(socket, request, body).await else { return CommandAnswer::Missing };
    match answer.status() {
        StatusCode::OK => {}
        status if DECLINED.contains(&status) => return CommandAnswer::Declined,
        _ => return CommandAnswer::Missing,
    }
    let body = Limited::new(answer.into_body(), OUTPUT_BYTES_MAX).collect().await;
    let output = body.ok().and_then(|body| serde_json::from_slice(&body.to_bytes()).ok());
    output.map_or(CommandAnswer::Missing, CommandAnswer::Done)
}

/// Returns `true` if the service at `socket` accepts calls.
pub async fn is_ready(socket: &Path) -> bool {
    let answer = ask(socket, Request::get("/readyz"), Vec::new()).await;
    answer.is_some_and(|answer| answer.status() == StatusCode::OK)
}

/// Sends a request to the service at `socket`. Returns `None` if it does not answer.
pub(crate) async fn ask(
    socket: &Path,
    request: Builder,
    body: Vec<u8>,
) -> Option<Response<Incoming>> {
    Connection::to(socket).await?.ask(request, body).await
}

/// A connection to a service. If connecting fails, the request was not executed.
pub(crate) struct Connection(SendRequest<Full<Bytes>>);

impl Connection {
    /// Connects to the service at `socket`. Returns `None` if no process listens on it.
    pub(crate) async fn to(socket: &Path) -> Option<Connection> {
        let stream = UnixStream::connect(socket).await.ok()?;
        let (send, connection) = http1::handshake(TokioIo::new(stream)).await.ok()?;
        tokio::spawn(connection);
        Some(Connection(send))
    }

    /// Sends a request. Returns `None` if the service does not answer; it may have executed the
    /// request.
    pub(crate) async fn ask(
        mut self,
        request: Builder,
        body: Vec<u8>,
    ) -> Option<Response<Incoming>> {
        let request = request.header(header::HOST, "localhost");
        self.0.send_request(request.body(Full::new(Bytes::from(body))).ok()?).await.ok()
    }
}
