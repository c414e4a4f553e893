//! The gate in front of every RPC and route: origin, caller, right, rate, a place among the calls
//! that are carried out, the time limit; behind it the audit line and the figures.

mod standing;
mod trace;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use aios_memory::{AgentMemory, Timestamp};
use axum::{
    body::Body,
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tonic::Status;
use tracing::Instrument;

use crate::{
    Config, Token,
    access::{Access, Admitted},
    call::Call,
    failure::{Class, Failure},
    metrics::Metrics,
    operation::{self, OPEN, Operation, Right, Shape},
    peer::Peer,
    place::Place,
};

const GRPC_SERVICE: &str = "/aios.memory.MemoryService/";
/// The standard services of gRPC.
const GRPC_STANDARD: &str = "/grpc.";
/// The details of a status. Our own failures have them.
const DETAILS: &str = "grpc-status-details-bin";
/// Pause between checks that the token of a stream is still valid.
const REVOCATION_PAUSE: Duration = Duration::from_secs(1);

/// The state of the gate.
pub(crate) struct Gate {
    pub(crate) memory: AgentMemory,
    pub(crate) access: Access,
    pub(crate) rates: crate::rate::Rates,
    pub(crate) metrics: Metrics,
    pub(crate) writes: TaskTracker,
    /// Cancelled when the service ends.
    pub(crate) draining: CancellationToken,
    call_timeout: Duration,
    calls: Arc<Semaphore>,
    streams: Arc<Semaphore>,
    /// Calls of the standard services of gRPC.
    standing: Arc<Semaphore>,
    waiting: AtomicUsize,
    waiting_max: usize,
}

impl Gate {
    pub(crate) fn new(memory: AgentMemory, config: &Config, access: Access) -> Gate {
        Gate {
            metrics: Metrics::new(memory.clone()),
            memory,
            access,
            rates: crate::rate::Rates::new(config.calls_per_second, config.calls_burst),
            writes: TaskTracker::new(),
            draining: CancellationToken::new(),
            call_timeout: config.call_timeout,
            calls: Arc::new(Semaphore::new(config.calls_max)),
            streams: Arc::new(Semaphore::new(config.streams_max)),
            standing: Arc::new(Semaphore::new(config.streams_max)),
            waiting: AtomicUsize::new(0),
            waiting_max: config.calls_waiting_max,
        }
    }

    /// Takes the place of a call, or waits for one.
    async fn place(&self, shape: Shape) -> Result<OwnedSemaphorePermit, Failure> {
        let (places, full) = match shape {
            Shape::Unary => (&self.calls, "too many calls wait"),
            Shape::Stream => (&self.streams, "too many streams are open"),
        };
        if let Ok(place) = Arc::clone(places).try_acquire_owned() {
            return Ok(place);
        }
        if shape == Shape::Stream {
            return Err(Failure::busy(full));
        }
        let _waiting =
            Waiting::begin(&self.waiting, self.waiting_max).ok_or_else(|| Failure::busy(full))?;
        let place = Arc::clone(places).acquire_owned().await;
        place.map_err(|_| Failure::busy("the service ends"))
    }

    /// Cancels the streams of a token when it is revoked or expires.
    fn watch(self: &Arc<Gate>, token: Token, ended: CancellationToken) {
        let gate = Arc::clone(self);
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    () = ended.cancelled() => return,
                    () = tokio::time::sleep(REVOCATION_PAUSE) => {}
                }
                if !gate.access.still_admits(&token, Timestamp::now()) {
                    ended.cancel();
                }
            }
        });
    }
}

/// A place in the queue, left on drop.
struct Waiting<'a>(&'a AtomicUsize);

impl Waiting<'_> {
    fn begin(waiting: &AtomicUsize, waiting_max: usize) -> Option<Waiting<'_>> {
        let before = waiting.fetch_add(1, Ordering::Relaxed);
        let place = Waiting(waiting);
        (before < waiting_max).then_some(place)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Passes a request on as a [`Call`], or refuses it.
