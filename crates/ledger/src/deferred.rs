//! Work that commands defer to the end of their batch.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rusqlite::Connection;

use crate::{Error, error::panicked};

/// Work that a command defers to the end of its batch: after the last command, in the same
/// transaction, before the commit.
///
/// It is for work that is much cheaper when done once per batch, and for work that savepoints make
/// expensive: FTS5 flushes its pending rows at each savepoint, so the rows of separate commands
/// would become one index segment each.
#[derive(Default)]
pub struct Deferred {
    work: Vec<(i64, Work)>,
}

type Work = Box<dyn FnOnce(&Connection) -> rusqlite::Result<()> + Send>;

impl Deferred {
    /// Defers `work`. The deferred work of a batch runs in the order of `place`, then in the order
    /// of the calls. The work is dropped if its command fails.
    ///
    /// If `work` fails, the whole batch fails: the command itself should check everything that
    /// could fail.
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
