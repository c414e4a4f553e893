//! The role [`Upkeep`], and the operations of a running memory. Not here: opening and closing, see
//! `longterm`.

use aios_ledger::Access;
use aios_record::Generation;
use tokio::{sync::watch, time};

use crate::{Error, Longterm, config::DRAIN_POLL};

/// Operations on the whole memory, for all owners: draining, verifying, copying and purging it.
///
/// ```
/// # use aios_longterm::{Config, Longterm};
/// # use aios_record::{Id, Kind, Record, Scope};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # let model = aios_embedding::StaticModel::bundled()?;
/// # let longterm = Longterm::open(dir.path(), Config::default(), model).await?;
/// let note = Record::new(Kind::Note, Id::generate(), "Buy oats.", Scope::default());
/// longterm.store(vec![note]).await?;
///
/// longterm.upkeep().drain().await?;
/// let verification = longterm.upkeep().verify().await?;
/// assert!(verification.is_clean());
/// assert_eq!(verification.checked, 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy)]
pub struct Upkeep<'a> {
    pub(crate) longterm: &'a Longterm,
}

impl Longterm {
    /// Returns the operations on the whole memory.
    #[must_use]
    pub fn upkeep(&self) -> Upkeep<'_> {
        Upkeep { longterm: self }
    }
}

impl Upkeep<'_> {
    /// Makes durable everything that was acknowledged before the call. [`Durability::Full`] does
    /// that with each acknowledgement; with [`Durability::Normal`] call this before you delete the
    /// source of the records.
    ///
    /// [`Durability::Full`]: crate::Durability::Full
    /// [`Durability::Normal`]: crate::Durability::Normal
    ///
    /// # Errors
    /// [`Error::Journal`] if the journal cannot be written.
    pub async fn sync(self) -> Result<(), Error> {
        self.longterm.parts.journal.sync().await
    }

    /// Waits until the library holds everything that was acknowledged before the call. Any process
    /// may move it there. Later writes do not prolong the wait.
    ///
    /// # Errors
    /// The error of the drain, if this process is the owner; [`Error::ReadOnly`] if changes wait
    /// and the handle is read-only.
    pub async fn drain(self) -> Result<(), Error> {
        let through = self.longterm.parts.journal.newest_pending().await?;
        while self.longterm.parts.journal.is_waiting(through).await? {
            if self.longterm.parts.config.access == Access::ReadOnly {
                return Err(Error::ReadOnly);
            }
            self.longterm.parts.ownership.own().await?;
            if self.longterm.parts.ownership.drain_owned(through).await? {
                return Ok(());
            }
            time::sleep(DRAIN_POLL).await;
        }
        Ok(())
    }

    /// Removes the expired records that are in the library, with their older versions, and returns
    /// their number. The owner does this automatically every 10 minutes.
    ///
    /// # Errors
    /// [`Error::Journal`], [`Error::Library`] if a store cannot be used.
    pub async fn remove_expired(self) -> Result<u64, Error> {
        self.longterm.parts.ownership.remove_expired().await
    }

    /// Returns the generation of the journal, to be stored outside of it; see
    /// [`Config::reached`](crate::Config::reached).
    ///
    /// # Errors
    /// [`Error::Journal`] if the journal cannot be read.
    pub async fn generation(self) -> Result<Generation, Error> {
        self.longterm.parts.journal.generation().await
    }

    /// Returns a receiver that changes each time this process has moved changes into the library.
    #[must_use]
    pub fn drained(self) -> watch::Receiver<i64> {
        self.longterm.parts.ownership.drained()
    }

    /// Loads the library into RAM now; otherwise the first search begins to. Returns `false` if the
    /// library is empty or larger than [`Config::resident_bytes_max`](crate::Config) allows.
    ///
    /// # Errors
    /// [`Error::Journal`] if the journal cannot be read.
    pub async fn warm(self) -> Result<bool, Error> {
        let edition = self.longterm.parts.journal.edition().await?;
        if self.longterm.parts.config.resident_bytes_max == 0 || edition.version == 0 {
            return Ok(false);
        }
        Ok(self.longterm.parts.searcher.resident.make_view(edition).await.is_some())
    }
}