pub(crate) async fn pass(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let is_grpc = is_grpc(request.headers());
    let Some(peer) = request.extensions().get::<Peer>().copied() else {
        return answer(Failure::internal("a request without a connection"), is_grpc);
    };
    if let Err(failure) = gate.access.check_source(peer, request.uri(), request.headers()) {
        return answer(failure, is_grpc);
    }
    let origin = gate.access.allowed_origin(request.headers());
    if origin.is_some() && request.method() == Method::OPTIONS {
        return with_origin(preflight(), origin);
    }
    let response = match addressed(&request) {
        Addressed::Open if is_standard(&request) => {
            let carried = standing::carry(&gate.standing, &gate.draining, request, next).await;
            carried.unwrap_or_else(|failure| answer(failure, is_grpc))
        }
        Addressed::Open => next.run(request).await,
        Addressed::Nothing => {
            let failure = Failure::new(
                Class::Unimplemented,
                "unknown_operation",
                format!("there is no `{} {}`", request.method(), request.uri().path()),
            );
            answer(failure, is_grpc)
        }
        Addressed::WrongMethod => next.run(request).await,
        Addressed::Operation(operation) => {
            let span = trace::span(&operation, request.headers());
            let carried = carry(&gate, operation, peer, request, next, began);
            carried.instrument(span).await.unwrap_or_else(|failure| {
                gate.metrics.count(is_grpc, operation.name, failure.code, began.elapsed());
                answer(failure, is_grpc)
            })
        }
    };
    with_origin(response, origin)
}

/// Carries out an operation within its rights, its place and its time.
async fn carry(
    gate: &Arc<Gate>,
    operation: Operation,
    peer: Peer,
    request: Request,
    next: Next,
    began: Instant,
) -> Result<Response, Failure> {
    if gate.draining.is_cancelled() {
        return Err(Failure::busy("the service ends"));
    }
    let (mut parts, body) = request.into_parts();
    let Admitted { caller, token } =
        gate.access.admit(&gate.memory, peer, &parts.headers, operation.user, Timestamp::now())?;
    if let Some(token) = &token {
        gate.rates.take(&token.name, began)?;
    }
    if !caller.has(operation.right) {
        return Err(Failure::denied(&format!(
            "`{}` needs the right `{}`",
            operation.name,
            operation.right.as_str()
        )));
    }
    let is_grpc = is_grpc(&parts.headers);
    let deadline = deadline(&parts.headers, operation.shape, gate.call_timeout, began)?;
    let place = in_time(deadline, gate.place(operation.shape)).await??;
    let ended = gate.draining.child_token();
    let end_with_call = ended.clone().drop_guard();
    if let (Shape::Stream, Some(token)) = (operation.shape, token) {
        gate.watch(token, ended.clone());
    }
    let call = Call {
        caller: caller.clone(),
        deadline,
        ended,
        writes: gate.writes.clone(),
        place: Arc::new(Place::new(place, end_with_call)),
    };
    parts.extensions.insert(call);
    let path = parts.uri.path().to_owned();
    let response = in_time(deadline, next.run(Request::from_parts(parts, body))).await?;
    let response = if is_grpc { with_cause(response) } else { response };
    let outcome = outcome_of(&response, is_grpc);
    gate.metrics.count(is_grpc, operation.name, outcome, began.elapsed());
    if !matches!(operation.right, Right::Read | Right::Observe) {
        let keys = changed(operation, &path, &response);
        audit(operation, caller.name(), peer, outcome, &keys);
    }
    Ok(response)
}

async fn in_time<T>(
    deadline: Option<Instant>,
    work: impl Future<Output = T>,
) -> Result<T, Failure> {
    match deadline {
        None => Ok(work.await),
        Some(end) => tokio::time::timeout_at(end, work).await.map_err(|_| Failure::deadline()),
    }
}

/// The target of a request.
enum Addressed {
    /// Something that needs no token and tells nothing about records.
    Open,
    Operation(Operation),
    /// A route, by a method that it does not have: the router says which it has.
    WrongMethod,
    Nothing,
}

fn addressed(request: &Request) -> Addressed {
    let path = request.uri().path();
    if let Some(rpc) = path.strip_prefix(GRPC_SERVICE) {
        let known = operation::RPCS.iter().find(|known| known.name == rpc);
        return known.copied().map_or(Addressed::Nothing, Addressed::Operation);
    }
    if is_standard(request) {
        return Addressed::Open;
    }
    let Some(template) = request.extensions().get::<MatchedPath>() else {
        return Addressed::Nothing;
    };
    // A HEAD request is answered by the route of GET.
    let method = match *request.method() {
        Method::HEAD => &Method::GET,
        ref method => method,
    };
    let name = format!("{method} {}", template.as_str());
    if OPEN.contains(&name.as_str()) {
        return Addressed::Open;
    }
    operation::named(&name).map_or(Addressed::WrongMethod, Addressed::Operation)
}

/// Returns `true` for health and reflection.
fn is_standard(request: &Request) -> bool {
    request.uri().path().starts_with(GRPC_STANDARD)
}

