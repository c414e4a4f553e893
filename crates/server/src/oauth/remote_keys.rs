//! Public keys at an address. They are fetched at the first call, again after an hour, and if a
//! token names an unknown key.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jsonwebtoken::{Algorithm, DecodingKey};
use reqwest::{Client, Url};
use tokio::{task::JoinHandle, time::Instant};

use super::{
    fetch::{FetchError, client, discover, get},
    key_set::KeySet,
};
use crate::{
    Error,
    failure::{Challenge, Failure},
};

/// Age at which keys are fetched again.
const FRESH: Duration = Duration::from_secs(60 * 60);
/// Maximum age at which keys are used if fetching them again fails.
const USABLE: Duration = Duration::from_secs(2 * 60 * 60);
/// Minimum interval between two requests caused by tokens with unknown keys.
const UNKNOWN_PAUSE: Duration = Duration::from_secs(30);
/// Pause after a request that failed.
const FAILURE_PAUSE: Duration = Duration::from_secs(5);

/// The keys of a provider, fetched over the network.
#[derive(Debug)]
pub(super) struct RemoteKeys {
    origin: Origin,
    client: Client,
    loaded: Mutex<Loaded>,
    /// Serialises requests.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
enum Origin {
    Address(Url),
    /// The issuer, as text and as an address.
    Issuer(String, Url),
}

#[derive(Debug, Default)]
struct Loaded {
    keys: Option<(Arc<KeySet>, Instant)>,
    /// Time before which no request is made.
    paused_until: Option<Instant>,
}

/// Reason for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// The keys are missing or old.
    Age,
    /// A token names an unknown key.
    UnknownKey,
}

impl RemoteKeys {
    pub(super) fn of_address(url: Url) -> Result<Arc<RemoteKeys>, Error> {
        let client = client(&url)?;
        Ok(RemoteKeys::new(Origin::Address(url), client))
    }

    pub(super) fn of_issuer(issuer: &str, url: Url) -> Result<Arc<RemoteKeys>, Error> {
        let client = client(&url)?;
        Ok(RemoteKeys::new(Origin::Issuer(issuer.to_owned(), url), client))
    }

    fn new(origin: Origin, client: Client) -> Arc<RemoteKeys> {
        let (loaded, turn) = (Mutex::default(), tokio::sync::Mutex::default());
        Arc::new(RemoteKeys { origin, client, loaded, turn })
    }

    /// Returns a key.
    ///
    /// # Errors
    /// Fails if the provider's keys are unavailable.
    pub(super) async fn find(
        self: &Arc<Self>,
        id: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<Option<DecodingKey>, Failure> {
        let now = Instant::now();
        let known = self.keys(now, USABLE);
        let found = known.as_ref().and_then(|keys| keys.find(id, algorithm)).cloned();
        let request = match (&known, &found) {
            (Some(_), Some(_)) if self.keys(now, FRESH).is_some() => return Ok(found),
            (Some(_), Some(_)) => {
                // The call does not wait, because it has the keys that it needs.
                drop(self.load(Cause::Age));
                return Ok(found);
            }
            (Some(_), None) => self.load(Cause::UnknownKey),
            (None, _) => self.load(Cause::Age),
        };
        // A request continues if the call that caused it ends.
        let _ = request.await;
        let keys = self.keys(Instant::now(), USABLE).ok_or_else(unavailable)?;
        Ok(keys.find(id, algorithm).cloned())
    }

    fn lock(&self) -> MutexGuard<'_, Loaded> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the keys unless they are older than `age_max`.
    fn keys(&self, now: Instant, age_max: Duration) -> Option<Arc<KeySet>> {
        let loaded = self.lock();
        let (keys, at) = loaded.keys.as_ref()?;
        (now.saturating_duration_since(*at) < age_max).then(|| Arc::clone(keys))
    }

    /// Fetches the keys in a separate task, unless they were fetched very recently.
    fn load(self: &Arc<Self>, cause: Cause) -> JoinHandle<()> {
        let keys = Arc::clone(self);
        tokio::spawn(async move {
            let _turn = keys.turn.lock().await;
            let now = Instant::now();
            let is_done = cause == Cause::Age && keys.keys(now, FRESH).is_some();
            let is_paused = keys.lock().paused_until.is_some_and(|end| now < end);
            if is_done || is_paused {
                return;
            }
            let fetched = keys.fetch().await;
            let mut loaded = keys.lock();
            let now = Instant::now();
            if cause == Cause::UnknownKey {
                loaded.paused_until = Some(now + UNKNOWN_PAUSE);
            }
            match fetched {
                Ok(fetched) => loaded.keys = Some((Arc::new(fetched), now)),
                Err(error) => {
                    let pause = loaded.paused_until.get_or_insert(now);
                    *pause = (*pause).max(now + FAILURE_PAUSE);
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "the keys of the identity provider cannot be had"
                    );
                }
            }
        })
    }

    async fn fetch(&self) -> Result<KeySet, FetchError> {
        let url = match &self.origin {
            Origin::Address(url) => url.clone(),
            Origin::Issuer(issuer, url) => discover(&self.client, issuer, url).await?,
        };
        let bytes = get(&self.client, &url).await?;
        KeySet::parse(&bytes).map_err(|reason| FetchError::Content { url, reason })
    }
}

/// Returns the failure of a call whose token cannot be checked at present.
pub(super) fn unavailable() -> Failure {
    let failure = Failure::unauthenticated("the keys of the identity provider cannot be had now")
        .with_advice("send the call again a little later; the log of the service has the cause")
        .with_challenge(Challenge::Anonymous);
    Failure { code: "provider", retry_after: Some(FAILURE_PAUSE), ..failure }
}
