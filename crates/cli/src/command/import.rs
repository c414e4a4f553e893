//! `import`: reads the records that another program stored.

use std::{fs, os::unix::fs::FileTypeExt, path::Path};

use aios_exchange::{
    export::is_export,
    import::{self, ImportOptions, ImportReport},
};
use aios_memory::{MemoryView, Mode};

use super::{export::take_back, ingest::counted};
use crate::{
    args::Import,
    failure::Failure,
    output::{Output, line, shown},
};

pub(crate) async fn import(
    memory: &MemoryView,
    arguments: &Import,
    output: Output,
) -> Result<(), Failure> {
    if is_stream(&arguments.from) {
        return Err(Failure::Usage {
            message: "import reads its file more than once; stdin and pipes are not supported"
                .to_owned(),
            hint: "write the data to a file and import that; `aios-memory ingest -` reads stdin",
        });
    }
    let mode = if arguments.dry_run { Mode::DryRun } else { Mode::Apply };
    if is_export(&arguments.from) {
        return take_back(memory, &arguments.from, mode, output).await;
    }
    let bar = output.progress("{msg} {wide_bar} {pos}/{len} rows {eta}", Some(0));
    bar.name(arguments.from.display());
    let watched = bar.clone();
    let options = ImportOptions::default()
        .with_mode(mode)
        .with_progress(move |progress| watched.show(&progress));
    let report = import::file(memory, &arguments.from, options).await;
    bar.end();
    let report = report?;
    for detail in &report.tally.details {
        output.note(&detail.to_string());
    }
    let failed = report
        .failed
        .iter()
        .map(|it| (format!("{} row {}: {}", it.table, it.row, it.error), it.remedy.as_ref()));
    output.note_of(failed);
    output.result(&report, |out| tell(&report, out))?;
    match report.failed_count {
        0 => Ok(()),
        failed => Err(Failure::Partial { failed }),
    }
}

/// Returns true if `path` can be read only once.
fn is_stream(path: &Path) -> bool {
    let kind = fs::metadata(path).map(|found| found.file_type());
    path == Path::new("-") || kind.is_ok_and(|kind| kind.is_fifo() || kind.is_char_device())
}

fn tell(report: &ImportReport, out: &mut dyn std::io::Write) -> std::io::Result<()> {
    let shapes = report.shapes.join(", ");
    writeln!(out, "{}: recognised as {shapes}", shown(&report.source))?;
    let heads = ["added", "known", "forgotten", "skipped", "failed"];
    let heads: String = heads.iter().map(|head| format!(" {head:>9}")).collect();
    writeln!(out, "  {:<20} {:<12} {:>8}{heads}", "table", "becomes", "rows")?;
    for table in &report.tables {
        let counts = [table.added, table.known, table.forgotten, table.skipped, table.failed];
        let counts: String = counts.iter().map(|count| format!(" {count:>9}")).collect();
        let name = line(&table.table);
        writeln!(out, "  {name:<20} {:<12} {:>8}{counts}", table.becomes, table.rows)?;
    }
    if !report.not_understood.is_empty() {
        writeln!(out, "not mapped to a field:")?;
    }
    for unclear in &report.not_understood {
        let column = unclear.column.as_deref().map(|name| format!(".{name}")).unwrap_or_default();
        let rows = if unclear.rows == 1 { "row" } else { "rows" };
        let (table, count, why) = (&unclear.table, unclear.rows, &unclear.why);
        let unclear = line(&format!("{table}{column} ({count} {rows}) {why}"));
        writeln!(out, "  {unclear}")?;
    }
    let prefix = if report.dry_run { "dry run: " } else { "" };
    writeln!(
        out,
        "{prefix}{}, {} failed ({:.1} s)",
        counted(&report.tally),
        report.failed_count,
        report.elapsed_ms / 1e3
    )
}
