//! Detection of replaced databases. A file in the data directory records the generation that each
//! database has reached, so that an older copy is detected before the other database is reconciled
//! with it.
//!
//! The file never runs ahead of the databases, because it is written after they are synced. A
//! directory without it is accepted as it is.

use std::{
    fs,
    io::{self, ErrorKind, Write},
    path::Path,
    sync::Arc,
};

use aios_files::{Temporary, create, sync_directory};
use aios_longterm::Longterm;
use aios_record::Generation;
use aios_working::Working;
use serde::{Deserialize, Serialize};
use tokio::task;

use crate::{Error, shared::Shared};

/// The name of working memory's database.
pub(crate) const WORKING: &str = "working.db";
/// Name of the file.
const FILE: &str = "generations.json";

/// The generations that the databases have reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Generations {
    pub(crate) working: Option<Generation>,
    pub(crate) journal: Option<Generation>,
}

impl Generations {
    /// Reads the recorded generations of the data directory; the default if there is no file.
    ///
    /// # Errors
    /// [`Error::Note`] if the file cannot be read: then an older database cannot be detected.
    pub(crate) fn noted(dir: &Path) -> Result<Generations, Error> {
        let path = dir.join(FILE);
        match fs::read(&path) {
            Ok(noted) => {
                serde_json::from_slice(&noted).map_err(|_| Error::Note { path: path.clone() })
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Generations::default()),
            Err(_) => Err(Error::Note { path }),
        }
    }

    /// Returns the current generations of the databases.
    pub(crate) async fn of(working: &Working, longterm: &Longterm) -> Result<Generations, Error> {
        let working = Some(working.upkeep().generation().await?);
        Ok(Generations { working, journal: Some(longterm.upkeep().generation().await?) })
    }

    /// Returns the databases whose generation in `found` is older than in `self`.
    pub(crate) fn older(&self, found: Generations) -> Vec<&'static str> {
        let pairs =
            [(WORKING, self.working, found.working), ("journal.db", self.journal, found.journal)];
        let is_older = |noted: Option<Generation>, found: Option<Generation>| {
            noted.zip(found).is_some_and(|(noted, found)| !noted.is_reached_by(found))
        };
        let older = pairs.into_iter().filter(|(_, noted, found)| is_older(*noted, *found));
        older.map(|(name, ..)| name).collect()
    }
}

/// Records the generations of the databases, once these are synced. A failure is only logged,
/// because nothing is lost without the file.
pub(crate) async fn note(memory: &Shared) {
    if let Err(error) = try_note(memory).await {
        let error = &error as &dyn std::error::Error;
        tracing::warn!(error, "failed to record the generations of the databases");
    }
}

/// Records the generations after each drain of this process into the library, until the memory is
/// closed, so that a killed process leaves a recent file.
pub(crate) fn keep_noting(memory: &Arc<Shared>) {
    let mut drained = memory.longterm.upkeep().drained();
    let memory = Arc::downgrade(memory);
    task::spawn(async move {
        while drained.changed().await.is_ok() {
            match memory.upgrade() {
                Some(memory) if !memory.is_closed() => note(&memory).await,
                _ => return,
            }
        }
    });
}

async fn try_note(memory: &Shared) -> Result<(), Error> {
    let Shared { config, anchor, working, longterm, .. } = memory;
    let dir = config.memory.data_dir.clone();
    let reached = Generations::of(working, longterm).await?;
    if Generations::noted(&dir)? == reached {
        return Ok(());
    }
    longterm.upkeep().sync().await?;
    working.upkeep().sync().await?;
    // The directory may have been replaced.
    anchor.check()?;
    let writing = task::spawn_blocking(move || write(&dir, reached));
    writing.await.map_err(|_| Error::Interrupted)?
}

/// Removes the recorded generation of working memory's database, so that it is accepted as it is.
pub(crate) fn forget_working(dir: &Path) -> Result<(), Error> {
    let reached = Generations { working: None, ..Generations::noted(dir)? };
    write(dir, reached)
}

/// Removes the recorded generations, so that the databases are accepted as they are.
pub(crate) fn forget(dir: &Path) -> Result<(), Error> {
    match fs::remove_file(dir.join(FILE)) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(Error::output(dir.join(FILE))(error))
        }
        _ => Ok(()),
    }
}

fn write(dir: &Path, reached: Generations) -> Result<(), Error> {
    let beside = Temporary::below(dir)?;
    let (partial, path) = (beside.path().join(FILE), dir.join(FILE));
    let written = || -> io::Result<()> {
        let mut file = create(&partial)?;
        file.write_all(&serde_json::to_vec(&reached)?)?;
        file.sync_all()?;
        fs::rename(&partial, &path)?;
        sync_directory(dir)
    };
    written().map_err(Error::output(&path))
}
