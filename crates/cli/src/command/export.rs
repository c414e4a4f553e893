//! `export`: writes all records as JSON lines. Also `import` of these files.

use std::path::Path;

use aios_exchange::export;
use aios_memory::{MemoryView, Mode};

use super::ingest::counted;
use crate::{
    args::Export,
    failure::Failure,
    output::{Output, json_lines, records, shown},
};

pub(crate) async fn export(
    memory: &MemoryView,
    arguments: &Export,
    output: Output,
) -> Result<(), Failure> {
    let bar = output.progress("{spinner} {pos} records", None);
    let watched = bar.clone();
    let progress = move |progress| watched.show(&progress);
    let path = arguments.file.as_path();
    if path == Path::new("-") {
        let exported = export::to_writer(memory, json_lines(), "stdout", progress).await;
        bar.end();
        output.note(&records(exported?.records));
        return Ok(());
    }
    let exported = export::to_file(memory, path, progress).await;
    bar.end();
    let exported = exported?;
    let path = shown(path);
    output.result(&exported, |out| writeln!(out, "{path}: {}", records(exported.records)))?;
    Ok(())
}

/// Imports an export.
pub(super) async fn take_back(
    memory: &MemoryView,
    path: &Path,
    mode: Mode,
    output: Output,
) -> Result<(), Failure> {
    let bar = output.progress("{spinner} {pos} records", None);
    let watched = bar.clone();
    let progress = move |progress| watched.show(&progress);
    let taken = export::read_back(memory, path, mode, progress).await;
    bar.end();
    let taken = taken?;
    let failed = taken.failed.iter();
    output
        .note_of(failed.map(|it| (format!("line {}: {}", it.line, it.error), it.remedy.as_ref())));
    for detail in &taken.tally.details {
        output.note(&detail.to_string());
    }
    let failed = taken.failed.len() as u64;
    output.result(&taken, |out| {
        let prefix = if taken.dry_run { "dry run: " } else { "" };
        writeln!(out, "{prefix}{}, {failed} failed", counted(&taken.tally))
    })?;
    if failed == 0 { Ok(()) } else { Err(Failure::Partial { failed }) }
}
