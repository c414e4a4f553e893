//! The gate in front of every RPC and route: origin, caller, right, rate, a place among the calls
//! that are carried out, the time limit; behind it the audit line and the figures.

mod addressed;
mod answer;
mod audit;
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
use http::{HeaderValue, Method, header};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::Instrument;

use self::{
    addressed::{Addressed, addressed, is_standard},
    answer::{answer, is_grpc, outcome_of, with_cause},
    audit::{audit, changed},
    cors::{preflight, with_origin},
    deadline::deadline,
};
pub(crate) use self::{
    answer::{Outcome, outcome},
    audit::Changed,
};
use crate::{
    Config, Token,
    access::{Access, Admitted},
    call::Call,
    failure::{Class, Failure},
    metrics::Metrics,
    operation::{Operation, Right, RightsIn, Shape},
    peer::Peer,
    place::Place,
};

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
            )
            .with_advice(
                "`GET /api/v1/openapi.json` and the reflection of gRPC list what there is",
            );
            answer(failure, is_grpc)
        }
        Addressed::WrongMethod { allowed } => wrong_method(&request, &allowed),
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

/// Answers a request by a method that its route does not have.
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
    if operation.rights == RightsIn::Gate && !caller.has(operation.right) {
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
    // A handler whose parts have rights of their own names the part that it carried out.
    let operation = response.extensions().get::<Operation>().copied().unwrap_or(operation);
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
