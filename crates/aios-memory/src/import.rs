//! Stores of other programs, taken over once.
//!
//! A file is recognised by the names of its tables, or as JSON by its keys. A blocking task reads
//! it, table by table, parents before children; rows come over in batches through a bounded
//! channel, are mapped to our records by tables of column names, get ids that follow from what they
//! are, and those that are not known yet are written. What has no place of its own is kept beside
//! the record, and what is not understood is counted. The file itself is never changed.

mod agent;
mod entries;
mod interactions;
mod mapping;
mod report;
mod sessions;
mod source;
mod tasks;
mod writer;

use std::{fmt, path::PathBuf, sync::Arc, time::Instant};

use tokio::{sync::mpsc, task};

use self::{mapping::Table, source::Source, writer::Writer};
pub use self::{
    report::{ImportFailure, ImportReport, ImportedTable, Unclear},
    source::IMPORT_JSON_BYTES_MAX,
};
use crate::{Error, MemoryView, directory::for_copies};

/// How many rows go over at once.
const BATCH: usize = 500;

/// How many batches may have been read and not yet written.
const BATCHES_AHEAD: usize = 2;

/// A family of stores, by the tables that only such a store has.
struct Shape {
    name: &'static str,
    /// What it holds, for whoever has a file that is none of them.
    about: &'static str,
    tables: &'static [Table],
}

/// Every shape. Their tables are read in this order, so that parents come before children.
const SHAPES: &[&Shape] =
    &[&sessions::SHAPE, &agent::SHAPE, &tasks::SHAPE, &interactions::SHAPE, &entries::SHAPE];

/// How a store is taken over.
#[derive(Clone, Default)]
pub struct ImportOptions {
    /// Whether anything is written. Default: it is.
    pub mode: ImportMode,
    /// Is told how far it is, after every batch.
    pub progress: Option<Arc<dyn Fn(ImportProgress) + Send + Sync>>,
}

/// Whether an import writes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ImportMode {
    /// What is new is stored.
    #[default]
    Store,
    /// Nothing is stored; the report says what would be.
    DryRun,
}

impl ImportOptions {
    /// These options with another mode.
    #[must_use]
    pub fn with_mode(self, mode: ImportMode) -> ImportOptions {
        ImportOptions { mode, ..self }
    }
}

impl fmt::Debug for ImportOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImportOptions").field("mode", &self.mode).finish_non_exhaustive()
    }
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportProgress {
    /// Rows read so far.
    pub rows_read: u64,
    /// Rows that there are.
    pub rows_total: u64,
}

impl MemoryView {
    /// Takes over what another program stored in the file at `path`: a SQLite database or JSON, of
    /// a shape that is recognised by its tables or keys (`docs/FORMATS.md` lists them). What of it
    /// cannot be stored, or is not understood, is in the report; the rest goes in. When this
    /// returns, all of that is durable. Taking over the same file again adds only what has come to
    /// it since, and changes nothing that is here; the file is not changed.
    ///
    /// # Errors
    /// - [`Error::Input`] when the file is of no known shape.
    /// - [`Error::Foreign`] when it cannot be read; what was stored before stays.
    /// - What working or long-term memory report, such as that a limit is reached: as
    ///   [`Error::Unfinished`] where records were added before, which stay.
    pub async fn import(
        &self,
        path: impl Into<PathBuf>,
        options: ImportOptions,
    ) -> Result<ImportReport, Error> {
        let began = Instant::now();
        let path: PathBuf = path.into();
        let (opened, copies) = (path.clone(), for_copies(self.config()));
        let opening = task::spawn_blocking(move || Source::open(&opened, &copies));
        let mut source = opening.await.map_err(|_| Error::Interrupted)??;

        let mut report = ImportReport::new(&path, options.mode);
        let plan = source.plan(&mut report)?;
        let rows_total = plan.iter().map(|step| step.rows).sum();
        let tables: Vec<&'static Table> = plan.iter().map(|step| step.table).collect();
        let (sender, mut batches) = mpsc::channel(BATCHES_AHEAD);
        let reading = task::spawn_blocking(move || source.read(&plan, BATCH, &sender));

        let mut writer = Writer::new(self, &path, &options, report);
        let mut rows_read = 0;
        while let Some((step, rows)) = batches.recv().await {
            rows_read += rows.len() as u64;
            let written = writer.write(step, tables[step], rows).await;
            written.map_err(|error| error.after(writer.added()))?;
            if let Some(progress) = &options.progress {
                progress(ImportProgress { rows_read, rows_total });
            }
        }
        reading.await.map_err(|_| Error::Interrupted)??;
        let added = writer.added();
        let mut report = writer.finish().await.map_err(|error| error.after(added))?;
        report.elapsed_ms = began.elapsed().as_secs_f64() * 1e3;
        Ok(report)
    }
}
