//! The term of the library's owner, and the versions that it has synced.

use std::time::Duration;

use rusqlite::Connection;

use super::meta::{meta_number, set_meta, sql_integer};
use crate::{Error, library::Edition, sync::checksums::Taken};

/// Duration of one pause of drains.
pub(crate) const REST: Duration = Duration::from_secs(60);

/// The time during which one process owns the library.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Term {
    pub(super) number: u64,
    /// The synced edition of the library when the term began.
    pub(crate) edition: Edition,
}

/// A synced version of the library.
#[derive(Debug, Clone)]
pub(crate) struct Safe {
    pub(crate) version: u64,
    /// Bytes of the library's files, older versions included.
    pub(crate) library_bytes: u64,
    /// Changes of the checksums since the last sync.
    pub(crate) checksums: Taken,
}

/// Begins the next term, and returns its number.
pub(super) fn next_term(db: &Connection) -> Result<u64, Error> {
    let number = meta_number(db, "owner_term")? + 1;
    set_meta(db, "owner_term", sql_integer(number))?;
    Ok(number)
}

/// Refuses a process that is no longer the owner.
pub(super) fn check_term(db: &Connection, term: Term) -> Result<(), Error> {
    match meta_number(db, "owner_term")? == term.number {
        true => Ok(()),
        false => Err(Error::Ousted),
    }
}
