//! Reads of the texts of all rows, batch by batch: only one batch is in RAM.

use aios_record::Record;
use futures::TryStreamExt;
use lancedb::query::{ExecutableQuery, QueryBase, Select};

use super::{Library, rows};
use crate::Error;

impl Library {
    /// Calls `look` with the record of each row, in no order, without its vector and provenance.
    pub(crate) async fn each_text(&self, look: impl FnMut(Record)) -> Result<(), Error> {
        each(&self.table.query().select(Select::columns(rows::TOLD_COLUMNS)), look).await
    }
}

/// Calls `look` with the record of each row that a query finds.
pub(super) async fn each(
    query: &impl ExecutableQuery,
    mut look: impl FnMut(Record),
) -> Result<(), Error> {
    let failed = || Error::library("read");
    let mut batches = query.execute().await.map_err(failed())?;
    while let Some(batch) = batches.try_next().await.map_err(failed())? {
        rows::rows(&batch)?.into_iter().for_each(|row| look(row.record));
    }
    Ok(())
}
