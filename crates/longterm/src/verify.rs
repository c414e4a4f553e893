//! Whether the library holds what the journal says it does.

use std::collections::BTreeSet;

use tokio::task;

use crate::{Error, Longterm};

/// Whether the library holds what the journal says it does.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verification {
    /// Keys that were compared.
    pub checked: u64,
    /// Keys that the library should hold and does not.
    pub missing: Vec<String>,
    /// Keys that the library holds more than once.
    pub repeated: Vec<String>,
    /// Keys that the library holds and the journal does not know.
    pub unknown: Vec<String>,
}

impl Verification {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.missing.is_empty() && self.repeated.is_empty() && self.unknown.is_empty()
    }
}

impl Longterm {
    /// Compares the library's keys with the journal's. Keys that still wait in the journal are left
    /// out, so [`drain`](Longterm::drain) first for a full picture.
    ///
    /// # Errors
    /// [`Error::Journal`], [`Error::Library`] when a store cannot be read.
    pub async fn verify(&self) -> Result<Verification, Error> {
        let places = self.shared.places.clone();
        let pin = task::spawn_blocking(move || places.pin());
        let _pin = pin.await.map_err(|_| Error::Closed)??;
        let held = self.shared.journal.held().await?;
        let mut found = match self.shared.library(held.synced_version).await? {
            Some(library) => library.keys().await?,
            None => Vec::new(),
        };
        found.retain(|key| !held.pending.contains(key));
        found.sort_unstable();
        let repeated = found.windows(2).filter(|pair| pair[0] == pair[1]);
        let mut report = Verification {
            checked: held.keys.len() as u64,
            repeated: repeated.map(|pair| pair[0].clone()).collect(),
            ..Verification::default()
        };
        let found: BTreeSet<String> = found.into_iter().collect();
        report.missing = held.keys.difference(&found).cloned().collect();
        if !report.missing.is_empty() {
            // What was deleted or changed since the journal was read is not missing.
            let now = self.shared.journal.held().await?;
            report.missing.retain(|key| now.keys.contains(key));
        }
        let strangers: Vec<String> = found.difference(&held.keys).cloned().collect();
        // What was stored since the journal was read is no stranger.
        let known = self.shared.journal.known(strangers.clone()).await?.into_iter();
        let unknown = strangers.into_iter().zip(known).filter(|(_, known)| !known);
        report.unknown = unknown.map(|(key, _)| key).collect();
        Ok(report)
    }
}
