//! The role of the operations that precede forgetting.

use crate::MemoryView;

/// The operations that precede forgetting: proposing records for a query, and checking that a
/// target exists.
///
/// ```
/// # use aios_memory::{AgentMemory, Config, ForgetOptions, ForgetQuery, ForgetTarget};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # let memory = AgentMemory::open(Config::at(dir.path().join("memory"))).await?;
/// memory.remember("The safe is in room 4.").await?;
///
/// let query = ForgetQuery::new("The safe is in room 4.");
/// let proposal = memory.forgetting().propose(&query).await?;
/// assert!(proposal.is_certain());
/// let target = ForgetTarget::Proposed(Box::new(proposal));
/// assert_eq!(memory.forget(ForgetOptions::new(target)).await?.keys.len(), 1);
/// # memory.shutdown().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Forgetting<'a> {
    pub(super) view: &'a MemoryView,
}

impl MemoryView {
    /// Returns the operations that precede forgetting: proposals, and the check that a target
    /// exists.
    #[must_use]
    pub fn forgetting(&self) -> Forgetting<'_> {
        Forgetting { view: self }
    }
}
