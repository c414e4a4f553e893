//! Removal of expired records. Every read hides them at once.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    Error, Longterm,
    store::{Shared, Tries},
};

/// Interval at which the owner removes expired records.
const EXPIRY_INTERVAL: Duration = Duration::from_secs(600);

/// Time of the owner's next removal of expired records.
pub(crate) struct Expiry(Instant);

impl Longterm {
    /// Removes the expired records that are in the library, with their older versions, and returns
    /// their number. The owner does this by itself every 10 minutes.
    ///
    /// # Errors
    /// [`Error::Journal`], [`Error::Library`] if a store cannot be used.
    pub async fn remove_expired(&self) -> Result<u64, Error> {
        self.shared.remove_expired().await
    }
}

impl Expiry {
    pub(crate) fn new() -> Expiry {
        Expiry(Instant::now() + EXPIRY_INTERVAL)
    }

    /// Removes expired records if it is time.
    pub(crate) async fn look(&mut self, shared: &Arc<Shared>) {
        if Instant::now() < self.0 {
            return;
        }
        *self = Expiry::new();
        if let Err(error) = shared.remove_expired().await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "what has expired is hidden and not removed yet");
        }
    }
}

impl Shared {
    async fn remove_expired(&self) -> Result<u64, Error> {
        let mut tries = Tries::default();
        let expired = loop {
            let edition = self.journal.edition().await?;
            let Some(library) = self.library(edition).await? else { return Ok(0) };
            match library.expired(self.now()).await {
                Err(error) if tries.are_left(&error) => {}
                outcome => break outcome?,
            }
        };
        // A record that changed since it was read may expire later.
        let removed = self.journal.remove_unchanged(expired).await?;
        self.wake.notify_one();
        Ok(removed)
    }
}
