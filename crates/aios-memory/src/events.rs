//! Events as a view records them. Not here: their transfer from RAM to disk, see `spill`.

use aios_operational::{Event, Pushed};
use aios_record::Kind;

use crate::{Error, MemoryView};

/// Operations on events that are written to disk immediately.
///
/// ```
/// # use aios_memory::{AgentMemory, Config, Event};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # let memory = AgentMemory::open(Config::at(dir.path().join("memory"))).await?;
/// let event = Event::new("alarm", "disk-watch", serde_json::json!({"free_gb": 2}));
/// memory.events().push_durable(event).await?;
/// assert_eq!(memory.stats().await?.working["events"], 1);
/// # memory.shutdown().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Events<'a> {
    view: &'a MemoryView,
}

impl MemoryView {
    /// Returns the operations on events that are written to disk immediately.
    #[must_use]
    pub fn events(&self) -> Events<'_> {
        Events { view: self }
    }
}

impl Events<'_> {
    /// Records an event and waits until it is on disk, critical or not.
    ///
    /// # Errors
    /// - [`Error::EventsBusy`] if the queue is full. The event is in RAM nevertheless.
    /// - [`Error::EventUnwritten`] if writing fails or the guard refuses the event. Failed writes
    ///   of critical events are retried in the background.
    /// - As [`observe`](MemoryView::observe).
    pub async fn push_durable(self, event: Event) -> Result<Pushed, Error> {
        self.view.check_machine_wide(Kind::Event)?;
        let shared = self.view.shared();
        shared.spill.push_durable(&shared.operational, event).await
    }
}

impl MemoryView {
    /// Records an event in RAM, without waiting. A critical event is queued for the disk when this
    /// returns, and searchable soon afterwards. Events have no owner. The guard checks events when
    /// they are written to disk, not in RAM: a refused event is not written, critical or not, but
    /// counted in [`Stats`](crate::Stats) and logged.
    ///
    /// # Errors
    /// - [`Error::ReadOnly`] if the memory was opened read-only.
    /// - [`Error::MachineWide`] if this is the view of a user.
    /// - An error of tier 0 if the event is too large.
    pub fn observe(&self, event: Event) -> Result<Pushed, Error> {
        self.check_machine_wide(Kind::Event)?;
        Ok(self.shared().operational.push_event(event)?)
    }

    /// Returns an error if the memory is read-only, or if this is the view of a user, which cannot
    /// write records of a kind without owners.
    pub(crate) fn check_machine_wide(&self, kind: Kind) -> Result<(), Error> {
        self.check_writable()?;
        match self.gate().acts_for_user() {
            true => Err(Error::MachineWide { kind }),
            false => Ok(()),
        }
    }
}
