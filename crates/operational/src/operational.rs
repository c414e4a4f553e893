//! The handle. Its operations are in the modules of their subjects: `events`, `metrics`, `tasks`,
//! `snapshot`.

use std::sync::{Arc, Mutex};

#[cfg(feature = "sysinfo")]
use crate::machine::Machine;
use crate::{Clock, Config, Error, events::Events, metrics::Metrics, tasks::Tasks};

/// Tier 0: recent events, latest metrics, active tasks, the state of the machine. In RAM, bounded,
/// shared by cloning the handle.
#[derive(Debug, Clone)]
pub struct Operational {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) events: Events,
    pub(crate) metrics: Metrics,
    pub(crate) tasks: Tasks,
    pub(crate) loaded_models: Mutex<Vec<String>>,
    pub(crate) clock: Arc<dyn Clock>,
    #[cfg(feature = "sysinfo")]
    pub(crate) machine: Machine,
}

impl Operational {
    /// Opens a new, empty memory.
    ///
    /// # Errors
    /// [`Error::Config`] if a setting is outside its limits.
    pub fn open(config: Config) -> Result<Operational, Error> {
        let inner = Inner {
            events: Events::new(&config)?,
            metrics: Metrics::new(&config)?,
            tasks: Tasks::new(&config)?,
            loaded_models: Mutex::default(),
            clock: config.clock,
            #[cfg(feature = "sysinfo")]
            machine: Machine::new(config.disk),
        };
        Ok(Operational { inner: Arc::new(inner) })
    }

    /// Returns the clock of this handle, for the times that its methods take.
    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        &*self.inner.clock
    }
}