/// Returns the end of a call: `grpc-timeout` if it is given, at most the limit of the service.
fn deadline(
    headers: &HeaderMap,
    shape: Shape,
    call_timeout: Duration,
    began: Instant,
) -> Result<Option<Instant>, Failure> {
    let given = match headers.get("grpc-timeout") {
        None => None,
        Some(value) => Some(timeout(value).ok_or_else(|| {
            Failure::invalid("`grpc-timeout` is not up to 8 digits and a unit of H, M, S, m, u, n")
        })?),
    };
    let limit = match shape {
        Shape::Unary => Some(given.map_or(call_timeout, |given| given.min(call_timeout))),
        Shape::Stream => given,
    };
    Ok(limit.and_then(|limit| began.checked_add(limit)))
}

/// Parses the timeout of the gRPC protocol.
fn timeout(value: &HeaderValue) -> Option<Duration> {
    let text = value.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || 8 < digits.len() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(count * 3600),
        "M" => Duration::from_secs(count * 60),
        "S" => Duration::from_secs(count),
        "m" => Duration::from_millis(count),
        "u" => Duration::from_micros(count),
        "n" => Duration::from_nanos(count),
        _ => return None,
    })
}

fn is_grpc(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"application/grpc"))
}

/// Returns a failure in the form of its transport.
fn answer(failure: Failure, is_grpc: bool) -> Response {
    match is_grpc {
        true => failure.status().into_http::<Body>(),
        false => failure.into_response(),
    }
}

/// Answers a request that is not of the protocol, or not of its type, as an invalid one: the
/// library calls it an internal error, which would be ours.
fn with_cause(response: Response) -> Response {
    let headers = response.headers();
    let is_internal = headers.get("grpc-status").is_some_and(|status| status == "13");
    if !is_internal || headers.contains_key(DETAILS) {
        return response;
    }
    match Status::from_header_map(headers) {
        Some(status) => answer(Failure::invalid(status.message()), true),
        None => response,
    }
}

/// Returns the outcome for the figures: `ok` or a code.
fn outcome_of(response: &Response, is_grpc: bool) -> &'static str {
    if is_grpc {
        // Without the header the status comes after the body: the call was carried out.
        return response.headers().get("grpc-status").map_or("ok", grpc_outcome);
    }
    match response.status().as_u16() {
        100..=399 => "ok",
        401 => "unauthenticated",
        403 => "denied",
        404 => "not_found",
        409 | 412 => "conflict",
        413 | 429 | 507 => "exhausted",
        400..=499 => "invalid",
        503 => "busy",
        504 => "deadline",
        _ => "internal",
    }
}

fn grpc_outcome(status: &HeaderValue) -> &'static str {
    match status.as_bytes() {
        b"0" => "ok",
        b"3" | b"12" => "invalid",
        b"4" => "deadline",
        b"5" => "not_found",
        b"7" => "denied",
        b"8" | b"11" => "exhausted",
        b"9" => "precondition",
        b"10" => "conflict",
        b"14" => "busy",
        b"16" => "unauthenticated",
        _ => "internal",
    }
}

/// The keys that an operation changed, for the audit line. A handler puts it into the extensions of
/// its response.
#[derive(Debug, Clone)]
pub(crate) struct Changed(pub(crate) Vec<String>);

/// Keys of an audit line. Of more, only the number is logged.
const AUDIT_KEYS_MAX: usize = 20;

/// Returns the keys that an operation changed: those that its handler noted, or the one in its
/// path.
fn changed(operation: Operation, path: &str, response: &Response) -> Vec<String> {
    if let Some(Changed(keys)) = response.extensions().get::<Changed>() {
        return keys.clone();
    }
    let in_path = path.strip_prefix("/api/v1/records/");
    let in_path = in_path.filter(|_| operation.name.ends_with("/records/{kind}/{id}"));
    in_path.map(str::to_owned).into_iter().collect()
}

/// Logs a change: who, what (keys and counts, never a text), the outcome, and from where.
fn audit(operation: Operation, caller: &str, peer: Peer, outcome: &str, keys: &[String]) {
    let first = keys.iter().take(AUDIT_KEYS_MAX).map(String::as_str).collect::<Vec<_>>().join(" ");
    tracing::info!(
        target: "aios_memory_server::audit",
        operation = operation.name,
        caller,
        %peer,
        outcome,
        count = keys.len(),
        keys = first,
        "change"
    );
}

fn preflight() -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    let methods = HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE");
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
    let names = HeaderValue::from_static(
        "authorization, content-type, aios-user, if-match, if-none-match, idempotency-key, \
         last-event-id",
    );
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, names);
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    response
}

fn with_origin(mut response: Response, origin: Option<HeaderValue>) -> Response {
    if let Some(origin) = origin {
        let headers = response.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.append(header::VARY, HeaderValue::from_static("origin"));
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("etag"));
    }
    response
}
