//! One-time import of the stores of other programs.
//!
//! The names of its tables, or of its keys if it is JSON, identify the kind of store. A blocking
//! task reads the file table by table, parents before children. Rows pass in batches through a
//! bounded channel and are mapped to records by tables of column names. Ids are derived from the
//! content, and only unknown records are written. Values without a field are kept with the record;
//! unrecognised ones are counted. The file is never changed.

mod agent;
mod entries;
mod interactions;
mod mapping;
mod options;
mod report;
mod sessions;
mod shape;
mod shapes;
mod source;
mod tasks;
mod writer;

use std::{path::PathBuf, time::Instant};

use aios_memory::MemoryView;
use aios_record::Progress;
use tokio::{sync::mpsc, task};

use self::{mapping::Table, source::Source, writer::Writer};
pub use self::{
    options::ImportOptions,
    report::{ImportFailure, ImportReport, ImportedTable, Unclear},
    source::IMPORT_JSON_BYTES_MAX,
};
use crate::Error;

/// Rows per batch.
const BATCH: usize = 500;

/// Capacity of the channel in batches: batches read but not yet written.
const BATCHES_AHEAD: usize = 2;

/// Imports a store of another program from the file at `path`: a SQLite database or JSON. Its
/// tables or keys identify the store; `docs/FORMATS.md` lists the supported ones. The report lists
/// the parts that were not recognised or could not be stored; the rest is durable when this
/// returns. Importing the same file again adds only its new rows and changes no stored record. The
/// file is not changed.
///
/// # Errors
/// - [`Error::Input`] if the file has no known shape.
/// - [`aios_memory::Error::Foreign`] if the file cannot be read; records stored before stay.
/// - Errors of working or long-term memory, such as an exceeded limit. If records were added before
///   the error, returns [`Error::Unfinished`]; these records stay.
pub async fn file(
    view: &MemoryView,
    path: impl Into<PathBuf>,
    options: ImportOptions,
) -> Result<ImportReport, Error> {
    let began = Instant::now();
    let path: PathBuf = path.into();
    let (opened, copies) = (path.clone(), view.config().copies_dir());
    let opening = task::spawn_blocking(move || Source::open(&opened, &copies));
    let mut source = opening.await.map_err(Error::interrupted)??;

    let mut report = ImportReport::new(&path, options.mode);
    let plan = source.plan(&mut report)?;
    let rows_total = plan.iter().map(|step| step.rows).sum();
    let tables: Vec<&'static Table> = plan.iter().map(|step| step.table).collect();
    let (sender, mut batches) = mpsc::channel(BATCHES_AHEAD);
    let reading = task::spawn_blocking(move || source.read(&plan, BATCH, &sender));

    let mut writer = Writer::new(view, &path, &options, report);
    let mut rows_read = 0;
    while let Some((step, rows)) = batches.recv().await {
        rows_read += rows.len() as u64;
        let written = writer.write(step, tables[step], rows).await;
        written.map_err(|error| error.after(writer.added()))?;
        if let Some(progress) = &options.progress {
            progress(Progress::new(rows_read).with_total(rows_total));
        }
    }
    reading.await.map_err(Error::interrupted)??;
    let added = writer.added();
    let mut report = writer.finish().await.map_err(|error| error.after(added))?;
    report.elapsed_ms = began.elapsed().as_secs_f64() * 1e3;
    Ok(report)
}
