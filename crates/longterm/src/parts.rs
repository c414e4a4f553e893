//! The parts of an open long-term memory. Each owns its dependencies, and none depends on this
//! module.

use std::sync::Arc;

use tokio::sync::Notify;

use crate::{
    Config, Error,
    intake::{Intake, Vectors},
    journal::Journal,
    owner::{Ownership, Places},
    search::Searcher,
    shelf::Shelf,
    write::Writer,
};

/// The parts of an open long-term memory.
pub(crate) struct Parts {
    pub(crate) places: Places,
    pub(crate) config: Arc<Config>,
    pub(crate) journal: Journal,
    /// Prepares records.
    pub(crate) intake: Intake,
    /// Reads the library.
    pub(crate) shelf: Arc<Shelf>,
    /// Writes to the journal.
    pub(crate) writer: Writer,
    /// Finds records.
    pub(crate) searcher: Arc<Searcher>,
    /// Moves records into the library.
    pub(crate) ownership: Arc<Ownership>,
    /// Wakes the worker.
    pub(crate) wake: Arc<Notify>,
}

impl Parts {
    pub(crate) fn new(
        places: Places,
        config: Config,
        journal: Journal,
        vectors: Vectors,
    ) -> Result<Parts, Error> {
        let (config, wake) = (Arc::new(config), Arc::new(Notify::new()));
        let shelf = Arc::new(Shelf::new(&places, &config, &journal, &vectors, &wake)?);
        let intake = Intake::new(&config, vectors.clone());
        let writer = Writer::new(&journal, &shelf, &intake, &wake);
        let searcher = Arc::new(Searcher::new(&config, &journal, &shelf, &intake));
        let resident = &searcher.resident;
        let ownership =
            Ownership::new(&places, &config, &journal, &vectors, &shelf, resident, &wake);
        let ownership = Arc::new(ownership);
        Ok(Parts { places, config, journal, intake, shelf, writer, searcher, ownership, wake })
    }
}
