//! Removal of expired records. Every read hides them at once.

use std::time::{Duration, Instant};

use super::ownership::Ownership;
use crate::{Error, shelf::retried};

/// Interval at which the owner removes expired records.
const EXPIRY_INTERVAL: Duration = Duration::from_secs(600);

/// Time of the owner's next removal of expired records.
pub(crate) struct Expiry(Instant);

impl Expiry {
    pub(crate) fn new() -> Expiry {
        Expiry(Instant::now() + EXPIRY_INTERVAL)
    }

    /// Removes expired records if it is time.
    pub(crate) async fn look(&mut self, ownership: &Ownership) {
        if Instant::now() < self.0 {
            return;
        }
        *self = Expiry::new();
        if let Err(error) = ownership.remove_expired().await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "failed to remove expired records; they stay hidden");
        }
    }
}

impl Ownership {
    /// Removes the expired records that are in the library, with their older versions, and returns
    /// their number.
    pub(crate) async fn remove_expired(&self) -> Result<u64, Error> {
        let Some(expired) = retried(|| self.expired()).await? else { return Ok(0) };
        // A record that changed since it was read may expire later.
        let removed = self.journal.remove_unchanged(expired).await?;
        self.wake.notify_one();
        Ok(removed)
    }

    /// Returns the keys of the expired records, each with its content hash. `None` if nothing was
    /// ever moved into the library.
    async fn expired(&self) -> Result<Option<Vec<(String, String)>>, Error> {
        let edition = self.journal.edition().await?;
        match self.shelf.library(edition).await? {
            Some(library) => library.expired((self.config.clock)()).await.map(Some),
            None => Ok(None),
        }
    }
}
