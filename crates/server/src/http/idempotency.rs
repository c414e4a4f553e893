//! `Idempotency-Key`: a POST that is repeated with the same key and body is carried out once.
//!
//! For 24 hours the service keeps the key, a keyed hash of the request, and the answer, which has
//! keys, states and counts; never a body or a text. The answer of a search is not kept: it is
//! computed again. Another body under the same key is refused. A failed call is not kept, so it can
//! be repeated.
//!
//! The keys are in RAM, and a restart forgets them. Ids that are derived from content, or from the
//! key where a record has no content to identify it ([`Derived`]), make the repetition of a
//! stored call add nothing then either.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use aios_memory::Id;
use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::StreamExt;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use sha2::{Digest, Sha256};

use super::{
    Service, answer,
    answer::Kept,
    request::{broken, is_too_long, too_long, whole_body},
    version::hex,
};
use crate::{
    call::Call,
    failure::{Class, Failure},
};

/// The header with the key.
const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Tells that an answer is a kept one.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// Maximum length of a key.
const KEY_BYTES_MAX: usize = 255;
/// Time for which a key is kept.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);
/// Maximum number of keys. The oldest are dropped first.
const KEYS_MAX: usize = 10_000;
/// Maximum length of all kept answers. The oldest are dropped first.
const ANSWERS_BYTES_MAX: usize = 16 << 20;
/// Headers of an answer that are kept.
const HEADERS: [HeaderName; 2] = [header::LOCATION, header::ETAG];
/// The route whose body is a stream, and is hashed as it passes.
const STREAMED: &str = "/api/v1/ingest";

type Hash = [u8; 32];

/// The key of a call, for ids of records that have no content to identify them.
#[derive(Clone)]
pub(crate) struct Derived {
    name: Arc<str>,
    /// True if the same call succeeded before, so that its writes are done.
    pub(crate) is_repeated: bool,
}

impl Derived {
    /// Returns the id of the `index`-th record of the call.
    pub(crate) fn id(&self, index: usize) -> Id {
        let mut hasher = Sha256::new();
        hasher.update(b"aios-memory idempotency v1\0");
        hasher.update(self.name.as_bytes());
        hasher.update(index.to_le_bytes());
        let id = format!("once-{}", hex(&hasher.finalize()[..16]));
        Id::new(id).expect("hexadecimal digits are a valid id")
    }
}

/// The calls with keys.
pub(crate) struct Replays {
    /// Makes the kept hashes useless to anybody who reads the RAM of a crashed process.
    secret: Vec<u8>,
    kept: Mutex<Store>,
}

#[derive(Default)]
struct Store {
    calls: HashMap<Arc<str>, Known>,
    /// Finished calls, oldest first. A name may be repeated.
    order: VecDeque<(Arc<str>, Instant)>,
    answers_bytes: usize,
}

/// A call with a key.
enum Known {
    Running,
    Done(Done),
}

struct Done {
    hash: Hash,
    at: Instant,
    answer: Option<Answer>,
}

#[derive(Clone)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

/// The earlier call with the same key.
enum Before {
    None(Running),
    Done(Hash, Option<Answer>),
}

/// Removes the key of a call that did not succeed.
struct Running {
    service: Service,
    name: Arc<str>,
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut kept = self.service.replays().lock();
        if matches!(kept.calls.get(&self.name), Some(Known::Running)) {
            kept.calls.remove(&self.name);
        }
    }
}

impl Running {
    /// Keeps the answer of the successful call.
    fn keep(self, hash: Hash, response: &Response) {
        let answer = response.extensions().get::<Kept>().map(|Kept(body)| {
            let mut headers = HeaderMap::new();
            for name in HEADERS {
                if let Some(value) = response.headers().get(&name) {
                    headers.insert(name, value.clone());
                }
            }
            Answer { status: response.status(), headers, body: body.clone() }
        });
        let done = Done { hash, at: Instant::now(), answer };
        self.service.replays().lock().keep(Arc::clone(&self.name), done);
    }
}

