//! `ingest`: conversations, documents and records out of files.

use std::{fs, path::Path, sync::Arc};

use aios_memory::{AgentMemory, IngestOptions, IngestReport};

use crate::{
    args::{Global, Ingest},
    failure::Failure,
    output::Output,
};

pub(crate) async fn ingest(
    memory: &AgentMemory,
    arguments: &Ingest,
    global: &Global,
    output: Output,
) -> Result<(), Failure> {
    let mut total = IngestReport::default();
    for file in &arguments.files {
        let bytes = fs::metadata(file).ok().filter(fs::Metadata::is_file).map(|m| m.len());
        let bar = output.progress("{msg} {wide_bar} {bytes}/{total_bytes} {eta}", bytes);
        bar.set_message(file.display().to_string());
        let watched = bar.clone();
        let options = IngestOptions {
            format: arguments.format.into(),
            scope: global.scope(),
            progress: Some(Arc::new(move |progress| watched.set_position(progress.bytes_read))),
        };
        let report = match file == Path::new("-") {
            true => memory.ingest_reader(std::io::stdin(), None, options).await?,
            false => memory.ingest_file(file, options).await?,
        };
        bar.finish_and_clear();
        for failure in &report.failed {
            output.note(&failure.to_string());
        }
        total.add(report);
    }
    output.result(&total, |out| {
        writeln!(
            out,
            "{} added, {} known already, {} sessions, {} failed ({:.1} s)",
            total.added,
            total.known,
            total.sessions,
            total.failed_count,
            total.elapsed_ms / 1e3
        )
    })?;
    match total.failed_count {
        0 => Ok(()),
        failed => Err(Failure::Partial { failed }),
    }
}
