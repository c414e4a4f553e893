//! Counts of the records that a view sees.

use std::collections::BTreeMap;

use aios_record::Owner;
use jiff::Timestamp;
use serde::Serialize;

use crate::{Error, LearnStats, MemoryView, backup::BackupStats};

/// Counts of the records that a view sees. Serializes to the output of `aios-memory stats --json`.
#[derive(Debug, Clone, Serialize)]
pub struct Stats {
    /// Event counters of this process.
    pub operational: aios_operational::Counters,
    /// Number of events that working memory could not store; the reasons are logged.
    pub events_unwritten: u64,
    /// Number of records of working memory, by collection.
    pub working: BTreeMap<&'static str, u64>,
    /// Records of long-term memory.
    pub longterm: LongtermStats,
    /// Number of records, of all owners, with changes that long-term memory has not received, so
    /// that no search finds them. 0 unless writing is impossible.
    pub behind: u64,
    /// Learning counts of this process since its start, for all owners.
    pub learning: LearnStats,
    /// Bytes on disk, of all tiers and owners.
    pub disk_bytes: u64,
    /// The fingerprint of the embedding model.
    pub model: String,
    /// Scheduled backups. `None` if the settings disable them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backups: Option<BackupStats>,
}

/// Counts of long-term memory.
#[derive(Debug, Clone, Serialize)]
pub struct LongtermStats {
    /// Number of acknowledged records, pending ones included.
    pub records: u64,
    /// Number of records of each collection.
    pub collections: BTreeMap<&'static str, u64>,
    /// Number of changes, of all owners, that are not in the library yet.
    pub pending: u64,
    /// Number of changes, of all owners, that could not be stored. Long-term memory's
    /// [`refused`](aios_longterm::Feed::refused) lists them with their reasons.
    pub refused: u64,
}

impl MemoryView {
    /// Counts the records that this view sees.
    ///
    /// # Errors
    /// Errors of working or long-term memory.
    pub async fn stats(&self) -> Result<Stats, Error> {
        let behind = self.feed().catch_up().await?;
        let working = self.working().records().counts().await?;
        let longterm = self.longterm().records().counts().await?;
        let upkeep = self.shared().working.upkeep().stats().await?;
        let library = self.shared().longterm.stats().await?;
        let refused = match self.gate().acts_for() {
            None => library.refused,
            Some(owner) => self.refusals_of(owner).await?,
        };
        Ok(Stats {
            operational: self.shared().operational.counters(),
            events_unwritten: self.shared().spilling.unwritten(),
            behind,
            learning: self.shared().learner.stats(),
            disk_bytes: upkeep.file_bytes + library.disk_bytes,
            working,
            longterm: LongtermStats {
                records: longterm.values().sum(),
                collections: longterm,
                pending: library.pending,
                refused,
            },
            model: self.shared().embedder.fingerprint().to_string(),
            backups: self.backup_stats(Timestamp::now()).await,
        })
    }

    /// Counts the refused changes of `owner` and of shared records.
    async fn refusals_of(&self, owner: &Owner) -> Result<u64, Error> {
        let refused = self.shared().longterm.feed().refused(usize::MAX).await?;
        let of = |it: &&aios_longterm::Refused| {
            it.identity.owner == *owner || it.identity.owner.is_shared()
        };
        Ok(refused.iter().filter(of).count() as u64)
    }
}
