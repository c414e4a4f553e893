//! What commands leave for the end of their batch.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rusqlite::Connection;

use crate::{Error, error::panicked};

/// Takes what a command leaves to be done at the end of its batch: after the last command, in the
/// same transaction, before the commit.
///
/// It is for what is much cheaper done at one go, and what a savepoint would make dear: FTS5 writes
/// out what it has gathered at each savepoint, so that rows of separate commands would make a
/// segment of the index each.
#[derive(Default)]
pub struct Deferred {
    work: Vec<(i64, Work)>,
}

type Work = Box<dyn FnOnce(&Connection) -> rusqlite::Result<()> + Send>;

impl Deferred {
    /// Leaves `work`. What a batch leaves is done in the order of `place`, and in the order in
    /// which it was left where that is equal. It is dropped if the command fails.
    ///
    /// If `work` fails the whole batch fails: it must do nothing that the command could not have
    /// checked.
    pub fn push(
        &mut self,
        place: i64,
        work: impl FnOnce(&Connection) -> rusqlite::Result<()> + Send + 'static,
    ) {
        self.work.push((place, Box::new(work)));
    }

    pub(crate) fn len(&self) -> usize {
        self.work.len()
    }

    /// Drops what was left after the first `len`.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.work.truncate(len);
    }

    pub(crate) fn run(mut self, connection: &Connection) -> Result<(), Error> {
        self.work.sort_by_key(|(place, _)| *place);
        let run = || self.work.into_iter().try_for_each(|(_, work)| work(connection));
        let outcome = catch_unwind(AssertUnwindSafe(run)).map_err(|payload| panicked(&*payload))?;
        Ok(outcome?)
    }
}
