//! The gate in front of every RPC and route. Before the handler, it checks origin, caller, rights
//! and rate, waits for a place among the concurrent calls, and sets the time limit. After the
//! handler, it writes the audit line and updates the metrics.

mod addressed;
mod answer;
mod audit;
mod body;
mod cors;
mod deadline;
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
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderValue, Method, header, request::Parts};
use tokio::{sync::Semaphore, time::Instant};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::Instrument;

use self::{
    addressed::{Addressed, addressed, is_standard},
    answer::{answer, is_grpc, outcome_of, with_cause},
    audit::{audit, changed},
    body::Bodies,
    cors::{preflight, with_origin},
    deadline::deadline,
};
pub(crate) use self::{
    answer::{Outcome, outcome},
    audit::Changed,
};
use crate::{
    Config,
    access::{Access, Admitted},
    call::Call,
    credential::Credential,
    failure::{Class, Failure},
    metrics::Metrics,
    oauth,
    operation::{Operation, Right, RightsIn, Shape},
    peer::Peer,
    place::{ConnectionPlaces, Permits, Place},
    telemetry::{Traced, Tracing},
};

/// Pause between checks that the credential of a stream is still valid.
const REVOCATION_PAUSE: Duration = Duration::from_secs(1);

/// The state of the gate.
pub(crate) struct Gate {
    pub(crate) memory: AgentMemory,
    pub(crate) access: Access,
    pub(crate) rates: crate::rate::Rates,
    pub(crate) metrics: Metrics,
    pub(crate) tracing: Tracing,
    pub(crate) writes: TaskTracker,
    /// Cancelled when the service shuts down.
    pub(crate) draining: CancellationToken,
    call_timeout: Duration,
    calls: Arc<Semaphore>,
    streams: Arc<Semaphore>,
    streams_max: usize,
    /// Places for calls of the standard gRPC services.
    standing: Arc<Semaphore>,
    waiting: AtomicUsize,
    waiting_max: usize,
    bodies: Bodies,
}

impl Gate {
    pub(crate) fn new(
        memory: AgentMemory,
        config: &Config,
        access: Access,
        tracing: Tracing,
    ) -> Gate {
        Gate {
            metrics: Metrics::new(memory.clone()),
            memory,
            access,
            tracing,
            rates: crate::rate::Rates::new(config.calls_per_second, config.calls_burst),
            writes: TaskTracker::new(),
            draining: CancellationToken::new(),
            call_timeout: config.call_timeout,
            calls: Arc::new(Semaphore::new(config.calls_max)),
            streams: Arc::new(Semaphore::new(config.streams_max)),
            streams_max: config.streams_max,
            standing: Arc::new(Semaphore::new(config.streams_max)),
            waiting: AtomicUsize::new(0),
            waiting_max: config.calls_waiting_max,
            bodies: Bodies::new(config.message_bytes_max, config.calls_max),
        }
    }

    /// Returns the current metrics of the service.
    pub(crate) async fn figures(&self) -> Result<String, aios_memory::Error> {
        let streams = self.streams_max.saturating_sub(self.streams.available_permits());
        self.metrics.streams(streams);
        self.metrics.text().await
    }

    /// Reserves the place of a stream.
    fn place_of_stream(&self) -> Result<Permits, Failure> {
        let place = Arc::clone(&self.streams).try_acquire_owned();
        let place = place.map_err(|_| Failure::busy("too many streams are open"))?;
        Ok(Permits::of_stream(place))
    }

    /// Reserves the place of a call, or waits for one, first among those of its connection.
    async fn place_of_call(&self, connection: &ConnectionPlaces) -> Result<Permits, Failure> {
        if let Some(permits) = Permits::try_take(connection, &self.calls) {
            return Ok(permits);
        }
        let _waiting = Waiting::begin(&self.waiting, self.waiting_max)
            .ok_or_else(|| Failure::busy("too many calls wait"))?;
        let permits = Permits::take(connection, &self.calls).await;
        permits.ok_or_else(|| Failure::busy("the service ends"))
    }

    /// Cancels the streams of a credential when it is revoked or expires.
    fn watch(self: &Arc<Gate>, credential: Credential, ended: CancellationToken) {
        let gate = Arc::clone(self);
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    () = ended.cancelled() => return,
                    () = tokio::time::sleep(REVOCATION_PAUSE) => {}
                }
                if !gate.access.still_admits(&credential, Timestamp::now()) {
                    ended.cancel();
                }
            }
        });
    }
}

/// A position in the queue, released on drop.
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

