//! The change feed from working to long-term memory, as a view sees it. Not here: its transfer, see
//! `pump`.

use aios_longterm::Access;

use crate::{Error, MemoryView};

/// The change feed from working to long-term memory. Searches catch up with it automatically.
///
/// ```
/// # use aios_memory::{AgentMemory, Config, Kind};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # let memory = AgentMemory::open(Config::at(dir.path().join("memory"))).await?;
/// memory.record(Kind::Goal, serde_json::json!({"description": "Ship the parser"})).await?;
/// assert_eq!(memory.feed().catch_up().await?, 0);
/// assert_eq!(memory.feed().behind().await?, 0);
/// # memory.shutdown().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Feed<'a> {
    view: &'a MemoryView,
}

impl MemoryView {
    /// Returns the change feed from working to long-term memory.
    #[must_use]
    pub fn feed(&self) -> Feed<'_> {
        Feed { view: self }
    }
}

impl Feed<'_> {
    /// Returns the number of records, of all owners, with changes that working memory has not yet
    /// moved to long-term memory, so that searches do not find them. A memory open for writing
    /// moves them within milliseconds.
    ///
    /// # Errors
    /// Errors of working or long-term memory.
    pub async fn behind(self) -> Result<u64, Error> {
        self.view.shared().pump.behind().await
    }

    /// Waits until everything that working memory acknowledged before the call is searchable, and
    /// returns the number of records, of all owners, that are not searchable yet. Searches do this
    /// automatically, and the background does it within milliseconds. While a limit of long-term
    /// memory is reached, the remaining changes wait and are not searched; they can still be read,
    /// exported and forgotten.
    ///
    /// # Errors
    /// Errors of working or long-term memory.
    pub async fn catch_up(self) -> Result<u64, Error> {
        use aios_longterm::Error::{JournalFull, LimitReached};
        let pump = &self.view.shared().pump;
        if self.view.access() == Access::ReadOnly {
            return pump.behind().await;
        }
        match pump.catch_up().await {
            Err(error)
                if error.is_unwritable()
                    || matches!(
                        error,
                        Error::Longterm(LimitReached { .. } | JournalFull { .. })
                    ) =>
            {
                tracing::warn!(%error, "the newest records are not searched yet");
                pump.behind().await
            }
            caught_up => caught_up.map(|_| 0),
        }
    }
}
