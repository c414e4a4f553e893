//! The handle. Its operations stand with what they are about: `events`, `metrics`, `tasks`,
//! `snapshot`.

use std::sync::Arc;

use crate::{Config, Error, events::Events};

/// Tier 0: recent events, latest metrics, active tasks, the state of the machine. In RAM, bounded,
/// shared by cloning the handle.
#[derive(Debug, Clone)]
pub struct Operational {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) events: Events,
}

impl Operational {
    /// A new, empty one.
    ///
    /// # Errors
    /// [`Error::Config`] when a setting is outside its limits.
    pub fn open(config: Config) -> Result<Operational, Error> {
        let inner = Inner { events: Events::new(&config)? };
        Ok(Operational { inner: Arc::new(inner) })
    }
}
