//! Generation of the journal: the number of changes it has accepted.

use aios_record::Generation;
use rusqlite::{Connection, OptionalExtension};

use super::{
    handle::{Journal, SCHEMA_VERSION},
    meta::count,
};
use crate::Error;

impl Journal {
    /// Returns the current generation.
    pub(crate) async fn generation(&self) -> Result<Generation, Error> {
        self.ledger.read(generation).await
    }

    /// Refuses a journal that has not reached the generation `reached`.
    pub(crate) async fn check_reached(&self, reached: Option<Generation>) -> Result<(), Error> {
        let Some(reached) = reached else { return Ok(()) };
        match reached.is_reached_by(self.generation().await?) {
            true => Ok(()),
            false => Err(Error::Older { path: self.ledger.path().to_owned() }),
        }
    }
}

/// Gives the journal a random number that identifies its store, if it has none.
pub(super) fn name_store(db: &Connection) -> Result<(), Error> {
    db.execute("INSERT OR IGNORE INTO meta (name, value) VALUES ('store', random())", [])?;
    Ok(())
}

fn generation(db: &Connection) -> Result<Generation, Error> {
    let store = "SELECT value FROM meta WHERE name = 'store'";
    Ok(Generation {
        store: db.prepare_cached(store)?.query_row([], |row| row.get(0)).optional()?,
        schema: SCHEMA_VERSION,
        // Row numbers are never reused, so each change increases the sum.
        number: count(db, "SELECT coalesce(sum(seq), 0) FROM sqlite_sequence")?,
    })
}
