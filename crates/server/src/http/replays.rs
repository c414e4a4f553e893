//! Kept keys and answers of calls with an idempotency key. Not here: carrying out such a call.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use aios_memory::Id;
use axum::{body::Bytes, response::Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};

use super::{answer, answer::Kept};
use crate::{
    failure::{Class, Failure},
    hex,
};

/// Marks an answer as a kept one.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// Time for which a key is kept.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);
/// Maximum number of keys. The oldest are dropped first.
const KEYS_MAX: usize = 10_000;
/// Maximum total size of the kept answers in bytes. The oldest are dropped first.
const ANSWERS_BYTES_MAX: usize = 16 << 20;
/// Headers of an answer that are kept.
const HEADERS: [HeaderName; 2] = [header::LOCATION, header::ETAG];

/// A keyed hash of a request.
pub(super) type Hash = [u8; 32];

/// The calls with keys.
pub(super) struct Replays {
    /// Key of the hashes, without which the hashes in the RAM of a crashed process are useless.
    secret: Vec<u8>,
    kept: Mutex<Store>,
}

#[derive(Default)]
struct Store {
    calls: HashMap<Arc<str>, Known>,
    /// Finished calls, oldest first. May contain a name several times.
    order: VecDeque<(Arc<str>, Instant)>,
    answers_bytes: usize,
}

/// A call with an idempotency key.
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
pub(super) struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

/// The earlier call with the same key.
pub(super) enum Before {
    None(Running),
    Done(Hash, Option<Answer>),
}

/// A call in progress. If it does not succeed, its key is removed on drop.
pub(super) struct Running {
    replays: Arc<Replays>,
    name: Arc<str>,
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut kept = self.replays.lock();
        if matches!(kept.calls.get(&self.name), Some(Known::Running)) {
            kept.calls.remove(&self.name);
        }
    }
}

impl Running {
    /// Keeps the answer of a successful call.
    pub(super) fn keep(self, hash: Hash, response: &Response) {
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
        self.replays.lock().keep(Arc::clone(&self.name), done);
    }
}

impl Replays {
    pub(super) fn new() -> Replays {
        let random = |_| uuid::Uuid::now_v7().into_bytes();
        Replays { secret: (0..4).flat_map(random).collect(), kept: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Store> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins the hash of a request.
    pub(super) fn hasher(&self, target: &str) -> Sha256 {
        let mut hasher = Sha256::new();
        hasher.update(&self.secret);
        hasher.update(target.as_bytes());
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

    /// Drops expired entries, and the oldest ones beyond the limits.
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

/// Returns the earlier call with this name, or marks this one as running.
pub(super) fn before(replays: &Arc<Replays>, name: &Arc<str>) -> Result<Before, Failure> {
    let mut kept = replays.lock();
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
            Ok(Before::None(Running { replays: Arc::clone(replays), name: Arc::clone(name) }))
        }
    }
}

impl Answer {
    pub(super) fn again(self) -> Response {
        let mut response = answer::of_bytes(self.status, self.body);
        response.headers_mut().extend(self.headers);
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
        response
    }
}

/// The identity of a call with a key, for ids of records without identifying content.
#[derive(Clone)]
pub(crate) struct Derived {
    pub(super) name: Arc<str>,
    /// Hash of the body, so that a reused key gives other ids.
    pub(super) content: Hash,
    /// True if the same call already succeeded, so that its writes are done.
    pub(crate) is_repeated: bool,
}

impl Derived {
    /// Returns the id of the `index`-th record of the call.
    pub(crate) fn id(&self, index: usize) -> Id {
        let mut hasher = Sha256::new();
        hasher.update(b"aios-memory idempotency v1\0");
        hasher.update(self.name.as_bytes());
        hasher.update(self.content);
        hasher.update(index.to_le_bytes());
        let id = format!("once-{}", hex::digits(&hasher.finalize()[..16]));
        Id::new(id).expect("hexadecimal digits are a valid id")
    }
}

#[cfg(test)]
mod tests;
