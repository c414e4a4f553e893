//! The synced edition of the library, the states of keys, and the check of the model.

use rusqlite::Connection;

use super::meta::{meta_number, meta_text};
use crate::{Error, library::Edition};

/// States of a key.
pub(super) mod state {
    pub(in crate::journal) const NEW: i64 = 0;
    pub(in crate::journal) const HELD: i64 = 1;
    pub(in crate::journal) const DELETED: i64 = 2;
}

/// Returns the synced version, and its table.
pub(super) fn edition(db: &Connection) -> Result<Edition, Error> {
    let number = |name| meta_number(db, name);
    Ok(Edition { table: number("library_table")?, version: number("synced_version")? })
}

/// As [`edition`], for a handle with vectors of `model`.
pub(super) fn edition_of(db: &Connection, model: &str) -> Result<Edition, Error> {
    check_model(db, model)?;
    edition(db)
}

/// Refuses a handle whose model differs from that of the stored vectors.
pub(super) fn check_model(db: &Connection, model: &str) -> Result<(), Error> {
    match meta_text(db, "embedder")? {
        Some(stored) if stored != model => {
            Err(Error::Reembedded { stored, given: model.to_owned() })
        }
        _ => Ok(()),
    }
}