impl Replays {
    pub(crate) fn new() -> Replays {
        let random = |_| uuid::Uuid::now_v7().into_bytes();
        Replays { secret: (0..4).flat_map(random).collect(), kept: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Store> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins the hash of a request.
    fn hasher(&self, path: &str) -> Sha256 {
        let mut hasher = Sha256::new();
        hasher.update(&self.secret);
        hasher.update(path.as_bytes());
        hasher.update([0]);
        hasher
    }
}

impl Store {
    fn keep(&mut self, name: Arc<str>, done: Done) {
        self.answers_bytes += done.bytes();
        self.order.push_back((Arc::clone(&name), done.at));
        if let Some(Known::Done(before)) = self.calls.insert(name, Known::Done(done)) {
            self.answers_bytes -= before.bytes();
        }
        self.trim(Instant::now());
    }

    /// Drops what is too old or too much.
    fn trim(&mut self, now: Instant) {
        while let Some((name, at)) = self.order.front() {
            let is_old = KEPT <= now.saturating_duration_since(*at);
            if !is_old && self.order.len() <= KEYS_MAX && self.answers_bytes <= ANSWERS_BYTES_MAX {
                return;
            }
            if let Some(Known::Done(done)) = self.calls.get(name)
                && done.at == *at
            {
                self.answers_bytes -= done.bytes();
                self.calls.remove(name);
            }
            self.order.pop_front();
        }
    }
}

impl Done {
    fn bytes(&self) -> usize {
        self.answer.as_ref().map_or(0, |answer| answer.body.len())
    }
}

/// Carries out a POST with an idempotency key once. Other requests pass.
pub(crate) async fn answer_once(
    State(service): State<Service>,
    request: Request,
    next: Next,
) -> Response {
    if request.method() != Method::POST || !request.headers().contains_key(KEY) {
        return next.run(request).await;
    }
    match once(service, request, next).await {
        Ok(response) => response,
        Err(failure) => failure.into_response(),
    }
}

async fn once(service: Service, request: Request, next: Next) -> Result<Response, Failure> {
    let call = Call::of(request.extensions())?;
    let name = name_of(&call, request.headers())?;
    let hasher = service.replays().hasher(request.uri().path());
    if request.uri().path() == STREAMED {
        return streamed(service, call, name, hasher, request, next).await;
    }
    let (parts, body) = request.into_parts();
    let body = whole_body(body, service.body_bytes_max()).await?;
    let hash: Hash = hasher.chain_update(&body).finalize().into();
    let mut request = Request::from_parts(parts, Body::from(body));
    let running = match before(&service, &name)? {
        Before::Done(before, _) if before != hash => return Err(another_body()),
        Before::Done(_, Some(answer)) => return Ok(answer.again()),
        Before::Done(_, None) => {
            request.extensions_mut().insert(Derived { name, is_repeated: true });
            return Ok(next.run(request).await);
        }
        Before::None(running) => running,
    };
    request.extensions_mut().insert(Derived { name, is_repeated: false });
    // The call is carried out, and its answer kept, even if the caller disconnects.
    let work = call.writes.spawn(async move {
        let response = next.run(request).await;
        if response.status().is_success() {
            running.keep(hash, &response);
        }
        response
    });
    work.await.map_err(|error| Failure::internal(&error.to_string()))
}

/// The same for a body that is not held in RAM.
async fn streamed(
    service: Service,
    call: Call,
    name: Arc<str>,
    hasher: Sha256,
    request: Request,
    next: Next,
) -> Result<Response, Failure> {
    let (parts, body) = request.into_parts();
    let running = match before(&service, &name)? {
        Before::Done(before, answer) => {
            let hash = hash_of(hasher, body).await?;
            return match answer {
                _ if before != hash => Err(another_body()),
                Some(answer) => Ok(answer.again()),
                None => Err(Failure::internal("an import without a kept answer")),
            };
        }
        Before::None(running) => running,
    };
    let shared = Arc::new(Mutex::new(hasher));
    let hashing = Arc::clone(&shared);
    let bytes = body.into_data_stream().inspect(move |bytes| {
        if let Ok(bytes) = bytes {
            hashing.lock().unwrap_or_else(PoisonError::into_inner).update(bytes);
        }
    });
    let mut request = Request::from_parts(parts, Body::from_stream(bytes));
    request.extensions_mut().insert(Derived { name, is_repeated: false });
    let work = call.writes.spawn(async move {
        let response = next.run(request).await;
        if response.status().is_success() {
            let hasher = shared.lock().unwrap_or_else(PoisonError::into_inner).clone();
            running.keep(hasher.finalize().into(), &response);
        }
        response
    });
    work.await.map_err(|error| Failure::internal(&error.to_string()))
}

async fn hash_of(mut hasher: Sha256, body: Body) -> Result<Hash, Failure> {
    let mut bytes = body.into_data_stream();
    while let Some(bytes) = bytes.next().await {
        hasher.update(bytes.map_err(|error| match is_too_long(&error) {
            true => too_long(usize::MAX),
            false => broken(),
        })?);
    }
    Ok(hasher.finalize().into())
}

/// Returns the name of a call: who makes it, for which owner, and the key.
fn name_of(call: &Call, headers: &HeaderMap) -> Result<Arc<str>, Failure> {
    let mut keys = headers.get_all(KEY).iter();
    let key = keys.next().and_then(|key| key.to_str().ok());
    let key = key.filter(|key| (1..=KEY_BYTES_MAX).contains(&key.len()));
    let Some(key) = key.filter(|_| keys.next().is_none()) else {
        return Err(Failure::invalid(format!(
            "the header `{KEY}` has 1 to {KEY_BYTES_MAX} visible ASCII characters, once"
        )));
    };
    let owner = call.caller.view().gate().acts_for();
    let owner = owner.map_or("\u{1}administrator", |owner| owner.as_str());
    Ok(format!("{}\0{owner}\0{key}", call.caller.name()).into())
}

/// Returns the earlier call, or marks this one as running.
fn before(service: &Service, name: &Arc<str>) -> Result<Before, Failure> {
    let mut kept = service.replays().lock();
    kept.trim(Instant::now());
    match kept.calls.get(name) {
        Some(Known::Done(done)) => Ok(Before::Done(done.hash, done.answer.clone())),
        Some(Known::Running) => {
            let message = "a call with this idempotency key is being carried out";
            let failure = Failure::new(Class::Conflict, "in_progress", message);
            Err(Failure { retry_after: Some(Duration::from_secs(1)), ..failure })
        }
        None => {
            kept.calls.insert(Arc::clone(name), Known::Running);
            Ok(Before::None(Running { service: service.clone(), name: Arc::clone(name) }))
        }
    }
}

fn another_body() -> Failure {
    let message = "another request was sent with this idempotency key";
    Failure::new(Class::Unprocessable, "key_reused", message)
        .with_advice("use a new key for each request; repeat a key only with the same body")
}

impl Answer {
    fn again(self) -> Response {
        let mut response = answer::of_bytes(self.status, self.body);
        response.headers_mut().extend(self.headers);
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
        response
    }
}
