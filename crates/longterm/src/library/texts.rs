//! Reads of the texts of all rows, batch by batch: only one batch is in RAM.

use aios_record::{Kind, Record};
use futures::TryStreamExt;
use lancedb::{
    expr::{col, is_in, lit},
    query::{ExecutableQuery, QueryBase, Select},
};

use super::{Library, rows};
use crate::Error;

impl Library {
    /// Calls `look` with each record that may refer to a parent or a source, without its text, in
    /// no order.
    pub(crate) async fn each_with_origin(&self, look: impl FnMut(Record)) -> Result<(), Error> {
        let kinds = Kind::ALL.iter().filter(|kind| kind.names_origins());
        let kinds = kinds.map(|kind| lit(kind.collection())).collect();
        let origins = col("source_id").is_not_null().or(col("references").is_not_null());
        let query = self
            .table
            .query()
            .only_if_expr(origins.or(is_in(col("collection"), kinds)))
            .select(Select::columns(rows::ORIGIN_COLUMNS));
        each(&query, look).await
    }

    /// Calls `look` with the record of each row, in no order, without its vector and provenance.
    pub(crate) async fn each_text(&self, look: impl FnMut(Record)) -> Result<(), Error> {
        each(&self.table.query().select(Select::columns(rows::TOLD_COLUMNS)), look).await
    }

    /// Calls `look` with the record of each row, in no order: its identity, scope, text and time of
    /// recording.
    pub(crate) async fn each_counted(&self, look: impl FnMut(Record)) -> Result<(), Error> {
        each(&self.table.query().select(Select::columns(rows::COUNTED_COLUMNS)), look).await
    }
}

/// Calls `look` with the record of each row that a query finds.
async fn each(query: &impl ExecutableQuery, mut look: impl FnMut(Record)) -> Result<(), Error> {
    let failed = || Error::library("read");
    let mut batches = query.execute().await.map_err(failed())?;
    while let Some(batch) = batches.try_next().await.map_err(failed())? {
        rows::rows(&batch)?.into_iter().for_each(|row| look(row.record));
    }
    Ok(())
}
