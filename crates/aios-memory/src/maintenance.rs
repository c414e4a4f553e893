//! Maintenance of the whole memory on demand. The hourly part is in `ageing`.

use aios_record::Mode;
use aios_working::AgeReport;

use crate::{Administrator, Error, ageing::age};

/// Operations on the whole memory, for all owners: maintenance, verification, backups.
///
/// ```
/// # use aios_memory::{AgentMemory, Config};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # let memory = AgentMemory::open(Config::at(dir.path().join("memory"))).await?;
/// memory.remember("The staging database moved to port 5433.").await?;
///
/// let administrator = memory.administrator();
/// let report = administrator.upkeep().verify(|_| {}).await?;
/// assert!(report.is_clean());
/// administrator.upkeep().maintain().await?;
/// # memory.shutdown().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Upkeep<'a> {
    pub(crate) memory: &'a Administrator,
}

impl Administrator {
    /// Returns the operations on the whole memory.
    #[must_use]
    pub fn upkeep(&self) -> Upkeep<'_> {
        Upkeep { memory: self }
    }
}

impl Upkeep<'_> {
    /// Drops from working memory the records that are past their retention and safe in long-term
    /// memory, removes expired records, moves pending changes into the library, optimises the word
    /// index and the query planner's statistics, and truncates the write-ahead log. The part that
    /// drops records also runs automatically, once an hour.
    ///
    /// # Errors
    /// Errors of working or long-term memory.
    pub async fn maintain(self) -> Result<AgeReport, Error> {
        self.maintain_with(Mode::Apply).await
    }

    /// Maintains the memory like [`maintain`](Upkeep::maintain), in the given mode. With
    /// [`Mode::DryRun`] nothing changes, and the report has the records that would be dropped from
    /// working memory.
    ///
    /// # Errors
    /// As [`maintain`](Upkeep::maintain).
    pub async fn maintain_with(self, mode: Mode) -> Result<AgeReport, Error> {
        let (memory, working) = (self.memory, self.memory.working().upkeep());
        let retention = memory.config().to_retention();
        if mode.is_dry_run() {
            return Ok(working.age_with(&retention, mode).await?);
        }
        let shared = memory.shared();
        let aged = age(&shared.pump, &shared.learner, &retention).await?;
        memory.feed().catch_up().await?;
        // Expired records are removed from the library, so pending ones move there first.
        memory.longterm().upkeep().drain().await?;
        if 0 < memory.longterm().upkeep().remove_expired().await? {
            memory.longterm().upkeep().drain().await?;
        }
        working.optimize().await?;
        working.checkpoint().await?;
        Ok(aged)
    }
}
