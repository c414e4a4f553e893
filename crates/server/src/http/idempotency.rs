//! `Idempotency-Key`: a POST that is repeated with the same key and body is carried out once.
//!
//! For 24 hours the service keeps the key, a keyed hash of the request, and the answer with its
//! keys, states and counts, but never a body or a text. The answer of a search is not kept but
//! computed again. A different body with the same key is refused. A failed call is not kept, so it
//! can be repeated.
//!
//! The keys are held in RAM, so a restart loses them. After a restart, a repeated call still adds
//! nothing, because ids are derived from the content, or from key and body if the content does not
//! identify a record. However, repeating a call after another change undoes that change;
//! `docs/HTTP.md` lists these calls.

use std::sync::{Arc, Mutex, PoisonError};

use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::StreamExt;
use http::{HeaderMap, HeaderName, Method};
use sha2::{Digest, Sha256};

use super::{
    replays::{Before, Derived, Hash, before},
    request::{broken, whole_body},
    service::Service,
};
use crate::{
    call::Call,
    failure::{Class, Failure},
};

/// The header with the key.
const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Maximum length of a key in bytes.
const KEY_BYTES_MAX: usize = 255;
/// The route whose body is a stream, which is hashed while it is read.
const STREAMED: &str = "/api/v1/ingest";

/// Carries out a POST with an idempotency key once. Passes other requests on.
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
    let target = request.uri().path_and_query().map_or("", |it| it.as_str());
    let hasher = service.replays().hasher(target);
    if request.uri().path() == STREAMED {
        return streamed(service, call, name, hasher, request, next).await;
    }
    let (parts, body) = request.into_parts();
    let body = whole_body(&call, body, service.body_bytes_max()).await?;
    let hash: Hash = hasher.chain_update(&body).finalize().into();
    let content: Hash = Sha256::digest(&body).into();
    let mut request = Request::from_parts(parts, Body::from(body));
    let running = match before(service.replays(), &name)? {
        Before::Done(before, _) if before != hash => return Err(another_body()),
        Before::Done(_, Some(answer)) => return Ok(answer.again()),
        Before::Done(_, None) => {
            request.extensions_mut().insert(Derived { name, content, is_repeated: true });
            return Ok(next.run(request).await);
        }
        Before::None(running) => running,
    };
    request.extensions_mut().insert(Derived { name, content, is_repeated: false });
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

/// Like [`answer_once`], for a body that is not held in RAM.
async fn streamed(
    service: Service,
    call: Call,
    name: Arc<str>,
    hasher: Sha256,
    request: Request,
    next: Next,
) -> Result<Response, Failure> {
    let (parts, body) = request.into_parts();
    let running = match before(service.replays(), &name)? {
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
    let request = Request::from_parts(parts, Body::from_stream(bytes));
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
        hasher.update(bytes.map_err(|_| broken())?);
    }
    Ok(hasher.finalize().into())
}

/// Returns the name of a call: its caller, its owner, the key, and the part of the memory to which
/// the caller is narrowed.
fn name_of(call: &Call, headers: &HeaderMap) -> Result<Arc<str>, Failure> {
    let mut keys = headers.get_all(KEY).iter();
    let key = keys.next().and_then(|key| key.to_str().ok());
    let key = key.filter(|key| (1..=KEY_BYTES_MAX).contains(&key.len()));
    let Some(key) = key.filter(|_| keys.next().is_none()) else {
        return Err(Failure::invalid(format!(
            "the header `{KEY}` has 1 to {KEY_BYTES_MAX} visible ASCII characters, once"
        )));
    };
    let gate = call.caller.view().gate();
    let owner = gate.acts_for().map_or("\u{1}administrator", |owner| owner.as_str());
    let mut name = format!("{}\0{owner}\0{key}", call.caller.name());
    for (part, value) in gate.filter().scope.parts() {
        if let Some(value) = value {
            name.push_str(&format!("\0{part}={value}"));
        }
    }
    Ok(name.into())
}

fn another_body() -> Failure {
    let message = "another request was sent with this idempotency key";
    Failure::new(Class::Unprocessable, "key_reused", message)
        .with_advice("use a new key for each request; repeat a key only with the same body")
}