/// Passes an admitted request on as a [`Call`], or refuses it.
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
    let base = gate.access.base(request.uri(), request.headers());
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
            )
            .with_advice(
                "`GET /api/v1/openapi.json` and the reflection of gRPC list what there is",
            );
            answer(failure, is_grpc)
        }
        Addressed::WrongMethod { allowed } => wrong_method(&request, &allowed),
        Addressed::Operation(operation) => {
            let (method, version) = (request.method(), request.version());
            let headers = request.headers();
            let traced = gate.tracing.begin(&operation, method, version, is_grpc, headers);
            let span = trace::span(&operation, headers, &traced);
            let carried = carry(&gate, operation, peer, request, next, began, traced.clone());
            carried.instrument(span).await.unwrap_or_else(|failure| {
                let code = failure.code;
                gate.metrics.count(is_grpc, operation.name, code, began.elapsed());
                let response = answer(failure, is_grpc);
                traced.answered(&response, code, Shape::Unary);
                response
            })
        }
    };
    let response = match gate.access.provider() {
        None => response,
        Some(_) => oauth::challenge(response, base.as_deref()),
    };
    with_origin(response, origin)
}

/// Answers a request with a method that its route does not have.
fn wrong_method(request: &Request, allowed: &str) -> Response {
    let message = format!("`{}` has no {}", request.uri().path(), request.method());
    let mut response = answer(
        Failure::new(Class::Method, "no_method", message)
            .with_advice("the header `allow` of this answer lists the methods"),
        false,
    );
    if let Ok(allowed) = HeaderValue::from_str(allowed) {
        response.headers_mut().insert(header::ALLOW, allowed);
    }
    response
}

/// Carries out an operation if the caller has the right, in its place and within its time limit.
async fn carry(
    gate: &Arc<Gate>,
    operation: Operation,
    peer: Peer,
    request: Request,
    next: Next,
    began: Instant,
    traced: Traced,
) -> Result<Response, Failure> {
    if gate.draining.is_cancelled() {
        return Err(Failure::busy("the service ends"));
    }
    let (mut parts, body) = request.into_parts();
    check_conditions(&parts, operation)?;
    let deadline = deadline(&parts.headers, operation.shape, gate.call_timeout, began)?;
    let admitted =
        gate.access.admit(&gate.memory, peer, &parts.headers, operation, Timestamp::now());
    let Admitted { caller, credential } = in_time(deadline, admitted).await??;
    if let Some(credential) = &credential {
        gate.rates.take(&credential.name(), began)?;
    }
    if operation.rights == RightsIn::Gate {
        caller.check(operation, &format!("`{}`", operation.name))?;
    }
    let is_grpc = is_grpc(&parts.headers);
    let (place, body) = match operation.shape {
        Shape::Stream => (gate.place_of_stream()?, body),
        Shape::Unary => {
            let (body, held) = in_time(deadline, gate.bodies.whole(body, is_grpc)).await??;
            let connection = parts.extensions.get::<ConnectionPlaces>();
            let connection =
                connection.ok_or_else(|| Failure::internal("a request without a connection"))?;
            let place = in_time(deadline, gate.place_of_call(connection)).await??;
            drop(held);
            (place, body)
        }
    };
    let ended = gate.draining.child_token();
    let end_with_call = ended.clone().drop_guard();
    if let (Shape::Stream, Some(credential)) = (operation.shape, credential) {
        gate.watch(credential, ended.clone());
    }
    let call = Call {
        caller: caller.clone(),
        deadline,
        ended,
        writes: gate.writes.clone(),
        place: Arc::new(Place::new(place, end_with_call)),
        traced: traced.clone(),
    };
    traced.enter_memory();
    parts.extensions.insert(call);
    let path = parts.uri.path().to_owned();
    let response = in_time(deadline, next.run(Request::from_parts(parts, body))).await?;
    let response = if is_grpc { with_cause(response) } else { response };
    let outcome = outcome_of(&response, is_grpc);
    // If parts of a request have their own rights, the handler names the operation that it carried
    // out.
    let operation = response.extensions().get::<Operation>().copied().unwrap_or(operation);
    gate.metrics.count(is_grpc, operation.name, outcome, began.elapsed());
    if !matches!(operation.right, Right::Read | Right::Observe) {
        let keys = changed(operation, &path, &response);
        traced.changed(keys.len());
        audit(operation, caller.name(), peer, outcome, &keys);
    }
    traced.answered(&response, outcome, operation.shape);
    Ok(response)
}

/// Refuses a version condition on a call that would ignore it and may change records.
fn check_conditions(parts: &Parts, operation: Operation) -> Result<(), Failure> {
    if matches!(parts.method, Method::GET | Method::HEAD) || operation.has_conditions() {
        return Ok(());
    }
    let given = [header::IF_MATCH, header::IF_NONE_MATCH];
    match given.iter().find(|name| parts.headers.contains_key(*name)) {
        None => Ok(()),
        Some(name) => Err(Failure::invalid(format!(
            "`{}` has no condition on a version: the header `{name}`",
            operation.name
        ))
        .with_advice("change the record through `/api/v1/records`, or leave the header out")),
    }
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
