//! The generation of the journal: how many changes it has taken.

use aios_record::Generation;
use rusqlite::{Connection, OptionalExtension};

use super::{Journal, SCHEMA_VERSION, count};
use crate::Error;

impl Journal {
    /// The generation that it has reached.
    pub(crate) async fn generation(&self) -> Result<Generation, Error> {
        self.ledger.read(generation).await
    }

    /// Refuses a journal that has not reached the generation that it is to have reached.
    pub(crate) async fn check_reached(&self, reached: Option<Generation>) -> Result<(), Error> {
        let Some(reached) = reached else { return Ok(()) };
        match reached.is_reached_by(self.generation().await?) {
            true => Ok(()),
            false => Err(Error::Older { path: self.ledger.path().to_owned() }),
        }
    }
}

/// Gives the journal a number by which it differs from those of other stores, if it has none.
pub(super) fn name_store(db: &Connection) -> Result<(), Error> {
    db.execute("INSERT OR IGNORE INTO meta (name, value) VALUES ('store', random())", [])?;
    Ok(())
}

fn generation(db: &Connection) -> Result<Generation, Error> {
    let store = "SELECT value FROM meta WHERE name = 'store'";
    Ok(Generation {
        store: db.prepare_cached(store)?.query_row([], |row| row.get(0)).optional()?,
        schema: SCHEMA_VERSION,
        // Numbers of rows are never used again, so that each change makes the sum greater.
        number: count(db, "SELECT coalesce(sum(seq), 0) FROM sqlite_sequence")?,
    })
}
